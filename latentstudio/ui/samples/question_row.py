"""The choice of an outcome, and of groups between which it is compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from latentstudio.data.attributes import title
from latentstudio.metrics.groups import Question, groupable, value_words
from latentstudio.ui.widgets.combo import Combo
from latentstudio.ui.widgets.metrics import STEP
from latentstudio.ui.widgets.rows import labelled

if TYPE_CHECKING:
    from latentstudio.data.attributes import Attribute

OUTCOME_TIP = "What should be as likely in every group"
GROUP_TIP = "The groups; a continuous attribute is cut into thirds of the data"


class QuestionRows(QWidget):
    """Two choices.

    Signals
    -------
    asked()
        The hand asks something else.
    """

    asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._attributes: dict[str, Attribute] = {}
        self._outcomes: list[tuple[Attribute, int]] = []
        self.outcome, self.group = Combo(), Combo()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(STEP)
        for combo, name, words, tip in (
            (self.outcome, "outcome", "Outcome", OUTCOME_TIP),
            (self.group, "group", "Groups", GROUP_TIP),
        ):
            combo.setObjectName(f"composition.{name}")
            combo.setToolTip(tip)
            combo.setAccessibleName(tip)
            column.addLayout(labelled(words, combo))
            combo.activated.connect(self.asked)

    def set_attributes(self, attributes: Sequence[Attribute]) -> None:
        """Offer the classes of all attributes as outcomes, and all but circles as groups."""
        known = {attribute.name: attribute for attribute in attributes}
        if known == self._attributes:
            return
        self._attributes = known
        self._outcomes = [
            (attribute, value)
            for attribute in attributes
            for value in range(len(attribute.values))
            if attribute.kind != "binary" or value
        ]
        self.outcome.fill(
            [(title(value_words(a, v)), number) for number, (a, v) in enumerate(self._outcomes)]
        )
        groups = [attribute for attribute in attributes if groupable(attribute)]
        self.group.fill([(title(attribute.name), attribute.name) for attribute in groups])

    def question(self) -> Question | None:
        """What is asked; None while there is nothing to ask of."""
        group = self._attributes.get(str(self.group.currentData()))
        if not self._outcomes or group is None:
            return None
        outcome, value = self._outcomes[self.outcome.currentIndex()]
        return Question(outcome, value, group)
