"""The inspections of a window's session: one for each checkpoint, one of them at work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, Signal

from latentstudio.ui.bench.run import Run, lane_of
from latentstudio.ui.bench.scores import found_parts
from latentstudio.ui.bench.wish import NAMES, Wish
from latentstudio.ui.news import News
from latentstudio.ui.wording import sentence

if TYPE_CHECKING:
    from latentstudio.document.recipe import Recipe
    from latentstudio.metrics.inspect.report import Report
    from latentstudio.ui.panels.context import PanelContext

State = Literal["going", "resting", "done"]


@dataclass(eq=False)
class Session:
    """What is known of a checkpoint.

    Attributes
    ----------
    run
        The inspection: it may go on where it rests.
    report
        What was found so far; None before the first part.
    state
        Resting: stopped by the hand, by another checkpoint, or by trouble.
    title, share, left
        What it is at, the share done, and seconds left (below 0: not known).
    trouble
        One sentence on why it rests; "" where nothing went wrong.
    """

    run: Run
    report: Report | None = None
    state: State = "going"
    title: str = ""
    share: float = 0.0
    left: float = -1.0
    trouble: str = ""

    @property
    def wish(self) -> Wish:
        """What is to be found out."""
        return self.run.wish


class BenchModel(QObject):
    """Starts, stops and goes on with inspections; follows the document's checkpoint.

    Signals
    -------
    changed()
        Another session, a session's state, or news of its parts.
    progressed()
        The present session came further.
    """

    changed = Signal()
    progressed = Signal()

    def __init__(self, context: PanelContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.document = context.document
        self._locate: Callable[[str], Path | None] = context.locate
        self._editing = context.editing
        self._sessions: dict[str, Session] = {}
        self._going: Session | None = None
        self._closed = False
        self._checkpoint = self.document.recipe.checkpoint
        self._news = News(self)
        self._tell = self._news.hear(self._on_news)
        self._lane = lane_of("bench", context.study, self._tell)
        self.document.recipe_changed.connect(self._on_recipe)

    @property
    def session(self) -> Session | None:
        """That of the checkpoint that is open."""
        return self._sessions.get(self._checkpoint)

    @property
    def report(self) -> Report | None:
        """What was found of the checkpoint that is open."""
        return self.session.report if self.session is not None else None

    def path(self) -> Path | None:
        """The file of the checkpoint that is open."""
        return self._locate(self._checkpoint) if self._checkpoint else None

    def wished(self, wish: Wish) -> Wish:
        """The wish, read by the classifier that edits use."""
        chosen = self._editing.classifier
        return wish if chosen is None else replace(wish, classifier=str(chosen))

    # -- the hand ------------------------------------------------------------------------

    def start(self, wish: Wish) -> None:
        """Inspect what is open; parts that were found on the same samples stay."""
        if not self._checkpoint or not wish.parts:
            return
        self.rest()
        wish, before = self.wished(wish), self.session
        if before is not None and before.wish.adds_to(wish):
            parts = {*wish.parts, *found_parts(before.report)}
            wish = replace(wish, parts=tuple(name for name in NAMES if name in parts))
        session = Session(Run(self._checkpoint, wish, self.path()))
        if before is not None and before.wish.adds_to(wish):
            session.report = before.report
        self._sessions[self._checkpoint] = session
        self._work(session)

    def go_on(self) -> None:
        """Go on where the inspection of what is open rests."""
        if self.session is not None and self.session.state == "resting":
            self._work(self.session)

    def rest(self) -> None:
        """Stop; what was found stays, and it may go on."""
        if self._going is not None:
            self._going.state, self._going = "resting", None
            self._lane.cancel()
            self.changed.emit()

    def stop(self) -> None:
        """End the thread (the window is going)."""
        if not self._closed:
            self._closed = True
            self._news.close()
            self.document.recipe_changed.disconnect(self._on_recipe)
            self._lane.stop()

    def _work(self, session: Session) -> None:
        session.state, session.trouble, session.left = "going", "", -1.0
        self._going = session
        self._lane.order(session.run.work)
        self.changed.emit()

    # -- news ----------------------------------------------------------------------------

    def _on_recipe(self, recipe: Recipe) -> None:
        if recipe.checkpoint != self._checkpoint:
            self.rest()  # two generators at once would take turns in the memory
            self._checkpoint = recipe.checkpoint
            self.changed.emit()

    def _on_news(self, kind: str, *values: object) -> None:
        session = self._going
        if session is None:
            return  # late: it rests
        if kind == "error":
            session.trouble, session.state, self._going = sentence(str(values[0])), "resting", None
            self.changed.emit()
        elif values[0] is session.run:
            getattr(self, f"_on_{kind}")(session, *values[1:])

    def _on_progress(self, session: Session, title: str, share: float, left: float) -> None:
        session.title, session.share, session.left = title, share, left
        self.progressed.emit()

    def _on_report(self, session: Session, report: Report) -> None:
        known = session.report
        # Before its samples are there again, an inspection that repeats another knows less.
        if known is None or report.shown or not known.shown:
            session.report = report
        self.changed.emit()

    def _on_done(self, session: Session) -> None:
        session.state, session.share, self._going = "done", 1.0, None
        self.changed.emit()
