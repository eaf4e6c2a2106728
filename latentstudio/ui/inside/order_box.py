"""How the channels are sorted: by number, by strength, or by how they answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from latentstudio.ui.numbers.status import Status
from latentstudio.ui.widgets.combo import Combo
from latentstudio.ui.widgets.hint import Hint
from latentstudio.ui.widgets.metrics import STEP
from latentstudio.ui.widgets.rows import labelled
from latentstudio.ui.widgets.segmented import Segmented

if TYPE_CHECKING:
    from latentstudio.metrics.columns import Column
    from latentstudio.ui.inside.order import Sort

SORTS = [
    ("number", "Number", "As the network counts them"),
    ("strength", "Strength", "The strongest first: root mean square over the map"),
    ("answer", "Answers", "First those whose mean goes with an attribute, over 256 samples"),
]
UNKNOWN = "What this generator shows is not known yet: its samples are being read."
ATTRIBUTE_TIP = "What the channels are asked for: how their mean goes with it over 256 samples"


class OrderBox(QWidget):
    """Segments, and below them the attribute that is asked for.

    Signals
    -------
    changed()
        The hand wants another order, or asks for another attribute.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns: tuple[Column, ...] = ()
        self._lacking = UNKNOWN
        self.sort = Segmented(SORTS)
        self.sort.setObjectName("inside.sort")
        self.sort.setAccessibleName("Order of the channels")
        self.sort.choose("number")
        self.attribute = Combo()
        self.attribute.setObjectName("inside.attribute")
        self.attribute.setAccessibleName("Attribute that the channels are asked for")
        self.attribute.setToolTip(ATTRIBUTE_TIP)
        self.status = Status()
        self.status.setObjectName("inside.progress")
        self.status.hide()
        self.words = Hint()
        self.words.setObjectName("inside.answer")
        self._asked = QWidget()
        below = QVBoxLayout(self._asked)
        below.setContentsMargins(0, 0, 0, 0)
        below.addLayout(labelled("Ask for", self.attribute))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(STEP)
        column.addLayout(labelled("Sort by", self.sort))
        for widget in (self._asked, self.status, self.words):
            column.addWidget(widget)
        self._asked.hide()
        self.sort.chosen.connect(self._on_sort)
        self.attribute.activated.connect(self._on_attribute)

    @property
    def chosen(self) -> Sort:
        """The order that is wanted."""
        return self.sort.choice() or "number"  # type: ignore[return-value]  # keys of SORTS

    @property
    def columns(self) -> list[Column]:
        """What can be asked for."""
        return list(self._columns)

    @property
    def column(self) -> Column | None:
        """The attribute that is asked for; None while none is known."""
        at = self.attribute.currentIndex()
        return self._columns[at] if 0 <= at < len(self._columns) else None

    def show_columns(self, columns: Sequence[Column], lacking: str = "") -> None:
        """Offer these attributes, or say why there are none."""
        self._lacking = "" if columns else lacking or UNKNOWN
        before = self.column
        self._columns = tuple(columns)
        self.attribute.fill([(column.title, number) for number, column in enumerate(columns)])
        if before in self._columns:
            self.attribute.setCurrentIndex(self._columns.index(before))
        self.attribute.setEnabled(bool(columns))
        self.attribute.setToolTip(self._lacking or ATTRIBUTE_TIP)
        self.say("")

    def show_progress(self, words: str, share: float) -> None:
        """How far the asking is; 1 when it is over."""
        self.status.show_status("", words, share)
        self.status.setVisible(share < 1.0 and self.chosen == "answer")

    def say(self, words: str) -> None:
        """What came of it; where there is nothing to say, why nobody can be asked."""
        self.words.say(words or (self._lacking if self.chosen == "answer" else ""))

    def _on_sort(self, sort: str) -> None:
        self._asked.setVisible(sort == "answer")
        self.status.hide()
        self.changed.emit()

    def _on_attribute(self) -> None:
        self.changed.emit()
