"""Where a distance stands among those that training pictures have from each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from latentstudio.ui.widgets.metrics import GAP
from latentstudio.ui.widgets.paint import Ink, caption, small

if TYPE_CHECKING:
    from numpy.typing import NDArray

BINS = 48
HEIGHT = 64
LINE = 16


class DistanceGauge(QWidget):
    """A hill of the reals' own distances, from 0, and a line at the picture's."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hill: NDArray[np.float64] = np.zeros(BINS)
        self._end, self._at = 1.0, 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """A strip."""
        return QSize(200, HEIGHT)

    def show_distance(self, own: NDArray[np.float64], distance: float) -> None:
        """Show sorted distances [s] and where ``distance`` lies among them."""
        self._end = 1.1 * max(float(own[-1]), distance) or 1.0
        hill = np.histogram(own, BINS, (0.0, self._end))[0].astype(np.float64)
        hill = np.convolve(np.pad(hill, 1, mode="edge"), (0.25, 0.5, 0.25), mode="valid")
        self._hill, self._at = hill / max(1.0, hill.max()), distance
        self.setAccessibleName(f"Distance {distance:.2f}")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Ground, hill, line and words."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink, floor = Ink(self), self.height() - LINE - 0.5
        path = QPainterPath(QPointF(0, floor))
        for number, share in enumerate(self._hill):
            path.lineTo((number + 0.5) * self.width() / BINS, floor - share * (floor - GAP))
        path.lineTo(self.width(), floor)
        painter.fillPath(path, ink.groove)
        painter.setPen(QPen(ink.line, 1))
        painter.drawLine(QPointF(0, floor), QPointF(self.width(), floor))
        x = self._at / self._end * self.width()
        painter.setPen(QPen(ink.accent, 2))
        painter.drawLine(QPointF(x, 2), QPointF(x, floor))
        painter.setFont(small(self.font()))
        painter.setPen(ink.quiet)
        below = QRectF(0, floor + 1, self.width(), LINE)
        caption(painter, below, "identical")
        caption(painter, below, "training pictures among themselves", Qt.AlignmentFlag.AlignRight)
