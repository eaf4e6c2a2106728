"""Shares of minorities over psi; 1 is their share in the data."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from latentstudio.ui.samples.minorities import Line
from latentstudio.ui.widgets.metrics import GAP, STEP
from latentstudio.ui.widgets.paint import Ink, bed, caption, mixed, small

HEIGHT, LEFT, LINE = 120, 28, 16
TOP = 1.5  # times the share in the data
DOT = 2.5


class MinorityPlot(QWidget):
    """A line for each minority, with its intervals; names below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: tuple[Line, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip(
            "The rare values that lose most, at every ψ that was measured with these settings:"
            " 1 is their share in the data, 0 is gone. Drag ψ and let it rest to add a point"
        )

    def sizeHint(self) -> QSize:
        """The plot, and a line for each name."""
        return QSize(240, HEIGHT + LINE + len(self._lines) * LINE)

    def lines(self) -> tuple[Line, ...]:
        """What is shown."""
        return self._lines

    def show_lines(self, lines: tuple[Line, ...]) -> None:
        """Show these."""
        self._lines = lines
        self.updateGeometry()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Ground, the data's share, lines with whiskers, names."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(small(self.font()))
        ink = Ink(self)
        area = QRectF(LEFT, STEP, self.width() - LEFT - STEP, HEIGHT - STEP)
        bed(painter, ink, area)
        every = [point[0] for line in self._lines for point in line.points]
        low, high = min([0.0, *every]), max([1.0, *every])

        def place(psi: float, share: float) -> QPointF:
            x = area.left() + GAP + (psi - low) / (high - low) * (area.width() - 2 * GAP)
            return QPointF(x, area.bottom() - min(share, TOP) / TOP * area.height())

        painter.setPen(ink.quiet)
        align = Qt.AlignmentFlag
        for share, words in ((0.0, "0"), (1.0, "1")):
            room = QRectF(0, place(low, share).y() - LINE / 2, LEFT - STEP, LINE)
            caption(painter, room, words, align.AlignRight)
        below = QRectF(area.left(), area.bottom() + 1, area.width(), LINE)
        caption(painter, below, f"ψ {low:g}")
        caption(painter, below, f"ψ {high:g}", align.AlignRight)
        painter.setPen(QPen(ink.quiet, 1, Qt.PenStyle.DashLine))
        painter.drawLine(
            QPointF(area.left(), place(low, 1).y()), QPointF(area.right(), place(low, 1).y())
        )
        colours = (ink.accent, ink.text, mixed(ink.ground, ink.text, 0.55))
        for number, (line, colour) in enumerate(zip(self._lines, colours, strict=False)):
            painter.setPen(QPen(colour, 1))
            for psi, _, least, most in line.points:
                painter.drawLine(place(psi, least), place(psi, most))
            painter.setPen(QPen(colour, 2))
            points = [place(psi, share) for psi, share, *_ in line.points]
            painter.drawPolyline(points)
            painter.setBrush(colour)
            for point in points:
                painter.drawEllipse(point, DOT, DOT)
            room = QRectF(LEFT, HEIGHT + LINE + number * LINE, area.width(), LINE)
            caption(painter, room, line.name)
