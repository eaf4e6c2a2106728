"""ProGAN's networks word by word from the paper, with torch's plain operators.

Karras et al. 2018: table 2 for the layers, figure 2 for the fade, sections 3 and 4 for the rest.
Every layer has its runtime constant from He's initialiser (section 4.1) spelled out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

State = Mapping[str, Tensor]


def pixelnorm(x: Tensor) -> Tensor:
    """Section 4.2: b = a / sqrt(mean over features of a² + 1e-8)."""
    return x / torch.sqrt((x**2).mean(dim=1, keepdim=True) + 1e-8)


def latent(z: Tensor, onehot: Tensor | None, state: State) -> Tensor:
    """z [n, z_dim] (and classes) on the sphere, [n, z_dim]."""
    z = pixelnorm(z)
    if onehot is None:
        return z
    return pixelnorm(z + pixelnorm(onehot @ state["embed.weight"].T / math.sqrt(onehot.shape[1])))


def picture(w: Tensor, state: State, resolution: int, alpha: float = 1.0) -> Tensor:
    """w [n, z_dim] -> the picture at a point of the growth."""
    # Latent 512×1×1, then a convolution 4×4 of the padded pixel, gain sqrt(2) over 16·z_dim.
    kernel = state["b4.dense.weight"].reshape(-1, 4, 4, w.shape[1]).permute(0, 3, 1, 2)
    kernel = kernel.flip((2, 3)) * math.sqrt(2.0 / (16 * w.shape[1]))
    x = F.conv2d(w[:, :, None, None], kernel, padding=3)
    x = pixelnorm(F.leaky_relu(x + state["b4.bias"].reshape(1, -1, 1, 1), 0.2))
    x = _conv(x, state, "b4.conv")
    image = _rgb(x, state, 4)
    size = 4
    while size < resolution:
        size *= 2
        x = F.interpolate(x, scale_factor=2, mode="nearest")
        x = _conv(_conv(x, state, f"b{size}.conv0"), state, f"b{size}.conv1")
        before = image
        image = _rgb(x, state, size)
    if alpha < 1:
        enlarged = F.interpolate(before, scale_factor=2, mode="nearest")
        image = (1 - alpha) * enlarged + alpha * image
    return image


def judgement(
    image: Tensor,
    state: State,
    *,
    alpha: float = 1.0,
    group: int = 4,
    blur: bool = False,
    onehot: Tensor | None = None,
) -> Tensor:
    """Logits [n] of pictures [n, c, r, r]; the group divides the batch."""
    n, _, size, _ = image.shape
    x = _from_rgb(image, state, size)
    fade = alpha < 1
    while size > 4:
        x = _biased(_raw(x, state, f"b{size}.conv0"), state, f"b{size}.conv0")
        if blur:
            row = torch.tensor([0.25, 0.5, 0.25], dtype=x.dtype)
            taps = row.outer(row).expand(x.shape[1], 1, 3, 3)
            x = F.conv2d(x, taps, padding=1, groups=x.shape[1])
        x = F.avg_pool2d(_raw(x, state, f"b{size}.conv1"), 2)
        x = _biased(x, state, f"b{size}.conv1")
        size //= 2
        if fade:
            small = _from_rgb(F.avg_pool2d(image, 2), state, size)
            x = (1 - alpha) * small + alpha * x
            fade = False
    # Section 3: standard deviation over the group, averaged over features and pixels.
    members = x.reshape(group, n // group, -1)
    spread = torch.sqrt(members.var(dim=0, correction=0) + 1e-8).mean(dim=1)
    statistic = spread.repeat(group)[:, None, None, None].expand(n, 1, 4, 4)
    x = torch.cat([x, statistic], dim=1)
    x = _biased(_raw(x, state, "b4.conv"), state, "b4.conv").flatten(1)
    x = _dense(x, state, "b4.fc")
    x = math.sqrt(2.0) * F.leaky_relu(x, 0.2)
    features = _dense(x, state, "out")
    if onehot is None:
        return features[:, 0]
    code = _dense(onehot, state, "embed")
    return (features * pixelnorm(code)).sum(dim=1) / math.sqrt(code.shape[1])


def _conv(x: Tensor, state: State, name: str) -> Tensor:
    """Conv 3×3, LReLU, pixelnorm, as in the generator."""
    x = _raw(x, state, name) + state[f"{name}.bias"].reshape(1, -1, 1, 1)
    return pixelnorm(F.leaky_relu(x, 0.2))


def _raw(x: Tensor, state: State, name: str) -> Tensor:
    weight = state[f"{name}.weight"]
    return F.conv2d(x, weight * math.sqrt(2.0 / weight[0].numel()), padding=weight.shape[2] // 2)


def _biased(x: Tensor, state: State, name: str) -> Tensor:
    """The discriminator's biases share the gain √2."""
    return F.leaky_relu(x + math.sqrt(2.0) * state[f"{name}.bias"].reshape(1, -1, 1, 1), 0.2)


def _rgb(x: Tensor, state: State, size: int) -> Tensor:
    weight = state.get(f"torgb{size}.weight")
    if weight is None:  # a finished network has but the last
        return x.new_zeros(())
    return F.conv2d(x, weight / math.sqrt(x.shape[1]), state[f"torgb{size}.bias"])


def _from_rgb(image: Tensor, state: State, size: int) -> Tensor:
    return _biased(_raw(image, state, f"fromrgb{size}"), state, f"fromrgb{size}")


def _dense(x: Tensor, state: State, name: str) -> Tensor:
    weight = state[f"{name}.weight"]
    return F.linear(x, weight / math.sqrt(weight.shape[1]), state[f"{name}.bias"])
