"""One number in large: its value, its interval as words and as a whisker on a scale."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from latentstudio.ui.numbers.words import ABOUT, Metric, digits, interval_words
from latentstudio.ui.widgets.metrics import STEP
from latentstudio.ui.widgets.paint import Ink, caption, small

BIG = 1.9  # times the font of the window
BIGGEST = 3.2
ROOM = 150  # px of width at which the number has its least size


@dataclass(frozen=True)
class Reading:
    """What a readout shows; numbers as :class:`~latentstudio.ui.numbers.words.Metric` scales them.

    Attributes
    ----------
    value, interval
        None while nothing is known.
    about
        Interpolated, not measured.
    instead
        Words in place of a value that means nothing yet.
    floor
        What the data get against themselves, or None.
    top
        Right end of the scale; the left is 0.
    """

    value: float | None = None
    interval: tuple[float, float] | None = None
    about: bool = False
    instead: str = ""
    floor: float | None = None
    top: float = 1.0


class Readout(QWidget):
    """Title, number, interval and whisker, one below the other; or a quiet single line."""

    def __init__(self, metric: Metric, quiet: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.what = metric
        self._quiet = quiet
        self._reading = Reading()
        self.setObjectName(f"numbers.{metric.title.lower()}")
        self.setToolTip(metric.tip)
        self.setAccessibleName(f"{metric.title} {metric.unit}".strip())
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.show_reading(Reading())

    def reading(self) -> Reading:
        """What is shown."""
        return self._reading

    def words(self) -> str:
        """The number as text, as a screen reader gets it."""
        now = self._reading
        if now.value is None:
            return now.instead.replace("\n", " ") or "no number yet"
        words = f"{ABOUT} " if now.about else ""
        words += digits(now.value)
        return f"{words}, 95% {interval_words(now.interval)}" if now.interval else words

    def show_reading(self, reading: Reading, more: str = "") -> None:
        """Show a number; ``more`` goes below the tooltip."""
        self._reading = reading
        if not reading.about:  # nobody can listen to what changes sixteen times a second
            self.setAccessibleDescription(self.words())
        tip = f"{self.what.tip}\n{more}" if more else self.what.tip
        if tip != self.toolTip():
            self.setToolTip(tip)
        self.update()

    def sizeHint(self) -> QSize:
        """Four lines, or two quiet ones."""
        line = self.fontMetrics().height()
        if self._quiet:
            return QSize(120, 2 * line + 2 * STEP)
        return QSize(120, 2 * line + self._number_font(self.width()).pixelSize() + 5 * STEP)

    def minimumSizeHint(self) -> QSize:
        """As narrow as half a dock."""
        return QSize(96, self.sizeHint().height())

    def resizeEvent(self, event: object) -> None:
        """A wider readout has larger figures, for those at the back of the room."""
        self.updateGeometry()

    def _number_font(self, width: int) -> QFont:
        font = QFont(self.font())
        times = min(BIGGEST, max(BIG, BIG * width / ROOM))
        font.setPixelSize(round(self.fontInfo().pixelSize() * times))
        font.setWeight(QFont.Weight.DemiBold)
        return font

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw from top to bottom."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = Ink(self)
        (self._paint_quiet if self._quiet else self._paint)(painter, ink)

    def _paint_quiet(self, painter: QPainter, ink: Ink) -> None:
        now, line = self._reading, self.fontMetrics().height()
        room = QRectF(0, 0, self.width(), line)
        painter.setFont(small(self.font()))
        painter.setPen(ink.quiet)
        caption(painter, room, self.what.title)
        painter.setPen(ink.text if now.value is not None else ink.quiet)
        text = "–" if now.value is None else (ABOUT if now.about else "") + digits(now.value)
        caption(painter, room, text, Qt.AlignmentFlag.AlignRight)
        self._scale(painter, ink, line + STEP)
        self._ends(painter, ink, line + 1.5 * STEP)

    def _paint(self, painter: QPainter, ink: Ink) -> None:
        now, line = self._reading, float(self.fontMetrics().height())
        width = float(self.width())
        painter.setPen(ink.text)
        title = QRectF(0, 0, width, line)
        caption(painter, title, self.what.title)
        used = painter.fontMetrics().horizontalAdvance(self.what.title) + 2 * STEP
        painter.setFont(small(self.font()))
        painter.setPen(ink.quiet)
        caption(painter, title.adjusted(used, 0, 0, 0), self.what.unit)
        big = self._number_font(self.width())
        number = QRectF(0, line + STEP / 2, width, big.pixelSize() + STEP)
        if now.value is None:
            painter.drawText(number, Qt.AlignmentFlag.AlignVCenter, now.instead or "–")
        else:
            painter.setFont(big)
            painter.setPen(ink.text)
            left = 0.0
            if now.about:
                painter.setPen(ink.accent)
                caption(painter, number, ABOUT)
                left = painter.fontMetrics().horizontalAdvance(ABOUT) + STEP
                painter.setPen(ink.text)
            caption(painter, number.adjusted(left, 0, 0, 0), digits(now.value))
        below = number.bottom() + STEP
        self._scale(painter, ink, below)
        self._ends(painter, ink, below + 1.5 * STEP)

    def _ends(self, painter: QPainter, ink: Ink, y: float) -> None:
        """The interval in words."""
        now = self._reading
        painter.setFont(small(self.font()))
        painter.setPen(ink.quiet)
        words = interval_words(now.interval) if now.interval and now.value is not None else ""
        caption(painter, QRectF(0, y, self.width(), self.fontMetrics().height()), words)

    def _scale(self, painter: QPainter, ink: Ink, y: float) -> None:
        """A groove from 0 to the top, the interval, the value, and a tick for the floor."""
        now, width = self._reading, self.width() - 8.0

        def at(value: float) -> float:
            return 1.0 + width * min(1.0, max(0.0, value / now.top))

        round_cap = Qt.PenCapStyle.RoundCap
        painter.setPen(QPen(ink.groove, 2, Qt.PenStyle.SolidLine, round_cap))
        painter.drawLine(QPointF(at(0), y), QPointF(at(now.top), y))
        if now.floor is not None:
            painter.setPen(QPen(ink.quiet, 1.5))
            painter.drawLine(QPointF(at(now.floor), y - 4), QPointF(at(now.floor), y + 4))
        if now.value is None:
            return
        if now.interval is not None:
            low, high = now.interval
            painter.setPen(QPen(ink.accent, 5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
            painter.drawLine(QPointF(at(low), y), QPointF(at(high), y))
        painter.setPen(QPen(ink.knob, 2, Qt.PenStyle.SolidLine, round_cap))
        painter.drawLine(QPointF(at(now.value), y - 4), QPointF(at(now.value), y + 4))
