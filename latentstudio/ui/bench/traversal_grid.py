"""Pictures along an axis: rows are pictures to begin with, columns amounts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QHelpEvent,
    QHideEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QShowEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from latentstudio.document.codec import recipe_digest
from latentstudio.ui.directions.strip import PAUSE, PIXELS
from latentstudio.ui.directions.words import signed
from latentstudio.ui.widgets.metrics import GAP, RADIUS, STEP
from latentstudio.ui.widgets.paint import Ink, caption, small

if TYPE_CHECKING:
    from latentstudio.document.recipe import Recipe
    from latentstudio.ui.panels.context import Thumbnails

NAME, HEAD = 64, 22
SMALLEST, LARGEST = 40, 160
NOBODY = (-1, -1)


class TraversalGrid(QWidget):
    """Click a picture, or choose it with the arrow keys and Enter, to take it.

    Pictures are asked for while the grid is on the screen and the hand rests.

    Signals
    -------
    taken(Recipe)
        The hand wants this picture.
    """

    taken = Signal(object)

    def __init__(self, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails
        self._names: tuple[str, ...] = ()
        self._amounts: tuple[float, ...] = ()
        self._recipes: tuple[Recipe, ...] = ()
        self._images: list[QImage | None] = []
        self._waiting: dict[str, list[int]] = {}
        self._over = NOBODY
        self.current = (0, 0)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(PAUSE)
        self._rest.timeout.connect(self.fetch)
        self.setObjectName("bench.traversal.grid")
        self.setAccessibleName("Traversal")
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        thumbnails.ready.connect(self._on_ready)

    # -- what it shows -------------------------------------------------------------------

    def show_pictures(
        self, names: Sequence[str], amounts: Sequence[float], recipes: Sequence[Recipe]
    ) -> None:
        """Show ``recipes``, a row for each name and a column for each amount."""
        if (tuple(recipes), tuple(names)) == (self._recipes, self._names):
            return
        if len(recipes) != len(self._recipes):
            self._images = [None] * len(recipes)
            self.current = (0, len(amounts) // 2)
        self._names, self._amounts, self._recipes = tuple(names), tuple(amounts), tuple(recipes)
        self._describe()
        # The last pictures stay until the new ones are there: calmer than gaps.
        self._waiting.clear()
        if self.isVisible():
            self._rest.start()
        self.update()

    def recipes(self) -> tuple[Recipe, ...]:
        """What is shown, row by row."""
        return self._recipes

    def fetch(self) -> None:
        """Ask for the pictures now."""
        self._rest.stop()
        self._waiting.clear()
        for place in range(len(self._recipes)):
            self._get(place)

    def stop(self) -> None:
        """Ask for nothing more (the window is going)."""
        self._rest.stop()
        self._recipes = ()
        self._waiting.clear()

    def _get(self, place: int) -> None:
        recipe = self._recipes[place]
        image = self._thumbnails.get(recipe, PIXELS)
        if image is None:
            self._waiting.setdefault(recipe_digest(recipe), []).append(place)
        else:
            self._images[place] = image
            self.update()

    def _on_ready(self, digest: str) -> None:
        for place in self._waiting.pop(digest, ()):
            self._get(place)

    # -- geometry ------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        """Faces that can be told apart."""
        return self._room(96)

    def minimumSizeHint(self) -> QSize:
        """Still faces."""
        return self._room(SMALLEST)

    def _room(self, side: int) -> QSize:
        rows, columns = self._counts()
        return QSize(NAME + columns * (side + STEP), HEAD + rows * (side + STEP))

    def _counts(self) -> tuple[int, int]:
        return max(1, len(self._names)), max(1, len(self._amounts))

    def _side(self) -> float:
        rows, columns = self._counts()
        wide, high = (self.width() - NAME) / columns, (self.height() - HEAD) / rows
        return max(SMALLEST, min(LARGEST, wide - STEP, high - STEP))

    def face(self, row: int, column: int) -> QRectF:
        """Where a picture stands."""
        side = self._side()
        left, top = NAME + column * (side + STEP), HEAD + row * (side + STEP)
        return QRectF(left, top, side, side).adjusted(1, 1, -1, -1)

    def _at(self, pos: QPointF) -> tuple[int, int]:
        step = self._side() + STEP
        row, column = int((pos.y() - HEAD) // step), int((pos.x() - NAME) // step)
        there = 0 <= row < len(self._names) and 0 <= column < len(self._amounts)
        return (row, column) if there else NOBODY

    # -- the hand ------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the picture."""
        at = self._at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and at != NOBODY:
            self.current = at
            self._take()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Light up."""
        over = self._at(event.position())
        if over != self._over:
            self._over = over
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Dim again."""
        self._over = NOBODY
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, Home and End choose; Enter and Space take."""
        row, column = self.current
        rows, columns = len(self._names), len(self._amounts)
        ways = {
            Qt.Key.Key_Left: (row, column - 1),
            Qt.Key.Key_Right: (row, column + 1),
            Qt.Key.Key_Up: (row - 1, column),
            Qt.Key.Key_Down: (row + 1, column),
            Qt.Key.Key_Home: (row, 0),
            Qt.Key.Key_End: (row, columns - 1),
        }
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self._recipes:
            self._take()
        elif key in ways and self._recipes:
            to = ways[key]
            self.current = min(max(0, to[0]), rows - 1), min(max(0, to[1]), columns - 1)
            self._describe()
            self.update()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """The tip of the picture under the mouse."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            at = self._at(QPointF(event.pos()))
            words = f"{self._called(*at)}\nClick: take this picture" if at != NOBODY else ""
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)

    def _take(self) -> None:
        row, column = self.current
        self.update()
        self.taken.emit(self._recipes[row * len(self._amounts) + column])

    def _called(self, row: int, column: int) -> str:
        return f"{self._names[row]}, {signed(self._amounts[column])}"

    def _describe(self) -> None:
        self.setAccessibleDescription(self._called(*self.current) if self._recipes else "")

    # -- drawing -------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up."""
        if self._recipes:
            self._rest.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks."""
        self._rest.stop()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Names, amounts, pictures."""
        if not self._recipes:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setFont(small(self.font()))
        ink, middle = Ink(self), Qt.AlignmentFlag.AlignHCenter
        marked = self._over if self._over != NOBODY else self.current
        for column, amount in enumerate(self._amounts):
            painter.setPen(ink.text if column == marked[1] else ink.quiet)
            face = self.face(0, column)
            caption(painter, QRectF(face.left(), 0, face.width(), HEAD - STEP),
                    signed(amount), middle)  # fmt: skip
        for row, name in enumerate(self._names):
            painter.setPen(ink.text if row == marked[0] else ink.quiet)
            face = self.face(row, 0)
            room = QRectF(0, face.top(), NAME - GAP, face.height())
            caption(painter, room, name, Qt.AlignmentFlag.AlignRight)
            for column in range(len(self._amounts)):
                self._paint_face(painter, ink, row, column)

    def _paint_face(self, painter: QPainter, ink: Ink, row: int, column: int) -> None:
        face = self.face(row, column)
        shape = QPainterPath()
        shape.addRoundedRect(face, RADIUS, RADIUS)
        painter.fillPath(shape, ink.well)
        image = self._images[row * len(self._amounts) + column]
        if image is not None and not image.isNull():
            painter.save()
            painter.setClipPath(shape)
            painter.drawImage(face, image)
            painter.restore()
        keyed = self.hasFocus() and (row, column) == self.current
        over = (row, column) == self._over
        painter.setPen(QPen(ink.accent if keyed else ink.text if over else ink.line,
                            2 if keyed else 1))  # fmt: skip
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(shape)
