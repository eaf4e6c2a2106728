"""Where searches begin: at random points, at the mean, or near what a picture looks like."""

from __future__ import annotations

import torch
from torch import Tensor

from latentstudio.generators.protocol import Generator
from latentstudio.latents.gradient_space import Space


def seeds_starts(
    generator: Generator, n: int, seed: int, space: Space, label: Tensor | None = None
) -> Tensor:
    """Random points, and first of all the mean where there is one.

    Parameters
    ----------
    generator
        In evaluation mode.
    n
        How many, 1 or more.
    seed
        Of the generator's ``sample_z``.
    space
        Of the points.
    label
        Of the mapping, for one picture.

    Returns
    -------
    Tensor
        [n, z_dim] in z, else w [n, w_dim]; the first of these is the mean of a mapping network.
    """
    z = generator.sample_z(n, seed)
    if space == "z":
        return z
    labels = None if label is None else label.expand(n, *label.shape[1:])
    with torch.no_grad():
        w = generator.map(z, labels)[:, 0].clone()
    if generator.has_mapping:
        w[0] = generator.mean_w
    return w


def nearest_starts(features: Tensor, target: Tensor, codes: Tensor, n: int) -> Tensor:
    """The codes of the samples that look most like a target.

    Parameters
    ----------
    features
        [m, f] of samples, in units in which distances mean something.
    target
        [f] or [1, f].
    codes
        [m, ...] of the samples.
    n
        How many, at most m.

    Returns
    -------
    Tensor
        [n, ...], the nearest first.
    """
    apart = (features - target.reshape(1, -1)).square().sum(dim=1)
    nearest = apart.argsort()[:n].to(codes.device)
    return codes[nearest]
