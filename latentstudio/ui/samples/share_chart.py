"""Paired bars and densities: the data above or behind, the samples below or in front."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QHelpEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from latentstudio.ui.samples.blocks import Block, Hills, Row, Share
from latentstudio.ui.widgets.metrics import GAP, STEP
from latentstudio.ui.widgets.paint import Ink, caption, mixed, small

TITLE, ROW, HILL, SPACE = 22, 18, 40, 10
LABEL, VALUES = 72, 82
BAR = 5
RIGHT = Qt.AlignmentFlag.AlignRight


class ShareChart(QWidget):
    """Blocks below each other; what differs beyond chance has the accent."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._blocks: tuple[Block, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def blocks(self) -> tuple[Block, ...]:
        """What is shown."""
        return self._blocks

    def show_blocks(self, blocks: Sequence[Block]) -> None:
        """Show these, in this order."""
        before = self.sizeHint()
        self._blocks = tuple(blocks)
        self.setAccessibleDescription("; ".join(map(_spoken, self._blocks)))
        if self.sizeHint() != before:
            self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """As high as all blocks."""
        return QSize(240, sum(_height(block) + SPACE for block in self._blocks))

    def minimumSizeHint(self) -> QSize:
        """As narrow as a dock."""
        return QSize(200, self.sizeHint().height())

    def event(self, event: QEvent) -> bool:
        """The tip of the block under the mouse."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            top = 0
            for block in self._blocks:
                height = _height(block) + SPACE
                if top <= event.pos().y() < top + height:
                    QToolTip.showText(event.globalPos(), block.tip, self)
                top += height
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Only the blocks that can be seen."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink, top = Ink(self), 0
        for block in self._blocks:
            height = _height(block)
            if top < event.rect().bottom() + 1 and top + height > event.rect().top():
                self._paint_block(painter, ink, block, top)
            top += height + SPACE

    def _paint_block(self, painter: QPainter, ink: Ink, block: Block, top: float) -> None:
        title = QRectF(0, top, self.width(), TITLE)
        font = QFont(self.font())
        painter.setFont(small(font))
        painter.setPen(ink.accent if block.differs else ink.quiet)
        caption(painter, title, block.words, RIGHT)
        room = self.width() - painter.fontMetrics().horizontalAdvance(block.words) - GAP
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(ink.text)
        caption(painter, QRectF(0, top, room, TITLE), block.title)
        painter.setFont(small(self.font()))
        if block.hills is not None:
            _paint_hills(painter, ink, block.hills, QRectF(0, top + TITLE, self.width(), HILL))
        ends = [rate.high for row in block.rows for rate in (row.data, row.samples) if rate]
        longest = max(ends, default=1.0) or 1.0
        for number, row in enumerate(block.rows):
            place = QRectF(0, top + TITLE + number * ROW, self.width(), ROW)
            _paint_row(painter, ink, row, place, longest)


def _height(block: Block) -> int:
    return TITLE + len(block.rows) * ROW + (HILL if block.hills is not None else 0)


def _paint_row(painter: QPainter, ink: Ink, row: Row, place: QRectF, longest: float) -> None:
    painter.setPen(ink.text if row.differs else ink.quiet)
    caption(painter, QRectF(0, place.top(), LABEL, ROW), row.label)
    painter.setPen(ink.accent if row.differs else ink.quiet)
    caption(painter, place, _both(row), RIGHT)
    left = LABEL + STEP
    width = max(8.0, place.width() - left - VALUES)
    middle = place.center().y()
    data, samples = colours(ink, row.differs)
    for rate, colour, y in (
        (row.data, data, middle - BAR - 0.5),
        (row.samples, samples, middle + 0.5),
    ):
        if rate is None:
            continue
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawRect(QRectF(left, y, max(1.0, rate.value / longest * width), BAR))
        painter.setPen(QPen(ink.text, 1))
        low, high = (left + end / longest * width for end in (rate.low, rate.high))
        painter.drawLine(QPointF(low, y + BAR / 2), QPointF(high, y + BAR / 2))
        for x in (low, high):
            painter.drawLine(QPointF(x, y + 1), QPointF(x, y + BAR - 1))


def colours(ink: Ink, differs: bool) -> tuple[QColor, QColor]:
    """Of the data, and of the samples."""
    return mixed(ink.ground, ink.text, 0.3), ink.accent if differs else mixed(
        ink.ground, ink.text, 0.6
    )


def _paint_hills(painter: QPainter, ink: Ink, hills: Hills, place: QRectF) -> None:
    top = max(float(hills.data.max()), float(hills.samples.max())) or 1.0
    data, samples = colours(ink, hills.differs)
    floor = place.bottom() - 0.5
    painter.fillPath(_hill(hills.data / top, place, closed=True), data)
    painter.setPen(QPen(samples, 1.5))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(_hill(hills.samples / top, place, closed=False))
    painter.setPen(QPen(ink.line, 1))
    painter.drawLine(QPointF(place.left(), floor), QPointF(place.right(), floor))


def _hill(shares: NDArray[np.float64], place: QRectF, closed: bool) -> QPainterPath:
    floor, height = place.bottom() - 0.5, place.height() - STEP
    step = place.width() / len(shares)
    path = QPainterPath(QPointF(place.left(), floor))
    for number, share in enumerate(shares):
        path.lineTo(place.left() + (number + 0.5) * step, floor - float(share) * height)
    path.lineTo(place.right(), floor)
    if closed:
        path.closeSubpath()
    return path


def _both(row: Row) -> str:
    return " → ".join(_percent(rate) for rate in (row.data, row.samples) if rate) or "none"


def _percent(rate: Share) -> str:
    value = 100 * rate.value
    return f"{value:.1f}%" if value < 9.95 else f"{value:.0f}%"


def _spoken(block: Block) -> str:
    rows = (f"{row.label} {_both(row)}" for row in block.rows)
    return f"{block.title}: {', '.join(rows) or block.words}"
