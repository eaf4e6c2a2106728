"""Directions that move a layer's input most, from its weights alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from latentstudio.latents.directions.arrays import Floats, Numbers, codes_of, faced
from latentstudio.latents.directions.errors import DirectionError


class Factors(NamedTuple):
    """Result of :func:`sefa`.

    Attributes
    ----------
    vectors
        float64 [k, d], orthonormal; the entry of largest magnitude in each is positive.
    values
        float64 [k], falling: the squared length of what each vector causes.
    """

    vectors: Floats
    values: Floats


def sefa(weights: Sequence[Numbers], k: int | None = None) -> Factors:
    """Closed-form factorisation of the weights that take in a latent.

    Shen & Zhou, "Closed-Form Factorization of Latent Semantics in GANs" (2021), section 3: the
    unit vectors n that make ``|A n|`` largest are the eigenvectors of ``Aᵀ A``. As in the
    authors' code A is stacked from all chosen layers, and every output's weights (a row here, a
    column there) have length 1, so that no layer outweighs another.

    Parameters
    ----------
    weights
        One [rows, d] for each chosen layer (see ``Generator.affine_weights``).
    k
        How many vectors, at most d; all when None.

    Raises
    ------
    DirectionError
        Without weights, on layers of different d, weights of 0 or not finite, or a k that
        cannot be.
    """
    stacked = [codes_of(weight, "weights", least=0) for weight in weights]
    sizes = {part.shape[1] for part in stacked}
    if len(sizes) != 1:
        raise DirectionError(
            f"the chosen layers take latents of {sorted(sizes)} numbers, which is not one size"
            if sizes
            else "no layer is chosen: choose at least one"
        )
    d = sizes.pop()
    if k is not None and not 1 <= k <= d:
        raise DirectionError(f"{k} directions of {d} numbers cannot be: ask for 1 to {d}")
    matrix = np.concatenate(stacked)
    lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
    if not lengths.any():
        raise DirectionError("the weights of the chosen layers are all 0: choose other layers")
    matrix = matrix / np.where(lengths > 0.0, lengths, 1.0)
    values, vectors = np.linalg.eigh(matrix.T @ matrix)
    return Factors(faced(vectors.T[::-1][:k]), np.maximum(values[::-1][:k], 0.0))
