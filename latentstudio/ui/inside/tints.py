"""Diverging colours for maps: dark where nothing is, warm above zero and cool below."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from PySide6.QtGui import QColor, QImage, QPixmap

from latentstudio.ui.inside.maps import MIDDLE
from latentstudio.ui.widgets.paint import mixed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NOTHING = "#141416"
# From zero to the end of the scale, evenly: as bright as each other at every step.
ABOVE = (NOTHING, "#6e3f1d", "#c97a35", "#f3b56b", "#fff1d9")
BELOW = (NOTHING, "#1f4468", "#3f82b8", "#7fbbe6", "#e2f3ff")


@cache
def table() -> tuple[int, ...]:
    """256 colours for :meth:`latentstudio.ui.inside.maps.Maps.indices`."""
    return tuple(tint((index - MIDDLE) / 127.0).rgb() for index in range(256))


def tint(share: float) -> QColor:
    """The colour of a value, -1 to 1 being the ends of the scale."""
    stops = ABOVE if share >= 0 else BELOW
    at = min(1.0, abs(share)) * (len(stops) - 1)
    first = min(int(at), len(stops) - 2)
    return mixed(QColor(stops[first]), QColor(stops[first + 1]), at - first)


def pixmap_of(indices: NDArray[np.uint8]) -> QPixmap:
    """A map in these colours, pixel by pixel."""
    height, width = indices.shape
    image = QImage(indices.tobytes(), width, height, width, QImage.Format.Format_Indexed8)
    image.setColorTable(table())
    return QPixmap.fromImage(image)
