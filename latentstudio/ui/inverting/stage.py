"""The search on the main canvas: the best so far, as long as nobody asks for another picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from latentstudio.engine.inverting.judgement import off
from latentstudio.ui.inverting.points import with_vector

if TYPE_CHECKING:
    from latentstudio.document.recipe import Recipe
    from latentstudio.engine.inverting.values import Answer, Progress
    from latentstudio.ui.panels.context import PanelContext

EVERY = 600  # ms between two pictures: the search itself is to have most of the time


class Stage(QObject):
    """Asks for pictures at preview quality; the document stays as it is, as while a film plays.

    Signals
    -------
    said(str)
        What is on the canvas, for people; empty once it is the document's picture again.
    """

    said = Signal(str)

    def __init__(self, studio: PanelContext, parent: QObject) -> None:
        super().__init__(parent)
        self._model, self._document, self._film = studio.inverting, studio.document, studio.timeline
        self._request: Callable[..., object] | None = None
        if studio.engine is not None:
            self._request = studio.engine.request
        self._seen = False
        self._open = False  # whether nobody has asked for another picture since
        self._waiting: Recipe | None = None
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(EVERY)
        self._rest.timeout.connect(self._show)
        self._model.going_changed.connect(self._on_going)
        self._model.progressed.connect(self._on_progress)
        self._document.recipe_changed.connect(self._close)
        self._film.playing_changed.connect(self._close)

    def watch(self, seen: bool) -> None:
        """Somebody looks at the search, or nobody does any more."""
        self._seen = seen
        if seen and self._model.going:
            self.open()
        else:
            self._leave()

    def open(self) -> None:
        """The hand wants to see what is found."""
        self._open = self._seen and self._request is not None and not self._film.playing

    def show_answer(self, answer: Answer) -> None:
        """Show what was found."""
        words = f"Found · {off(answer.distance)} · no point holds it yet"
        self._offer(self._model.recipe(answer), words)

    def _offer(self, recipe: Recipe, words: str) -> None:
        if self._open:
            self._waiting = recipe
            self.said.emit(words)
            if not self._rest.isActive():
                self._show()

    def _show(self) -> None:
        if self._waiting is not None and self._request is not None:
            self._request(self._waiting, preview=True)
            self._waiting = None
            self._rest.start()

    def _leave(self) -> None:
        """Bring the document's picture back."""
        if self._open and self._request is not None:
            self._request(self._document.recipe)
        self._close()

    def _close(self) -> None:
        """Another picture was asked for, which comes by itself."""
        if self._open:
            self._open, self._waiting = False, None
            self._rest.stop()
            self.said.emit("")

    # -- news ----------------------------------------------------------------------------

    def _on_going(self) -> None:
        if self._model.going:
            self.open()
        elif self._model.order is None:
            self._leave()

    def _on_progress(self, progress: Progress) -> None:
        recipe = with_vector(self._document.recipe, progress.vector)
        self._offer(recipe, f"Best so far · {off(progress.distance)}")
