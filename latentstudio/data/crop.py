"""A square out of a picture, turned and resized as the pictures that generators learn from."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from PIL import Image

from latentstudio.data.decode import flatten

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from latentstudio.data.intake import Intake

GROUND = (128, 128, 128)  # behind what is transparent
SMALLEST, LARGEST = 1e-4, 2.0  # shorter sides
FARTHEST = 1e9
_FINE = 3  # source pixels to an output pixel that are resampled with care; more are averaged


class Crop(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A square of a picture.

    All lengths are in shares of the picture's shorter side, so that they turn without being
    stretched: a picture of 300 × 200 px is 1.5 wide and 1 high.

    Attributes
    ----------
    x, y
        Its middle, from the picture's upper left corner.
    size
        Its side, 0.0001 to 2.
    angle
        Degrees by which the square is turned counter-clockwise about its middle, as seen on the
        screen: what stood turned by as much comes out upright.
    """

    x: float
    y: float
    size: float
    angle: float = 0.0

    def __post_init__(self) -> None:
        if not all(abs(value) <= FARTHEST for value in (self.x, self.y, self.angle)):
            raise ValueError("crop.x, crop.y and crop.angle must be numbers, and no huge ones")
        if not SMALLEST <= self.size <= LARGEST:
            raise ValueError(f"crop.size is {self.size}; it must be {SMALLEST} to {LARGEST}")

    @classmethod
    def whole(cls, width: int, height: int) -> Crop:
        """The largest square in the middle of a picture of so many pixels."""
        shorter = min(width, height)
        return cls(width / shorter / 2, height / shorter / 2, 1.0)

    def corners(self) -> tuple[tuple[float, float], ...]:
        """Upper left, upper right, lower right, lower left of the square as it will come out."""
        c, s = self._turn
        offsets = ((-1, -1), (1, -1), (1, 1), (-1, 1))
        half = self.size / 2
        return tuple(
            (self.x + half * (c * u + s * v), self.y + half * (c * v - s * u)) for u, v in offsets
        )

    def inside(self, width: int, height: int) -> Crop:
        """The nearest crop of this angle that takes in nothing from beyond the picture."""
        shorter = min(width, height)
        reach = sum(map(abs, self._turn))  # of the turned square, as a share of its side
        size = min(self.size, 1.0 / reach)
        margin = size * reach / 2
        x = min(max(self.x, margin), width / shorter - margin)
        y = min(max(self.y, margin), height / shorter - margin)
        return Crop(x, y, size, self.angle)

    @property
    def _turn(self) -> tuple[float, float]:
        """Cosine and sine of the angle."""
        angle = math.radians(self.angle)
        return math.cos(angle), math.sin(angle)


def cropped(intake: Intake, crop: Crop, resolution: int, channels: int = 3) -> NDArray[np.uint8]:
    """Cut a square out of a picture and bring it to a generator's size.

    Parameters
    ----------
    intake
        The picture.
    crop
        What of it. Beyond its edges, the edge's own pixels go on.
    resolution
        Height and width in pixels.
    channels
        3 (RGB) or 1 (grey: ITU-R 601 luma).

    Returns
    -------
    ndarray
        uint8 [resolution, resolution, channels]; what is transparent shows middle grey.

    Notes
    -----
    Pixels are averaged as they are stored, with their gamma, which makes fine bright detail a
    little darker than light itself would. So were the pictures shrunk that the networks have
    learned from, and those are what is to be matched. The filter is Lanczos, as in training.
    """
    height, width = intake.pixels.shape[:2]
    shorter = min(width, height)
    side = crop.size * shorter
    step = max(1, int(side / (_FINE * resolution)))  # whole pixels averaged first: quick
    corners = np.array(crop.corners()) * shorter
    left, top = (np.floor(corners.min(0)) - 3 * step).astype(int)
    right, bottom = (np.ceil(corners.max(0)) + 3 * step).astype(int)
    right, bottom = left + _whole(right - left, step), top + _whole(bottom - top, step)
    window = flatten(Image.fromarray(_window(intake.pixels, left, top, right, bottom)), GROUND)
    window = window.reduce(step) if step > 1 else window
    fine = max(1, math.ceil(side / step / resolution)) * resolution
    (x, y), across, down = (
        (corners[0] - (left, top)) / step,
        (corners[1] - corners[0]) / (fine * step),
        (corners[3] - corners[0]) / (fine * step),
    )
    square = window.transform(
        (fine, fine),
        Image.Transform.AFFINE,
        (across[0], down[0], x, across[1], down[1], y),
        Image.Resampling.BICUBIC,
    )
    if fine > resolution:
        square = square.resize((resolution, resolution), Image.Resampling.LANCZOS)
    made = np.asarray(square.convert("RGB" if channels == 3 else "L"))
    return made.reshape(resolution, resolution, channels)


def _window(
    pixels: NDArray[np.uint8], left: int, top: int, right: int, bottom: int
) -> NDArray[np.uint8]:
    """A rectangle of a picture; beyond the edges, the edge's own pixels go on."""
    height, width = pixels.shape[:2]
    (top, bottom, up, down), (left, right, before, behind) = (
        _overlap(top, bottom, height),
        _overlap(left, right, width),
    )
    return np.pad(pixels[top:bottom, left:right], ((up, down), (before, behind), (0, 0)), "edge")


def _overlap(low: int, high: int, most: int) -> tuple[int, int, int, int]:
    """What of a range lies in 0 to ``most``, at least one; how much is missing on both sides."""
    first = min(max(low, 0), most - 1)
    last = max(min(high, most), first + 1)
    before = min(max(first - low, 0), high - low - 1)
    return first, last, before, high - low - before - (last - first)


def _whole(length: int, step: int) -> int:
    """Rounded up to whole steps."""
    return -(-length // step) * step
