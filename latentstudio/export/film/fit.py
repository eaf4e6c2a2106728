"""Pictures into a film's size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray


def fitted(
    pixels: NDArray[np.uint8],
    size: tuple[int, int],
    fit: Literal["bars", "fill"] = "bars",
    background: str = "#000000",
) -> NDArray[np.uint8]:
    """Resize a picture and keep its shape: shrunk by area, enlarged by Lanczos.

    Values are averaged as they are stored (sRGB), as players do.

    Parameters
    ----------
    pixels
        uint8 [H, W, 3] or [H, W, 4], whose fourth byte is left out.
    size
        Width and height.
    fit
        ``bars``: all of it, in the middle; ``fill``: its middle, so that nothing else is seen.
    background
        Colour of the bars.

    Returns
    -------
    NDArray[np.uint8]
        uint8 [height, width, 3], C-contiguous; of the same size, the same values.
    """
    source = np.ascontiguousarray(pixels[:, :, :3])
    high, wide = source.shape[:2]
    if (wide, high) == size:
        return source
    width, height = size
    pick = min if fit == "bars" else max
    scale = pick(width / wide, height / high)
    way = Image.Resampling.BOX if scale < 1.0 else Image.Resampling.LANCZOS
    picture = Image.fromarray(source)
    if fit == "fill":
        left, top = (wide - width / scale) / 2, (high - height / scale) / 2
        box = (max(left, 0.0), max(top, 0.0), min(wide - left, wide), min(high - top, high))
        return np.array(picture.resize(size, way, box))
    inner = (min(width, round(wide * scale) or 1), min(height, round(high * scale) or 1))
    film = Image.new("RGB", size, background)
    place = ((width - inner[0]) // 2, (height - inner[1]) // 2)
    film.paste(picture.resize(inner, way), place)
    return np.array(film)
