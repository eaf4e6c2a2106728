"""From the engine's thread into Qt's: plain callbacks become queued signals."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

if TYPE_CHECKING:
    from latentstudio.document.recipe import Recipe
    from latentstudio.engine.frame import Frame
    from latentstudio.generators.info import GeneratorInfo


class Bridge(QObject):
    """Four callbacks for the engine, and the signals that they become in the GUI thread.

    The connections are queued explicitly: the callbacks run in a plain Python thread.
    """

    _frame = Signal(object)
    _error = Signal(str, object)
    _model = Signal(object)
    _state = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._open = True

    def listen(
        self,
        frame: Callable[[Frame], None],
        error: Callable[[str, Recipe | None], None],
        model: Callable[[GeneratorInfo], None],
        state: Callable[[str], None],
    ) -> None:
        """Connect slots (bound methods) of objects in the GUI thread."""
        queued = Qt.ConnectionType.QueuedConnection
        self._frame.connect(frame, queued)
        self._error.connect(error, queued)
        self._model.connect(model, queued)
        self._state.connect(state, queued)

    def close(self) -> None:
        """Drop everything from now on (the window is going)."""
        self._open = False

    def on_frame(self, frame: Frame) -> None:
        """From any thread."""
        if self._open:
            self._frame.emit(frame)

    def on_error(self, sentence: str, recipe: Recipe | None) -> None:
        """From any thread."""
        if self._open:
            self._error.emit(sentence, recipe)

    def on_model(self, info: GeneratorInfo) -> None:
        """From any thread."""
        if self._open:
            self._model.emit(info)

    def on_state(self, state: str) -> None:
        """From any thread."""
        if self._open:
            self._state.emit(state)
