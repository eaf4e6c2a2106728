"""One attribute as a slider: what the picture shows of it, and where it is to go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QFontMetrics, QStandardItemModel
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from latentstudio.ui.editing.hold_button import HoldButton
from latentstudio.ui.editing.present_mark import PresentMark
from latentstudio.ui.editing.traits import HIDDEN, plain
from latentstudio.ui.widgets.combo import Combo
from latentstudio.ui.widgets.glyph import GlyphButton
from latentstudio.ui.widgets.metrics import GAP, STEP
from latentstudio.ui.widgets.slider_row import SliderRow

if TYPE_CHECKING:
    from latentstudio.ui.editing.traits import Numbers, Trait

HIGH = 20  # of the upper line
TIP = """{help}
Drag to where it is to go, in standard deviations over this generator's pictures (0: its mean):
the latent follows the classifier's gradient until it is there. The small arrow is where the
picture stands. Type a number, or double-click for 0"""
HOLD_TIP = "Hold: edits of other attributes leave this one alone"


class AttributeRow(QWidget):
    """Name, reading and class above; hold, slider and number below.

    Signals
    -------
    driven(str, float)
        The hand wants an attribute (by name) at this standing.
    held(str, bool)
        The tick was changed.
    removed(str), sent_back(str)
        Its edit is to go; its place in front is not needed.
    """

    driven = Signal(str, float)
    held = Signal(str, bool)
    removed = Signal(str)
    sent_back = Signal(str)

    def __init__(self, trait: Trait, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.trait = trait
        self._standing: Numbers | None = None
        self._aim: tuple[str, float] | None = None
        self.name = QLabel(trait.title)
        self.choice = Combo()
        if not trait.values:
            self.choice.hide()  # shown without a parent it would be a window for a moment
        self.words = QLabel()
        self.words.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.remove = GlyphButton("clear", f"Remove the edit of {trait.title}")
        self.hold = HoldButton("hold")
        reach = trait.reach
        self.slider = SliderRow(-reach, reach, origin=0.0, marks=_marks(reach), suffix=" σ")
        self.mark = PresentMark(self.slider.slider, -reach, reach)
        self._lay_out()
        self._name_all()
        if trait.values:
            self.choice.fill([(plain(value), value) for value in trait.values])
            self._disable_values()
            self.choice.choose(trait.first)
        self.hold.setEnabled(trait.able)
        self.set_held(False)
        self.set_edited(False)
        self.slider.edited.connect(self._on_slider)
        self.choice.activated.connect(self._on_choice)
        self.hold.toggled.connect(self._on_hold)
        self.remove.clicked.connect(self._on_remove)
        back = QAction(f"Put {trait.title} back among the others", self)
        back.triggered.connect(self._on_back)
        self.addAction(back)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    @property
    def value(self) -> str:
        """The class that the slider is about; "" without classes."""
        return str(self.choice.currentData()) if self.trait.values else ""

    def show_reading(self, readings: Numbers | None, standing: Numbers | None) -> None:
        """What the picture shows, one number a column; None while it is not known."""
        self._standing = standing
        words = "" if readings is None else self.trait.words(readings)
        self.words.setText(words if self.trait.able else "not shown")
        self.words.setToolTip(words and f"{self.trait.title} of this picture: {words}")
        self._place()

    def show_aim(self, aim: tuple[str, float] | None) -> None:
        """Where the slider stands: a class and a standing, or None for where the picture is."""
        if aim is not None and aim != self._aim:
            self.choice.choose(aim[0])
        self._aim = aim
        self._place()

    def set_held(self, on: bool) -> None:
        """Show the tick."""
        self.hold.blockSignals(True)
        self.hold.setChecked(on)
        self.hold.blockSignals(False)
        able = self._able()
        self.slider.setEnabled(able)
        self.choice.setEnabled(self.trait.able)
        self.mark.update()
        help_words = self.trait.attribute.help
        tip = TIP.format(
            help=f"{self.trait.title}: {help_words}" if help_words else self.trait.title
        )
        self.slider.setToolTip(tip if able else HIDDEN)

    def set_edited(self, on: bool) -> None:
        """Offer to remove the edit."""
        self.remove.setEnabled(on)
        self.remove.setVisible(on)

    def merge(self) -> str:
        """Key of the slider's stroke."""
        return self.slider.merge()

    # -- inside --------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self.name.setFixedHeight(HIGH)
        self.choice.setFixedHeight(HIGH)
        self.remove.setFixedSize(HIGH, HIGH)
        if self.trait.values:
            width = QFontMetrics(self.choice.font()).horizontalAdvance
            widest = max(width(plain(value)) for value in self.trait.values)
            self.choice.setFixedWidth(min(104, widest + 34))
        upper, lower = QHBoxLayout(), QHBoxLayout()
        for row in (upper, lower):
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(STEP)
        upper.addWidget(self.name)
        upper.addWidget(self.choice)
        upper.addWidget(self.words, 1)
        upper.addWidget(self.remove)
        lower.addWidget(self.hold)
        lower.addSpacing(STEP)
        lower.addWidget(self.slider, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, GAP - STEP)
        column.setSpacing(0)
        column.addLayout(upper)
        column.addLayout(lower)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def _name_all(self) -> None:
        name, words = f"edit.{self.trait.name}", self.trait.title
        self.setObjectName(f"{name}.row")
        self.slider.setObjectName(name)
        self.slider.name(f"{words}, standard deviations from the mean")
        for widget, part, spoken, tip in (
            (self.choice, "value", f"{words}: class to move towards", "The class to move towards"),
            (self.hold, "hold", f"Hold {words}", HOLD_TIP if self.trait.able else HIDDEN),
            (self.remove, "remove", f"Remove the edit of {words}", self.remove.toolTip()),
            (self.words, "reading", f"{words} of this picture", ""),
        ):
            widget.setObjectName(f"{name}.{part}")
            widget.setAccessibleName(spoken)
            widget.setToolTip(tip)
        self.name.setToolTip(self.trait.attribute.help or words)
        for label in (self.name, self.words):
            label.setEnabled(self.trait.able)

    def _able(self) -> bool:
        return self.trait.shown[self.trait.place(self.value)]

    def _disable_values(self) -> None:
        model = self.choice.model()
        assert isinstance(model, QStandardItemModel)
        for number, shown in enumerate(self.trait.shown):
            item = model.item(number)
            item.setEnabled(shown)
            item.setToolTip("" if shown else HIDDEN)

    def _place(self) -> None:
        at = self.trait.columns[self.trait.place(self.value)]
        present = None if self._standing is None else float(self._standing[at])
        self.mark.show_at(present)
        aimed = self._aim is not None and self._aim[0] == self.value
        self.slider.set_value(self._aim[1] if aimed and self._aim else present or 0.0)

    def _on_slider(self, standing: float) -> None:
        self._aim = self.value, standing
        self.driven.emit(self.trait.name, standing)

    def _on_choice(self) -> None:
        self.set_held(self.hold.isChecked())
        self._place()

    def _on_hold(self, on: bool) -> None:
        self.held.emit(self.trait.name, on)

    def _on_remove(self) -> None:
        self.removed.emit(self.trait.name)

    def _on_back(self) -> None:
        self.sent_back.emit(self.trait.name)


def _marks(reach: float) -> tuple[float, ...]:
    """Where the slider catches: whole standard deviations."""
    return tuple(float(mark) for mark in range(-3, 4) if abs(mark) <= reach)
