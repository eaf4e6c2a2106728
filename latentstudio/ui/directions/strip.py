"""One picture at several amounts of a direction, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from latentstudio.document.checks import RecipeError
from latentstudio.document.codec import recipe_digest
from latentstudio.ui.directions.words import signed
from latentstudio.ui.widgets.metrics import RADIUS, STEP
from latentstudio.ui.widgets.paint import Ink, caption, small

if TYPE_CHECKING:
    from latentstudio.document.direction import Direction
    from latentstudio.document.recipe import Recipe
    from latentstudio.ui.panels.context import Thumbnails

CAPTION = 16
PIXELS = 128  # height that pictures are asked for
PAUSE = 250  # ms of rest before pictures are asked for: a drag asks for none


class AmountStrip(QWidget):
    """Click a picture, or choose it with the arrow keys and Enter, to set its amount.

    Pictures are asked for while the strip is on the screen and the hand rests.

    Signals
    -------
    taken(float)
        The hand wants that amount.
    """

    taken = Signal(float)

    def __init__(
        self, thumbnails: Thumbnails, largest: int = 96, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._largest = largest
        self._thumbnails = thumbnails
        self._recipes: tuple[Recipe, ...] = ()
        self._images: list[QImage | None] = []
        self._waiting: dict[str, int] = {}
        self._unit = ""
        self._amount = 0.0
        self._over = -1
        self.amounts: tuple[float, ...] = ()
        self.hide()
        self.current = 0
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(PAUSE)
        self._rest.timeout.connect(self.fetch)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Filmstrip")
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        thumbnails.ready.connect(self._on_ready)

    # -- what it shows -------------------------------------------------------------------

    def show_direction(
        self, direction: Direction | None, recipe: Recipe, amounts: Sequence[float]
    ) -> None:
        """Show a recipe with these amounts in place of what it has; None shows nothing."""
        recipes: tuple[Recipe, ...] = ()
        if direction is not None:
            try:
                recipes = tuple(direction.applied(recipe, amount) for amount in amounts)
            except RecipeError:  # another checkpoint: the panel says so
                amounts = ()
            self._unit, self._amount = direction.unit, direction.amount(recipe)
        self.update()
        if recipes == self._recipes and bool(recipes) != self.isHidden():
            return
        if len(amounts) != len(self.amounts):
            self._images = [None] * len(amounts)
            self.current = len(amounts) // 2
            self.updateGeometry()
        self.amounts, self._recipes = tuple(amounts), recipes
        self.setVisible(bool(recipes))
        # The last pictures stay until the new ones are there: calmer than gaps.
        self._waiting.clear()
        if self.isVisible():
            self._rest.start()

    def fetch(self) -> None:
        """Ask for the pictures now."""
        self._rest.stop()
        self._waiting.clear()
        for place, recipe in enumerate(self._recipes):
            self._get(place, recipe)

    def stop(self) -> None:
        """Ask for nothing more (the window is going)."""
        self._rest.stop()
        self._waiting.clear()
        self._recipes = ()

    def _get(self, place: int, recipe: Recipe) -> None:
        image = self._thumbnails.get(recipe, PIXELS)
        if image is None:
            self._waiting[recipe_digest(recipe)] = place
        else:
            self._images[place] = image
            self.update()

    def _on_ready(self, digest: str) -> None:
        place = self._waiting.pop(digest, None)
        if place is not None:
            self._get(place, self._recipes[place])

    # -- geometry ------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        """As large as it gets: a layout gives no more height than this."""
        return QSize(max(1, len(self.amounts)) * (self._largest + STEP), self._largest + CAPTION)

    def minimumSizeHint(self) -> QSize:
        """As narrow as a dock."""
        return QSize(160, self.heightForWidth(160))

    def hasHeightForWidth(self) -> bool:
        """The pictures stay square."""
        return True

    def heightForWidth(self, width: int) -> int:
        """A row of squares, and their amounts."""
        return round(self._side(width)) + CAPTION

    def _side(self, width: float) -> float:
        count = max(1, len(self.amounts))
        return min(self._largest, (width - (count - 1) * STEP) / count)

    def face(self, place: int) -> QRectF:
        """Where a picture stands."""
        side = self._side(self.width())
        return QRectF(place * (side + STEP), 0, side, side).adjusted(1, 1, -1, -1)

    def _place_at(self, x: float) -> int:
        place = int(x // (self._side(self.width()) + STEP))
        return place if 0 <= place < len(self.amounts) else -1

    # -- the hand ------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take that amount."""
        place = self._place_at(event.position().x())
        if event.button() == Qt.MouseButton.LeftButton and place >= 0:
            self.current = place
            self._take()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Light up."""
        over = self._place_at(event.position().x())
        if over != self._over:
            self._over = over
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Dim again."""
        self._over = -1
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, Home and End choose; Enter and Space take."""
        key, last = event.key(), len(self.amounts) - 1
        ways = {
            Qt.Key.Key_Left: self.current - 1,
            Qt.Key.Key_Right: self.current + 1,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and last >= 0:
            self._take()
        elif key in ways:
            self.current = min(max(0, ways[Qt.Key(key)]), max(0, last))
            self.update()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """The tip of the picture under the mouse."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            place = self._place_at(event.pos().x())
            if place >= 0:
                amount = f"{signed(self.amounts[place])}   {self._unit}".strip()
                QToolTip.showText(event.globalPos(), f"{amount}\nClick: set this amount", self)
            return True
        return super().event(event)

    def _take(self) -> None:
        self.taken.emit(self.amounts[self.current])

    # -- drawing -------------------------------------------------------------------------

    def showEvent(self, event: QEvent) -> None:
        """Catch up."""
        if self._recipes:
            self._rest.start()

    def hideEvent(self, event: QEvent) -> None:
        """Nobody looks."""
        self._rest.stop()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Pictures, and their amounts below."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setFont(small(self.font()))
        ink = Ink(self)
        for place, amount in enumerate(self.amounts):
            face = self.face(place)
            shape = QPainterPath()
            shape.addRoundedRect(face, RADIUS, RADIUS)
            painter.fillPath(shape, ink.well)
            image = self._images[place]
            if image is not None and not image.isNull():
                painter.save()
                painter.setClipPath(shape)
                painter.drawImage(face, image)
                painter.restore()
            here = abs(amount - self._amount) < 0.005
            keyed = self.hasFocus() and place == self.current
            edge = ink.text if keyed else ink.accent if here else ink.line
            edge = ink.quiet if place == self._over and not (keyed or here) else edge
            painter.setPen(QPen(edge, 2 if keyed or here else 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPath(shape)
            painter.setPen(ink.text if here else ink.quiet)
            room = QRectF(face.left() - 2, face.bottom() + 2, face.width() + 4, CAPTION - 2)
            words = signed(amount, 1).removesuffix(".0")
            caption(painter, room, words, Qt.AlignmentFlag.AlignHCenter)


def spread(direction: Direction, count: int) -> tuple[float, ...]:
    """Amounts from one end of its slider to the other; 0 is among them where it lies between."""
    low, high = direction.low, direction.high
    amounts = [low + (high - low) * i / (count - 1) for i in range(count)]
    nearest = min(range(count), key=lambda i: abs(amounts[i]))
    if low <= 0 <= high:
        amounts[nearest] = 0.0
    return tuple(round(amount, 2) for amount in amounts)
