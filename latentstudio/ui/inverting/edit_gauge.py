"""How well a found point will take edits, on a scale and in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from latentstudio.ui.widgets.hint import Hint
from latentstudio.ui.widgets.metrics import STEP
from latentstudio.ui.widgets.paint import Ink, caption, knob, small

if TYPE_CHECKING:
    from latentstudio.engine.inverting.values import Gauge

ZONES = ("close to the generator's own", "at its edge", "far outside")
SHORT = "editable", "edge", "far out"
SHARES = 0.6, 0.2, 0.2  # of the scale
HEIGHT = 34
TIP = """Near the mean of what the generator draws, sliders and edits work as they do on its own
pictures. A point far outside may be most like the photograph, and fall apart when it is edited"""


class GaugeScale(QWidget):
    """Three zones and a knob."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.share = 0.0
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip(TIP)

    def show_gauge(self, gauge: Gauge) -> None:
        """Put the knob into the word's zone: the share of samples nearer the mean, then beyond."""
        zone = ZONES.index(gauge.word) if gauge.word in ZONES else 0
        within = gauge.percentile if zone == 0 else 0.5
        self.share = sum(SHARES[:zone]) + within * SHARES[zone]
        self.setAccessibleName(f"Editable: {gauge.word}")
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Zones in ever fainter strokes, their names, the knob."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink, y = Ink(self), 9.0
        left, width = 6.0, self.width() - 12.0
        painter.setFont(small(self.font()))
        at = left
        for number, (share, words) in enumerate(zip(SHARES, SHORT, strict=True)):
            end = at + share * width
            colour = (ink.accent, ink.quiet, ink.groove)[number]
            painter.setPen(QPen(colour, 4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
            painter.drawLine(QPointF(at, y), QPointF(end - 2, y))
            painter.setPen(ink.quiet)
            align = (Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignHCenter,
                     Qt.AlignmentFlag.AlignRight)[number]  # fmt: skip
            slack = 0 if number == 0 else 3 * STEP
            caption(painter, QRectF(at - slack, y + 8, end - at + slack, 16), words, align)
            at = end
        knob(painter, ink, QPointF(left + self.share * width, y), 6, focus=False)


class EditGauge(QWidget):
    """The scale and its sentence; hidden until there is something to say."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scale = GaugeScale()
        self.sentence = Hint()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(STEP)
        column.addWidget(self.scale)
        column.addWidget(self.sentence)

    def show_gauge(self, gauge: Gauge | None) -> None:
        """Show how editable a point is; None for no point."""
        if gauge is not None:
            self.scale.show_gauge(gauge)
            self.sentence.say(gauge.sentence)
        self.setVisible(gauge is not None)
