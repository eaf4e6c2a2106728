"""Latents as a search sees them: in standard deviations from the mean.

Rows ``u`` [k, rows, d] of :class:`~latentstudio.latents.gradient_space.Coordinates` whose start is
the middle of all samples: one row in z and w, one a layer in w+.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from latentstudio.generators.protocol import Generator
from latentstudio.latents.gradient_space import Coordinates, Space
from latentstudio.latents.principal import PrincipalAxes, principal_axes

BAND = 0.2  # around the distance of samples from the mean: nineteen of twenty are within


def centred(
    generator: Generator, space: Space, axes: PrincipalAxes | None = None, **mapping: Any
) -> Coordinates:
    """Coordinates around the mean of w, or around 0 where there is none.

    Parameters
    ----------
    generator, space, axes
        As in :class:`~latentstudio.latents.gradient_space.Coordinates`.
    mapping
        Its other keyword arguments.
    """
    if space == "z":
        middle = torch.zeros(1, generator.z_dim, device=generator.device)
    else:
        if generator.has_mapping:
            axes = axes or principal_axes(generator)
        mean = generator.mean_w if axes is None else axes.mean
        middle = mean.expand(1, generator.num_layers, -1)
    return Coordinates(generator, middle, space, axes=axes, **mapping)


def entered(at: Coordinates, latents: Tensor) -> Tensor:
    """Latents [k, z_dim], [k, w_dim] or [k, num_layers, w_dim] as u; w of all layers in w+."""
    rows = latents if latents.ndim == 3 else latents[:, None]
    u = at.seen(rows)
    if at.space == "w+":
        return u.expand(-1, at.rows, -1).clone()
    return u.mean(dim=1, keepdim=True)


def latents_of(at: Coordinates, u: Tensor) -> Tensor:
    """u as latents of its space: [k, z_dim], [k, w_dim] or [k, num_layers, w_dim]."""
    middle = at.start[:, 0] if at.space == "w" else at.start
    return middle + at.offset(u)


def distances(u: Tensor) -> Tensor:
    """How far points are from the mean [k]: root mean square, 1 for what samples are."""
    return u.square().mean(dim=(1, 2)).sqrt()


def spreads(u: Tensor) -> Tensor:
    """How far the layers of points are from each other [k], in the same unit; 0 in z and w."""
    return distances(u - u.mean(dim=1, keepdim=True))


def pull(at: Coordinates, u: Tensor) -> Tensor:
    """Back to where samples are [k, rows, d]: as far as a row lies beyond them."""
    norm = u.norm(dim=2, keepdim=True).clamp_min(1e-12)
    back: Tensor = u * (_allowed(at, norm) / norm - 1.0)
    return back


def beyond(at: Coordinates, u: Tensor) -> Tensor:
    """How far rows lie beyond samples [k, rows], as a share of how far samples lie out."""
    norm = u.norm(dim=2)
    apart: Tensor = norm - _allowed(at, norm)
    return apart / at.typical


def _allowed(at: Coordinates, norm: Tensor) -> Tensor:
    """The nearest distance at which samples are.

    In z, where they lie in a thin shell, its inside is as unlikely as its outside.
    """
    allowed = norm.clamp(max=(1.0 + BAND) * at.typical)
    return allowed.clamp(min=(1.0 - BAND) * at.typical) if at.space == "z" else allowed
