"""What was found: several answers side by side, and what can be done with the chosen one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QButtonGroup,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from latentstudio.document.recipe import POINT_NAMES
from latentstudio.ui.inverting.big_button import BIG, TALL
from latentstudio.ui.inverting.notice import Notice
from latentstudio.ui.samples.picture import LINE, PictureButton
from latentstudio.ui.widgets.metrics import GAP, RADIUS, STEP
from latentstudio.ui.widgets.paint import Ink

if TYPE_CHECKING:
    from latentstudio.engine.inverting.values import Answer

COLUMNS = 4
DEEDS = (
    ("refine", "Refine", "Go on from here in small steps"),
    (
        "tune",
        "Fine-tune",
        "Fit the generator itself around this point, kept as a small file beside the checkpoint,\n"
        "which stays as it is",
    ),
    ("keep", "Keep", "Keep it in the gallery for later"),
)


class AnswerButton(PictureButton):
    """A picture that is chosen or not."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.setCheckable(True)

    def paintEvent(self, event: QPaintEvent) -> None:
        """With the accent around it when it is chosen."""
        super().paintEvent(event)
        if self.isChecked():
            side = min(self.width(), self.height() - LINE)
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(Ink(self).accent, 2))
            room = QRectF((self.width() - side) / 2, 0, side, side).adjusted(1, 1, -1, -1)
            painter.drawRoundedRect(room, RADIUS, RADIUS)


class AnswersBox(QWidget):
    """Answers, a warning, and buttons.

    Signals
    -------
    chosen(int)
        The hand has chosen another answer.
    used(str)
        The chosen one shall be that point.
    wanted(str)
        "refine", "tune" or "keep" the chosen one.

    Attributes
    ----------
    place
        Of the chosen answer.
    """

    chosen = Signal(int)
    used = Signal(str)
    wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.place = 0
        self.warning = Notice()
        self.warning.setObjectName("picture.warning")
        self.faces: list[AnswerButton] = []
        self._group = QButtonGroup(self)
        self._grid = QGridLayout()
        self._grid.setSpacing(STEP)
        self.uses = {name: self._button(*_use(name)) for name in POINT_NAMES}
        self.deeds = {key: self._button(key, words, tip) for key, words, tip in DEEDS}
        for name, button in self.uses.items():
            button.setAccessibleName(f"Use as {name}")
            button.setStyleSheet(BIG if name == "A" else TALL)
            button.clicked.connect(self._on_use)
        for button in self.deeds.values():
            button.clicked.connect(self._on_deed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addLayout(self._grid)
        column.addWidget(self.warning)
        column.addLayout(_row(list(self.uses.values()), (3, 3, 1, 1)))
        column.addLayout(_row(list(self.deeds.values()), (1, 1, 1)))
        self._group.idClicked.connect(self._on_chosen)

    def show_answers(self, answers: tuple[Answer, ...]) -> None:
        """Show pictures, the first one chosen; a single one stands in the comparison anyway."""
        for face in self.faces:
            self._group.removeButton(face)
            self._grid.removeWidget(face)
            face.hide()
            face.deleteLater()
        self.faces = []
        self.place = min(self.place, max(0, len(answers) - 1))  # tuning changes one alone
        for number, answer in enumerate(answers if len(answers) > 1 else ()):
            face = AnswerButton()
            face.show_picture(answer.picture, percent(answer.distance))
            face.setAccessibleName(f"Answer {number + 1}, distance {percent(answer.distance)}")
            face.setChecked(number == self.place)
            self._group.addButton(face, number)
            self._grid.addWidget(face, number // COLUMNS, number % COLUMNS)
            self.faces.append(face)

    def _button(self, key: str, words: str, tip: str) -> QPushButton:
        button = QPushButton(words)
        button.setObjectName(f"picture.{key}")
        button.setToolTip(tip)
        button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        return button

    def _on_chosen(self, place: int) -> None:
        self.place = place
        self.chosen.emit(place)

    def _on_use(self) -> None:
        self.used.emit(self.sender().objectName().rpartition(".")[2])

    def _on_deed(self) -> None:
        self.wanted.emit(self.sender().objectName().rpartition(".")[2])


def _use(name: str) -> tuple[str, str, str]:
    """Name, words and tip of the button for a point: the first two are what most people need."""
    words = f"Use as {name}" if name in POINT_NAMES[:2] else name
    return f"use.{name}", words, f"Make it point {name} and show it; undo brings the old one back"


def _row(buttons: list[QPushButton], shares: tuple[int, ...]) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(STEP)
    for button, share in zip(buttons, shares, strict=True):
        row.addWidget(button, share)
    return row


def percent(distance: float) -> str:
    """A feature distance as a share of that between two random pictures."""
    return f"{100.0 * distance:.1f} %" if distance < 0.1 else f"{100.0 * distance:.0f} %"
