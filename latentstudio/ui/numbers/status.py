"""One line that says how the numbers came about, and a thread of progress below it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from latentstudio.ui.widgets.metrics import RADIUS, ROW, STEP
from latentstudio.ui.widgets.paint import Ink, caption, small

TIPS = {
    "interpolated": "Interpolated, for a hand that moves: features of the same samples at"
    " neighbouring ψ,\nmixed sample by sample. When the hand rests, samples are drawn and"
    " measured.",
    "measured": "Measured on samples that were drawn with just these settings.",
}


class Status(QWidget):
    """A tag (interpolated or measured), a sentence, and how far the measurement is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kind = ""
        self._text = ""
        self._share = 0.0
        self.setObjectName("numbers.status")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def text(self) -> str:
        """What is said: tag and sentence."""
        return f"{self._kind} {self._text}".strip()

    def show_status(self, kind: str, text: str, share: float, more: str = "") -> None:
        """Show a tag (may be empty), a sentence and the share that is done; ``more`` as a tip."""
        self._kind, self._text, self._share = kind, text, min(1.0, max(0.0, share))
        self.setToolTip("\n".join(filter(None, (TIPS.get(kind), more))))
        self.setAccessibleName(self.text)
        self.update()

    def sizeHint(self) -> QSize:
        """A row and a thread."""
        return QSize(200, ROW + STEP)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Tag, words, thread."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = Ink(self)
        painter.setFont(small(self.font()))
        left, height = 0.0, ROW - STEP
        if self._kind:
            sign = "≈ " if self._kind == "interpolated" else ""
            wide = painter.fontMetrics().horizontalAdvance(sign + self._kind) + 4.0 * STEP
            tag = QRectF(0.5, 0.5, wide, height - 1)
            interpolated = bool(sign)
            painter.setPen(QPen(ink.accent if interpolated else ink.line, 1))
            painter.setBrush(Qt.BrushStyle.NoBrush if interpolated else ink.line)
            painter.drawRoundedRect(tag, RADIUS, RADIUS)
            painter.setPen(ink.accent if interpolated else ink.text)
            painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, sign + self._kind)
            left = wide + 2 * STEP
        painter.setPen(ink.quiet)
        caption(painter, QRectF(left, 0, self.width() - left, height), self._text)
        y, width = ROW + 0.5, self.width() - 2.0
        cap = Qt.PenCapStyle.RoundCap
        painter.setPen(QPen(ink.line, 2, Qt.PenStyle.SolidLine, cap))
        painter.drawLine(QPointF(1, y), QPointF(1 + width, y))
        if self._share > 0.0:
            painter.setPen(QPen(ink.accent, 2, Qt.PenStyle.SolidLine, cap))
            painter.drawLine(QPointF(1, y), QPointF(1 + self._share * width, y))
