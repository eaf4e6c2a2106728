"""One question to the editor and its answer: the editor's signals speak to everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from latentstudio.engine.editing.values import FitRequest, Fitted
    from latentstudio.ui.editing.model import EditModel


class Fitting(QObject):
    """Asks for directions; hears the answers to its own last question alone.

    Signals
    -------
    finished(Fitted)
        The answer.
    refused(str)
        Why there is none, in a sentence.
    """

    finished = Signal(object)
    refused = Signal(str)

    def __init__(self, editing: EditModel, parent: QObject) -> None:
        super().__init__(parent)
        self._editing = editing
        self._request: FitRequest | None = None
        editing.fitted.connect(self._on_fitted)
        editing.failed.connect(self._on_failed)

    @property
    def busy(self) -> bool:
        """Whether an answer is awaited."""
        return self._request is not None

    def ask(self, request: FitRequest) -> None:
        """Ask, in place of what was asked before."""
        self._request = request
        self._editing.fit(request)

    def forget(self) -> None:
        """No answer is wanted any more."""
        self._request = None

    def _on_fitted(self, fitted: Fitted) -> None:
        if fitted.request == self._request:
            self._request = None
            self.finished.emit(fitted)

    def _on_failed(self, words: str) -> None:
        if self._request is not None:
            self._request = None
            self.refused.emit(words)
