"""The disentanglement bench: what a generator's latents keep apart, in a window of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from latentstudio.ui.bench.files import BenchFiles
from latentstudio.ui.bench.map_view import MapView
from latentstudio.ui.bench.maps import Map, layer_map, leakage_map
from latentstudio.ui.bench.model import BenchModel
from latentstudio.ui.bench.score_table import ScoreTable
from latentstudio.ui.bench.scores import NOT_ASKED, NOT_YET, ROWS, cells_of, lack_of
from latentstudio.ui.bench.setup import BenchSetup
from latentstudio.ui.bench.traversal import TraversalPage
from latentstudio.ui.describe import DOT
from latentstudio.ui.widgets.hint import Hint
from latentstudio.ui.widgets.metrics import GAP, MARGIN
from latentstudio.ui.widgets.rows import Heading
from latentstudio.ui.widgets.segmented import Segmented
from latentstudio.ui.wording import sentence

if TYPE_CHECKING:
    from latentstudio.generators.info import GeneratorInfo
    from latentstudio.metrics.inspect.report import Report
    from latentstudio.ui.panels.context import PanelContext

NO_GENERATOR = "Open a checkpoint: there is no generator to inspect."
NO_W = "A {} has no mapping network, and so no w: only z is measured."
FACTORS = "Factors are what a classifier reads in samples: a GAN has no encoder."
PAGES = [
    ("layers", "Layers", "Which layers hold the hair?"),
    ("leakage", "Leakage", "What does moving one attribute do to the others?"),
    ("traversal", "Traversal", "What happens along an axis?"),
]
TIPS = {key: tip for key, _, tip in PAGES}
TOLD = 76  # px: the longest sentence, so that the table keeps still
GROUPS = [
    ("attributes", "Attributes", "The classes of an attribute as one"),
    ("every", "Every value", "Each class of each attribute"),
]
LEGENDS = {
    "layers": "Exchanged with another picture's, layer by layer: the share of what changes."
    " Dotted: the layer that decides most.",
    "leakage": "Standard deviations: amber more, blue less, pale perhaps chance. Dotted: what the"
    " direction is for. Faint names: weak directions.",
    "traversal": "Rows are pictures, columns amounts: click one, or Enter, to take it.",
}
ASK = "{} Start with {} chosen."
COMING = "{} The answer stands here as soon as it is found."


class BenchWindow(QWidget):
    """Choices above, z against w on the left, maps and traversals on the right."""

    def __init__(self, context: PanelContext, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setObjectName("bench")
        self.setWindowTitle("Disentanglement")
        self.document = context.document
        self.model = BenchModel(context, self)
        self.heading, self.facts = Heading("Disentanglement"), Hint()
        self.facts.setObjectName("bench.facts")
        self.setup = BenchSetup()
        self.table = ScoreTable()
        self.told = Hint(FACTORS)
        self.told.setObjectName("bench.told")
        self.pages, self.groups = Segmented(PAGES), Segmented(GROUPS)
        self.maps = {"layers": MapView(), "leakage": MapView()}
        self.empty = {name: Hint() for name in self.maps}
        self.traversal = TraversalPage(context)
        self.words = Hint()
        self.words.setObjectName("bench.words")
        self.files = BenchFiles(lambda: self.model.report, self.pages.choice, self.command)
        self.stack = QStackedWidget()
        self.pages.choose("layers")
        self.groups.choose("attributes")
        self._arrange()
        self._connect()
        self.resize(1280, 860)
        self.refresh()

    def _arrange(self) -> None:
        self.heading.setContentsMargins(0, 0, 0, 0)
        self.facts.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        top, tabs, bottom = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        for row in (top, tabs, bottom):
            row.setSpacing(GAP)
        top.addWidget(self.heading)
        top.addWidget(self.facts, 1)
        for widget, name in ((self.pages, "pages"), (self.groups, "groups")):
            widget.setObjectName(f"bench.{name}")
            for key, button in widget.buttons.items():
                button.setObjectName(f"bench.{name}.{key}")
        tabs.addWidget(self.pages)
        tabs.addStretch(1)
        tabs.addWidget(self.groups)
        for name, view in self.maps.items():
            self.empty[name].setAlignment(Qt.AlignmentFlag.AlignCenter)
            view.setObjectName(f"bench.{name}")
            view.setAccessibleName(TIPS[name])
            self.stack.addWidget(_scrolled(self.empty[name], view))
        self.stack.addWidget(self.traversal)
        left, right = QVBoxLayout(), QVBoxLayout()
        for column in (left, right):
            column.setSpacing(GAP)
        self.told.setMinimumHeight(TOLD)
        self.told.setAlignment(Qt.AlignmentFlag.AlignTop)
        left.addWidget(self.table, 1)
        left.addWidget(self.told)
        right.addLayout(tabs)
        right.addWidget(self.stack, 1)
        middle = QHBoxLayout()
        middle.setSpacing(2 * MARGIN)
        middle.addLayout(left, 2)
        middle.addLayout(right, 3)
        bottom.addWidget(self.words, 1)
        bottom.addWidget(self.files)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(MARGIN, GAP, MARGIN, GAP)
        outer.setSpacing(GAP)
        outer.addLayout(top)
        outer.addWidget(self.setup)
        outer.addLayout(middle, 1)
        outer.addLayout(bottom)

    def _connect(self) -> None:
        self.setup.started.connect(self.model.start)
        self.setup.stopped.connect(self.model.rest)
        self.setup.continued.connect(self.model.go_on)
        self.setup.edited.connect(self._show_files)
        self.model.changed.connect(self.refresh)
        self.model.progressed.connect(self.setup.show_progress)
        self.document.info_changed.connect(self._on_info)
        self.table.pointed.connect(self._on_number)
        for name, view in self.maps.items():
            view.pointed.connect(lambda row, column, name=name: self._on_cell(name, row, column))
        self.pages.chosen.connect(self._on_page)
        self.groups.chosen.connect(lambda _choice: self.refresh())
        self.files.told.connect(self.words.say)
        self.traversal.told.connect(self.words.say)
        QShortcut(QKeySequence(Qt.Key.Key_Escape), self, self.close)

    def stop(self) -> None:
        """End the threads (the window is going)."""
        self.document.info_changed.disconnect(self._on_info)
        self.model.stop()
        self.traversal.stop()
        self.files.stop()

    # -- what it shows -------------------------------------------------------------------

    def refresh(self) -> None:
        """Show what is known of the generator that is open."""
        session, report, info = self.model.session, self.model.report, self.document.info
        asked = session.wish.parts if session is not None else ()
        self.setup.show_session(session, "" if info is not None else NO_GENERATOR)
        self.facts.say(_facts(info, report))
        self.table.show_cells(
            tuple(cells_of(report, row, asked) for row in ROWS),
            {space.space: space.dim for space in report.spaces} if report is not None else {},
            report.factors if report is not None else "",
        )
        self._on_number(*self.table.current if self.table.hasFocus() else (-1, -1))
        for name, view in self.maps.items():
            shown = self._map(name, report)
            view.show_map(shown)
            view.setVisible(shown is not None)
            self.empty[name].say("" if shown is not None else self._why_empty(name))
        self._on_page(self.pages.choice())

    def command(self) -> str:
        """The command line for what is shown, or for what is chosen; ValueError, one sentence."""
        session = self.model.session
        wish = session.wish if session is not None else self.model.wished(self.setup.wish())
        return wish.command(self.model.path())

    def _map(self, name: str, report: Report | None) -> Map | None:
        if report is None:
            return None
        every = self.groups.choice() == "every"
        if name == "layers":
            return layer_map(report, self.document.info, every)
        return leakage_map(report, every)

    def _why_empty(self, name: str) -> str:
        session = self.model.session
        lack = lack_of(self.model.report, name, session.wish.parts if session is not None else ())
        titles = {key: title for key, title, _ in PAGES}
        brief = {NOT_ASKED: ASK, NOT_YET: COMING}
        return brief.get(lack, sentence(lack)).format(TIPS[name], titles[name])

    def _show_files(self) -> None:
        page, report = self.pages.choice(), self.model.report
        drawn = page in self.maps and self.maps[page].map() is not None
        self.files.show_what(report, drawn, self.document.info is not None)

    # -- the hand ------------------------------------------------------------------------

    def _on_page(self, page: str) -> None:
        self.stack.setCurrentIndex([key for key, _, _ in PAGES].index(page))
        self.groups.setVisible(page in self.maps)
        self.words.say(LEGENDS[page])
        self._show_files()

    def _on_number(self, row: int, column: int) -> None:
        info = self.document.info
        words = FACTORS if info is None or info.has_mapping else NO_W.format(info.family)
        self.told.say(self.table.words(row, column) if row >= 0 else words)

    def _on_cell(self, name: str, row: int, column: int) -> None:
        self.words.say(self.maps[name].sentence(row, column) or LEGENDS[name])

    def _on_info(self, _info: GeneratorInfo | None) -> None:
        self.refresh()


def _facts(info: GeneratorInfo | None, report: Report | None) -> str:
    """Which generator, and what reads its pictures."""
    if info is None:
        return ""
    parts = [info.name or info.family]
    if report is not None:
        parts += [report.factors, f"{report.num:,} samples of seed {report.seed} at ψ 1"]
    return DOT.join(parts)


def _scrolled(*widgets: QWidget) -> QScrollArea:
    inner, scroll = QWidget(), QScrollArea()
    column = QVBoxLayout(inner)
    column.setContentsMargins(0, 0, 0, 0)
    for widget in widgets:
        column.addWidget(widget)
    scroll.setWidgetResizable(True)
    scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    scroll.setWidget(inner)
    return scroll
