"""What the colours of the charts mean."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from latentstudio.ui.samples.share_chart import colours
from latentstudio.ui.widgets.metrics import GAP, MARGIN
from latentstudio.ui.widgets.paint import Ink, small

SWATCH = 8


class Legend(QWidget):
    """Data, samples, and samples that differ beyond chance."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip(
            "Whiskers are 95% intervals. Samples are marked where their interval and that of the"
            " data have nothing in common."
        )

    def sizeHint(self) -> QSize:
        """One line."""
        return QSize(200, 16)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Swatches and words."""
        painter = QPainter(self)
        painter.setFont(small(self.font()))
        ink, x = Ink(self), 0.0
        data, samples = colours(ink, False)
        for colour, words in (
            (data, "data"), (samples, "samples"), (ink.accent, "differ beyond chance"),
        ):  # fmt: skip
            painter.fillRect(QRectF(x, (self.height() - SWATCH) / 2, SWATCH, SWATCH), colour)
            painter.setPen(ink.quiet)
            width = painter.fontMetrics().horizontalAdvance(words) + 2
            room = QRectF(x + SWATCH + GAP / 2, 0, width, self.height())
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, words)
            x = room.right() + MARGIN
