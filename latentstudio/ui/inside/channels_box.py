"""The maps of one layer with their order, their scale, and which of them are chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from latentstudio.ui.inside.map_grid import MapGrid
from latentstudio.ui.inside.order import answer_words, fits, ordered
from latentstudio.ui.inside.order_box import OrderBox
from latentstudio.ui.inside.pick_row import PickRow
from latentstudio.ui.inside.scale_bar import ScaleBar
from latentstudio.ui.widgets.metrics import STEP

if TYPE_CHECKING:
    from collections.abc import Sequence

    from latentstudio.engine.editing.values import Answering
    from latentstudio.ui.inside.maps import Maps

WAITING = "The maps of this layer are on their way …"


class ChannelsBox(QWidget):
    """Order above, maps, then scale and choice.

    Signals
    -------
    asked()
        The hand wants another order, or an answer to another attribute.
    chosen()
        Other channels are chosen.
    """

    asked = Signal()
    chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.maps: Maps | None = None
        self.answer: Answering | None = None
        self._wanted: Sequence[int] | None = None  # to be chosen as soon as there are maps
        self.order, self.grid, self.scale, self.pick = OrderBox(), MapGrid(), ScaleBar(), PickRow()
        self.grid.setObjectName("inside.maps")
        self.scale.setObjectName("inside.scale")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(STEP)
        for widget in (self.order, self.grid, self.scale, self.pick):
            column.addWidget(widget, int(widget is self.grid))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.order.changed.connect(self._on_order)
        self.grid.chosen.connect(self.chosen)
        self.scale.toggled.connect(self.grid.set_own)
        self.pick.picked.connect(self._on_picked)
        self.chosen.connect(self._show_chosen)
        self._show_chosen()

    @property
    def channels(self) -> tuple[int, ...] | None:
        """The chosen channels in order: none of them for all, None where none is chosen."""
        chosen = self.grid.selection.chosen
        if self.maps is None or not chosen:
            return None
        return () if len(chosen) == len(self.maps) else tuple(sorted(chosen))

    def forget(self) -> None:
        """Another layer: nothing of it is known yet."""
        self.maps, self._wanted = None, None
        self.show_answer(None)
        self.grid.show_maps(None, WAITING)
        self.chosen.emit()

    def show_maps(self, maps: Maps) -> None:
        """Show the maps of a picture."""
        before, self.maps = self.maps, maps
        self.grid.show_maps(maps)
        # Tiles stay in their places while a hand bends, which changes how strong they are.
        if before is None or before.recipe.bends == maps.recipe.bends:
            self._arrange()
        self.scale.show_end(maps.common)
        if self._wanted is not None:
            self.choose(self._wanted)
        self.chosen.emit()

    def show_answer(self, answer: Answering | None) -> None:
        """Show how channels answer, or no longer."""
        self.answer, column = answer, self.order.column
        self.order.show_progress("", 1.0)
        if answer is None or column is None:
            self.order.say("")
        else:
            self.order.say(answer_words(answer, column.title))
        self._arrange()

    def choose(self, channels: Sequence[int]) -> None:
        """Choose these (none of them for all), now or once their maps are there."""
        self._wanted = None if self.maps is not None else channels
        if self.maps is not None:
            self.grid.choose(channels or range(len(self.maps)))
            self.chosen.emit()

    def _arrange(self) -> None:
        answer, maps = self.answer, self.maps
        if maps is None:
            return
        if answer is not None and fits(answer, maps):
            self.grid.show_answers(answer.correlation, answer.channels)
        else:
            self.grid.show_answers(None)
        self.grid.arrange(ordered(maps, self.order.chosen, answer))

    def _show_chosen(self) -> None:
        among = len(self.maps) if self.maps is not None else 0
        self.pick.show_chosen(len(self.grid.selection.chosen), among)

    def _on_order(self) -> None:
        self.pick.show_sort(self.order.chosen)
        self.show_answer(None)
        self.asked.emit()

    def _on_picked(self, which: str) -> None:
        order = self.grid.selection.order
        if which == "few" and self.order.chosen == "answer":
            order = self.answer.channels if self.answer is not None else ()
        picked = {"all": order, "none": (), "few": order[: self.pick.few]}
        self.grid.choose(picked[which])
        self.chosen.emit()
