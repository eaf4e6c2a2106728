"""Small layers that several generators and discriminators share. torch only.

Every layer computes in the dtype of its input and casts its float32 parameters on the way:
float32 in gives exact float32 pixels, bfloat16 in gives the fast training step.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

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
