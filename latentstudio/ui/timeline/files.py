"""Timelines and beats as files, the gallery as a film, and an end to it all."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QWidget

from latentstudio.document.checks import RecipeError
from latentstudio.document.timeline.beats import read_beats
from latentstudio.document.timeline.file import SUFFIX, read_timeline, write_timeline
from latentstudio.document.timeline.timeline import Timeline
from latentstudio.ui.timeline.changes import with_pictures
from latentstudio.ui.timeline.model import ONWARD
from latentstudio.ui.wording import sentence

if TYPE_CHECKING:
    from latentstudio.ui.panels.context import PanelContext
    from latentstudio.ui.timeline.model import TimelineModel

FILES = f"Timelines (*{SUFFIX})"
TABLES = "Tables of beats (*.csv *.tsv *.txt);;All files (*)"
ADDED = "{count} keys come behind the film's last, {gap:g} s apart; undo takes them away."
FEW = "The gallery holds {count} points of this checkpoint: keep two or more (K), then try again."


class TimelineFiles(QObject):
    """Each says in the window's bar when it cannot be done; what it changes can be undone."""

    def __init__(self, model: TimelineModel, context: PanelContext, window: QWidget) -> None:
        super().__init__(window)
        self._model, self._context, self._window = model, context, window
        # Tests answer here instead of in a modal dialog.
        self.ask_open: Callable[[str, str], str] = self._ask_open
        self.ask_save: Callable[[str], str] = self._ask_save

    def open(self) -> None:
        """Ask for a timeline, and take it in the place of this one."""
        name = self.ask_open("Open timeline", FILES)
        if name:
            self.take(Path(name))

    def take(self, path: Path) -> None:
        """Read a timeline and show its first picture."""
        try:
            timeline = read_timeline(path)
        except (RecipeError, OSError) as error:
            self._context.tell(sentence(error))
        else:
            self.show(timeline, f"Open {path.name}")

    def show(self, timeline: Timeline, label: str) -> None:
        """Take a timeline, from a file or a film, in the place of this one (undoable)."""
        self._model.take(label, lambda _: timeline)

    def save(self) -> None:
        """Ask where to, and write it."""
        name = self.ask_save(f"film{SUFFIX}")
        if not name:
            return
        path = Path(name if name.endswith(SUFFIX) else name + SUFFIX)
        try:
            write_timeline(path, self._model.timeline)
        except OSError as error:  # a SaveError is one, too
            self._context.tell(sentence(error))
        else:
            self._context.tell(f"{path.name} is written.")

    def open_beats(self) -> None:
        """Ask for a table of beats, and put them on the timeline."""
        name = self.ask_open("Open beats", TABLES)
        if not name:
            return
        try:
            beats = read_beats(name)
        except (RecipeError, OSError) as error:
            self._context.tell(sentence(error))
            return
        put = partial(msgspec.structs.replace, beats=beats)
        self._model.change(f"Beats of {Path(name).name}", put)

    def take_gallery(self) -> None:
        """Make the kept points of this checkpoint keys, behind those that there are."""
        document, model = self._model.document, self._model
        checkpoint, known = document.recipe.checkpoint, len(document.timeline.marks)
        recipes = [k.recipe for k in document.gallery if k.recipe.checkpoint == checkpoint]
        if model.foreign:
            self._context.tell(model.foreign)
        elif len(recipes) + known < 2:
            self._context.tell(FEW.format(count=len(recipes) or "no"))
        elif recipes:
            make = partial(with_pictures, recipes=recipes, gap=ONWARD)
            model.take("Gallery to timeline", make, known)
            if known:
                self._context.tell(ADDED.format(count=len(recipes), gap=ONWARD))

    def clear(self) -> None:
        """An empty timeline."""
        self._model.take("Clear timeline", lambda _: Timeline())

    def _ask_open(self, title: str, what: str) -> str:
        return QFileDialog.getOpenFileName(self._window.window(), title, "", what)[0]

    def _ask_save(self, proposal: str) -> str:
        return QFileDialog.getSaveFileName(self._window.window(), "Save timeline", proposal, FILES)[
            0
        ]
