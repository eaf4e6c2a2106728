"""A big button for one of the points A to D, with its picture."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QFont,
    QImage,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from latentstudio.ui.widgets.metrics import RADIUS, STEP
from latentstudio.ui.widgets.paint import Ink, small
from latentstudio.ui.widgets.recipe_mime import read_recipe

BAR = 3


class PointButton(QAbstractButton):
    """Click to take the point and show it; drop a kept point on it.

    Signals
    -------
    dropped(str, object)
        This point's name and the recipe that was dropped on it.
    """

    dropped = Signal(str, object)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._image: QImage | None = None
        self._share = 0.0
        self._over = False
        self.setText(name)
        self.setCheckable(True)
        self.setAcceptDrops(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def sizeHint(self) -> QSize:
        """A square picture with a bar for the share below."""
        return QSize(64, 64 + STEP + BAR)

    def minimumSizeHint(self) -> QSize:
        """Small enough for four in a narrow dock."""
        return QSize(48, 48 + STEP + BAR)

    def hasHeightForWidth(self) -> bool:
        """The picture stays square."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Square, up to 96 pixels, and the bar."""
        return min(96, width) + STEP + BAR

    def set_image(self, image: QImage | None) -> None:
        """Show a picture of the point, or none."""
        self._image = image
        self.update()

    def image(self) -> QImage | None:
        """The picture shown."""
        return self._image

    def set_share(self, share: float) -> None:
        """Show the point's share in the blend, 0 to 1."""
        if share != self._share:
            self._share = share
            self.update()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Light up under a recipe."""
        if read_recipe(event.mimeData()) is not None:
            event.acceptProposedAction()
            self._over = True
            self.update()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Dim again."""
        self._over = False
        self.update()

    def dropEvent(self, event: QDropEvent) -> None:
        """Take the recipe."""
        self._over = False
        self.update()
        recipe = read_recipe(event.mimeData())
        if recipe is not None:
            event.acceptProposedAction()
            self.dropped.emit(self._name, recipe)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Picture, letter, frame and bar."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        ink = Ink(self)
        face = QRectF(0, 0, self.width(), self.height() - STEP - BAR).adjusted(1, 1, -1, -1)
        shape = QPainterPath()
        shape.addRoundedRect(face, RADIUS, RADIUS)
        painter.fillPath(shape, ink.well)
        if self._image is not None and not self._image.isNull():
            self._paint_image(painter, face, shape)
        self._paint_letter(painter, ink, face)
        bright = self.isChecked() or self._over
        edge = ink.accent if bright else (ink.quiet if self.underMouse() else ink.line)
        painter.setPen(QPen(edge, 2 if bright else 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(shape)
        if self.hasFocus():
            painter.setPen(QPen(ink.text, 1))
            painter.drawRoundedRect(face.adjusted(3, 3, -3, -3), RADIUS, RADIUS)
        bar = QRectF(1, self.height() - BAR, self.width() - 2, BAR)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink.groove)
        painter.drawRoundedRect(bar, BAR / 2, BAR / 2)
        if self._share > 0:
            bar.setWidth(max(BAR, bar.width() * self._share))
            painter.setBrush(ink.accent)
            painter.drawRoundedRect(bar, BAR / 2, BAR / 2)

    def _paint_image(self, painter: QPainter, face: QRectF, shape: QPainterPath) -> None:
        assert self._image is not None
        side = min(self._image.width(), self._image.height())
        left, top = (self._image.width() - side) / 2, (self._image.height() - side) / 2
        # The face may be wider than high in a broad dock: cut, never stretch.
        ratio = face.height() / face.width()
        part = QRectF(left, top + side * max(0.0, 1 - ratio) / 2, side, side * min(1.0, ratio))
        painter.save()
        painter.setClipPath(shape)
        if not self.isEnabled():
            painter.setOpacity(0.35)
        painter.drawImage(face, self._image, part)
        painter.restore()

    def _paint_letter(self, painter: QPainter, ink: Ink, face: QRectF) -> None:
        font = QFont(small(self.font()))
        font.setWeight(QFont.Weight.Bold)
        painter.setFont(font)
        tag = QRectF(face.left() + 4, face.bottom() - 20, 16, 16)
        painter.setPen(Qt.PenStyle.NoPen)
        shade = QColor(ink.ground)
        shade.setAlphaF(0.75)
        painter.setBrush(ink.accent if self.isChecked() else shade)
        painter.drawRoundedRect(tag, RADIUS, RADIUS)
        painter.setPen(ink.well if self.isChecked() else ink.text)
        painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, self._name)
