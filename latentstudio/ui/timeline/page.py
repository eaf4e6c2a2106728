"""A page of the inspector that scrolls, to what was added just now."""

from __future__ import annotations

from PySide6.QtCore import Qt, SignalInstance
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget


class Page(QScrollArea):
    """Up and down only; its width is the inspector's.

    Parameters
    ----------
    content
        What it shows.
    grown
        Tells a widget that has come into it, and that the hand wants to see; None if none does.
    """

    def __init__(self, content: QWidget, grown: SignalInstance | None = None) -> None:
        super().__init__()
        self._fresh: QWidget | None = None
        self.setWidget(content)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalScrollBar().rangeChanged.connect(self._on_range)
        if grown is not None:
            grown.connect(self._on_grown)

    def _on_grown(self, fresh: QWidget) -> None:
        self._fresh = fresh if self.isVisible() else None

    def _on_range(self) -> None:
        """There is room for it now."""
        if self._fresh is not None:
            self.ensureWidgetVisible(self._fresh, 0, 0)
            self._fresh = None
