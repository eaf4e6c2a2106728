"""Codes along their own principal axes, where penalised fits are one division per axis."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from latentstudio.latents.directions.arrays import Floats


class Spectrum(NamedTuple):
    """Result of :func:`spectrum`; r is the rank.

    Attributes
    ----------
    mean
        [d], of the codes.
    axes
        [r, d], orthonormal, by falling variance.
    coordinates
        [n, r]: centred codes along the axes; the columns are orthogonal.
    power
        [r], above 0: sums of squares of the coordinates.
    """

    mean: Floats
    axes: Floats
    coordinates: Floats
    power: Floats


def spectrum(codes: Floats) -> Spectrum:
    """Principal component analysis of ``codes`` [n, d] by whichever Gram matrix is smaller."""
    mean = codes.mean(axis=0)
    centred = codes - mean
    n, d = codes.shape
    power, vectors = np.linalg.eigh(centred.T @ centred if d <= n else centred @ centred.T)
    solid = power > max(power[-1], 0.0) * max(n, d) * np.finfo(np.float64).eps
    power, vectors = power[solid][::-1], vectors[:, solid][:, ::-1]
    if d <= n:
        axes = vectors.T
        return Spectrum(mean, axes, centred @ vectors, power)
    roots = np.sqrt(power)
    return Spectrum(mean, (vectors / roots).T @ centred, vectors * roots, power)
