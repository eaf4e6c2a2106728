"""Windows of their own beside the main one: made when first asked for, one of each."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from PySide6.QtCore import QObject

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from latentstudio.ui.studio import Studio

KINDS = {
    "film": ("latentstudio.ui.film.window", "FilmWindow"),
    "bench": ("latentstudio.ui.bench.window", "BenchWindow"),
    "samples": ("latentstudio.ui.samples.wall", "SamplesWall"),
    "leakage": ("latentstudio.ui.directions.leakage_window", "LeakageWindow"),
    "shift": ("latentstudio.ui.samples.shift", "ShiftTool"),
}


class Tool(Protocol):
    """What such a window can do beside being a widget."""

    def stop(self) -> None:
        """End what works for it in other threads."""


class ToolWindows(QObject):
    """Makes, shows and ends them.

    Parameters
    ----------
    studio
        Whose context they are given; those with a ``show_frame`` hear of each frame.
    owner
        The main window.
    """

    def __init__(self, studio: Studio, owner: QWidget) -> None:
        super().__init__(owner)
        self._studio, self._owner = studio, owner
        self._made: dict[str, QWidget] = {}

    def show(self, name: str) -> None:
        """Show one in front, ready for the keyboard."""
        widget = self._made.get(name) or self._make(name)
        widget.show()
        widget.raise_()
        widget.activateWindow()

    def made(self, name: str) -> QWidget | None:
        """One that was asked for before."""
        return self._made.get(name)

    def stop(self) -> None:
        """Close them, and end their threads (the main window is going)."""
        for widget in self._made.values():
            widget.close()
            cast(Tool, widget).stop()

    def _make(self, name: str) -> QWidget:
        module, kind = KINDS[name]
        widget: QWidget = getattr(import_module(module), kind)(self._studio.context, self._owner)
        self._made[name] = widget
        show_frame = getattr(widget, "show_frame", None)
        if show_frame is not None:
            self._studio.shown.connect(show_frame)
            if self._studio.frame is not None:
                show_frame(self._studio.frame)
        return widget
