"""What surrounds the picture on the canvas: backdrop, frame, tags and words."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from latentstudio.ui import theme


def backdrop(painter: QPainter, rect: QRect) -> None:
    """A flat dark ground: gradients band on dark screens."""
    painter.fillRect(rect, QColor(theme.BACKDROP))


def surround(painter: QPainter, rect: QRectF) -> None:
    """A soft shadow, so that the picture lies on the ground rather than in it."""
    painter.setPen(Qt.PenStyle.NoPen)
    for spread in range(12, 0, -2):
        painter.setBrush(QColor(0, 0, 0, 18))
        grown = rect.adjusted(-spread, 2 - spread, spread, spread + 4)
        painter.drawRoundedRect(grown, spread, spread)


def border(painter: QPainter, rect: QRectF) -> None:
    """One faint line around the picture."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(255, 255, 255, 26), 1))
    painter.drawRect(rect.adjusted(-0.5, -0.5, 0.5, 0.5))


def words(painter: QPainter, rect: QRect, title: str, subtitle: str) -> None:
    """A title and a quiet line in the middle."""
    font = painter.font()
    font.setPointSizeF(font.pointSizeF() * 1.7)
    painter.save()
    painter.setFont(font)
    painter.setPen(QColor(theme.INK))
    middle = rect.center().y()
    upper = QRect(rect.left(), middle - 40, rect.width(), 36)
    painter.drawText(upper, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom, title)
    painter.restore()
    painter.setPen(QColor(theme.INK_DIM))
    lower = QRect(rect.left() + 16, middle + 4, rect.width() - 32, 60)
    flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
    painter.drawText(lower, flags | Qt.TextFlag.TextWordWrap, subtitle)


def tag(painter: QPainter, rect: QRectF, canvas: QRect, text: str, *, strong: bool) -> None:
    """A small label in the picture's upper left corner."""
    seen = rect.intersected(QRectF(canvas))
    _label(painter, QPointF(seen.left() + 8, seen.top() + 8), text, strong)


def pill(painter: QPainter, rect: QRectF, canvas: QRect, text: str) -> None:
    """A small label at the middle of the picture's lower edge; nothing for an empty text."""
    if text:
        seen = rect.intersected(QRectF(canvas))
        width = QFontMetricsF(painter.font()).horizontalAdvance(text) + 20
        at = QPointF(seen.center().x() - width / 2, seen.bottom() - 32)
        _label(painter, at, text, False)


def _label(painter: QPainter, at: QPointF, text: str, strong: bool) -> None:
    metrics = QFontMetricsF(painter.font())
    box = QRectF(at.x(), at.y(), metrics.horizontalAdvance(text) + 20, 24)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme.ACCENT) if strong else QColor(17, 17, 18, 200))
    painter.drawRoundedRect(box, 12, 12)
    painter.setPen(QColor(theme.BACKDROP if strong else theme.INK))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def drop_target(painter: QPainter, rect: QRect, text: str) -> None:
    """The whole canvas as a place to let go."""
    painter.fillRect(rect, QColor(17, 17, 18, 200))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(theme.ACCENT), 2, Qt.PenStyle.DashLine))
    painter.drawRoundedRect(QRectF(rect).adjusted(12, 12, -12, -12), 8, 8)
    words(painter, rect, text, "")
