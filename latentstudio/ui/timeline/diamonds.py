"""The diamonds of keys, drawn once and stamped: a film has a thousand of them."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap

from latentstudio.ui.widgets.paint import Ink, mixed

DIAMOND = 5.5  # px from the middle to a corner
_SIDE = 16


def stamp(painter: QPainter, ink: Ink, at: QPointF, *, chosen: bool, over: bool) -> None:
    """A key: full of the accent while chosen, larger under the mouse."""
    fill = ink.accent if chosen else mixed(ink.well, ink.text, 0.78)
    ratio = painter.device().devicePixelRatio()
    picture = _diamond(fill.rgb(), ink.well.rgb(), DIAMOND + over, ratio)
    painter.drawPixmap(at - QPointF(_SIDE / 2, _SIDE / 2), picture)


@cache
def _diamond(fill: int, rim: int, size: float, ratio: float) -> QPixmap:
    picture = QPixmap(round(_SIDE * ratio), round(_SIDE * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(rim), 1.5))
    painter.setBrush(QColor(fill))
    x = y = _SIDE / 2
    corners = [QPointF(x, y - size), QPointF(x + size, y), QPointF(x, y + size)]
    painter.drawPolygon([*corners, QPointF(x - size, y)])
    painter.end()
    return picture
