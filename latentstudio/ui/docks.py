"""Panels in docks around the canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtWidgets import (
    QDockWidget,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QTabWidget,
    QToolButton,
    QWidget,
)

from latentstudio.ui.icons import icon
from latentstudio.ui.panels import PANELS, Panel
from latentstudio.ui.panels.timeline import LANES, TimelinePanel

if TYPE_CHECKING:
    from latentstudio.generators.info import GeneratorInfo
    from latentstudio.ui.panels.context import PanelContext

_AREA = Qt.DockWidgetArea
PLACES = {
    "source": _AREA.LeftDockWidgetArea,
    "truncation": _AREA.RightDockWidgetArea,
    "mixing": _AREA.RightDockWidgetArea,
    "picture": _AREA.LeftDockWidgetArea,
    "morph": _AREA.RightDockWidgetArea,
    "edit": _AREA.LeftDockWidgetArea,
    "sliders": _AREA.LeftDockWidgetArea,
    "numbers": _AREA.LeftDockWidgetArea,
    "neighbours": _AREA.LeftDockWidgetArea,
    "noise": _AREA.RightDockWidgetArea,
    "gallery": _AREA.BottomDockWidgetArea,
    "timeline": _AREA.BottomDockWidgetArea,
}
# The numbers have the height of the window, and truncation, which they answer to, in sight.
STACKS = (
    ("source", "picture", "edit", "sliders", "numbers", "neighbours"),
    ("mixing", "morph"),
    ("noise", "transform", "composition", "inside"),
    ("gallery", "timeline"),
)
WIDTHS = {"source": 352, "truncation": 320}
HEIGHTS = {"truncation": 142, "mixing": 400, "noise": 320}
FILMSTRIP = 148


class DockTitle(QWidget):
    """A quiet title; the mouse goes through it to the dock, which it moves."""

    def __init__(self, dock: QDockWidget) -> None:
        super().__init__(dock)
        self.setObjectName("dockTitle")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        close = QToolButton()
        close.setIcon(icon("close"))
        close.setIconSize(QSize(12, 12))
        close.setToolTip(f"Hide {dock.windowTitle()}; the View menu brings it back")
        close.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        close.clicked.connect(dock.close)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 6, 2)
        row.addWidget(QLabel(dock.windowTitle()), 1)
        row.addWidget(close)


class Dock(QDockWidget):
    """One panel, attached by default (floating docks are unsteady under Wayland)."""

    def __init__(self, panel: Panel, window: QMainWindow) -> None:
        super().__init__(panel.title, window)
        self.setObjectName(panel.name)
        self.panel = panel
        self.setWidget(panel)
        features = QDockWidget.DockWidgetFeature
        self.setFeatures(features.DockWidgetClosable | features.DockWidgetMovable)
        self.setTitleBarWidget(DockTitle(self))


class FilmDock(Dock):
    """The timeline's: so high, once it is seen or has a key, that it can be worked with."""

    panel: TimelinePanel

    def __init__(self, panel: TimelinePanel, window: QMainWindow) -> None:
        super().__init__(panel, window)
        # Later: when a tab is turned to, it has not got its size yet.
        self.visibilityChanged.connect(self._make_room, Qt.ConnectionType.QueuedConnection)
        panel.begun.connect(self._make_room, Qt.ConnectionType.QueuedConnection)

    @Slot()
    def _make_room(self) -> None:
        panel, window = self.panel, self.parentWidget()
        seen = not self.visibleRegion().isEmpty()
        if seen and panel.height() < panel.lowest() and isinstance(window, QMainWindow):
            height = self.height() - panel.height() + panel.lowest() + LANES
            most = window.height() // 2  # the picture is what it is all about
            window.resizeDocks([self], [min(height, most)], Qt.Orientation.Vertical)


def build_docks(window: QMainWindow, context: PanelContext) -> dict[str, Dock]:
    """Make every panel and put it in its place."""
    window.setCorner(Qt.Corner.BottomLeftCorner, _AREA.LeftDockWidgetArea)
    window.setCorner(Qt.Corner.BottomRightCorner, _AREA.RightDockWidgetArea)
    docks = {}
    for kind in PANELS:
        panel = kind(context)
        dock = FilmDock(panel, window) if isinstance(panel, TimelinePanel) else Dock(panel, window)
        window.addDockWidget(PLACES.get(kind.name, _AREA.RightDockWidgetArea), dock)
        docks[kind.name] = dock
    window.setTabPosition(_AREA.AllDockWidgetAreas, QTabWidget.TabPosition.North)
    for front, *others in STACKS:
        for name in others:
            window.tabifyDockWidget(docks[front], docks[name])
        docks[front].raise_()
    return docks


def favour(docks: dict[str, Dock], info: GeneratorInfo) -> None:
    """Of the two panels that share a place, raise the one that the generator answers to."""
    if info.has_transform != info.has_noise:
        docks["transform" if info.has_transform else "noise"].raise_()


def turn(docks: dict[str, Dock], name: str) -> None:
    """Bring a dock to the front; when it is there already, the first of its stack."""
    dock = docks[name]
    first = next(stack[0] for stack in STACKS if name in stack)
    in_front = dock.isVisible() and not dock.visibleRegion().isEmpty()
    bring(docks, first if in_front else name)


def bring(docks: dict[str, Dock], name: str) -> None:
    """Bring a dock to the front."""
    docks[name].show()
    docks[name].raise_()


def arrange(window: QMainWindow, docks: dict[str, Dock]) -> None:
    """The default sizes."""
    for sizes, way in ((WIDTHS, Qt.Orientation.Horizontal), (HEIGHTS, Qt.Orientation.Vertical)):
        names = [name for name in sizes if name in docks]
        window.resizeDocks([docks[name] for name in names], [sizes[name] for name in names], way)
    if "gallery" in docks:
        window.resizeDocks([docks["gallery"]], [FILMSTRIP], Qt.Orientation.Vertical)
