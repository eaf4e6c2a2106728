"""Principal directions of any generator, as GANSpace finds them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor

from latentstudio.generators.probe import Probe
from latentstudio.generators.protocol import Generator
from latentstudio.latents.directions.arrays import Floats, faced
from latentstudio.latents.directions.errors import DirectionError
from latentstudio.latents.directions.spectrum import spectrum
from latentstudio.latents.principal import principal_axes

_CHUNK = 64


class Principal(NamedTuple):
    """Result of :func:`ganspace`; k is the number of components.

    Attributes
    ----------
    space
        ``w``, or ``z`` for a generator without a mapping network.
    vectors
        float64 [k, d]: displacements for amount 1, which is one standard deviation of the
        coordinate; the entry of largest magnitude in each is positive.
    sigma
        float64 [k], falling: standard deviations of the coordinates.
    """

    space: Literal["z", "w"]
    vectors: Floats
    sigma: Floats


def ganspace(
    generator: Generator,
    n: int = 2000,
    seed: int = 0,
    k: int = 20,
    *,
    layer: int = 0,
    label: int | None = None,
) -> Principal:
    """Directions in which w, or an early layer's activations, vary most.

    Härkönen et al., "GANSpace: Discovering Interpretable GAN Controls" (2020), section 2. With
    a mapping network: the principal axes of w. Without one: the principal components of the
    activations of one layer, and for each the z that goes with it, by least squares.

    Parameters
    ----------
    generator
        Any.
    n
        Samples, at least 2. Activations of all of them are held at once in float64: 131 MB for
        2,000 of 512 × 4 × 4.
    seed
        Of ``sample_z``.
    k
        Components at most; fewer where the samples do not span as many.
    layer
        Whose activations, for a generator without a mapping network.
    label
        Class index for a generator with classes; class 0 when None.

    Raises
    ------
    DirectionError
        For fewer than 2 samples, a k below 1, a layer that is not there, or activations that
        never change.
    """
    if n < 2 or k < 1:
        raise DirectionError(f"{k} components of {n} samples cannot be: at least 1 of 2 are needed")
    if generator.has_mapping:
        axes = principal_axes(generator, n, seed, label)
        sigma = axes.sigma.cpu().double().numpy()[:k]
        components = axes.components.cpu().double().numpy()[:k]
        return Principal("w", components * sigma[:, None], sigma)
    if not 0 <= layer < len(generator.layers):
        raise DirectionError(f"layer {layer} is not there: the last is {len(generator.layers) - 1}")
    z = generator.sample_z(n, seed)
    parts = spectrum(np.concatenate(list(_activations(generator, z, layer, label))))
    if not len(parts.power):
        raise DirectionError(f"the activations of layer {layer} never change: choose another")
    sigma = np.sqrt(parts.power[:k] / (n - 1))
    points = z.cpu().double().numpy()
    # Coordinates of principal components are uncorrelated, so that least squares from all of
    # them to z is one regression each: Σ c z / Σ c², here times sigma.
    coordinates = parts.coordinates[:, :k]
    slopes = coordinates.T @ (points - points.mean(axis=0)) / parts.power[:k, None]
    return Principal("z", faced(slopes * sigma[:, None]), sigma)


def _activations(
    generator: Generator, z: Tensor, layer: int, label: int | None
) -> Iterator[Floats]:
    """What a layer puts out, flat [m, channels * h * w], chunk by chunk."""
    with torch.no_grad():
        for chunk in torch.split(z, _CHUNK):
            classes = None
            if generator.num_classes:
                classes = torch.full((len(chunk),), label or 0, device=z.device)
            probe = Probe([layer])
            # The noise is left out: it is not z's doing.
            generator.synthesize(
                generator.map(chunk, classes),
                "none",
                max_resolution=generator.layers[layer].resolution,
                tap=probe,
            )
            yield probe.maps[layer].flatten(1).cpu().double().numpy()
