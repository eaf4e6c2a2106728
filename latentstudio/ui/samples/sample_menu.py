"""What can be done with chosen samples."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

MORE, LESS, OUT = "More of it", "Less of it", "Take out of the groups"
SEVERAL = ("more", "less", "out", "keep", "copy")
KEEP, COPY = "Keep in the gallery", "Copy seed"


class SampleMenu(QMenu):
    """Show, set as a point, sort, keep, copy.

    Signals
    -------
    wanted(str)
        ``show``, ``more``, ``less``, ``out``, ``keep``, ``copy``, or the name of a point.
    """

    wanted = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.deeds: dict[str, QAction] = {}
        self._add("show", "Show in the studio")
        self.addSeparator()
        for point in "BCD":
            self._add(point, f"Set as point {point}")
        self.addSeparator()
        for deed, text, key in (("more", MORE, "+"), ("less", LESS, "−"), ("out", OUT, "Del")):
            self._add(deed, f"{text}\t{key}")
        self.addSeparator()
        self._add("keep", KEEP)
        self._add("copy", COPY)
        self.triggered.connect(self._on_triggered)

    def set_count(self, count: int) -> None:
        """How many samples are chosen: only some deeds make sense for several."""
        for name, deed in self.deeds.items():
            deed.setEnabled(count == 1 or name in SEVERAL)
        several = count > 1
        self.deeds["keep"].setText(f"Keep {count} in the gallery" if several else KEEP)
        self.deeds["copy"].setText(f"Copy {count} seeds" if several else COPY)

    def _add(self, name: str, text: str) -> None:
        deed = self.addAction(text)
        deed.setData(name)
        self.deeds[name] = deed

    def _on_triggered(self, deed: QAction) -> None:
        self.wanted.emit(deed.data())
