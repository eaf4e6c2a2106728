"""How far each start still is from the photograph, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QWidget

from latentstudio.ui.numbers.plot import Line, Plot
from latentstudio.ui.widgets.metrics import GAP
from latentstudio.ui.widgets.paint import Ink, mixed

if TYPE_CHECKING:
    from collections.abc import Collection

    from latentstudio.engine.inverting.values import Curves

HEIGHT = 148
TIP = """What the search makes small, for each start, from 100, where the worst began;
the accent leads"""


class LossPlot(Plot):
    """A curve for each start, from 100, where the worst began.

    From 100 because a loss as such tells nobody anything, and without a percent sign, which is the
    distance's; by its root because the last few are what a search is about.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("step", "loss, 100 at first", root=True, parent=parent)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.unsetCursor()
        self.setAccessibleName("Losses of the starts")
        self.setToolTip(TIP)
        self.show_curves({}, (), -1, 1)

    def sizeHint(self) -> QSize:
        """A strip."""
        return QSize(280, HEIGHT)

    def area(self) -> QRectF:
        """With room for half of the last number."""
        return super().area().adjusted(0, 0, -GAP, 0)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """There is nothing to be picked."""
        event.ignore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """There is nothing to be carried."""
        event.ignore()

    def show_curves(self, curves: Curves, alive: Collection[int], best: int, steps: int) -> None:
        """Draw the curves; those in the race are brighter, and the best is on top."""
        first = max((curve[0][1] for curve in curves.values() if curve), default=1.0) or 1.0
        ink = Ink(self)
        shades = {False: ink.groove.name(), True: mixed(ink.quiet, ink.text, 0.2).name()}
        order = sorted(curves, key=lambda start: (start == best, start in alive))
        lines = [
            Line(
                tuple((float(step), 100.0 * loss / first) for step, loss in curves[start]),
                colour="" if start == best else shades[start in alive],
            )
            for start in order
            if len(curves[start]) > 1
        ]
        highest = max((y for line in lines for _, y in line.points), default=100.0)
        self.set_range((0.0, float(max(1, steps))), (0.0, max(100.0, highest)))
        self.set_content(lines)
