"""Whether a widget can be seen, tabs of docks included."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import QDockWidget, QWidget


class Attention(QObject):
    """Watches one widget, and belongs to it.

    A dock behind another's tab counts as shown in Qt; only the dock itself knows better.

    Signals
    -------
    changed()
        :attr:`seen` has changed.
    """

    changed = Signal()

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self._widget = widget
        self._dock: QDockWidget | None = None
        self._front = True
        self.seen = False
        widget.installEventFilter(self)
        self._join_dock()
        self._look(widget.isVisible())

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Follow the widget."""
        if event.type() == QEvent.Type.ParentChange:
            self._join_dock()
        elif event.type() == QEvent.Type.Show:
            self._look(True)
        elif event.type() == QEvent.Type.Hide:
            self._look(False)
        return False

    def _join_dock(self) -> None:
        dock = self._widget.parentWidget()
        while dock is not None and not isinstance(dock, QDockWidget):
            dock = dock.parentWidget()
        if dock is not None and dock is not self._dock:
            self._dock = dock
            dock.visibilityChanged.connect(self._on_dock)

    def _on_dock(self, front: bool) -> None:
        self._front = front
        self._look(self._widget.isVisible())

    def _look(self, shown: bool) -> None:
        seen = shown and self._front
        if seen != self.seen:
            self.seen = seen
            self.changed.emit()
