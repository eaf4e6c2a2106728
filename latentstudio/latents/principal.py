"""Principal axes of w: the directions in which a mapping network varies most."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from latentstudio.generators.protocol import Generator

_CHUNK = 1000


class PrincipalAxes(NamedTuple):
    """Result of :func:`principal_axes`.

    Attributes
    ----------
    mean
        [w_dim], of the mapped samples.
    components
        [k, w_dim], orthonormal rows, by falling variance; the entry of largest magnitude in
        each row is positive, so that an axis never flips.
    sigma
        [k], standard deviations along the components.
    """

    mean: Tensor
    components: Tensor
    sigma: Tensor


def principal_axes(
    generator: Generator, n: int = 10_000, seed: int = 0, label: int | None = None
) -> PrincipalAxes:
    """Principal component analysis of ``n`` mapped prior points.

    Source: Härkönen et al., "GANSpace: Discovering Interpretable GAN Controls" (2020).

    Parameters
    ----------
    generator
        One with a mapping network.
    n
        Samples, at least 2; mapped in chunks.
    seed
        Of ``sample_z``: the same seed gives the same axes.
    label
        Class index for a generator with classes; class 0 when None.

    Returns
    -------
    PrincipalAxes
        float32 on the generator's device, ``k = w_dim``.

    Raises
    ------
    ValueError
        For a generator without a mapping network, or n below 2.
    """
    if not generator.has_mapping:
        raise ValueError(f"a {generator.family} has no mapping network, and so no principal axes")
    if n < 2:
        raise ValueError(f"principal axes need at least 2 samples, not {n}")
    w_dim = generator.w_dim
    total = torch.zeros(w_dim, dtype=torch.float64)
    square = torch.zeros(w_dim, w_dim, dtype=torch.float64)
    with torch.no_grad():
        # Moments about w's running mean: sums stay small, and so does their rounding.
        origin = generator.mean_w.to("cpu", torch.float64)
        for z in torch.split(generator.sample_z(n, seed), _CHUNK):
            classes = None
            if generator.num_classes:
                classes = torch.full((len(z),), label or 0, device=z.device)
            w = generator.map(z, classes)[:, 0].to("cpu", torch.float64) - origin
            total += w.sum(dim=0)
            square += w.T @ w
        centre = total / n
        covariance = (square - n * torch.outer(centre, centre)) / (n - 1)
        variances, vectors = torch.linalg.eigh(covariance)
        components = vectors.T.flip(0)
        peak = components.gather(1, components.abs().argmax(dim=1, keepdim=True))
        components = components * torch.where(peak < 0.0, -1.0, 1.0)
        sigma = variances.flip(0).clamp(min=0.0).sqrt()
    parts = (origin + centre, components, sigma)
    return PrincipalAxes(*(part.to(torch.float32).to(generator.device) for part in parts))
