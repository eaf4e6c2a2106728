"""The numbers panel: what the present setting is worth, and what truncation costs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QWidget

from latentstudio.document.recipe import Recipe
from latentstudio.ui.numbers.board import Board
from latentstudio.ui.numbers.curves import FidelityPlot, FidPlot
from latentstudio.ui.numbers.exporting import Exporter
from latentstudio.ui.numbers.record import Record
from latentstudio.ui.numbers.section import Pair, Section
from latentstudio.ui.numbers.setup import ARCHIVE, FILE, FOLDER, Setup
from latentstudio.ui.panels.base import NO_GENERATOR, Panel
from latentstudio.ui.widgets.metrics import STEP

if TYPE_CHECKING:
    from latentstudio.generators.info import GeneratorInfo
    from latentstudio.metrics.quality import Quality
    from latentstudio.metrics.spaces.register import SpaceInfo
    from latentstudio.ui.numbers.history import Entry
    from latentstudio.ui.numbers.plot import Plot
    from latentstudio.ui.panels.context import PanelContext

FIDELITY_TIP = """Precision against recall over ψ, from the same samples at every ψ. The dot is
where you are, with its 95% intervals; hollow while it is interpolated.
Drag along the curve, or ← →, to set ψ"""
FID_TIP = """FID against ψ, with its 95% interval; dashed: what the real pictures get against
themselves. Drag, or ← →, to set ψ"""

COPY_TIP = """Copy the command line that measures this again without a window: the chosen
measurement, or else the present setting"""


class NumbersPanel(Panel):
    """Readouts, curves, history and choosers over :class:`NumbersModel`."""

    title = "Numbers"
    name = "numbers"

    def __init__(self, studio: PanelContext, parent: QWidget | None = None) -> None:
        super().__init__(studio, parent)
        self.numbers = studio.numbers
        self.board = Board(self.numbers)
        self.fidelity, self.fid = FidelityPlot(), FidPlot()
        self.record = Record(self.numbers)
        self.setup = Setup(self.numbers)
        self.export = QPushButton("Export")
        self.export.setObjectName("numbers.export")
        self.export.setToolTip("Take the numbers home: tables, figures, a model card")
        self.exporter = Exporter(self.numbers, self.record, studio.tell, self)
        self.export.setMenu(self.exporter.menu(self.export))
        self.copy = QPushButton("Copy command")
        self.copy.setObjectName("numbers.copy")
        self.copy.setToolTip(COPY_TIP)
        self.copy.clicked.connect(self.exporter.copy_command)
        home = QHBoxLayout()
        home.setSpacing(STEP)
        home.addWidget(self.export)
        home.addWidget(self.copy)
        home.addStretch(1)
        self.record.column.addLayout(home)
        # Tests answer here instead of in a modal dialog: title and filter ("" for a folder).
        self.ask: Callable[[str, str], str] = self._ask

        self.column.addWidget(self.board)
        plots = (
            _fold("Fidelity and diversity", "fidelity", self.fidelity),
            _fold("FID over ψ", "fid_plot", self.fid),
        )
        self.column.addWidget(Pair(*plots))
        self.column.addWidget(_fold("History", "record", self.record))
        self.column.addWidget(_fold("What is measured", "setup", self.setup))
        self.column.addStretch(1)
        _describe(self.fidelity, "numbers.fidelity", "Fidelity and diversity", FIDELITY_TIP)
        _describe(self.fid, "numbers.fid_plot", "FID over psi", FID_TIP)

        self.fidelity.psi_picked.connect(self._on_fidelity)
        self.fid.psi_picked.connect(self._on_fid)
        self.record.taken.connect(self._on_taken)
        self.record.pins_changed.connect(self._draw)
        self.setup.space_wanted.connect(self._on_space)
        self.setup.file_wanted.connect(self._on_file)
        self.numbers.quality_changed.connect(self._on_quality)
        self.numbers.curve_changed.connect(self._on_quality)
        self.numbers.troubled.connect(self.say)
        self.numbers.noticed.connect(studio.tell)
        self.numbers.follow_visibility(self)
        self.refresh()
        self._draw()

    def show_info(self, info: GeneratorInfo | None) -> None:
        """There must be a generator to measure."""
        self.setup.show_info(info)
        self.say(NO_GENERATOR if info is None else self.numbers.trouble)

    def _on_quality(self, _news: Quality | None) -> None:
        self._draw()

    def _draw(self) -> None:
        for plot in (self.fidelity, self.fid):
            plot.show_numbers(self.numbers.quality, self.numbers.curve, self.record.pins)

    # -- the hand ------------------------------------------------------------------------

    def _set_psi(self, psi: float, plot: Plot) -> None:
        recipe = self.document.recipe
        truncation = msgspec.structs.replace(recipe.truncation, psi=psi)
        changed = msgspec.structs.replace(recipe, truncation=truncation)
        merge = plot.gesture.merge(plot.objectName())
        self.document.change("Truncation", recipe=changed, merge=merge)

    def _on_fidelity(self, psi: float) -> None:
        self._set_psi(psi, self.fidelity)

    def _on_fid(self, psi: float) -> None:
        self._set_psi(psi, self.fid)

    def _on_taken(self, entry: Entry) -> None:
        """Return to the setting of a measurement; the points on the screen stay."""
        sampling = entry.quality.sampling
        if sampling is None:
            return
        recipe = self.document.recipe
        if sampling.checkpoint != recipe.checkpoint:
            if self.numbers.locate(sampling.checkpoint) is None:
                self.studio.tell(f"That was measured on {entry.name}, which is not here: open it.")
                return
            recipe = Recipe(checkpoint=sampling.checkpoint)  # points may mean nothing there
        changed = msgspec.structs.replace(
            recipe,
            truncation=sampling.truncation,
            noise=sampling.noise,
            transform=sampling.transform,
            label=recipe.label if sampling.label is None else sampling.label,
        )
        self.document.change("Return to measurement", recipe=changed)
        self.numbers.choose(
            data=entry.real or self.numbers.choices.data,
            features=entry.space,
            seed=sampling.seed,
            mixing=sampling.mixing,
            any_class=sampling.label is None,
        )

    # -- features and data from elsewhere ------------------------------------------------

    def _ask(self, title: str, what: str) -> str:
        if what:
            return QFileDialog.getOpenFileName(self.window(), title, "", what)[0]
        return QFileDialog.getExistingDirectory(self.window(), title)

    def _on_file(self, which: str) -> None:
        title, what, field = {
            FOLDER: ("Choose a folder of pictures", "", "data"),
            ARCHIVE: ("Choose a zip of pictures", "Zip archives (*.zip)", "data"),
            FILE: ("Choose a feature network", "Networks (*.safetensors *.pth)", "features"),
        }[which]
        path = self.ask(title, what)
        if path:
            self.numbers.choose(**{field: str(Path(path).absolute())})

    def _on_space(self, space: SpaceInfo) -> None:
        from latentstudio.metrics.spaces.known_weights import KNOWN
        from latentstudio.ui.numbers.space_dialog import SpaceDialog

        self._wanted = space
        known = KNOWN[space.missing[0]]
        dialog = SpaceDialog(space.title, known, self.numbers.download, self)
        dialog.arrived.connect(self._on_arrived)
        dialog.file_wanted.connect(self._on_own_file)
        dialog.open()

    def _on_arrived(self) -> None:
        self.numbers.look_for_spaces()
        self.setup.choose_space(self._wanted.name)

    def _on_own_file(self) -> None:
        self._on_file(FILE)


def _fold(title: str, name: str, widget: QWidget) -> Section:
    section = Section(title, f"numbers.fold.{name}")
    section.column.addWidget(widget)
    return section


def _describe(plot: Plot, name: str, words: str, tip: str) -> None:
    plot.setObjectName(name)
    plot.setAccessibleName(words)
    plot.setToolTip(tip)
