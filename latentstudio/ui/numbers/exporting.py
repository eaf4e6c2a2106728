"""Taking numbers home: tables, figures, a model card, and the command that measures again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from latentstudio.ui.numbers.command import measure_command
from latentstudio.ui.wording import sentence

if TYPE_CHECKING:
    from latentstudio.metrics.quality import Quality
    from latentstudio.metrics.reals import Reals
    from latentstudio.metrics.spaces.features import Features
    from latentstudio.ui.numbers.history import Entry
    from latentstudio.ui.numbers.model import NumbersModel
    from latentstudio.ui.numbers.record import Record
    from latentstudio.ui.samples.source import SampleSet

NOTHING = "There is nothing measured to export yet."
NO_CURVE = "The curve is not ready yet: let the hand rest a little."
CARD_SAMPLES = 48
FIGURES = "Figure (*.svg);;Picture (*.png);;PDF (*.pdf)"


class Exporter(QObject):
    """The export menu's deeds. Files are written beside the window.

    Parameters
    ----------
    numbers, record
        What is exported.
    tell
        Says one sentence, how it went.
    window
        Dialogs belong to it.
    """

    def __init__(
        self,
        numbers: NumbersModel,
        record: Record,
        tell: Callable[[str], None],
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._numbers, self._record, self._tell, self._window = numbers, record, tell, window
        # Tests answer here instead of in a modal dialog.
        self.ask: Callable[[str, str, str], str] = self._ask

    def menu(self, parent: QWidget) -> QMenu:
        """All that can be taken home."""
        menu = QMenu(parent)
        menu.setToolTipsVisible(True)
        for words, tip, deed in (
            ("&History as CSV…", "All kept measurements, one a line", self.history_csv),
            ("&Curve as CSV…", "The numbers at every ψ of the curve", self.curve_csv),
            (
                "Curve as &figure…",
                "The curve and the pinned ones, fit for a paper (SVG, PNG or PDF)",
                self.figure,
            ),
            ("&Model card…", "A folder with all numbers, figures and samples", self.card),
        ):
            action = menu.addAction(words)
            action.setToolTip(tip)
            action.triggered.connect(deed)
        return menu

    def history_csv(self) -> None:
        """Write every entry."""
        history = self._numbers.history
        entries = history.entries if history is not None else ()
        self._csv("measurements.csv", [e.quality for e in entries], [e.name for e in entries])

    def curve_csv(self) -> None:
        """Write the present curve."""
        curve = self._numbers.curve
        qualities = list(curve.qualities) if curve is not None else []
        self._csv("curve.csv", qualities, [self._name()] * len(qualities))

    def figure(self) -> None:
        """Draw the present curve, and the pinned ones beside it."""
        curve = self._numbers.curve
        if curve is None:
            self._tell(NO_CURVE)
            return
        path = self._path("Export figure", "fidelity-diversity.svg", FIGURES)
        if path is not None:
            pins = [pin for pin in self._record.pins if pin.curve]
            curves = [curve, *(_Pinned(pin.curve) for pin in pins)]
            names = [self._name(), *(pin.name for pin in pins)] if pins else []
            self._write(path, partial(_figure, curves, path, names))

    def card(self) -> None:
        """Write a model card into a folder: the curve and all that belongs to it."""
        curve = self._numbers.curve
        if curve is None:
            self._tell(NO_CURVE)
            return
        folder = self.ask("Export model card into a folder", "", "")
        if folder:
            numbers, command = self._numbers, ""
            with suppress(ValueError):  # a setting that no command can say
                command = self.command()
            seen = (numbers.samples(), numbers.reals, numbers.features)
            work = partial(_card, Path(folder), self._name(), curve, command, *seen)
            self._write(Path(folder), work)

    def copy_command(self) -> None:
        """Put the command line for the chosen entry, or the present, on the clipboard."""
        try:
            QGuiApplication.clipboard().setText(self.command(self._record.list.current()))
        except ValueError as error:
            self._tell(sentence(error))
        else:
            self._tell("The command is on the clipboard.")

    def command(self, entry: Entry | None = None) -> str:
        """What measures an entry again, or the present setting; ValueError with one sentence."""
        chosen = self._numbers.choices
        sampling = self._numbers.sampling
        num: int = chosen.target
        real, features = chosen.data, chosen.features
        if entry is not None and entry.quality.sampling is not None:
            sampling, num = entry.quality.sampling, entry.quality.n
            real, features = entry.real, entry.space
        checkpoint = self._numbers.locate(sampling.checkpoint)
        if checkpoint is None or not real:
            raise ValueError("the command needs a checkpoint and a data set that are here")
        return measure_command(checkpoint, sampling, real=real, features=features, num=num)

    def _csv(self, name: str, qualities: list[Quality], names: list[str]) -> None:
        if not qualities:
            self._tell(NOTHING)
            return
        path = self._path("Export table", name, "Table (*.csv)")
        if path is not None:
            self._write(path, partial(_table, qualities, names, path))

    def _name(self) -> str:
        info = self._numbers.document.info
        return (info.name or info.family) if info is not None else ""

    def _ask(self, title: str, proposal: str, what: str) -> str:
        if not what:
            return QFileDialog.getExistingDirectory(self._window.window(), title)
        return QFileDialog.getSaveFileName(self._window.window(), title, proposal, what)[0]

    def _path(self, title: str, proposal: str, what: str) -> Path | None:
        name = self.ask(title, proposal, what)
        if not name:
            return None
        path = Path(name)
        return path if path.suffix else path.with_suffix(Path(proposal).suffix)

    def _write(self, path: Path, work: Callable[[], Any]) -> None:
        self._numbers.worker.read(work, partial(self._written, path))

    def _written(self, path: Path, result: Any) -> None:
        failed = isinstance(result, Exception)
        self._tell(sentence(result) if failed else f"{path.name} is written.")


class _Pinned:
    """A pinned curve as figures take it."""

    floor = None

    def __init__(self, qualities: tuple[Quality, ...]) -> None:
        self.qualities = qualities


def _table(qualities: list[Quality], names: list[str], path: Path) -> None:
    from latentstudio.atomic import write_atomic
    from latentstudio.export.table import to_csv

    # RFC 4180's lines end in CR LF: written as bytes, no system adds another CR.
    write_atomic(path, to_csv(qualities, names).encode())


def _figure(curves: list[Any], path: Path, names: list[str]) -> None:
    from latentstudio.export.figures import curve_figure

    curve_figure(curves, path, names=names)


def _card(
    folder: Path,
    name: str,
    curve: Any,
    command: str,
    samples: SampleSet | None,
    reals: Reals | None,
    features: Features | None,
) -> None:
    import torch

    from latentstudio.export.neighbour_sheet import neighbour_sheet
    from latentstudio.export.report import Findings, write_card
    from latentstudio.metrics.measure.composed import compositions

    found = Findings(name, curve.qualities, curve.floor, command)
    if samples is not None and reals is not None and features is not None:
        fake = torch.tensor(samples.features)
        composition, gaps = compositions(features, reals.side.rows, fake)
        found = replace(
            found,
            composition=composition,
            gaps=gaps,
            shown=samples.sampling,
            samples=samples.thumbs[:CARD_SAMPLES],
            neighbours=neighbour_sheet(samples.thumbs, fake, reals),
        )
    write_card(folder, found)
