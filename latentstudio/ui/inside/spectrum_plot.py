"""Power by spatial frequency, both axes logarithmic."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from latentstudio.ui.widgets.metrics import GAP, STEP
from latentstudio.ui.widgets.paint import Ink, bed, caption, mixed, small

DECADES = 8  # below the highest power nothing is shown
NOTHING = "Nothing is carried: all power is 0."
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
X_TITLE, Y_TITLE = "cycles per map", "power"


class SpectrumPlot(QWidget):
    """The mean of all channels in grey, that of the chosen ones in the accent.

    Entry k of a spectrum is the power at k + 1 cycles per map; the mean is left out.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._all: tuple[float, ...] = ()
        self._chosen: tuple[float, ...] = ()
        self._words = ""
        self._low, self._high = -1, 0  # powers of ten at the ends
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Spectrum")

    def show_spectra(self, every: Sequence[float], chosen: Sequence[float], words: str) -> None:
        """Power of all channels, of the chosen ones (may be none), and what those are called."""
        self._all, self._chosen = tuple(every), tuple(chosen)
        self._words = words
        powers = [power for power in (*self._all, *self._chosen) if power > 0.0]
        if powers:
            top = math.ceil(math.log10(max(powers)) - 1e-9)
            bottom = math.floor(math.log10(min(powers)) + 1e-9)
            self._high, self._low = top, min(top - 1, max(bottom, top - DECADES))
        self.setAccessibleDescription("; ".join(map(self.sentence, range(1, len(self._all) + 1))))
        self.update()

    def sentence(self, frequency: int) -> str:
        """What is read at a frequency."""
        cycles = "1 cycle" if frequency == 1 else f"{frequency} cycles"
        words = f"{cycles} per map: power {_number(self._all[frequency - 1])} on average"
        if self._chosen:
            words += f", {_number(self._chosen[frequency - 1])} in {self._words}"
        return words

    def sizeHint(self) -> QSize:
        """Wider than high."""
        return QSize(260, 140)

    def event(self, event: QEvent) -> bool:
        """The numbers at the frequency under the mouse."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent) and self._all:
            apart = [abs(self.place(k + 1, 1.0).x() - event.pos().x())
                     for k in range(len(self._all))]  # fmt: skip
            words = self.sentence(apart.index(min(apart)) + 1)
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)

    # -- geometry ------------------------------------------------------------------------

    def area(self) -> QRectF:
        """Where lines are drawn."""
        line = self.fontMetrics().height()
        return QRectF(self.rect()).adjusted(36, line + 2 * STEP, -GAP, -2 * line + 2)

    def place(self, frequency: float, power: float) -> QPointF:
        """Where a power at a frequency lies; one below the axis on the axis."""
        area, last = self.area(), max(2, len(self._all))
        across = math.log(frequency) / math.log(last)
        up = (math.log10(max(power, 10.0**self._low)) - self._low) / (self._high - self._low)
        return QPointF(area.left() + across * area.width(), area.bottom() - up * area.height())

    # -- drawing -------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Axes, lines, and what they are."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(small(self.font()))
        ink, area = Ink(self), self.area()
        bed(painter, ink, area.adjusted(-1, -1, 1, 1))
        if not any(self._all) and not any(self._chosen):
            painter.setPen(ink.quiet)
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, NOTHING if self._all else "")
            return
        self._paint_axes(painter, ink, area)
        grey = mixed(ink.well, ink.text, 0.5)
        self._paint_line(painter, self._all, grey, area)
        self._paint_line(painter, self._chosen, ink.accent, area)
        self._paint_words(painter, ink, grey)

    def _paint_axes(self, painter: QPainter, ink: Ink, area: QRectF) -> None:
        """Powers of two across, powers of ten up."""
        line, grid = painter.fontMetrics().height(), mixed(ink.well, ink.line, 0.6)
        last = len(self._all)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for power in range(last.bit_length()):
            x = self.place(2**power, 1.0).x()
            painter.setPen(QPen(grid, 1))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            painter.setPen(ink.quiet)
            below = QRectF(x - 16, area.bottom() + 2, 32, line)
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, str(2**power))
        step = 1 + (self._high - self._low) * line // max(1, int(area.height()))
        for power in range(self._low, self._high + 1, step):
            y = self.place(1.0, 10.0**power).y()
            painter.setPen(QPen(grid, 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(ink.quiet)
            beside = QRectF(0, y - line / 2, area.left() - STEP, line)
            caption(painter, beside, _ten(power), Qt.AlignmentFlag.AlignRight)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        title = QRectF(area.left(), area.bottom() + line, area.width(), line)
        caption(painter, title, X_TITLE, Qt.AlignmentFlag.AlignRight)

    def _paint_line(
        self, painter: QPainter, powers: Sequence[float], colour: QColor, area: QRectF
    ) -> None:
        """A line with its points, as far as there is power."""
        points = [self.place(k + 1, power) for k, power in enumerate(powers) if power > 0.0]
        painter.setClipRect(area.adjusted(-3, -3, 3, 3))
        painter.setPen(QPen(colour, 1.75))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF(points))
        if len(points) <= 16:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            for point in points:
                painter.drawEllipse(point, 2, 2)
        painter.setClipping(False)

    def _paint_words(self, painter: QPainter, ink: Ink, grey: QColor) -> None:
        """What is up, and which line is which."""
        line = painter.fontMetrics().height()
        painter.setPen(ink.quiet)
        caption(painter, QRectF(0, 0, 48, line), Y_TITLE)
        left = self.area().left() + STEP
        for words, colour, drawn in (
            ("all channels", grey, self._all),
            (self._words, ink.accent, self._chosen),
        ):
            if not drawn:
                continue
            if not any(drawn):
                words += ": 0"
            painter.setPen(QPen(colour, 1.75))
            painter.drawLine(QPointF(left, line / 2), QPointF(left + 12, line / 2))
            painter.setPen(ink.quiet)
            wide = painter.fontMetrics().horizontalAdvance(words) + 2.0
            caption(painter, QRectF(left + 16, 0, min(wide, self.width() - left - 16), line), words)
            left += 16 + wide + 2 * STEP


def _ten(power: int) -> str:
    return "1" if power == 0 else "10" if power == 1 else "10" + str(power).translate(SUPERSCRIPTS)


def _number(power: float) -> str:
    return f"{power:.3g}".replace("-", "−")
