"""A tiny network of every family, with nothing left at the zeros it starts from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from latentstudio.generators.dcgan import DCGAN
from latentstudio.generators.progan import ProGAN
from latentstudio.generators.protocol import Generator
from latentstudio.generators.stylegan import StyleGAN
from latentstudio.generators.stylegan2 import StyleGAN2
from latentstudio.generators.stylegan3 import StyleGAN3

WIDTHS: dict[str, Any] = {"channel_base": 128, "channel_max": 8}
MAPPED: dict[str, Any] = {"z_dim": 6, "w_dim": 5, "resolution": 16, "mapping_layers": 1}
SHORT: dict[str, Any] = {"synthesis_layers": 4, "margin_size": 3, "num_critical": 1}
MAKE: dict[str, Callable[[], Generator]] = {
    "dcgan": lambda: DCGAN(6, 16, ngf=4),
    "progan": lambda: ProGAN(6, 16, **WIDTHS),
    "stylegan": lambda: StyleGAN(**MAPPED, **WIDTHS),
    "stylegan2": lambda: StyleGAN2(**MAPPED, **WIDTHS),
    "stylegan2 resnet": lambda: StyleGAN2(**MAPPED, **WIDTHS, architecture="resnet"),
    "stylegan2 clamp": lambda: StyleGAN2(**MAPPED, **WIDTHS, conv_clamp=1.0),
    "stylegan3": lambda: StyleGAN3(**MAPPED, **SHORT, channel_base=48, channel_max=6),
}
FAMILIES = list(MAKE)
STYLED = [family for family in FAMILIES if family.startswith("stylegan")]


def small(family: str) -> Generator:
    torch.manual_seed(4)
    made = MAKE[family]().eval().requires_grad_(False)
    for parameter in made.parameters():
        if parameter.ndim < 2:
            parameter.add_(torch.randn_like(parameter), alpha=0.3)
    return made


def latents(generator: Generator, n: int) -> torch.Tensor:
    """[n, num_layers, w_dim], every row another."""
    torch.manual_seed(5)
    ws = torch.randn(n, generator.num_layers, generator.w_dim)
    return ws.to(next(generator.parameters()).dtype)
