"""What a new slider is made from: each way to find a direction has its own few controls."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSpinBox, QWidget

from latentstudio.data.attributes import title
from latentstudio.engine.editing.values import FitRequest
from latentstudio.ui.directions.layers import layer_choices, layered
from latentstudio.ui.directions.words import column_words
from latentstudio.ui.widgets.combo import Combo
from latentstudio.ui.widgets.metrics import GAP, ROW
from latentstudio.ui.widgets.segmented import Segmented

if TYPE_CHECKING:
    from latentstudio.document.recipe import Recipe
    from latentstudio.engine.editing.values import Kind, Known, Method
    from latentstudio.generators.info import GeneratorInfo

METHODS = [
    ("ridge", "Ridge", "Linear regression on the score: steady, the usual choice"),
    ("logistic", "Logistic", "Separates the samples that have it from those that do not"),
    ("svm", "SVM", "A support vector machine between the extremes, as InterFaceGAN publishes it"),
]
WAYS = [
    ("examples", "Separate", "The direction that tells your two groups apart best"),
    ("difference", "Difference", "From the mean of one group to the mean of the other: plain"),
]
NUMBERED = {
    "principal": ("Component", "Principal component of the latents (GANSpace), the largest first"),
    "sefa": ("Number", "Factor of the layers' weights (SeFa), the strongest first"),
    "style": ("Channel", "A single channel of one layer's style (StyleSpace)"),
}
UNNAMED = "New slider"  # until the person says what it does
NAMES = {"principal": "Component", "sefa": "SeFa", "style": "Channel"}


class Question(QWidget):
    """A row of controls that knows what to ask for.

    Signals
    -------
    asked()
        The hand asks for something else.
    """

    asked = Signal()
    holds = True  # whether attributes can be held

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(GAP)

    def set_known(self, known: Known | None) -> None:
        """Learn what the classifier reads."""

    def target(self) -> str:
        """The attribute that is to move; empty for none."""
        return ""

    def name(self) -> str:
        """A proposal for the slider's name; empty where only the person knows."""
        return ""

    def request(self, kept: tuple[str, ...]) -> FitRequest | None:
        """What is asked for; None while something is missing."""
        raise NotImplementedError


class GroupsQuestion(Question):
    """Two groups of pictures, sorted by eye."""

    def __init__(
        self, more: tuple[Recipe, ...], less: tuple[Recipe, ...], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._more, self._less = more, less
        self.row.addWidget(QLabel(f"{len(more)} pictures with more, {len(less)} with less"), 1)
        self.way = Segmented(WAYS)
        self.way.choose("examples")
        self.way.chosen.connect(self.asked)
        self.row.addWidget(self.way)

    def request(self, kept: tuple[str, ...]) -> FitRequest:
        """A direction between the groups."""
        kind: Kind = "difference" if self.way.choice() == "difference" else "examples"
        return FitRequest(
            kind, UNNAMED, method="logistic", kept=kept, more=self._more, less=self._less
        )


class PointsQuestion(Question):
    """From point A to point B."""

    def __init__(self, recipe: Recipe, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ends = recipe.showing("A"), recipe.showing("B")
        self.row.addWidget(QLabel("What point B has and point A has not"), 1)

    def name(self) -> str:
        """Both points."""
        return "A to B"

    def request(self, kept: tuple[str, ...]) -> FitRequest:
        """The difference of the two."""
        a, b = self._ends
        return FitRequest("difference", self.name(), kept=kept, more=(b,), less=(a,))


class AttributeQuestion(Question):
    """What the classifier reads, and the way to fit it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._known: Known | None = None
        self.attribute, self.value = Combo(), Combo()
        for combo, tip in (
            (self.attribute, "What the slider is to move"),
            (self.value, "Towards which kind"),
        ):
            combo.setToolTip(tip)
            combo.setAccessibleName(tip)
            combo.setMinimumContentsLength(12)
            self.row.addWidget(combo)
        self.method = Segmented(METHODS)
        self.method.choose("ridge")
        self.row.addStretch(1)
        self.row.addWidget(self.method)
        self.attribute.activated.connect(self._on_attribute)
        self.value.activated.connect(self.asked)
        self.method.chosen.connect(self.asked)
        self.value.hide()

    def set_known(self, known: Known | None) -> None:
        """Offer the classifier's attributes."""
        self._known = known
        attributes = known.attributes if known is not None else ()
        chosen = self.attribute.currentData()
        self.attribute.fill([(title(a.name), a.name) for a in attributes])
        if self.attribute.findData(chosen) >= 0:
            self.attribute.choose(chosen)
        self._fill_values()

    def choose(self, attribute: str, value: str, method: str) -> None:
        """Show what a direction was made from."""
        self.attribute.choose(attribute)
        self._fill_values()
        self.value.choose(value)
        self.method.choose(method)

    def target(self) -> str:
        """The chosen attribute."""
        return str(self.attribute.currentData() or "")

    def name(self) -> str:
        """The attribute, and its value."""
        return column_words(self.target(), str(self.value.currentData() or ""))

    def request(self, kept: tuple[str, ...]) -> FitRequest | None:
        """A fit to the samples' scores."""
        target = self.target()
        if not target:
            return None
        kept = tuple(name for name in kept if name != target)
        value = str(self.value.currentData() or "")
        method = cast("Method", self.method.choice())
        return FitRequest(
            "attribute", self.name(), attribute=target, value=value, method=method, kept=kept
        )

    def _fill_values(self) -> None:
        known = self._known.attributes if self._known is not None else ()
        values = next((a.values for a in known if a.name == self.target()), ())
        kinds = values if len(values) > 2 else ()
        self.value.fill([(value, value) for value in kinds])
        self.value.setVisible(bool(kinds))

    def _on_attribute(self) -> None:
        self._fill_values()
        self.asked.emit()


class NumberQuestion(Question):
    """A direction by its number: principal component, SeFa factor or style channel."""

    def __init__(
        self, kind: Kind, info: GeneratorInfo | None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._kind: Kind = kind
        self.holds = kind != "style"  # a channel is what it is
        words, tip = NUMBERED[kind]
        self.number = QSpinBox()
        self.number.setRange(0, 65535 if info is None or kind == "style" else info.w_dim - 1)
        self.number.setToolTip(f"{tip}; counted from 0")
        self.number.setAccessibleName(tip)
        self.number.setKeyboardTracking(False)
        self.number.setFixedHeight(ROW)
        self.layers = Combo()
        self.layers.setToolTip("In which layer" if kind == "style" else "On which layers")
        self.layers.setMinimumContentsLength(16)
        if kind == "style" and info is not None:
            names = enumerate(layer.name for layer in info.layers)
            self.layers.fill([(name, (number, number + 1)) for number, name in names])
        else:
            self.layers.fill(list(layer_choices(info)))
        self.row.addWidget(QLabel(words))
        self.row.addWidget(self.number)
        self.row.addWidget(self.layers)
        self.row.addStretch(1)
        self.layers.setVisible(kind == "style" or (kind == "sefa" and layered(info)))
        self.number.valueChanged.connect(self.asked)
        self.layers.activated.connect(self.asked)

    def name(self) -> str:
        """What it is, and its number."""
        layer = f" of {self.layers.currentText()}" if self._kind == "style" else ""
        return f"{NAMES[self._kind]} {self.number.value()}{layer}"

    def request(self, kept: tuple[str, ...]) -> FitRequest:
        """That direction."""
        first, stop = self.layers.currentData() or (0, None)
        number = self.number.value()
        return FitRequest(self._kind, self.name(), kept=kept, index=number, first=first, stop=stop)
