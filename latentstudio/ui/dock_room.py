"""Docks at the sides get back the width that a narrower window took from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QSettings, Qt
from PySide6.QtGui import QResizeEvent

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PySide6.QtWidgets import QDockWidget, QMainWindow

SIDES = {
    Qt.DockWidgetArea.LeftDockWidgetArea: "left",
    Qt.DockWidgetArea.RightDockWidgetArea: "right",
}


class DockRoom(QObject):
    """Remembers how wide the person made each side, and sees to it when there is room again.

    Qt takes what is missing from docks and canvas alike, and gives what comes to the canvas alone:
    a window that was narrow for a moment would keep tabs with cut names.

    Parameters
    ----------
    window
        The main window.
    docks
        All that may stand at its sides.
    settings
        Where the widths are kept.
    """

    def __init__(
        self, window: QMainWindow, docks: Iterable[QDockWidget], settings: QSettings
    ) -> None:
        super().__init__(window)
        self._window, self._settings = window, settings
        self._docks = list(docks)
        self._held = False  # a separator, which is a part of the window itself
        for watched in (window, *self._docks):
            watched.installEventFilter(self)

    def settle(self, widths: dict[QDockWidget, int]) -> None:
        """The widths of the first day are wanted again."""
        for dock, width in widths.items():
            self._want(dock, width)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Learn from a separator that is dragged; give back when the window has grown."""
        if watched is self._window and event.type() in (
            QEvent.Type.MouseButtonPress,
            QEvent.Type.MouseButtonRelease,
        ):
            self._held = event.type() == QEvent.Type.MouseButtonPress
        elif isinstance(event, QResizeEvent):
            if watched is self._window:
                self._give_back()  # its layout has been told before
            elif self._held:
                self._want(watched, event.size().width())
        return False

    def _give_back(self) -> None:
        centre = self._window.centralWidget()
        assert centre is not None  # the window has one before it has docks
        room = centre.width() - centre.minimumSizeHint().width()
        seen = set()
        for dock in self._docks:
            side = SIDES.get(self._window.dockWidgetArea(dock))
            if side in seen or side is None or dock.visibleRegion().isEmpty():
                continue
            seen.add(side)
            missing = min(self._wanted(side) - dock.width(), room)
            if missing > 0:
                room -= missing
                self._window.resizeDocks(
                    [dock], [dock.width() + missing], Qt.Orientation.Horizontal
                )

    def _wanted(self, side: str) -> int:
        value = self._settings.value(f"room/{side}", 0, type=int)
        return value if isinstance(value, int) else 0

    def _want(self, dock: QObject, width: int) -> None:
        side = SIDES.get(self._window.dockWidgetArea(dock))  # type: ignore[arg-type]
        if side is not None:
            self._settings.setValue(f"room/{side}", width)
