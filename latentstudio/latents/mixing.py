"""Style mixing: single layers listen to single points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from latentstudio.document.recipe import Mixing


def sounding(mixing: Mixing) -> list[tuple[int, str, float]]:
    """(layer, point, strength) of the cells that are heard, strengths of a layer at most 1."""
    heard = [(c.layer, c.point, c.strength) for c in mixing.cells if mixing.sounds(c.point)]
    totals: dict[int, float] = {}
    for layer, _, strength in heard:
        totals[layer] = totals.get(layer, 0.0) + strength
    return [(la, p, s / max(1.0, totals[la])) for la, p, s in heard if s > 0.0]


def mix(blend: Tensor, points: Mapping[str, Tensor], mixing: Mixing) -> Tensor:
    """Let layers listen to points, as :class:`~latentstudio.document.recipe.Mixing` says.

    A row becomes ``(1 - sum s) * blend + sum s_p * w_p`` over its sounding cells; rows without
    any stay exactly as they were. Style mixing: Karras et al. 2019, section 3.1.

    Parameters
    ----------
    blend
        [1, num_layers, w_dim].
    points
        The same shape for each point that a sounding cell names.
    mixing
        Layers below num_layers.

    Returns
    -------
    Tensor
        [1, num_layers, w_dim]; ``blend`` itself when nothing sounds.
    """
    cells = sounding(mixing)
    if not cells:
        return blend
    names = sorted({point for _, point, _ in cells})
    shares = torch.zeros(len(names) + 1, blend.shape[1], 1)
    shares[0] = 1.0
    for layer, point, strength in cells:
        shares[1 + names.index(point), layer] = strength
        shares[0, layer] -= strength
    # Strengths that sum to 1 leave the blend a rounding error of either sign: it is silent.
    shares[0][shares[0].abs() < 1e-6] = 0.0
    shares = shares.to(blend)
    ws = shares[0] * blend
    for share, name in zip(shares[1:], names, strict=True):
        ws = ws + share * points[name]
    return ws
