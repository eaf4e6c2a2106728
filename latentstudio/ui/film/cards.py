"""Large choices: a name, a line below it, and the shape where there is one."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QGridLayout, QSizePolicy, QWidget

from latentstudio.ui.widgets.metrics import GAP, MARGIN, RADIUS, ROW, STEP
from latentstudio.ui.widgets.paint import Ink, caption, mixed, small

WIDE, LINE, SHAPE = 104, 18, 32


class Card(QAbstractButton):
    """One choice, tinted when it is the one."""

    def __init__(self, title: str, words: str, tip: str, shaped: bool) -> None:
        super().__init__()
        self._words = ""
        self._shaped = shaped
        self._shape = QSizeF()
        self.setText(title)
        self.setToolTip(tip)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.say(words)

    def say(self, words: str) -> None:
        """The line below the name."""
        self._words = words
        self.setAccessibleName(f"{self.text()}, {words}")
        self.update()

    def show_shape(self, width: int, height: int) -> None:
        """Draw that shape above the name."""
        self._shape = QSizeF(width, height)
        self.update()

    def sizeHint(self) -> QSize:
        """Two lines, and room for a shape."""
        return QSize(WIDE, 2 * LINE + 2 * MARGIN + (SHAPE + GAP if self._shaped else 0))

    def minimumSizeHint(self) -> QSize:
        """A little narrower."""
        return QSize(WIDE - ROW, self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Ground, ring, shape, words."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink, on = Ink(self), self.isChecked()
        fill = ink.tint if on else ink.well
        if self.underMouse() and self.isEnabled() and not on:
            fill = mixed(fill, ink.text, 0.06)
        painter.setBrush(fill)
        painter.setPen(QPen(ink.accent if on else ink.line, 1))
        painter.drawRoundedRect(_inset(self.rect(), 0.5), 2 * RADIUS, 2 * RADIUS)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(ink.text, 1))
            painter.drawRoundedRect(_inset(self.rect(), 2.5), 2 * RADIUS, 2 * RADIUS)
        top = float(MARGIN)
        if self._shaped:
            self._paint_shape(painter, ink, QRectF(0, top, self.width(), SHAPE))
            top += SHAPE + GAP
        line = QRectF(STEP, top, self.width() - 2 * STEP, LINE)
        centre = Qt.AlignmentFlag.AlignHCenter
        bold = QFont(self.font())
        bold.setWeight(QFont.Weight.DemiBold)
        painter.setFont(bold)
        painter.setPen(ink.text)
        caption(painter, line, self.text(), centre)
        painter.setFont(small(self.font()))
        painter.setPen(mixed(ink.quiet, ink.text, 0.5) if on else ink.quiet)
        caption(painter, line.translated(0, LINE), self._words, centre)

    def _paint_shape(self, painter: QPainter, ink: Ink, room: QRectF) -> None:
        size = self._shape.scaled(2 * SHAPE, SHAPE, Qt.AspectRatioMode.KeepAspectRatio)
        shape = QRectF(room.center().x() - size.width() / 2, room.top(), *size.toTuple())
        shape.moveCenter(room.center())
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(ink.accent if self.isChecked() else ink.quiet, 1.5))
        painter.drawRoundedRect(shape.adjusted(1, 1, -1, -1), 2, 2)


class Cards(QWidget):
    """Choose one; arrow keys go between them.

    Signals
    -------
    chosen(str)
        The hand chose the card of that key.
    """

    chosen = Signal(str)

    def __init__(
        self,
        name: str,
        choices: tuple[tuple[str, str, str, str], ...],
        columns: int,
        shaped: bool = False,
    ) -> None:
        """``choices`` are (key, title, words, tooltip)."""
        super().__init__()
        self.cards: dict[str, Card] = {}
        self._group = QButtonGroup(self)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(STEP)
        for number, (key, title, words, tip) in enumerate(choices):
            card = self.cards[key] = Card(title, words, tip, shaped)
            card.setObjectName(f"{name}.{key}")
            self._group.addButton(card, number)
            grid.addWidget(card, *divmod(number, columns))
        self._keys = list(self.cards)
        self.cards[self._keys[0]].setChecked(True)
        self._group.idClicked.connect(lambda number: self.chosen.emit(self._keys[number]))

    def choice(self) -> str:
        """Key of the chosen card."""
        return self._keys[self._group.checkedId()]

    def choose(self, key: str) -> None:
        """Show a choice without reporting it."""
        self.cards[key].setChecked(True)


def _inset(rect: QRect, by: float) -> QRectF:
    return QRectF(rect).adjusted(by, by, -by, -by)
