"""One direction as a slider: its name, its unit, its layers, and what can be done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from latentstudio.ui.describe import DOT
from latentstudio.ui.directions.layers import layer_words
from latentstudio.ui.directions.words import direction_tip
from latentstudio.ui.widgets.metrics import GAP, ROW, STEP
from latentstudio.ui.widgets.paint import Ink, caption
from latentstudio.ui.widgets.slider_row import SliderRow

if TYPE_CHECKING:
    from latentstudio.document.direction import Direction
    from latentstudio.document.recipe import Recipe
    from latentstudio.generators.info import GeneratorInfo

HELP = "Drag (Shift: finer), type, or double-click for 0 · right click or the dots: more"


class Words(QLabel):
    """A line that ends in an ellipsis where the room does, and that can be clicked.

    Signals
    -------
    clicked()
        With the left button.
    """

    clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.facts = ""
        self.setFixedHeight(ROW)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Say so."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit()

    def say(self, facts: str) -> None:
        """Say something in quiet words at the right, as far as there is room."""
        if facts != self.facts:
            self.facts = facts
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """One line."""
        painter, room = QPainter(self), QRectF(self.rect())
        painter.setPen(Ink(self).text)
        caption(painter, room, self.text())
        room.setLeft(painter.fontMetrics().horizontalAdvance(self.text()) + 2 * GAP)
        painter.setPen(Ink(self).quiet)
        if room.width() > ROW:
            caption(painter, room, self.facts, Qt.AlignmentFlag.AlignRight)


class DirectionSlider(QWidget):
    """Name and facts above, slider and number below.

    Signals
    -------
    edited(float)
        The hand wants that amount.
    asked(QPoint)
        What else can be done with it? On the screen.
    used()
        The hand moved it, or clicked its name.
    """

    edited = Signal(float)
    asked = Signal(QPoint)
    used = Signal()

    def __init__(self, direction: Direction, key: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.direction, self.key = direction, key
        self.setObjectName(f"sliders.{key}")
        self.name = Words()
        self.more = QToolButton()
        self.more.setText("⋯")
        self.more.setAutoRaise(True)
        self.more.setFixedSize(QSize(ROW, ROW))
        self.row = SliderRow(direction.low, direction.high, default=0.0, origin=0.0, marks=(0.0,))
        self.row.setObjectName(f"sliders.{key}")
        first = QHBoxLayout()
        first.setSpacing(STEP)
        first.addWidget(self.name, 1)
        first.addWidget(self.more)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(first)
        column.addWidget(self.row)
        self.setFocusProxy(self.row)
        self.name.clicked.connect(self.used)
        self.row.edited.connect(self._on_edited)
        self.more.clicked.connect(self._on_more)
        self.show_direction(direction)

    def show_direction(self, direction: Direction) -> None:
        """Another name, or newer leakage, of the same direction."""
        self.direction = direction
        tip = f"{direction_tip(direction)}\n{HELP}"
        self.name.setText(direction.name)
        self.name.setToolTip(tip)
        self.row.setToolTip(tip)
        self.row.name(direction.name)
        self.more.setToolTip(f"What can be done with {direction.name}")
        self.more.setAccessibleName(f"More on {direction.name}")

    def show_recipe(self, recipe: Recipe, info: GeneratorInfo | None, amount: float) -> None:
        """Write the amount, and the layers that it is applied to."""
        self.row.set_value(amount)
        words = layer_words(self.direction.layers_in(recipe) if amount else self._own(), info)
        unit = self.direction.unit
        parts = [unit] if unit else []
        if words != "all layers" and self.direction.vector is not None:
            parts.append(words)
        self.name.say(DOT.join(parts))

    def _own(self) -> tuple[int, int | None]:
        return self.direction.first, self.direction.stop

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What else can be done with it."""
        self.asked.emit(event.globalPos())

    def _on_more(self) -> None:
        self.asked.emit(self.more.mapToGlobal(QPoint(0, self.more.height())))

    def _on_edited(self, amount: float) -> None:
        self.used.emit()
        self.edited.emit(round(amount, 4))
