"""The mapping network of all StyleGANs.

Karras et al., "A Style-Based Generator Architecture for Generative Adversarial Networks" (2019),
section 2; class conditioning as in "Training Generative Adversarial Networks with Limited Data"
(2020).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from latentstudio.generators.layers import EqualLinear, normalize_2nd_moment


class Mapping(nn.Module):
    """z (and class) to w: normalised inputs, then fully connected layers."""

    w_avg: Tensor

    def __init__(
        self,
        z_dim: int,
        w_dim: int,
        num_classes: int,
        num_layers: int,
        embed_dim: int,
        hidden_dim: int,
        activation: str,
        lr_multiplier: float,
        w_avg_beta: float,
    ) -> None:
        super().__init__()
        self.num_layers = num_layers
        self.w_avg_beta = w_avg_beta
        first = z_dim
        if num_classes > 0:
            self.embed = EqualLinear(num_classes, embed_dim)
            first += embed_dim
        sizes = [first] + [hidden_dim] * (num_layers - 1) + [w_dim]
        for i in range(num_layers):
            fc = EqualLinear(
                sizes[i], sizes[i + 1], activation=activation, lr_multiplier=lr_multiplier
            )
            self.add_module(f"fc{i}", fc)
        self.register_buffer("w_avg", torch.zeros(w_dim))

    def forward(self, z: Tensor, onehot: Tensor | None) -> Tensor:
        """z [n, z_dim], one-hot [n, num_classes] -> w [n, w_dim]; tracks the mean in training."""
        x = normalize_2nd_moment(z.to(self.w_avg.dtype))
        if onehot is not None:
            x = torch.cat([x, normalize_2nd_moment(self.embed(onehot.to(x.dtype)))], dim=1)
        for i in range(self.num_layers):
            x = self.get_submodule(f"fc{i}")(x)
        if self.training:
            self.w_avg.copy_(x.detach().mean(dim=0).lerp(self.w_avg, self.w_avg_beta))
        return x
