"""Taking an inspection home: JSON, table, figure, card and command, written beside the window."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QSizePolicy, QWidget

from latentstudio.ui.reading import Reader
from latentstudio.ui.widgets.metrics import GAP
from latentstudio.ui.wording import sentence

if TYPE_CHECKING:
    from latentstudio.metrics.inspect.report import Report

FIGURES = "Figure (*.svg);;Picture (*.png);;PDF (*.pdf)"
BUTTONS = [
    ("command", "Copy command", "The command line that finds out the same numbers"),
    ("json", "JSON…", "Everything, with what it was made with"),
    ("table", "Table…", "All numbers with their intervals, as a CSV file"),
    ("figure", "Figure…", "The map that is shown, fit for a paper (SVG, PNG or PDF)"),
    ("card", "Card…", "A section for a model card in a folder: text, figures and table"),
]


class BenchFiles(QWidget):
    """A row of buttons.

    Parameters
    ----------
    report
        Gives what was found, or None.
    figure
        ``leakage`` or ``layers``: the map that is shown.
    command
        Gives the command line; ValueError, one sentence.

    Signals
    -------
    told(str)
        How it went, in a sentence.
    """

    told = Signal(str)

    def __init__(
        self,
        report: Callable[[], Report | None],
        figure: Callable[[], str],
        command: Callable[[], str],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._report, self._figure, self._command = report, figure, command
        self._reader = Reader(self)
        # Tests answer here instead of in a modal dialog.
        self.ask: Callable[[str, str, str], str] = self._ask
        self.buttons: dict[str, QPushButton] = {}
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        for name, words, tip in BUTTONS:
            button = self.buttons[name] = QPushButton(words)
            button.setObjectName(f"bench.{name}")
            button.setAccessibleName(tip)
            button.setToolTip(tip)
            button.clicked.connect(getattr(self, f"_on_{name}"))
            row.addWidget(button)

    def show_what(self, report: Report | None, figure: bool, command: bool) -> None:
        """Offer what there is to take home."""
        for name in ("json", "table", "card"):
            self.buttons[name].setEnabled(report is not None)
        self.buttons["figure"].setEnabled(figure)
        self.buttons["command"].setEnabled(command)

    def stop(self) -> None:
        """Wait for what is being written (the window is going)."""
        self._reader.stop()

    def _on_command(self) -> None:
        try:
            QGuiApplication.clipboard().setText(self._command())
        except ValueError as error:
            self.told.emit(sentence(error))
        else:
            self.told.emit("The command is on the clipboard.")

    def _on_json(self) -> None:
        self._write("Export JSON", "inspection.json", "JSON (*.json)", _json)

    def _on_table(self) -> None:
        self._write("Export table", "inspection.csv", "Table (*.csv)", _table)

    def _on_figure(self) -> None:
        what = self._figure()
        self._write("Export figure", f"{what}.svg", FIGURES, partial(_draw, what=what))

    def _on_card(self) -> None:
        self._write("Export card into a folder", "", "", _card)

    def _write(
        self, words: str, proposal: str, what: str, write: Callable[[Report, Path], object]
    ) -> None:
        report = self._report()
        if report is None:
            return
        name = self.ask(words, proposal, what)
        if name:
            path = Path(name)
            path = path if path.suffix else path.with_suffix(Path(proposal).suffix)
            self._reader.read(partial(write, report, path), partial(self._on_written, path))

    def _on_written(self, path: Path, result: Any) -> None:
        failed = isinstance(result, Exception)
        self.told.emit(sentence(result) if failed else f"{path.name} is written.")

    def _ask(self, words: str, proposal: str, what: str) -> str:
        if not what:
            return QFileDialog.getExistingDirectory(self.window(), words)
        return QFileDialog.getSaveFileName(self.window(), words, proposal, what)[0]


def _json(report: Report, path: Path) -> None:
    import msgspec

    from latentstudio.atomic import write_atomic

    write_atomic(path, msgspec.json.format(msgspec.json.encode(report), indent=2))


def _table(report: Report, path: Path) -> None:
    from latentstudio.atomic import write_atomic
    from latentstudio.export.inspection_table import to_csv

    write_atomic(path, to_csv(report).encode())


def _draw(report: Report, path: Path, *, what: str) -> None:
    from latentstudio.export.heatmap import heat_map
    from latentstudio.export.inspection_figures import layer_map, leakage_map

    shown = (layer_map if what == "layers" else leakage_map)(report)
    if shown is not None:
        heat_map(shown, path)


def _card(report: Report, folder: Path) -> None:
    from latentstudio.export.inspection import write_section

    folder.mkdir(parents=True, exist_ok=True)
    write_section(folder, report)
