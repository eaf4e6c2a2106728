from __future__ import annotations

import pytest
import torch

from latentstudio.generators.dcgan import DCGAN
from latentstudio.generators.stylegan2 import StyleGAN2


@pytest.fixture
def style() -> StyleGAN2:
    torch.manual_seed(1)
    made = StyleGAN2(
        z_dim=16, w_dim=12, resolution=32, channel_base=256, channel_max=8, mapping_layers=2
    )
    made.mapping.w_avg.normal_()
    return made.eval().requires_grad_(False)


@pytest.fixture
def classes() -> StyleGAN2:
    torch.manual_seed(2)
    made = StyleGAN2(
        z_dim=16, w_dim=12, resolution=32, num_classes=3, channel_base=256, channel_max=8
    )
    return made.eval().requires_grad_(False)


@pytest.fixture
def plain() -> DCGAN:
    torch.manual_seed(3)
    return DCGAN(z_dim=16, resolution=32, ngf=4).eval().requires_grad_(False)
