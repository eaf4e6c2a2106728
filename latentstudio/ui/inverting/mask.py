"""Masks of a repair as plain arrays: uint8 [side, side], painted by strokes, packed into bits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Mask = NDArray[np.uint8]
    Place = tuple[float, float]  # x and y in shares of the side

KEEP, INVENT = 255, 0  # what is sound, and what is painted


def blank(side: int) -> Mask:
    """Nothing is painted."""
    return np.full((side, side), KEEP, np.uint8)


def stroked(mask: Mask, start: Place, end: Place, radius: float, value: int) -> Mask:
    """A copy with ``value`` in pixels nearer to the way than ``radius``, a share of the side."""
    axis = (np.arange(len(mask)) + 0.5) / len(mask)
    x, y = axis[None, :] - start[0], axis[:, None] - start[1]
    right, down = end[0] - start[0], end[1] - start[1]
    along = np.clip((x * right + y * down) / (right**2 + down**2 or 1.0), 0.0, 1.0)
    made = mask.copy()
    made[(x - along * right) ** 2 + (y - along * down) ** 2 <= radius**2] = value
    return made


def packed(mask: Mask) -> bytes:
    """A bit for each pixel, row by row, set where it is painted; empty when nothing is."""
    painted = mask != KEEP
    return np.packbits(painted).tobytes() if painted.any() else b""


def unpacked(paint: bytes, side: int) -> Mask:
    """The mask of these bits; nothing is painted where they are of another size."""
    mask = blank(side)
    if len(paint) == -(-mask.size // 8):
        bits = np.unpackbits(np.frombuffer(paint, np.uint8), count=mask.size)
        mask[bits.reshape(mask.shape) == 1] = INVENT
    return mask
