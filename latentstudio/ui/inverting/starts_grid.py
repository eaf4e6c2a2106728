"""Pictures of all starts of a search as they move; those fade that have dropped out."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from latentstudio.ui.inverting.faces import face
from latentstudio.ui.samples.tiles import scaled
from latentstudio.ui.widgets.metrics import STEP
from latentstudio.ui.widgets.paint import Ink

if TYPE_CHECKING:
    from latentstudio.engine.inverting.values import Progress

SMALLEST, LARGEST = 52, 112  # px of a picture
FADE, FAINTEST = 0.8, 0.22  # of what a picture has left at each news; and in the end
ORIGINS = {
    "encoder": "from the encoder's guess",
    "sample": "from a near sample",
    "seed": "from a random seed",
    "point": "from the point so far",
}


class StartsGrid(QWidget):
    """As many squares as there are starts.

    Attributes
    ----------
    strengths
        Of the starts: 1 for those still in the race, and for the best.
    best
        The start that leads; -1 before it is known.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.strengths: list[float] = []
        self.best = -1
        self._images: list[QImage | None] = []
        self._words: list[str] = []
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName("Starts")

    def begin(self) -> None:
        """Of another search nothing is known."""
        self.strengths, self._images, self._words, self.best = [], [], [], -1
        self.updateGeometry()
        self.update()

    def show_progress(self, progress: Progress) -> None:
        """Show the pictures of those in the race, and let the others fade."""
        count = len(progress.origins)
        if count != len(self._images):
            self.strengths, self._images = [1.0] * count, [None] * count
            self.updateGeometry()
        side = round(LARGEST * self.devicePixelRatioF())
        for pixels, start in zip(progress.pictures, progress.alive, strict=True):
            self._images[start] = scaled(pixels, side)
        self.best = progress.best
        self._images[self.best] = scaled(progress.picture, side)
        bright = {*progress.alive, self.best}
        self.strengths = [
            1.0 if start in bright else max(FAINTEST, FADE * strength)
            for start, strength in enumerate(self.strengths)
        ]
        losses = dict(zip(progress.alive, progress.losses, strict=True))
        gone = {self.best: "Goes on no more, and was closer than all others so far"}
        self._words = [
            f"Start {start + 1}, {ORIGINS[origin]}\n"
            + (
                f"Loss {losses[start]:.3g}"
                if start in losses
                else gone.get(start, "Dropped out: others were closer")
            )
            for start, origin in enumerate(progress.origins)
        ]
        words = f"{len(losses)} of {count} starts; number {self.best + 1} leads"
        self.setAccessibleName(words + ("" if self.best in losses else ", and goes on no more"))
        self.update()

    # -- geometry ------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        """A few rows."""
        return QSize(280, self.heightForWidth(280))

    def minimumSizeHint(self) -> QSize:
        """As narrow as a dock; how high it is then, only its width tells."""
        return QSize(160, SMALLEST)

    def hasHeightForWidth(self) -> bool:
        """The pictures stay square."""
        return True

    def heightForWidth(self, width: int) -> int:
        """As many rows as are needed."""
        count = len(self._images)
        columns, side = _columns(width, count)
        return max(1, math.ceil(count / columns) * round(side + STEP) - STEP)

    def room(self, start: int) -> QRectF:
        """Where a start's picture lies."""
        columns, side = _columns(self.width(), len(self._images))
        row, column = divmod(start, columns)
        at = QPointF(column * (side + STEP), row * (side + STEP))
        return QRectF(at.x(), at.y(), side, side).adjusted(1, 1, -1, -1)

    # -- drawing -------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """Where the start under the mouse comes from."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            pos = QPointF(event.pos())
            words = (w for start, w in enumerate(self._words) if self.room(start).contains(pos))
            QToolTip.showText(event.globalPos(), next(words, ""), self)
            return True
        return super().event(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Pictures; the leader has the accent."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        ink = Ink(self)
        for start, image in enumerate(self._images):
            room = self.room(start)
            painter.setOpacity(self.strengths[start])
            shape = face(painter, ink, room, image)
            leads = start == self.best
            painter.setPen(QPen(ink.accent if leads else ink.line, 2 if leads else 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPath(shape)


def _columns(width: float, count: int) -> tuple[int, float]:
    """How many stand in a row, and how wide they are: rows as even as they can be."""
    most = max(1, int((width + STEP) // (SMALLEST + STEP)))
    rows = max(1, math.ceil(count / most))
    columns = max(1, math.ceil(count / rows))
    return columns, min(LARGEST, (width + STEP) / columns - STEP)
