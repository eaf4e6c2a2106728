"""From the picture on the screen to the training pictures nearest to it. Runs in a thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from latentstudio.metrics.neighbours import Neighbourhood

NEIGHBOURS = 7
CLOSE, FAR = 0.05, 0.95  # ranks at which the words change


@dataclass(frozen=True, eq=False)
class Neighbour:
    """A training picture near the one on the screen.

    Attributes
    ----------
    number
        In its data set.
    distance
        In the feature space.
    pixels
        uint8 [H, W, 3]; None where only features are at hand.
    """

    number: int
    distance: float
    pixels: NDArray[np.uint8] | None


@dataclass(frozen=True, eq=False)
class Found:
    """What a look-up found.

    Attributes
    ----------
    pixels
        uint8 [H, W, 3] of the picture that was looked up.
    neighbours
        Nearest first.
    rank
        As in :class:`~latentstudio.metrics.neighbours.Neighbours`.
    own
        float64 [s]: the reals' distances to their own nearest, smallest first.
    """

    pixels: NDArray[np.uint8]
    neighbours: tuple[Neighbour, ...]
    rank: float
    own: NDArray[np.float64]


class Lookup:
    """Looks pictures up, and remembers what it prepared for the data set."""

    def __init__(self) -> None:
        self._of: tuple[Any, Neighbourhood] | None = None

    def __call__(self, pixels: NDArray[np.uint8], reals: Any, features: Any) -> Found:
        """Find the neighbours of a frame's pixels, uint8 [H, W, 4].

        Raises
        ------
        ValueError
            One sentence, when they cannot be looked up.
        """
        import torch

        from latentstudio.metrics.neighbours import Neighbourhood

        side = reals.side
        if self._of is None or self._of[0] is not side:
            self._of = (side, Neighbourhood(side.rows))
        around = self._of[1]
        rgb = np.ascontiguousarray(pixels[..., :3])
        image = torch.from_numpy(rgb).permute(2, 0, 1)[None].float().div(127.5).sub(1.0)
        near = around.nearest(features(image)[0], NEIGHBOURS)
        pictures = reals.pictures
        neighbours = tuple(
            Neighbour(number, distance, None if pictures is None else pictures.picture(number))
            for number, distance in zip(
                side.index[near.rows].tolist(), near.distances.tolist(), strict=True
            )
        )
        return Found(rgb, neighbours, near.rank, around.own.numpy())


def verdict(found: Found) -> tuple[str, str]:
    """What the nearest distance means: in few words, and in a sentence."""
    rank = found.rank
    closer = f"{rank:.1%} of the training pictures have a closer neighbour among themselves."
    if rank < CLOSE:
        only = f"Only {closer}" if rank > 0 else "No two training pictures were found so close."
        return "It may be a copy", f"{only} Compare it with the nearest."
    if rank <= FAR:
        return "An ordinary distance", closer
    return "Far from the data", closer
