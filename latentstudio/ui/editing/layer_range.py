"""The layers that an edit reaches: a strip of cells, of which a stretch is chosen."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from latentstudio.ui.widgets.paint import Ink, mixed, small

if TYPE_CHECKING:
    from latentstudio.generators.info import GeneratorInfo, LayerInfo

CELL, WORDS = 14, 14
COARSE, MIDDLE = 8, 32  # px up to which layers are called so (Karras et al. 2019, section 3.1)


def stretches(info: GeneratorInfo | None) -> list[tuple[str, tuple[int, int]]]:
    """Titles of the usual choices, and the layers (first, stop) of each; all of them first."""
    count = info.num_layers if info is not None else 0
    found = [("All layers", (0, count))]
    if info is None or count < 2:
        return found
    cuts = [sum(layer.resolution <= side for layer in info.layers) for side in (COARSE, MIDDLE)]
    if info.has_transform:  # StyleGAN3's sizes, with their margins, do not tell how fine a layer is
        cuts = [count // 3, 2 * count // 3]
    for title, first, stop in zip(
        ("Coarse", "Middle", "Fine"), (0, *cuts), (*cuts, count), strict=True
    ):
        if first < stop:
            sides = info.layers[first].resolution, info.layers[stop - 1].resolution
            span = f"{sides[0]} px" if sides[0] == sides[1] else f"{sides[0]} to {sides[1]} px"
            found.append((f"{title}: {span}", (first, stop)))
    return found


class LayerRange(QWidget):
    """Drag over the cells; ← → move the stretch, with Shift its end.

    Signals
    -------
    edited(int, int)
        The hand chose layers from the first to before the second.
    """

    edited = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layers: tuple[LayerInfo, ...] = ()
        self._first, self._stop, self._anchor = 0, 0, 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_layers(self, layers: tuple[LayerInfo, ...]) -> None:
        """The generator's layers; all are chosen."""
        self._layers = layers
        self.show_range(0, len(layers))

    def chosen(self) -> tuple[int, int]:
        """First layer, and the one after the last."""
        return self._first, self._stop

    def show_range(self, first: int, stop: int) -> None:
        """Show a choice without reporting it."""
        self._first, self._stop = first, stop
        words = "none" if first >= stop else f"{first + 1} to {stop} of {len(self._layers)}"
        self.setAccessibleDescription(f"Layers {words}")
        self.update()

    def sizeHint(self) -> QSize:
        """Cells and sizes."""
        return QSize(160, CELL + WORDS)

    def event(self, event: QEvent) -> bool:
        """The name of the layer under the mouse."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent) and self._layers:
            layer = self._layers[self._cell(event.pos().x())]
            words = f"{layer.name}, {layer.resolution} px\n{self.toolTip()}"
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A stretch begins."""
        if event.button() == Qt.MouseButton.LeftButton and self._layers:
            self._anchor = self._cell(event.position().x())
            self._choose(self._anchor, self._anchor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """To here."""
        if event.buttons() & Qt.MouseButton.LeftButton and self._layers:
            self._choose(self._anchor, self._cell(event.position().x()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the stretch, or its end."""
        way = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        if not way or not self._layers:
            super().keyPressEvent(event)
            return
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        first, last = self._first + (0 if shift else way), self._stop - 1 + way
        if 0 <= first <= last < len(self._layers):
            self._choose(first, last)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Cells, and the size where a new one begins."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(small(self.font()))
        ink, wide = Ink(self), self._wide()
        for number in range(len(self._layers)):
            inside = self._first <= number < self._stop
            painter.setPen(QPen(ink.accent if self.hasFocus() and inside else ink.line, 1))
            painter.setBrush(mixed(ink.well, ink.accent, 0.6) if inside else ink.well)
            cell = QRectF(number * wide, 0, wide - 2, CELL).adjusted(0.5, 0.5, -0.5, -0.5)
            painter.drawRoundedRect(cell, 2, 2)
        painter.setPen(ink.quiet)
        free = 0.0
        for side, group in groupby(range(len(self._layers)), lambda i: self._layers[i].resolution):
            at, words = next(group) * wide, str(side)
            if at >= free:
                room = QRectF(at, CELL, 48, WORDS)
                painter.drawText(room, Qt.AlignmentFlag.AlignBottom, words)
                free = at + painter.fontMetrics().horizontalAdvance(words) + 4

    def _wide(self) -> float:
        return self.width() / max(1, len(self._layers))

    def _cell(self, x: float) -> int:
        return min(len(self._layers) - 1, max(0, int(x / self._wide())))

    def _choose(self, a: int, b: int) -> None:
        first, stop = min(a, b), max(a, b) + 1
        if (first, stop) != self.chosen():
            self.show_range(first, stop)
            self.edited.emit(first, stop)
