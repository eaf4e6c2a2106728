"""What solid bars and whiskers mean."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from latentstudio.ui.widgets.metrics import GAP, MARGIN
from latentstudio.ui.widgets.paint import Ink, caption, mixed, small

HIGH, SIGN = 16, 16
TIP = """σ: one standard deviation over this generator's own pictures.
Solid: how far this picture has come. Dot and whisker: the mean over samples of the generator
under the same edit, with its 95% interval. Dotted: half a σ, from which it is called a leak"""


class LeakageLegend(QWidget):
    """Two signs and their words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._samples = ""
        self.setToolTip(TIP)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_samples(self, n: int, wanted: int) -> None:
        """Say how many samples stand behind the whiskers; 0 for none yet."""
        many = f"{n:,}" if n >= wanted else f"{n:,} of {wanted:,}"
        self._samples = f"mean of {many} samples" if n else ""
        self.setAccessibleName(f"This picture; {self._samples}".rstrip("; "))
        self.update()

    def sizeHint(self) -> QSize:
        """One line."""
        return QSize(220, HIGH)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Bar, whisker, words."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(small(self.font()))
        ink, middle, x = Ink(self), HIGH / 2, 0.0
        painter.fillRect(QRectF(x, middle - 4, SIGN, 8), mixed(ink.ground, ink.text, 0.42))
        x = self._words(painter, ink, x + SIGN + GAP / 2, "this picture") + MARGIN
        if self._samples:
            painter.setPen(QPen(ink.text, 1.5))
            painter.drawLine(QPointF(x, middle), QPointF(x + SIGN, middle))
            for end in (x + 0.5, x + SIGN - 0.5):
                painter.drawLine(QPointF(end, middle - 3.5), QPointF(end, middle + 3.5))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ink.text)
            painter.drawEllipse(QPointF(x + SIGN / 2, middle), 3, 3)
            self._words(painter, ink, x + SIGN + GAP / 2, self._samples)

    def _words(self, painter: QPainter, ink: Ink, x: float, words: str) -> float:
        """Written from ``x``; where they end."""
        painter.setPen(ink.quiet)
        wide = painter.fontMetrics().horizontalAdvance(words) + 2.0
        caption(painter, QRectF(x, 0, min(wide, self.width() - x), HIGH), words)
        return x + wide
