"""StyleGAN's generator in float64, word by word from the paper, with torch's plain operators."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor


def mapping(z: Tensor, state: Mapping[str, Tensor], layers: int, lr: float) -> Tensor:
    """z [n, z_dim] -> w [n, w_dim], without classes."""
    x = z / (z**2).mean(dim=1, keepdim=True).add(1e-8).sqrt()
    for i in range(layers):
        weight, bias = state[f"mapping.fc{i}.weight"], state[f"mapping.fc{i}.bias"]
        x = F.linear(x, weight * lr / math.sqrt(weight.shape[1]), bias * lr)
        x = F.leaky_relu(x, 0.2) * math.sqrt(2.0)
    return x


def adain(x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """Equation 1 of the paper; scale and shift [n, c]."""
    x = F.instance_norm(x, eps=1e-8)
    return scale[:, :, None, None] * x + shift[:, :, None, None]


def blurred(x: Tensor, taps: Sequence[float]) -> Tensor:
    """Each channel filtered with the taps on both axes; zeros outside."""
    row = torch.tensor(taps, dtype=x.dtype) / sum(taps)
    weight = row.outer(row).expand(x.shape[1], 1, -1, -1)
    return F.conv2d(x, weight, padding=len(taps) // 2, groups=x.shape[1])


def synthesis(
    ws: Tensor,
    state: Mapping[str, Tensor],
    resolution: int,
    alpha: float = 1.0,
    taps: Sequence[float] | None = (1, 2, 1),
    noises: Mapping[str, Tensor] | None = None,
) -> Tensor:
    """Rows of ws [n, layers, w_dim] -> pictures [n, channels, resolution, resolution].

    ``noises`` gives the plane of every layer by its name, such as ``b8.conv0``; None for no noise.
    """
    x = state["b4.const"].repeat(len(ws), 1, 1, 1)
    pictures = {}
    row, size = 0, 4
    while size <= resolution:
        for i in (0, 1):
            name = f"b{size}.conv{i}"
            if i == 0 and size > 4:
                x = F.interpolate(x, scale_factor=2, mode="nearest")
            if i == 1 or size > 4:
                weight = state[f"{name}.weight"]
                x = F.conv2d(x, weight * math.sqrt(2 / (9 * weight.shape[1])), padding=1)
            if i == 0 and size > 4 and taps is not None:
                x = blurred(x, taps)
            if noises is not None:
                x = x + noises[name] * state[f"{name}.noise_strength"][:, None, None]
            x = F.leaky_relu(x + state[f"{name}.bias"][:, None, None], 0.2)
            affine = state[f"{name}.affine.weight"]
            style = ws[:, row] @ affine.t() / math.sqrt(ws.shape[2]) + state[f"{name}.affine.bias"]
            width = x.shape[1]
            x = adain(x, style[:, :width] + 1, style[:, width:])
            row += 1
        if f"torgb{size}.weight" in state:
            weight = state[f"torgb{size}.weight"] / math.sqrt(x.shape[1])
            pictures[size] = F.conv2d(x, weight, state[f"torgb{size}.bias"])
        size *= 2
    if alpha == 1.0:
        return pictures[resolution]
    before = F.interpolate(pictures[resolution // 2], scale_factor=2, mode="nearest")
    return (1 - alpha) * before + alpha * pictures[resolution]
