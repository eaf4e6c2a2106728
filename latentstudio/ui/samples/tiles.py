"""Samples as pictures of the size of a tile, painted once and kept."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from latentstudio.ui.samples.wall_model import WallModel
from latentstudio.ui.widgets.metrics import RADIUS, STEP
from latentstudio.ui.widgets.paint import Ink, caption, small

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from latentstudio.ui.samples.groups import Groups, Side

CAPTION = 16
NUMBERED = 88  # px: narrower tiles have room for the value alone
BADGE = 9  # radius of the signs for more and less
BADGED = 56  # px: narrower tiles have no room for them, only for what was sorted
LESS = QColor("#5b9bd5")  # the accent's counterpart, as in the heat map
BUDGET = 64 << 20  # bytes of pictures that are kept


def scaled(pixels: NDArray[np.uint8], side: int) -> QImage:
    """Bicubic, so that small faces are no diamonds: uint8 [S, S, 3] as RGB32 of ``side``."""
    from PIL import Image

    picture = Image.fromarray(pixels)
    if picture.size != (side, side):
        picture = picture.resize((side, side), Image.Resampling.BICUBIC)
    borrowed = QImage(picture.tobytes(), side, side, 3 * side, QImage.Format.Format_RGB888)
    return borrowed.convertToFormat(QImage.Format.Format_RGB32)


class TileDelegate(QStyledItemDelegate):
    """Paints one sample: picture, number and value below, a frame where it is chosen."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._side = 96
        self._images: OrderedDict[int, QImage] = OrderedDict()
        self._of: tuple[object, float] | None = None
        self.groups: Groups | None = None
        self.prepare()

    def prepare(self) -> None:
        """Look up once for all tiles of a painting what they share."""
        view = self.parent()
        assert isinstance(view, QWidget)
        self._ink, self._font = Ink(view), small(view.font())
        self._ratio = view.devicePixelRatioF()

    @property
    def cell(self) -> QSize:
        """A tile with its margins."""
        return QSize(self._side + 2 * STEP, self._side + CAPTION + STEP)

    def set_side(self, side: int) -> None:
        """Pictures are to be that high, in logical pixels."""
        self._side = side

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """All the same."""
        return self.cell

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Nothing here may cost more than a copy: a wall shows hundreds."""
        model, ink = index.model(), self._ink
        assert isinstance(model, WallModel)
        number = model.number(index.row())
        painter.save()
        face = self._face(option.rect)
        painter.drawImage(face.topLeft(), self._image(model, number))
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        over = bool(option.state & QStyle.StateFlag.State_MouseOver)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if chosen or over:
            painter.setPen(QPen(ink.accent if chosen else ink.quiet, 2))
            painter.drawPath(_frame(face))
        self._paint_badges(painter, model, number, face, over)
        painter.setFont(self._font)
        room = QRectF(face.left(), face.bottom() + 1, self._side, CAPTION)
        value = str(index.data(Qt.ItemDataRole.DisplayRole))
        name = f"#{number}"
        painter.setPen(ink.text)
        if self._side < NUMBERED or name == value:
            caption(painter, room, value, Qt.AlignmentFlag.AlignHCenter)
        else:
            caption(painter, room, value, Qt.AlignmentFlag.AlignRight)
            painter.setPen(ink.quiet)
            caption(painter, room, name)
        painter.restore()

    def side_at(self, cell: QRect, pos: QPointF) -> Side | None:
        """The sign of more or less under a place on the tile in ``cell``."""
        if self.groups is None or self._side < BADGED:
            return None
        for side, centre in _centres(self._face(cell)).items():
            if (pos - centre).manhattanLength() <= 1.4 * BADGE:
                return side
        return None

    def _face(self, cell: QRect) -> QRectF:
        left = cell.left() + (cell.width() - self._side) // 2
        return QRectF(left, cell.top() + 2, self._side, self._side)

    def _paint_badges(
        self, painter: QPainter, model: WallModel, number: int, face: QRectF, over: bool
    ) -> None:
        if self.groups is None or model.arrangement is None:
            return
        sorted_to = self.groups.side(model.arrangement.samples.sampling, number)
        for side, centre in _centres(face).items():
            if side == sorted_to or (over and self._side >= BADGED):
                badge(painter, self._ink, centre, side, filled=side == sorted_to)

    def _image(self, model: WallModel, number: int) -> QImage:
        assert model.arrangement is not None
        samples, side = model.arrangement.samples, round(self._side * self._ratio)
        if self._of != (samples.sampling, self._side * self._ratio):
            self._of = (samples.sampling, self._side * self._ratio)
            self._images.clear()
        image = self._images.get(number)
        if image is None:
            image = self._images[number] = scaled(samples.thumbs[number], side)
            image.setDevicePixelRatio(self._ratio)
            if len(self._images) > BUDGET // (4 * side * side):
                self._images.popitem(last=False)
        else:
            self._images.move_to_end(number)
        return image


def _frame(face: QRectF) -> QPainterPath:
    path = QPainterPath()
    path.addRoundedRect(face, RADIUS, RADIUS)
    return path


def badge(painter: QPainter, ink: Ink, centre: QPointF, side: Side, *, filled: bool) -> None:
    """A round sign: plus for more, minus for less; filled where a sample was sorted."""
    ground = QColor(ink.ground)
    ground.setAlphaF(0.8)
    if filled:
        ground = ink.accent if side == "more" else LESS
    painter.setPen(QPen(ink.ground if filled else ink.text, 1))
    painter.setBrush(ground)
    painter.drawEllipse(centre, BADGE, BADGE)
    painter.setPen(QPen(ink.ground if filled else ink.text, 2))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    arm = BADGE / 2
    painter.drawLine(centre - QPointF(arm, 0), centre + QPointF(arm, 0))
    if side == "more":
        painter.drawLine(centre - QPointF(0, arm), centre + QPointF(0, arm))


def _centres(face: QRectF) -> dict[Side, QPointF]:
    inset = BADGE + 3
    return {
        "more": face.topLeft() + QPointF(inset, inset),
        "less": face.topRight() + QPointF(-inset, inset),
    }
