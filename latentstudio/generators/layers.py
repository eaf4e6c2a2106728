"""Small layers that several generators and discriminators share. torch only.

Every layer computes in the dtype of its input and casts its float32 parameters on the way:
float32 in gives exact float32 pixels, bfloat16 in gives the fast training step.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd import Function

SQRT2 = math.sqrt(2.0)


class Activation(NamedTuple):
    """A nonlinearity and the gain that keeps the variance of its output near its input's.

    ``function`` may overwrite its argument.

    ``homogeneous`` ones satisfy act(g·x) = g·act(x) for g > 0: the gain can be multiplied into
    small tensors before them, which saves a pass over the features.
    """

    function: Callable[[Tensor], Tensor]
    gain: float
    homogeneous: bool = False


def _leaky_relu(x: Tensor) -> Tensor:
    return F.leaky_relu(x, 0.2, inplace=True)


def _relu(x: Tensor) -> Tensor:
    return F.relu(x, inplace=True)


def _linear(x: Tensor) -> Tensor:
    return x


ACTIVATIONS = {
    "linear": Activation(_linear, 1.0, True),
    "relu": Activation(_relu, SQRT2, True),
    "lrelu": Activation(_leaky_relu, SQRT2, True),
    "tanh": Activation(torch.tanh, 1.0),
    "sigmoid": Activation(torch.sigmoid, 1.0),
    "elu": Activation(F.elu, 1.0),
    "selu": Activation(F.selu, 1.0),
    "softplus": Activation(F.softplus, 1.0),
    "swish": Activation(F.silu, SQRT2),
}


def compute_dtype(x: Tensor) -> torch.dtype:
    """The autocast dtype of ``x``'s device where autocast is on, otherwise ``x.dtype``."""
    if torch.is_autocast_enabled(x.device.type):
        return torch.get_autocast_dtype(x.device.type)
    return x.dtype


def normalize_2nd_moment(x: Tensor, eps: float = 1e-8) -> Tensor:
    """Scale each row of ``x`` [n, features] to a mean square of 1."""
    return x * (x.square().mean(dim=1, keepdim=True) + eps).rsqrt()


def scale_and_add(
    x: Tensor, scale: Tensor, bias: Tensor, noise: Tensor | None, strength: Tensor | None
) -> Tensor:
    """``x * scale + bias + noise * strength`` in the dtype of ``x``, with few passes.

    Parameters
    ----------
    x
        [n, c, h, w] in channels_last order.
    scale, bias
        [n, c] and [c].
    noise, strength
        [n or 1, 1, h, w] or [h, w], and a scalar; None for no noise.
    """
    n, channels, h, w = x.shape
    planes, rows = [torch.ones(n * h * w, dtype=bias.dtype, device=x.device)], [bias]
    if noise is not None and strength is not None:
        planes.append(noise.to(bias.dtype).expand(n, 1, h, w).reshape(-1))
        rows.append(strength.expand(channels))
    left, right = torch.stack(planes, dim=1).to(x.dtype), torch.stack(rows).to(x.dtype)
    return _scale_and_add(x, scale.to(x.dtype), left, right)


class _ScaleAndAdd(Function):
    """y = x · scale + left @ right, over pixels [n·h·w, c].

    The sum of planes (1 and noise) times rows (bias and strength) is a matrix product, because
    adding with broadcasting is up to ten times slower for few channels in bfloat16.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, scale: Tensor, left: Tensor, right: Tensor) -> Tensor:
        ctx.save_for_backward(x, scale, left)
        y = (x * scale[:, :, None, None]).contiguous(memory_format=torch.channels_last)
        y.permute(0, 2, 3, 1).view(-1, y.shape[1]).addmm_(left, right)
        return y

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, scale, left = ctx.saved_tensors
        dx = grad * scale[:, :, None, None] if ctx.needs_input_grad[0] else None
        dscale = (grad * x).sum(dim=(2, 3)) if ctx.needs_input_grad[1] else None
        pixels = grad.permute(0, 2, 3, 1).reshape(-1, grad.shape[1])
        dright = left.t() @ pixels if ctx.needs_input_grad[3] else None
        return dx, dscale, None, dright


_scale_and_add: Callable[..., Tensor] = _ScaleAndAdd.apply


class EqualLinear(nn.Module):
    """Linear layer whose weights are N(0, 1) and scaled at run time (equalised learning rate).

    Source: Karras et al. 2018 (ProGAN), section 4.1.

    Parameters
    ----------
    in_features, out_features
        Sizes.
    bias
        Whether to add a bias.
    bias_init
        Value at which the effective bias starts.
    lr_multiplier
        Factor on the learning rate of weight and bias.
    activation
        Key of :data:`ACTIVATIONS`.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        bias: bool = True,
        bias_init: float = 0.0,
        lr_multiplier: float = 1.0,
        activation: str = "linear",
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_features, in_features) / lr_multiplier)
        self.bias = (
            nn.Parameter(torch.full((out_features,), bias_init / lr_multiplier)) if bias else None
        )
        self.weight_gain = lr_multiplier / math.sqrt(in_features)
        self.bias_gain = lr_multiplier
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        """[n, in_features] -> [n, out_features]."""
        if self.bias is None:
            x = (x @ self.weight.t()) * self.weight_gain
        else:
            x = torch.addmm(
                self.bias, x, self.weight.t(), beta=self.bias_gain, alpha=self.weight_gain
            )
        act = ACTIVATIONS[self.activation]
        x = act.function(x)
        return x if act.gain == 1.0 else x * act.gain
