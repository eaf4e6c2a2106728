"""Drawings of easings and loops for small buttons."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter, QPolygonF

from latentstudio.document.timeline.ease import Ease

BEZIER = Ease("bezier", (0.42, 0.0, 0.58, 1.0))  # CSS's ease-in-out
_SCRAWL = Ease("drawn", (0.0, 0.3, 0.42, 0.25, 0.2, 0.5, 0.85, 0.7, 1.0))
_TIPS = {
    "linear": "Linear: evenly all the way",
    "hold": "Hold: stays, and jumps at the next key",
    "in": "In: begins slowly",
    "out": "Out: arrives slowly",
    "in-out": "In and out: begins and arrives slowly",
    "overshoot": "Overshoot: a tenth too far, and back",
    "bezier": "Handles: two handles shape the curve below",
    "drawn": "By hand: draw the curve below",
}
_PLAIN = ("linear", "hold", "in", "out", "in-out", "overshoot")
PRESETS: dict[str, Ease] = {
    **{kind: Ease(kind) for kind in _PLAIN},  # type: ignore[arg-type]
    "bezier": BEZIER,
    "drawn": _SCRAWL,
}


def curve(ease: Ease, rect: QRectF, points: int = 24) -> QPolygonF:
    """An easing from the lower left corner to the upper right one."""
    if ease.kind == "hold":
        end = [rect.bottomLeft(), rect.bottomRight(), rect.topRight()]
        return QPolygonF(end)
    shares = [i / points for i in range(points + 1)]
    return QPolygonF(
        [
            QPointF(rect.left() + s * rect.width(), rect.bottom() - ease.at(s) * rect.height())
            for s in shares
        ]
    )


def _ease(ease: Ease, painter: QPainter, rect: QRectF) -> None:
    painter.drawPolyline(curve(ease, rect.adjusted(0, 1, 0, 0)))
    if ease.kind == "bezier":
        for at, way in ((rect.bottomLeft(), 6.0), (rect.topRight(), -6.0)):
            painter.drawLine(at, at + QPointF(way, 0))
            painter.drawEllipse(at + QPointF(way, 0), 1.2, 1.2)


def _barb(painter: QPainter, tip: QPointF, way: float) -> None:
    back = QPointF(-3.5 * way, 0)
    painter.drawPolyline([tip + back + QPointF(0, -3), tip, tip + back + QPointF(0, 3)])


def _once(painter: QPainter, rect: QRectF) -> None:
    middle, end = rect.center().y(), QPointF(rect.right() - 2, rect.center().y())
    painter.drawLine(QPointF(rect.left(), middle), end)
    _barb(painter, end, 1.0)
    painter.drawLine(QPointF(rect.right(), middle - 4), QPointF(rect.right(), middle + 4))


def _loop(painter: QPainter, rect: QRectF) -> None:
    round_ = QRectF(rect.center().x() - 5, rect.center().y() - 5, 10, 10)
    painter.drawArc(round_, 60 * 16, 290 * 16)
    tip = QPointF(round_.center().x() + 3.4, round_.top() + 0.8)
    painter.drawPolyline([tip + QPointF(-3.6, -2.2), tip, tip + QPointF(-2.6, 3.4)])


def _forth(painter: QPainter, rect: QRectF) -> None:
    for y, way in ((-3.0, 1.0), (3.0, -1.0)):
        middle = rect.center() + QPointF(0, y)
        tip = middle + QPointF(6 * way, 0)
        painter.drawLine(middle - QPointF(6 * way, 0), tip)
        _barb(painter, tip, way)


EASES = tuple((kind, partial(_ease, PRESETS[kind]), tip) for kind, tip in _TIPS.items())
LOOPS = (
    ("once", _once, "Once: from the first key to the end"),
    ("loop", _loop, "Loop: the last key leads on to the first, again and again"),
    ("back and forth", _forth, "Back and forth: to the end, and the same way back"),
)
