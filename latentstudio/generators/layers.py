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


def scale_channels(x: Tensor, scale: Tensor) -> Tensor:
    """``x`` [n, c, h, w] times ``scale`` [n, c], in the dtype of ``x``."""
    return _scale(x, scale.to(x.dtype))


def add_planes(x: Tensor, bias: Tensor, noise: Tensor | None, strength: Tensor | None) -> Tensor:
    """``x + bias + noise * strength`` in the dtype of ``x``, which it overwrites.

    Parameters
    ----------
    x
        [n, c, h, w] in channels_last order, and needed by nothing else.
    bias
        [n, c].
    noise, strength
        [n or 1, 1, h, w] or [h, w], and [n, c]; None for no noise.
    """
    n, _, h, w = x.shape
    planes, rows = [torch.ones(1, dtype=bias.dtype, device=x.device).expand(n, h * w)], [bias]
    if noise is not None and strength is not None:
        planes.append(noise.to(bias.dtype).reshape(-1, h * w).expand(n, -1))
        rows.append(strength)
    left, right = torch.stack(planes, dim=1).to(x.dtype), torch.stack(rows, dim=1).to(x.dtype)
    return _add_planes(x, left, right)


def add_plane(x: Tensor, plane: Tensor, strength: Tensor) -> Tensor:
    """``x + plane * strength`` of one picture, written into ``x``; without derivatives.

    Parameters
    ----------
    x
        [1, c, h, w] in channels_last order.
    plane, strength
        h · w values, and [1, c].
    """
    _, channels, h, w = x.shape
    if x.device.type != "cpu":
        return x.addcmul_(
            plane.to(x.dtype).view(1, 1, h, w), strength.to(x.dtype)[:, :, None, None]
        )
    # As in _AddPlanes: broadcasting is slow there.
    pixels = x.permute(0, 2, 3, 1).view(1, h * w, channels)
    pixels.baddbmm_(plane.to(x.dtype).view(1, -1, 1), strength.to(x.dtype).view(1, 1, -1))
    return x


class _Scale(Function):
    """y = x · scale. The products that ``scale`` learns from are summed as a matrix product."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, scale: Tensor) -> Tensor:
        ctx.save_for_backward(x, scale)
        return (x * scale[:, :, None, None]).contiguous(memory_format=torch.channels_last)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, scale = ctx.saved_tensors
        dx = grad * scale[:, :, None, None] if ctx.needs_input_grad[0] else None
        dscale = _dot_pixels(grad, x) if ctx.needs_input_grad[1] else None
        return dx, dscale


def _dot_pixels(a: Tensor, b: Tensor) -> Tensor:
    """Sum of a · b over the pixels, [n, c]."""
    if a.shape[1] > 32 or a.dtype == torch.float32:
        return (a * b).sum(dim=(2, 3))
    # For few channels the whole matrix of products costs less than one elementwise pass.
    rows, columns = a.flatten(2), b.flatten(2).transpose(1, 2)
    return torch.bmm(rows, columns).diagonal(dim1=1, dim2=2)


class _AddPlanes(Function):
    """x += left^T @ right for each sample, over pixels [h·w, c].

    The sum of planes (1 and noise) times rows (bias and strength) is a matrix product, because
    adding with broadcasting is up to ten times slower for few channels in bfloat16.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, left: Tensor, right: Tensor) -> Tensor:
        ctx.save_for_backward(left, right)
        ctx.mark_dirty(x)
        n, channels, h, w = x.shape
        pixels = x.permute(0, 2, 3, 1).view(n, h * w, channels)
        pixels.baddbmm_(left.transpose(1, 2), right)
        return x

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        left, right = ctx.saved_tensors
        planes = rows = None
        if ctx.needs_input_grad[1]:
            planes = torch.bmm(right, grad.permute(0, 2, 3, 1).flatten(1, 2).transpose(1, 2))
        if ctx.needs_input_grad[2] and left.shape[1] == 1:
            rows = grad.sum(dim=(2, 3))[:, None]
        elif ctx.needs_input_grad[2]:
            rows = torch.bmm(left, grad.permute(0, 2, 3, 1).flatten(1, 2))
        return grad, planes, rows


_scale: Callable[..., Tensor] = _Scale.apply
_add_planes: Callable[..., Tensor] = _AddPlanes.apply


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

    @property
    def effective(self) -> Tensor:
        """The weights as they act, [out_features, in_features]."""
        return self.weight * self.weight_gain

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
