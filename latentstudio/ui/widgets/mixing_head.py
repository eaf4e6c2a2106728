"""The heads above the mixing grid's columns: picture, solo and mute of each point."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QImage, QPainter, QPainterPath, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QSizePolicy, QWidget

from latentstudio.document.recipe import POINT_NAMES
from latentstudio.ui.widgets.metrics import LABEL_COLUMN, RADIUS, STEP
from latentstudio.ui.widgets.mixing_grid import column_edges
from latentstudio.ui.widgets.paint import Ink, small
from latentstudio.ui.widgets.segmented import Segment

PICTURE = 40
SWITCH = 18


class MixingHead(QWidget):
    """Stands on the same columns as the grid below it.

    Signals
    -------
    soloed(str, bool), muted(str, bool)
        The hand switched solo or mute of a point.
    """

    soloed = Signal(str, bool)
    muted = Signal(str, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._images: dict[str, QImage | None] = dict.fromkeys(POINT_NAMES)
        self._silent: frozenset[str] = frozenset()
        self.solo: dict[str, Segment] = {}
        self.mute: dict[str, Segment] = {}
        self.clear = Segment("Clear", "Empty the grid; solo and mute go with it", self)
        self.clear.setCheckable(False)
        self.clear.setObjectName("mixing.clear")
        self._solos, self._mutes = QButtonGroup(self), QButtonGroup(self)
        for group in (self._solos, self._mutes):
            group.setExclusive(False)
        for number, name in enumerate(POINT_NAMES):
            solo = Segment("S", f"Solo {name}: only soloed points are heard", self)
            mute = Segment("M", f"Mute {name}: its cells rest until it is unmuted", self)
            solo.setObjectName(f"mixing.solo.{name}")
            mute.setObjectName(f"mixing.mute.{name}")
            solo.setAccessibleName(f"Solo {name}")
            mute.setAccessibleName(f"Mute {name}")
            self._solos.addButton(solo, number)
            self._mutes.addButton(mute, number)
            self.solo[name], self.mute[name] = solo, mute
        self._solos.idClicked.connect(self._on_solo)
        self._mutes.idClicked.connect(self._on_mute)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Picture and switches."""
        return QSize(240, PICTURE + STEP + SWITCH)

    def set_image(self, name: str, image: QImage | None) -> None:
        """Show the picture of a point."""
        if image is not self._images[name]:
            self._images[name] = image
            self.update()

    def set_switches(
        self, solo: tuple[str, ...], mute: tuple[str, ...], silent: frozenset[str]
    ) -> None:
        """Show what is soloed and muted, and which points do not sound because of it."""
        for name in POINT_NAMES:
            self.solo[name].setChecked(name in solo)
            self.mute[name].setChecked(name in mute)
        # Called at every change of the recipe: painting four pictures each time would be felt.
        if silent != self._silent:
            self._silent = silent
            self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep to the columns."""
        self.clear.setGeometry(0, PICTURE + STEP, LABEL_COLUMN - 2 * STEP, SWITCH)
        for column, name in enumerate(POINT_NAMES):
            left, right = column_edges(self.width(), column)
            half = (right - left - 2) // 2
            top = PICTURE + STEP
            self.solo[name].setGeometry(left, top, half, SWITCH)
            self.mute[name].setGeometry(right - half, top, half, SWITCH)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Pictures and letters."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        ink = Ink(self)
        font = QFont(small(self.font()))
        font.setWeight(QFont.Weight.Bold)
        painter.setFont(font)
        for column, name in enumerate(POINT_NAMES):
            left, right = column_edges(self.width(), column)
            self._paint_head(painter, ink, QRectF(left, 0, right - left, PICTURE), name)

    def _paint_head(self, painter: QPainter, ink: Ink, rect: QRectF, name: str) -> None:
        face = rect.adjusted(0.5, 0.5, -0.5, -0.5)
        shape = QPainterPath()
        shape.addRoundedRect(face, RADIUS, RADIUS)
        painter.fillPath(shape, ink.well)
        image = self._images[name]
        if image is not None and not image.isNull():
            painter.save()
            painter.setClipPath(shape)
            painter.setOpacity(0.25 if name in self._silent or not self.isEnabled() else 1.0)
            side = min(image.width(), image.height())
            ratio = min(1.0, face.height() / face.width())
            # The upper middle of a portrait is the face.
            top = (image.height() - side * ratio) * 0.4
            part = QRectF((image.width() - side) / 2, top, side, side * ratio)
            painter.drawImage(face, image, part)
            painter.restore()
        painter.setPen(QPen(ink.line, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(shape)
        tag = QRectF(face.left() + 3, face.bottom() - 17, 14, 14)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink.ground)
        painter.drawRoundedRect(tag, 2, 2)
        painter.setPen(ink.text)
        painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, name)

    def _on_solo(self, number: int) -> None:
        name = POINT_NAMES[number]
        self.soloed.emit(name, self.solo[name].isChecked())

    def _on_mute(self, number: int) -> None:
        name = POINT_NAMES[number]
        self.muted.emit(name, self.mute[name].isChecked())
