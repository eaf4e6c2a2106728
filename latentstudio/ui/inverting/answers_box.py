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
from latentstudio.engine.inverting.judgement import off, verdict
from latentstudio.ui.inverting.big_button import BIG, TALL
from latentstudio.ui.inverting.notice import Notice
from latentstudio.ui.samples.picture import LINE, PictureButton
from latentstudio.ui.widgets.hint import Hint
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
FILLED = (
    ("copy", "Copy filled in", "Copy your photograph with what was found in the painted place"),
    ("save", "Save filled in …", "Save your photograph with what was found in the painted place"),
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
    """Answers, what to think of the chosen one, and buttons.

    Signals
    -------
    chosen(int)
        The hand has chosen another answer.
    used(str)
        The chosen one shall be that point.
    wanted(str)
        "refine", "tune" or "keep" the chosen one; "copy" or "save" a photograph filled in with it.

    Attributes
    ----------
    place
        Of the chosen answer.
    next
        The point that it is to become, whose button stands out; empty for none.
    """

    chosen = Signal(int)
    used = Signal(str)
    wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.place, self.next = 0, ""
        self.verdict = Hint()
        self.verdict.setObjectName("picture.verdict")
        self.warning = Notice()
        self.warning.setObjectName("picture.warning")
        self.faces: list[AnswerButton] = []
        self._group = QButtonGroup(self)
        self._grid = QGridLayout()
        self._grid.setSpacing(STEP)
        self.uses = {name: self._button(*_use(name)) for name in POINT_NAMES}
        self.deeds = {key: self._button(key, words, tip) for key, words, tip in DEEDS + FILLED}
        for name, button in self.uses.items():
            button.setAccessibleName(f"Use as {name}")
            button.setStyleSheet(TALL)
            button.clicked.connect(self._on_use)
        for button in self.deeds.values():
            button.clicked.connect(self._on_deed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addLayout(self._grid)
        column.addWidget(self.verdict)
        column.addWidget(self.warning)
        column.addLayout(_row(list(self.uses.values()), (3, 3, 1, 1)))
        for kind in (DEEDS, FILLED):
            column.addLayout(_row([self.deeds[key] for key, _, _ in kind], (1,) * len(kind)))
        self._group.idClicked.connect(self._on_chosen)

    def show_answers(self, answers: tuple[Answer, ...], filled: bool = False) -> None:
        """Show pictures, the first one chosen; a single one stands in the comparison anyway.

        ``filled`` says that there are photographs filled in.
        """
        for face in self.faces:
            self._group.removeButton(face)
            self._grid.removeWidget(face)
            face.hide()
            face.deleteLater()
        self.faces = []
        self.place = min(self.place, max(0, len(answers) - 1))  # tuning changes one alone
        for number, answer in enumerate(answers if len(answers) > 1 else ()):
            face = AnswerButton()
            face.show_picture(answer.picture, off(answer.distance))
            face.setAccessibleName(f"Answer {number + 1}, {off(answer.distance)}")
            face.setChecked(number == self.place)
            self._group.addButton(face, number)
            self._grid.addWidget(face, number // COLUMNS, number % COLUMNS)
            self.faces.append(face)
        for key, _, _ in FILLED:
            self.deeds[key].setVisible(filled)

    def show_verdict(self, answer: Answer) -> None:
        """What to think of the chosen one."""
        self.verdict.say(verdict(answer))

    def show_next(self, name: str) -> None:
        """Have the button of that point stand out, or none: what is pressed without a thought."""
        if name != self.next:
            for changed in filter(None, (self.next, name)):
                self.uses[changed].setStyleSheet(BIG if changed == name else TALL)
            self.next = name

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
