"""A row of segments of which one is chosen."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QSizePolicy, QWidget

from latentstudio.ui.widgets.metrics import GAP, RADIUS, ROW
from latentstudio.ui.widgets.paint import Ink, mixed


class Segment(QAbstractButton):
    """One choice: flat, filled with the accent's tint when chosen; or a plain push button."""

    def __init__(self, text: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(text)
        self.setToolTip(tip)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """The words and a little air."""
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + 2 * GAP, ROW)

    def minimumSizeHint(self) -> QSize:
        """The words alone."""
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + 4, ROW)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Ground, ring and words."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = Ink(self)
        rect = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        push = not self.isCheckable()
        fill = ink.tint if self.isChecked() else ink.well
        if push:
            fill = mixed(ink.ground, ink.text, 0.16 if self.isDown() else 0.07)
        if self.underMouse() and self.isEnabled() and not self.isChecked():
            fill = mixed(fill, ink.text, 0.06)
        painter.setBrush(fill)
        painter.setPen(QPen(ink.accent if self.hasFocus() else ink.line, 1))
        painter.drawRoundedRect(rect, RADIUS, RADIUS)
        painter.setPen(ink.text if self.isChecked() or push else ink.quiet)
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, self.text())


class Segmented(QWidget):
    """Choose one of a few words; arrow keys go between them.

    Signals
    -------
    chosen(str)
        The hand chose the segment of that key.
    """

    chosen = Signal(str)

    def __init__(self, choices: list[tuple[str, str, str]], parent: QWidget | None = None) -> None:
        """``choices`` are (key, text, tooltip)."""
        super().__init__(parent)
        self.buttons: dict[str, Segment] = {}
        self._group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        for number, (key, text, tip) in enumerate(choices):
            button = Segment(text, tip)
            self.buttons[key] = button
            self._group.addButton(button, number)
            row.addWidget(button)
        self._keys = [key for key, _, _ in choices]
        self._group.idClicked.connect(self._on_clicked)
        self.setFocusProxy(self.buttons[self._keys[0]])
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def choice(self) -> str:
        """Key of the chosen segment, empty before the first choice."""
        number = self._group.checkedId()
        return self._keys[number] if number >= 0 else ""

    def choose(self, key: str) -> None:
        """Show a choice without reporting it."""
        button = self.buttons.get(key)
        if button is not None and not button.isChecked():
            button.setChecked(True)
            self.setFocusProxy(button)

    def _on_clicked(self, number: int) -> None:
        self.chosen.emit(self._keys[number])
