"""From a decoded picture to the square of pixels that a network is shown."""

from __future__ import annotations

from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from latentstudio.data.decode import flatten

CHANNELS = {"gray": 1, "rgb": 3, "rgba": 4}
_MODES = {"gray": "L", "rgb": "RGB", "rgba": "RGBA"}
_FILTERS = {"lanczos": Image.Resampling.LANCZOS, "area": Image.Resampling.BOX}


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How pictures are prepared.

    Attributes
    ----------
    resolution
        Height and width in pixels afterwards.
    crop
        ``center`` cuts the largest square from the middle; ``none`` wants square pictures.
    resize
        ``lanczos``, or ``area``: the mean of the pixels that fall into one.
    channels
        ``auto`` is ``gray`` when all pictures are grey and ``rgb`` otherwise.
    background
        Colour behind transparent pictures, 0 to 255 each; ``rgba`` keeps the transparency.
    small
        What becomes of pictures smaller than the resolution: an error, left out, enlarged.
    """

    resolution: int
    crop: Literal["center", "none"] = "center"
    resize: Literal["lanczos", "area"] = "lanczos"
    channels: Literal["gray", "rgb", "rgba", "auto"] = "auto"
    background: tuple[int, int, int] = (255, 255, 255)
    small: Literal["stop", "skip", "enlarge"] = "stop"


def not_square(width: int, height: int, options: Options) -> str:
    """Why a picture of that size has the wrong shape, as the end of a sentence, or ""."""
    if options.crop == "center" or width == height:
        return ""
    return f"is {width} × {height} px, not square: choose --crop center, or crop it yourself"


def too_small(width: int, height: int, options: Options) -> str:
    """Why a picture of that size is too small, as the end of a sentence, or ""."""
    side = min(width, height)
    if options.small == "enlarge" or side >= options.resolution:
        return ""
    return (
        f"is {width} × {height} px, too small for {options.resolution} px: choose a resolution "
        f"of at most {side}, or build with --small skip or --small enlarge"
    )


def prepare(image: Image.Image, options: Options) -> NDArray[np.uint8]:
    """Crop, flatten and resize one picture.

    Parameters
    ----------
    image
        Mode L, LA, RGB or RGBA, upright; square where ``options.crop`` is ``none``.
    options
        With ``channels`` decided, not ``auto``. A picture of the resolution keeps its pixels.

    Returns
    -------
    ndarray
        uint8 [channels, resolution, resolution].
    """
    mode = _MODES[options.channels]
    square = _middle(image)
    if mode != "RGBA":
        square = flatten(square, options.background)
    if square.mode != mode:
        square = square.convert(mode)
    size = (options.resolution, options.resolution)
    if square.size != size:
        # Pillow weighs colours by alpha, so that hidden colours do not bleed in.
        square = square.resize(size, _FILTERS[options.resize])
    pixels = np.asarray(square, dtype=np.uint8).reshape(*size, CHANNELS[options.channels])
    return np.ascontiguousarray(pixels.transpose(2, 0, 1))


def _middle(image: Image.Image) -> Image.Image:
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    if image.size == (side, side):
        return image
    return image.crop((left, top, left + side, top + side))
