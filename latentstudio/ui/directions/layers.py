"""The choice of layers that a direction is applied to, and layers in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from latentstudio.ui.editing.layer_range import LayerRange, stretches
from latentstudio.ui.widgets.hint import Hint
from latentstudio.ui.widgets.metrics import MARGIN

if TYPE_CHECKING:
    from latentstudio.generators.info import GeneratorInfo

Layers = tuple[int, int | None]
HELP = "Drag over the layers that it moves, coarse to fine; or ← → and with Shift."


def layered(info: GeneratorInfo | None) -> bool:
    """Whether there are layers to choose."""
    return info is not None and info.has_mapping and info.num_layers > 2


def layer_choices(info: GeneratorInfo | None) -> list[tuple[str, Layers]]:
    """The usual ones: all, and coarse, middle and fine with their sizes."""
    return [(title, whole(layers, info)) for title, layers in stretches(info)]


def whole(layers: Layers, info: GeneratorInfo | None) -> Layers:
    """The same layers, with None for the end: equal choices are equal values."""
    first, stop = layers
    return first, None if info is None or stop is None or stop >= info.num_layers else stop


def layer_words(layers: Layers, info: GeneratorInfo | None) -> str:
    """``all layers``, ``coarse layers``, or ``layers 3 to 7``, counted from 1."""
    layers = whole(layers, info)
    for title, usual in layer_choices(info):
        if usual == layers:
            return f"{title.split(':')[0].lower().removesuffix(' layers')} layers"
    first, stop = layers[0] + 1, layers[1]
    if stop == first:
        return f"layer {first}"
    return f"layers {first} to {stop}" if stop is not None else f"layers from {first}"


class RangeDialog(QDialog):
    """A stretch of layers."""

    def __init__(self, layers: Layers, info: GeneratorInfo, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Layers")
        self._info = info
        self.range = LayerRange()
        self.range.setMinimumWidth(320)
        self.range.set_layers(info.layers)
        self.range.show_range(layers[0], layers[1] or info.num_layers)
        box = QDialogButtonBox.StandardButton
        buttons = QDialogButtonBox(box.Ok | box.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.setSpacing(MARGIN)
        column.addWidget(self.range)
        column.addWidget(Hint(HELP))
        column.addWidget(buttons)

    def layers(self) -> Layers:
        """What was chosen."""
        return whole(self.range.chosen(), self._info)


def ask_range(layers: Layers, info: GeneratorInfo, parent: QWidget) -> Layers | None:
    """Ask for a stretch; None when the person thinks better of it."""
    dialog = RangeDialog(layers, info, parent)
    try:
        return dialog.layers() if dialog.exec() else None
    finally:
        dialog.deleteLater()


def range_words(layers: Layers, info: GeneratorInfo | None) -> str:
    """``Range…``, or with the stretch that is in force: ``Range: layers 3 to 7…``."""
    usual = whole(layers, info) in (choice for _, choice in layer_choices(info))
    return "Range…" if usual else f"Range: {layer_words(layers, info)}…"
