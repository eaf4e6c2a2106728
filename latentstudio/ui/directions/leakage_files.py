"""Taking the leakage of all sliders home: a table and a figure, written beside the window."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QWidget

from latentstudio.ui.directions.leakage_table import to_csv
from latentstudio.ui.reading import Reader
from latentstudio.ui.widgets.metrics import GAP
from latentstudio.ui.wording import sentence

if TYPE_CHECKING:
    from latentstudio.export.heatmap import HeatMap
    from latentstudio.ui.directions.leakage_table import LeakageTable

FIGURES = "Figure (*.svg);;Picture (*.png);;PDF (*.pdf)"


class LeakageFiles(QWidget):
    """Three buttons.

    Parameters
    ----------
    table
        Gives what is shown, or None.

    Signals
    -------
    told(str)
        How it went, in a sentence.
    """

    told = Signal(str)

    def __init__(
        self, table: Callable[[], LeakageTable | None], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._table = table
        self._reader = Reader(self)
        # Tests answer here instead of in a modal dialog.
        self.ask: Callable[[str, str, str], str] = self._ask
        self.copy, self.file = QPushButton("Copy table"), QPushButton("Table…")
        self.figure = QPushButton("Figure…")
        self.copy.setToolTip("All numbers with their intervals, as CSV")
        self.file.setToolTip("All numbers with their intervals, as a CSV file")
        self.figure.setToolTip("The heat map, fit for a paper (SVG, PNG or PDF)")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        for button, slot in (
            (self.copy, self._on_copy),
            (self.file, self._on_file),
            (self.figure, self._on_figure),
        ):
            button.clicked.connect(slot)
            row.addWidget(button)

    def stop(self) -> None:
        """Wait for what is being written (the window is going)."""
        self._reader.stop()

    def _on_copy(self) -> None:
        table = self._table()
        if table is not None:
            QGuiApplication.clipboard().setText(to_csv(table.measured))
            self.told.emit("The table is on the clipboard.")

    def _on_file(self) -> None:
        table = self._table()
        if table is not None:
            text = to_csv(table.measured)
            self._write("Export table", "leakage.csv", "Table (*.csv)", partial(_table, text))

    def _on_figure(self) -> None:
        table = self._table()
        if table is not None:
            self._write("Export figure", "leakage.svg", FIGURES, partial(_figure, table.map))

    def _write(self, words: str, proposal: str, what: str, writer: Callable[[Path], None]) -> None:
        name = self.ask(words, proposal, what)
        if name:
            path = Path(name)
            path = path if path.suffix else path.with_suffix(Path(proposal).suffix)
            self._reader.read(partial(writer, path), partial(self._on_written, path))

    def _on_written(self, path: Path, result: Any) -> None:
        failed = isinstance(result, Exception)
        self.told.emit(sentence(result) if failed else f"{path.name} is written.")

    def _ask(self, words: str, proposal: str, what: str) -> str:
        return QFileDialog.getSaveFileName(self.window(), words, proposal, what)[0]


def _table(text: str, path: Path) -> None:
    from latentstudio.atomic import write_atomic

    write_atomic(path, text.encode())


def _figure(shown: HeatMap, path: Path) -> None:
    from latentstudio.export.heatmap import heat_map

    heat_map(shown, path)
