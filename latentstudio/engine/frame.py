"""The Frame: a picture that carries the recipe it was made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from latentstudio.document.recipe import Recipe


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """What the engine answers to a recipe.

    Attributes
    ----------
    recipe
        The values that made exactly this picture.
    pixels
        uint8 [H, W, 4], C-contiguous, R G B and an opaque fourth byte: Qt's ``Format_RGBX8888``.
        The buffer belongs to the frame alone and is never written again.
    preview
        Whether it is coarser than what would be saved (lower resolution or precision).
    seconds
        From taking the request to pixels ready.
    device, precision
        Such as ``cpu``, ``float32``.
    request
        Number of the request that it answers; later requests have larger numbers.
    """

    recipe: Recipe
    pixels: NDArray[np.uint8]
    preview: bool
    seconds: float
    device: str
    precision: str
    request: int
