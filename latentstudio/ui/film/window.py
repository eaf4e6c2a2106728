"""The film window: what will come out, seen and in words, and one button to take it home."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from latentstudio.document.recipe import RecipeError
from latentstudio.export.film.errors import FilmError
from latentstudio.export.film.plan import Plan
from latentstudio.ui.film.choices import FilmChoices
from latentstudio.ui.film.exporter import Exporter
from latentstudio.ui.film.foot import CANCELLED, Foot
from latentstudio.ui.film.formats import ending, file_filter, named, proposal
from latentstudio.ui.film.preview import FilmPreview
from latentstudio.ui.film.sample import Sample
from latentstudio.ui.film.weight import Weight
from latentstudio.ui.film.words import notes, outcome, saved_words
from latentstudio.ui.inverting.notice import Notice
from latentstudio.ui.widgets.hint import Hint
from latentstudio.ui.widgets.metrics import GAP, MARGIN
from latentstudio.ui.wording import sentence

if TYPE_CHECKING:
    from pathlib import Path

    from latentstudio.export.film.write import Progress
    from latentstudio.ui.panels.context import PanelContext

TITLE = "Export film"
EMPTY = "There is no film yet: set two keys on the timeline first."


class FilmWindow(QWidget):
    """The first frame on the left, choices on the right, the button below.

    Closing it lets a film on its way go on: opened again, it shows how far it is.
    """

    def __init__(self, context: PanelContext, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setObjectName("film")
        self.setWindowTitle(TITLE)
        self._context, self._document = context, context.document
        self._last: Path | None = None
        self._failure = ""
        self.exporter = Exporter(context.engine, self)
        self.sample, self.weight = Sample(context.engine, self), Weight(self)
        # Tests answer here instead of in a modal dialog.
        self.ask: Callable[[str, str, str], str] = self._ask
        self.preview, self.outcome, self.note = FilmPreview(), QLabel(), Hint()
        self.choices, self.trouble, self.foot = FilmChoices(), Notice(alarm=True), Foot()
        self._arrange()
        self._connect()
        self.resize(1120, 580)
        self.refresh()

    def _arrange(self) -> None:
        for widget, name in (
            (self.preview, "preview"),
            (self.outcome, "outcome"),
            (self.trouble, "trouble"),
        ):
            widget.setObjectName(f"film.{name}")
        self.outcome.setWordWrap(True)
        left = QVBoxLayout()
        left.setSpacing(GAP)
        left.addWidget(self.preview, 1)
        left.addWidget(self.outcome)
        left.addWidget(self.note)
        middle = QHBoxLayout()
        middle.setSpacing(2 * MARGIN)
        middle.addLayout(left, 2)
        middle.addWidget(self.choices, 3)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        outer.setSpacing(MARGIN)
        outer.addLayout(middle, 1)
        outer.addWidget(self.trouble)
        outer.addWidget(self.foot)

    def _connect(self) -> None:
        self.choices.edited.connect(self._on_edited)
        self.sample.changed.connect(self.refresh)
        self.weight.changed.connect(self.refresh)
        self.foot.wanted.connect(self.export)
        self.foot.cancelled.connect(self.cancel)
        self.foot.left.connect(self.close)
        self.exporter.progressed.connect(self._on_progress)
        self.exporter.saved.connect(self._on_saved)
        self.exporter.failed.connect(self._on_failed)
        self._document.timeline_changed.connect(self._look)
        self._document.info_changed.connect(self._look)  # the checkpoint may have come
        QShortcut(QKeySequence(Qt.Key.Key_Escape), self, self.close)
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            QShortcut(QKeySequence(keys), self, self.foot.export.click)

    def stop(self) -> None:
        """Give up what is on its way (the studio is going)."""
        self._document.timeline_changed.disconnect(self._look)
        self._document.info_changed.disconnect(self._look)
        self.sample.stop()
        self.weight.stop()
        self.exporter.cancel()

    # -- what it shows -------------------------------------------------------------------

    def refresh(self) -> None:
        """Show what will come out, or why nothing will."""
        pixels, info = self.sample.pixels, self._document.info
        if pixels is not None:
            self.choices.size_box.set_drawn(pixels.shape[1], pixels.shape[0])
        elif info is not None:
            self.choices.size_box.set_drawn(info.resolution, info.resolution)
        self.choices.play.show_rate(self._document.timeline.rate)
        trouble, words, said = self.sample.trouble, "", ""
        try:
            settings = self.choices.settings()
            self.preview.show_film(pixels, settings)
            plan = Plan(self.choices.at_rate(self._document.timeline), settings)
            if self.sample.whole:
                self.weight.weigh(self.sample.frames, settings)
            words = outcome(plan, self.sample.seconds, self.weight.bytes)
            said = " ".join(sentence(note) for note in notes(plan))
        except (FilmError, RecipeError) as error:
            trouble = str(error)
        if self._context.timeline.empty:
            trouble, words, said = EMPTY, "", ""
        self.outcome.setText(words)
        self.note.say(said)
        self.foot.export.setEnabled(not trouble)
        wrong = trouble or self._failure
        self.trouble.say(sentence(wrong) if wrong else "")

    # -- the hand ------------------------------------------------------------------------

    def export(self) -> None:
        """Ask where, and make a film of the timeline as it is now."""
        if self.exporter.going:
            return
        settings = self.choices.settings()
        timeline = self.choices.at_rate(self._document.timeline)
        kind = settings.format
        name = self.ask(TITLE, proposal(kind, self._last), file_filter(kind))
        if not name:
            return
        self._last = named(name, kind)
        self._context.folders.used("film", self._last)
        self._failure = ""
        try:
            self.exporter.start(self._last, timeline, settings)
        except FilmError as error:
            self._on_failed(str(error))
            return
        self.choices.setEnabled(False)
        self.foot.begin()
        self.refresh()

    def cancel(self) -> None:
        """Give the film up."""
        self.exporter.cancel()
        self._end()
        self.foot.rest(CANCELLED)

    def _ask(self, title: str, proposed: str, what: str) -> str:
        # The dialog adds the ending itself: so it asks before it replaces a film.
        dialog = QFileDialog(self, title, self._context.folders.of("film"), what)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(ending(self.choices.kind))
        dialog.selectFile(proposed)
        return dialog.selectedFiles()[0] if dialog.exec() else ""

    def _on_edited(self) -> None:
        self._failure = ""
        self.foot.rest()
        self.refresh()

    def _look(self, _news: object = None) -> None:
        if self.isVisible():
            if not self._context.timeline.empty:
                self.sample.look_at(self._document.timeline)
            self.refresh()

    # -- the film on its way -------------------------------------------------------------

    def _on_progress(self, news: Progress) -> None:
        self.foot.show_progress(news)
        self.setWindowTitle(f"{news.done / news.total:.0%} · {TITLE}")

    def _on_saved(self, path: Path) -> None:
        self._end()
        self.foot.show_saved(path)
        self._say_elsewhere(f"{saved_words(path)}.")

    def _on_failed(self, text: str) -> None:
        self._failure = text
        self._end()
        self.foot.rest()
        self.refresh()
        self._say_elsewhere(sentence(text))

    def _end(self) -> None:
        self.choices.setEnabled(True)
        self.setWindowTitle(TITLE)

    def _say_elsewhere(self, words: str) -> None:
        if not self.isVisible():
            self._context.tell(words)

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up, with the button under the hand."""
        super().showEvent(event)
        self._look()
        (self.foot.cancel if self.exporter.going else self.foot.export).setFocus()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody waits for the first frame any more; a film goes on."""
        self.sample.stop()
        super().hideEvent(event)
