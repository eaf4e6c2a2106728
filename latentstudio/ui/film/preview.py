"""The first frame as it will be framed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from latentstudio.export.film.fit import fitted
from latentstudio.ui.theme import BACKDROP
from latentstudio.ui.widgets.metrics import MARGIN, RADIUS
from latentstudio.ui.widgets.paint import Ink

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from latentstudio.export.film.settings import FilmSettings

SIDE = 340


class FilmPreview(QWidget):
    """A dark table with the film's picture on it, in the film's own shape."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pixels: NDArray[np.uint8] | None = None
        self._settings: FilmSettings | None = None
        self._image: QImage | None = None
        self.setAccessibleName("First frame of the film")
        self.setMinimumSize(SIDE, SIDE)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_film(self, pixels: NDArray[np.uint8] | None, settings: FilmSettings) -> None:
        """Frame uint8 [H, W, 4] as the settings say; None: it is not drawn yet."""
        self._pixels, self._settings, self._image = pixels, settings, None
        self.update()

    def image(self) -> QImage | None:
        """What is shown, in device pixels; None before there is anything."""
        if self._pixels is None or self._settings is None:
            return None
        face = self._face() * self.devicePixelRatioF()
        size = QSize(max(1, round(face.width())), max(1, round(face.height())))
        if self._image is None or self._image.size() != size:
            settings = self._settings
            # Framed at the size on the screen: the same picture, without the film's millions.
            shown = fitted(self._pixels, size.toTuple(), settings.fit, settings.background)
            step = 3 * size.width()
            self._image = QImage(
                shown.data, size.width(), size.height(), step, QImage.Format.Format_RGB888
            ).copy()
        return self._image

    def _face(self) -> QSizeF:
        assert self._settings is not None
        room = QSizeF(self.width() - 2 * MARGIN, self.height() - 2 * MARGIN)
        return QSizeF(*self._settings.size).scaled(room, Qt.AspectRatioMode.KeepAspectRatio)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Table, picture, edge."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = Ink(self)
        painter.setBrush(QColor(BACKDROP))
        painter.setPen(QPen(ink.line, 1))
        table = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(table, 2 * RADIUS, 2 * RADIUS)
        if self._settings is None:
            return
        face = QRectF(0, 0, *self._face().toTuple())
        face.moveCenter(table.center())
        image = self.image()
        if image is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(face, image)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(face.adjusted(-0.5, -0.5, 0.5, 0.5))
