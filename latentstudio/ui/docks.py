"""Panels in docks around the canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
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
FILM = 280  # px: the timeline with a few tracks


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


def build_docks(window: QMainWindow, context: PanelContext) -> dict[str, Dock]:
    """Make every panel and put it in its place."""
    window.setCorner(Qt.Corner.BottomLeftCorner, _AREA.LeftDockWidgetArea)
    window.setCorner(Qt.Corner.BottomRightCorner, _AREA.RightDockWidgetArea)
    docks = {}
    for kind in PANELS:
        dock = Dock(kind(context), window)
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
    dock = docks[name]
    dock.show()
    dock.raise_()
    window = dock.parentWidget()
    if name == "timeline" and dock.height() < FILM and isinstance(window, QMainWindow):
        window.resizeDocks([dock], [FILM], Qt.Orientation.Vertical)


def arrange(window: QMainWindow, docks: dict[str, Dock]) -> None:
    """The default sizes."""
    for sizes, way in ((WIDTHS, Qt.Orientation.Horizontal), (HEIGHTS, Qt.Orientation.Vertical)):
        names = [name for name in sizes if name in docks]
        window.resizeDocks([docks[name] for name in names], [sizes[name] for name in names], way)
    if "gallery" in docks:
        window.resizeDocks([docks["gallery"]], [FILMSTRIP], Qt.Orientation.Vertical)
