"""All layers of a network in a row, one of them chosen."""

from __future__ import annotations

from itertools import groupby

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from latentstudio.generators.info import LayerInfo
from latentstudio.ui.widgets.metrics import RADIUS, ROW, STEP
from latentstudio.ui.widgets.paint import Ink, mixed, small

CAPTION = 4 * STEP
TIP = "Click, drag, or the arrow keys: look into another layer"


class LayerStrip(QWidget):
    """A cell for each layer from coarse to fine, grouped by the size of their pictures.

    Signals
    -------
    chosen(int)
        The hand chose this layer.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layers: tuple[LayerInfo, ...] = ()
        self._bent: frozenset[int] = frozenset()
        self.current = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Layer")
        self.setToolTip(TIP)

    def show_layers(self, layers: tuple[LayerInfo, ...]) -> None:
        """Offer these; the one that is chosen stays as far as there is one."""
        self._layers = layers
        self.choose(self.current)

    def show_bent(self, layers: frozenset[int]) -> None:
        """Mark the layers that are bent."""
        self._bent = layers
        self.update()

    def choose(self, layer: int) -> None:
        """Show a choice without reporting it."""
        self.current = min(max(0, layer), max(0, len(self._layers) - 1))
        self.setAccessibleDescription(self.words(self.current))
        self.update()

    def words(self, layer: int) -> str:
        """Number, name and size of a layer."""
        if layer >= len(self._layers):
            return ""
        its = self._layers[layer]
        return f"Layer {layer}: {its.name}, {its.resolution} × {its.resolution} px"

    def cell(self, layer: int) -> QRectF:
        """Where a layer stands; a little apart from the layers of another size."""
        parted = [a.resolution != b.resolution for a, b in self._pairs()]
        gap = float(STEP if len(self._layers) <= 24 else 1)
        room = self.width() - 2 - gap * sum(parted)
        width = room / max(1, len(self._layers))
        left = 1 + layer * width + gap * sum(parted[:layer])
        return QRectF(left, CAPTION, width, self.height() - CAPTION - 1)

    def sizeHint(self) -> QSize:
        """Sizes, and a row of cells."""
        return QSize(260, CAPTION + ROW)

    # -- the hand ------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """Say which layer is under the mouse."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent) and self._layers:
            words = self.words(self._layer_at(event.pos().x()))
            QToolTip.showText(event.globalPos(), f"{words}\n{TIP}", self)
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the layer here."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._take(self._layer_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Run along the layers."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._take(self._layer_at(event.position().x()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The next layer, the one before, the ends."""
        last = len(self._layers) - 1
        places = {Qt.Key.Key_Left: self.current - 1, Qt.Key.Key_Right: self.current + 1,
                  Qt.Key.Key_Home: 0, Qt.Key.Key_End: last}  # fmt: skip
        if event.key() in places:
            self._take(places[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def step(self, way: int) -> None:
        """As the arrow keys do."""
        self._take(self.current + way)

    def _layer_at(self, x: float) -> int:
        inside = (i for i in range(len(self._layers)) if x < self.cell(i).right())
        return next(inside, len(self._layers) - 1)

    def _take(self, layer: int) -> None:
        before = self.current
        self.choose(layer)
        if self.current != before:
            self.chosen.emit(self.current)

    def _pairs(self) -> list[tuple[LayerInfo, LayerInfo]]:
        return list(zip(self._layers, self._layers[1:], strict=False))

    # -- drawing -------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Cells, and the size of each group above it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(small(self.font()))
        ink = Ink(self)
        for size, group in groupby(range(len(self._layers)), self._size):
            layers = list(group)
            room = self.cell(layers[0]).united(self.cell(layers[-1]))
            here = self.current in layers
            painter.setPen(ink.text if here else ink.quiet)
            words = str(size)
            if painter.fontMetrics().horizontalAdvance(words) <= room.width() + STEP:
                above = QRectF(room.left() - STEP, 0, room.width() + 2 * STEP, CAPTION - 2)
                painter.drawText(above, Qt.AlignmentFlag.AlignCenter, words)
        for layer in range(len(self._layers)):
            self._paint_cell(painter, ink, layer)

    def _paint_cell(self, painter: QPainter, ink: Ink, layer: int) -> None:
        here, cell = layer == self.current, self.cell(layer)
        edge = ink.accent if here else ink.line
        painter.setPen(QPen(edge, 1.5 if here and self.hasFocus() else 1))
        painter.setBrush(ink.tint if here else ink.well)
        painter.drawRoundedRect(cell.adjusted(0.5, 0.5, -1.5, -0.5), RADIUS, RADIUS)
        if cell.width() >= 4 * STEP:
            painter.setPen(ink.text if here else mixed(ink.well, ink.text, 0.4))
            painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, str(layer))
        if layer in self._bent:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ink.accent)
            line = QRectF(cell.left() + 4, cell.bottom() - 4, cell.width() - 9, 2)
            painter.drawRoundedRect(line, 1, 1)

    def _size(self, layer: int) -> int:
        return self._layers[layer].resolution
