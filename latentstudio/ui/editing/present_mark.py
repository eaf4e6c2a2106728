"""Where the picture on the screen stands, on the slider that says where it is to go."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QWidget

from latentstudio.ui.widgets.paint import Ink
from latentstudio.ui.widgets.slider import KNOB, Slider

HIGH, WIDE = 5.0, 4.0


class PresentMark(QWidget):
    """A small arrow from below, laid over a slider; the mouse goes through it."""

    def __init__(self, slider: Slider, low: float, high: float) -> None:
        super().__init__(slider)
        self._range = low, high
        self._at: float | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        slider.installEventFilter(self)
        self.resize(slider.size())

    @property
    def at(self) -> float | None:
        """What it shows, in the slider's unit; None for nothing."""
        return self._at

    def show_at(self, at: float | None) -> None:
        """Stand here, at the end for what lies beyond it."""
        self._at = at
        self.update()

    def set_range(self, low: float, high: float) -> None:
        """The slider's ends."""
        self._range = low, high
        self.update()

    def eventFilter(self, slider: QObject, event: QEvent) -> bool:
        """As large as the slider."""
        if event.type() == QEvent.Type.Resize and isinstance(slider, QWidget):
            self.resize(slider.size())
        return False

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The arrow."""
        if self._at is None:
            return
        low, high = self._range
        share = min(1.0, max(0.0, (self._at - low) / (high - low)))
        tip = QPointF(KNOB + share * (self.width() - 2 * KNOB), self.height() - HIGH - 1.0)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        ink = Ink(self)
        painter.setBrush(ink.accent if ink.enabled else ink.quiet)
        foot = tip + QPointF(0.0, HIGH)
        side = QPointF(WIDE, 0.0)
        painter.drawPolygon(QPolygonF([tip, foot + side, foot - side]))
