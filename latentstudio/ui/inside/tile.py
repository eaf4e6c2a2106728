"""One channel's map with its number."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPixmap

from latentstudio.ui.inside.tints import tint
from latentstudio.ui.widgets.metrics import RADIUS
from latentstudio.ui.widgets.paint import Ink

CAPTION = 14
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True)
class Mark:
    """What is marked on a tile.

    Attributes
    ----------
    chosen, keyed
        Whether it is chosen, and has the keyboard.
    correlation
        How it answers; None while nobody asks.
    answers
        Whether it is one of those that do.
    """

    chosen: bool = False
    keyed: bool = False
    correlation: float | None = None
    answers: bool = False


def paint_tile(
    painter: QPainter, ink: Ink, room: QRect, pixmap: QPixmap, channel: int, mark: Mark
) -> None:
    """Map, frame, number, and how it answers."""
    face = room.adjusted(0, 0, 0, -CAPTION)
    # Its own pixels where it is enlarged, an average where it is reduced.
    reduced = pixmap.width() > face.width() * painter.device().devicePixelRatioF()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, reduced)
    painter.drawPixmap(face, pixmap)
    edge = ink.text if mark.keyed else ink.accent if mark.chosen else ink.line
    width = 2 if mark.chosen or mark.keyed else 1
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if mark.keyed and mark.chosen:
        painter.setPen(QPen(ink.accent, 2))
        painter.drawRect(QRectF(face).adjusted(3, 3, -3, -3))
    painter.setPen(QPen(edge, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.SquareCap,
                        Qt.PenJoinStyle.MiterJoin))  # fmt: skip
    painter.drawRoundedRect(QRectF(face).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS / 2, RADIUS / 2)
    below = QRect(room.left(), face.bottom() + 1, room.width(), CAPTION)
    asked = mark.correlation is not None
    painter.setPen(ink.accent if mark.chosen else ink.text if mark.answers else ink.quiet)
    painter.drawText(below, _LEFT, str(channel))
    if asked and mark.correlation is not None:
        colour = tint(0.62 if mark.correlation > 0 else -0.62) if mark.answers else ink.groove
        painter.setPen(colour)
        painter.drawText(below, _RIGHT, _short(mark.correlation))


def _short(correlation: float) -> str:
    """``+.29``, ``−.08``: beside a number of three digits there is no room for the 0."""
    return f"{correlation:+.2f}".replace("0.", ".", 1).replace("-", "−")
