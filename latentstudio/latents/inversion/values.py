"""What a search says of its steps and of what it has found."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from latentstudio.latents.gradient_space import Space


class InversionError(ValueError):
    """A search that cannot go on: the message is one sentence."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """What one phase of a search saw in one step.

    Attributes
    ----------
    alive
        [k], which searches took part.
    u
        [k, rows, d], where they were, in the coordinates of the phase.
    loss
        [k]; infinite where it is no number.
    images
        [k, c, H, W].
    planes
        Of the noise by layer [k, 1, r, r], where it is searched for.
    """

    alive: Tensor
    u: Tensor
    loss: Tensor
    images: Tensor
    planes: list[Tensor]


@dataclass(frozen=True, eq=False)
class Progress:
    """What one step saw.

    Attributes
    ----------
    index
        1, 2, …
    loss
        [k], of the starts that are left.
    alive
        [k], which starts those are.
    images
        [k, c, H, W], their pictures.
    distance
        [k], how far each point is from the mean: 1 for what samples are.
    """

    index: int
    loss: Tensor
    alive: Tensor
    images: Tensor
    distance: Tensor


@dataclass(frozen=True, eq=False)
class Found:
    """The best that one start has come to.

    Attributes
    ----------
    latent
        [z_dim], [w_dim] or [num_layers, w_dim], as ``space`` says.
    space
        Of the latent.
    loss
        Of its picture.
    start
        Which start led there.
    noise
        Planes [r, r] by layer, where they were searched for.
    image
        [c, H, W], the picture.
    """

    latent: Tensor
    space: Space
    loss: float
    start: int
    noise: dict[int, Tensor] | None
    image: Tensor
