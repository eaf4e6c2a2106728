"""What happens to each picture of a minibatch: the random numbers of augmentation.

They are drawn on the CPU, for all pictures of a minibatch at once and always equally many, so
that the processes of a run can draw the same ones from equal random states and each take its
rows, and so that whether a picture is touched at all is known without asking a GPU.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import torch
from torch import Generator, Tensor

from trainer.errors import TrainingError

KINDS = "bgc"


@dataclass(frozen=True)
class AugmentParams:
    """One row a picture, float64 on the CPU; in the order in which they are applied.

    Attributes
    ----------
    flip
        [n]: -1 mirrors left and right, 1 does not.
    quarters
        [n]: quarter turns counterclockwise, 0 to 3.
    shift
        [n, 2]: fractions of the width (to the right) and of the height (down), rounded to
        whole pixels.
    scale
        [n]: enlargement of both axes.
    turn
        [n]: radians counterclockwise, before the stretch.
    stretch
        [n]: enlargement of the width, and reduction of the height.
    turn_after
        [n]: radians counterclockwise, after the stretch.
    offset
        [n, 2]: as ``shift``, not rounded.
    brightness
        [n]: added to all colours (which lie in [-1, 1]).
    contrast
        [n]: factor on all colours.
    luma
        [n]: -1 inverts the brightness and keeps the hue, 1 does nothing.
    hue
        [n]: radians about the grey axis.
    saturation
        [n]: factor on the distance from the grey axis.
    """

    flip: Tensor
    quarters: Tensor
    shift: Tensor
    scale: Tensor
    turn: Tensor
    stretch: Tensor
    turn_after: Tensor
    offset: Tensor
    brightness: Tensor
    contrast: Tensor
    luma: Tensor
    hue: Tensor
    saturation: Tensor

    @classmethod
    def identity(cls, n: int) -> AugmentParams:
        """Rows that change nothing, for ``n`` pictures."""
        one, zero, pair = (torch.ones(n), torch.zeros(n), torch.zeros(n, 2))
        rows = [one, zero, pair, one, zero, one, zero, pair, zero, one, one, zero, one]
        return cls(*(row.double() for row in rows))

    def __len__(self) -> int:
        """Number of pictures."""
        return len(self.flip)

    def __getitem__(self, rows: slice | Tensor) -> AugmentParams:
        """Some of the pictures: a slice, int64 indices or a boolean mask [n]."""
        return AugmentParams(*(getattr(self, field.name)[rows] for field in fields(self)))

    @property
    def moved(self) -> Tensor:
        """Boolean [n]: which pictures are mirrored, turned by quarters or shifted by pixels."""
        return (self.flip != 1) | (self.quarters != 0) | (self.shift != 0).any(dim=1)

    @property
    def warped(self) -> Tensor:
        """Boolean [n]: which pictures have to be resampled between their pixels."""
        turned = (self.turn != 0) | (self.turn_after != 0) | (self.offset != 0).any(dim=1)
        return turned | (self.scale != 1) | (self.stretch != 1)

    @property
    def recoloured(self) -> Tensor:
        """Boolean [n]: which pictures change their colours."""
        scaled = (self.contrast != 1) | (self.luma != 1) | (self.saturation != 1)
        return scaled | (self.brightness != 0) | (self.hue != 0)


def sample(
    n: int, p: float, generator: Generator | None = None, *, kinds: str = KINDS
) -> AugmentParams:
    """Draw what happens to ``n`` pictures.

    The distributions are those of Karras et al. 2020, "Training Generative Adversarial
    Networks with Limited Data", appendix B.

    Parameters
    ----------
    n
        Pictures.
    p
        Probability of each transform for each picture, 0 to 1; at 0 nothing happens.
    generator
        A random state on the CPU; torch's global one when None.
    kinds
        Any of the letters ``b`` (pixel blitting), ``g`` (general geometry), ``c`` (colour).

    Raises
    ------
    TrainingError
        If a letter is unknown.
    """
    check_kinds(kinds)

    def uniform(*shape: int) -> Tensor:
        return torch.rand(n, *shape, generator=generator, dtype=torch.float64)

    def normal(*shape: int) -> Tensor:
        return torch.randn(n, *shape, generator=generator, dtype=torch.float64)

    def maybe(kind: str, value: Tensor, neutral: float, chance: float = p) -> Tensor:
        chosen = uniform() < (chance if kind in kinds else 0.0)
        chosen = chosen.reshape(-1, *[1] * (value.ndim - 1))
        return torch.where(chosen, value, torch.full_like(value, neutral))

    # Two rotations, one of which happens with the probability p.
    p_turn = 1 - math.sqrt(1 - p)
    return AugmentParams(
        flip=maybe("b", 1 - 2 * (2 * uniform()).floor(), 1),
        quarters=maybe("b", (4 * uniform()).floor(), 0),
        shift=maybe("b", (2 * uniform(2) - 1) * 0.125, 0),
        scale=maybe("g", torch.exp2(0.2 * normal()), 1),
        turn=maybe("g", (2 * uniform() - 1) * math.pi, 0, p_turn),
        stretch=maybe("g", torch.exp2(0.2 * normal()), 1),
        turn_after=maybe("g", (2 * uniform() - 1) * math.pi, 0, p_turn),
        offset=maybe("g", 0.125 * normal(2), 0),
        brightness=maybe("c", 0.2 * normal(), 0),
        contrast=maybe("c", torch.exp2(0.5 * normal()), 1),
        luma=maybe("c", 1 - 2 * (2 * uniform()).floor(), 1),
        hue=maybe("c", (2 * uniform() - 1) * math.pi, 0),
        saturation=maybe("c", torch.exp2(normal()), 1),
    )


def check_kinds(kinds: str) -> None:
    """Raise a TrainingError unless every letter of ``kinds`` stands for transforms."""
    if not kinds or set(kinds) - set(KINDS):
        raise TrainingError(
            f"There is no augmentation {kinds!r}: combine the letters b (mirror, quarter turns, "
            "shifts), g (scaling, rotation) and c (colour), as in bg or bgc."
        )
