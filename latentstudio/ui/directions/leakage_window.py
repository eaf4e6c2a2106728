"""What every slider moves: attributes by directions, as a heat map in a window of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from latentstudio.data.attributes import title
from latentstudio.engine.editing.values import FITTED
from latentstudio.ui.describe import DOT
from latentstudio.ui.directions.deeds import Deeds
from latentstudio.ui.directions.heat_view import HeatView
from latentstudio.ui.directions.leakage_files import LeakageFiles
from latentstudio.ui.directions.leakage_table import LeakageTable, Measured, leakage_table
from latentstudio.ui.directions.menu import CANNOT, refittable
from latentstudio.ui.widgets.combo import Combo
from latentstudio.ui.widgets.hint import Hint
from latentstudio.ui.widgets.metrics import GAP, MARGIN, ROW
from latentstudio.ui.widgets.rows import Heading
from latentstudio.ui.widgets.segmented import Segmented

if TYPE_CHECKING:
    from latentstudio.document.direction import Direction
    from latentstudio.engine.editing.values import Leakage
    from latentstudio.generators.info import GeneratorInfo
    from latentstudio.ui.panels.context import PanelContext

SAMPLES = (256, 1024, 4096)
NONE = "There are no sliders for this generator yet: make one in the Sliders panel."
UNKNOWN = "Nothing was measured yet: press Measure."
LEGEND = (
    "Standard deviations per unit: amber more, blue less, pale perhaps chance. Dotted: what the"
    " slider is for. A dot: held. Click a cell to hold its attribute."
)
WHICH = [
    ("front", "In front", "The sliders that stand in front"),
    ("all", "All", "All sliders of this generator"),
]
ROWS = [
    ("attributes", "Attributes", "One row an attribute: the value that moves most"),
    ("every", "Every value", "A row for every value of every attribute"),
]


class LeakageWindow(QWidget):
    """The matrix, what a cell says, and the way to a slider that leaks less."""

    def __init__(self, context: PanelContext, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setObjectName("leakage")
        self.setWindowTitle("Leakage of all sliders")
        self.context, self.document = context, context.document
        self.library, self.editing = context.library, context.editing
        self.deeds = Deeds(context, self)
        self._measured: dict[str, Measured] = {}  # by key, newer than the files
        self._awaited: set[str] = set()
        self.heading = Heading("Leakage")
        self.facts = Hint()
        self.facts.setObjectName("leakage.facts")
        self.which, self.rows = Segmented(WHICH), Segmented(ROWS)
        self.samples = Combo()
        self.samples.fill([(f"{n:,} samples", n) for n in SAMPLES])
        self.samples.setMinimumContentsLength(12)
        self.samples.setToolTip("More samples, narrower intervals")
        self.measure = QPushButton("Measure")
        self.measure.setObjectName("leakage.measure")
        self.view = HeatView()
        self.view.setObjectName("leakage.map")
        self.empty = Hint(NONE)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.words = Hint(LEGEND)
        self.words.setObjectName("leakage.words")
        self.hold = QPushButton()
        self.hold.setObjectName("leakage.hold")
        self.files = LeakageFiles(self.view.table)
        self._cell: tuple[int, int] | None = None  # the one that was picked
        self.which.choose("front")
        self.rows.choose("attributes")
        self._arrange()
        self._connect()
        self.resize(900, 760)
        self.refresh()

    def _arrange(self) -> None:
        top, bottom = QHBoxLayout(), QHBoxLayout()
        for row in (top, bottom):
            row.setSpacing(GAP)
        self.heading.setContentsMargins(0, 0, 0, 0)
        self.facts.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        top.addWidget(self.heading)
        top.addWidget(self.facts, 1)
        for widget in (self.which, self.rows, self.samples, self.measure):
            widget.setFixedHeight(ROW)
            top.addWidget(widget)
        bottom.addWidget(self.words, 1)
        bottom.addWidget(self.hold)
        bottom.addWidget(self.files)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.empty)
        column.addWidget(self.view)
        column.addStretch(1)
        scroll.setWidget(inner)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(MARGIN, GAP, MARGIN, GAP)
        outer.setSpacing(GAP)
        outer.addLayout(top)
        outer.addWidget(scroll, 1)
        outer.addLayout(bottom)

    def _connect(self) -> None:
        self.library.changed.connect(self.refresh)
        self.document.info_changed.connect(self._on_info)
        self.editing.leaked.connect(self._on_leaked)
        self.editing.progressed.connect(self._on_progress)
        self.editing.failed.connect(self._on_failed)
        self.which.chosen.connect(self._on_choice)
        self.rows.chosen.connect(self._on_choice)
        self.measure.clicked.connect(self.begin)
        self.view.pointed.connect(self._on_pointed)
        self.view.picked.connect(self._on_picked)
        self.hold.clicked.connect(self._on_hold)
        self.files.told.connect(self.words.say)
        self.deeds.refitted.connect(self._on_refitted)
        QShortcut(QKeySequence(Qt.Key.Key_Escape), self, self.close)

    # -- what it shows -------------------------------------------------------------------

    def directions(self) -> tuple[Direction, ...]:
        """The sliders that are compared."""
        checkpoint = self.document.recipe.checkpoint
        known = {direction.key: direction for direction in self.library.of(checkpoint)}
        if self.which.choice() == "front":
            return tuple(known[key] for key in self.library.front(checkpoint))
        return tuple(known.values())

    def refresh(self) -> None:
        """Show what is known of the sliders as they are now."""
        directions = self.directions()
        shown = [self._of(direction) for direction in directions]
        any_leaks = any(measured.leaks for measured in shown)
        table = self._table(shown) if any_leaks else None
        self.view.show_table(table)
        self.view.setVisible(any_leaks)
        self.empty.say("" if any_leaks else UNKNOWN if directions else NONE)
        self.measure.setEnabled(bool(directions))
        self.files.setEnabled(any_leaks)
        self._speak(None)
        if not self._awaited:
            count = f"{len(directions)} slider{'s' * (len(directions) != 1)}"
            parts = [count, f"{len(table.cells)} rows"] if table is not None else [count]
            self.facts.say(DOT.join(parts))

    def begin(self) -> None:
        """Measure all that are compared."""
        directions = self.directions()
        self._awaited = {direction.key for direction in directions}
        if directions:
            self.facts.say("Measuring…")
            checkpoint, n = self.document.recipe.checkpoint, self.samples.currentData()
            self.editing.matrix(checkpoint, directions, n)

    def stop(self) -> None:
        """Wait for what is being written (the window is going)."""
        self._awaited.clear()
        self.files.stop()

    def showEvent(self, event: QShowEvent) -> None:
        """What was never measured is, at once."""
        super().showEvent(event)
        if any(not self._of(direction).leaks for direction in self.directions()):
            self.begin()

    def _of(self, direction: Direction) -> Measured:
        known = self._measured.get(direction.key)
        if known is None:
            return Measured(direction, direction.leakage, FITTED)
        return Measured(direction, known.leaks, known.n)

    def _table(self, shown: list[Measured]) -> LeakageTable:
        info = self.document.info
        name = (info.name or info.family) if info is not None else "this generator"
        return leakage_table(shown, name, self.rows.choice() == "every")

    def _speak(self, cell: tuple[int, int] | None) -> None:
        """Say what a cell holds, and offer to hold its attribute."""
        table, self._cell = self.view.table(), cell
        self.hold.setVisible(cell is not None)
        if table is None or cell is None:
            self.words.say(LEGEND)
            return
        direction = table.measured[cell[1]].direction
        self.words.say(table.sentence(*cell))
        name = title(table.attribute(cell[0])).lower()
        free = not table.own(*cell) and not table.held(*cell)
        self.hold.setText(f"Hold {name}, fit {direction.name} again")
        self.hold.setEnabled(free and refittable(direction))
        self.hold.setToolTip("" if refittable(direction) else CANNOT)
        self.hold.setVisible(free)

    # -- news ----------------------------------------------------------------------------

    def _on_info(self, _info: GeneratorInfo | None) -> None:
        self._awaited.clear()
        self.refresh()

    def _on_leaked(self, leakage: Leakage) -> None:
        if leakage.key not in self._awaited:
            return
        direction = self.library.get(leakage.key)
        if direction is not None:
            self._measured[leakage.key] = Measured(direction, leakage.leaks, leakage.n)
        if leakage.n >= leakage.wanted:
            self._awaited.discard(leakage.key)
        picked = self._cell
        self.refresh()
        self._speak(picked)

    def _on_progress(self, _words: str, share: float, left: float) -> None:
        if self._awaited:
            rest = f", {left:.0f} s left" if left >= 0 else ""
            self.facts.say(f"Measuring: {share:.0%}{rest}")

    def _on_failed(self, words: str) -> None:
        if self._awaited:
            self._awaited.clear()
            self.facts.say(words)

    # -- the hand ------------------------------------------------------------------------

    def _on_choice(self, _choice: str) -> None:
        self.refresh()

    def _on_pointed(self, row: int, column: int) -> None:
        if self._cell is None or (row >= 0 and self.view.hasFocus()):
            table = self.view.table()
            pointed = table is not None and row >= 0
            self.words.say(table.sentence(row, column) if table and pointed else LEGEND)

    def _on_picked(self, row: int, column: int) -> None:
        self._speak((row, column))

    def _on_hold(self) -> None:
        table, cell = self.view.table(), self._cell
        if table is not None and cell is not None:
            direction = table.measured[cell[1]].direction
            self.words.say(f"Fitting {direction.name} again…")
            self.hold.setEnabled(False)
            self.deeds.hold(direction, table.attribute(cell[0]))

    def _on_refitted(self, _old: Direction, new: Direction) -> None:
        self.refresh()
        self.words.say(f"{new.name} holds {', '.join(title(k).lower() for k in new.kept)} now.")
