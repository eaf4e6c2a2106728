"""A row of drawn signs of which one is chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QSizePolicy, QWidget

from latentstudio.ui.widgets.metrics import ROW
from latentstudio.ui.widgets.paint import Ink
from latentstudio.ui.widgets.segmented import Segment

Draw = Callable[[QPainter, QRectF], None]


class Glyph(Segment):
    """One choice, as a drawing of lines in the colour of text."""

    def __init__(self, draw: Draw, tip: str, parent: QWidget | None = None) -> None:
        super().__init__("", tip, parent)
        self._draw = draw
        self.setAccessibleName(tip.split(":")[0])
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Square, and a little air."""
        return QSize(ROW + 4, ROW)

    minimumSizeHint = sizeHint

    def paintEvent(self, event: QPaintEvent) -> None:
        """The segment with the drawing on it."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = Ink(self)
        pen = QPen(ink.accent if self.isChecked() else ink.text, 1.4)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        middle = QRectF(self.rect()).center()
        self._draw(painter, QRectF(middle.x() - 7, middle.y() - 6, 14, 12))


class GlyphChoice(QWidget):
    """Choose one of a few signs; arrow keys go between them.

    Signals
    -------
    chosen(str)
        The hand chose the sign of that key.
    """

    chosen = Signal(str)

    def __init__(
        self, choices: Sequence[tuple[str, Draw, str]], parent: QWidget | None = None
    ) -> None:
        """``choices`` are (key, drawing, tooltip)."""
        super().__init__(parent)
        self.buttons: dict[str, Glyph] = {}
        self._group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        for number, (key, draw, tip) in enumerate(choices):
            button = self.buttons[key] = Glyph(draw, tip)
            self._group.addButton(button, number)
            row.addWidget(button)
        self._keys = list(self.buttons)
        self._group.idClicked.connect(self._on_clicked)
        self.setFocusProxy(self.buttons[self._keys[0]])

    def choose(self, key: str | None) -> None:
        """Show a choice, or none, without reporting it."""
        self._group.setExclusive(key is not None)
        for name, button in self.buttons.items():
            button.setChecked(name == key)
        if key is not None:
            self.setFocusProxy(self.buttons[key])

    def _on_clicked(self, number: int) -> None:
        self.chosen.emit(self._keys[number])
