from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from latentstudio.metrics.ms_ssim import Diversity, ms_ssim, ms_ssim_diversity
from tests.oracles import metrics as oracle


def pictures(n: int, size: int = 32, channels: int = 3, seed: int = 0) -> Tensor:
    """Smooth enough to be alike on coarse scales."""
    random = np.random.RandomState(seed)
    coarse = torch.from_numpy(random.randn(n, channels, 4, 4)).float()
    fine = torch.from_numpy(random.randn(n, channels, size, size)).float()
    wide = torch.nn.functional.interpolate(coarse, size=size, mode="bilinear", align_corners=False)
    return (0.4 * wide + 0.1 * fine).clamp(-1, 1)


@pytest.mark.parametrize(("size", "channels"), [(16, 3), (32, 3), (32, 1)])
def test_equals_the_definition(size: int, channels: int) -> None:
    a, b = pictures(2, size, channels), pictures(2, size, channels, 0)
    b = (0.7 * b + 0.3 * pictures(2, size, channels, 1)).clamp(-1, 1)
    want = [
        oracle.ms_ssim(*((x.double().permute(1, 2, 0).numpy() + 1) * 127.5 for x in pair))
        for pair in zip(a, b, strict=True)
    ]
    assert min(want) > 0.1
    assert ms_ssim(a.double(), b.double()).tolist() == pytest.approx(want, rel=1e-9)
    assert ms_ssim(a, b).tolist() == pytest.approx(want, rel=1e-4)
    per_channel = ms_ssim(a, b, per_channel=True)
    if channels == 1:
        assert per_channel.tolist() == pytest.approx(want, rel=1e-4)
    else:
        assert not torch.equal(per_channel, ms_ssim(a, b))


def test_equal_and_opposite_pictures() -> None:
    a = pictures(3)
    assert ms_ssim(a, a).tolist() == pytest.approx([1, 1, 1], abs=1e-6)
    assert ms_ssim(a, -a).tolist() == [0, 0, 0]
    assert torch.equal(ms_ssim(a, a.roll(1, 0)), ms_ssim(a.roll(1, 0), a))


def test_slope() -> None:
    a, b = (pictures(1, 16, 1, seed).double() for seed in (0, 1))
    a.requires_grad_()
    b = 0.5 * b + 0.5 * a.detach()
    assert torch.autograd.gradcheck(lambda x: ms_ssim(x, b), a, atol=1e-6, fast_mode=True)
    # Where a scale counts as 0 there is no slope, but no NaN either.
    ms_ssim(a, -a.detach()).sum().backward()
    assert a.grad is not None and torch.equal(a.grad, torch.zeros_like(a))


def test_diversity_is_the_mean_over_pairs() -> None:
    images = pictures(11, 16)
    quantised = ((images + 1) * 127.5).round() / 127.5 - 1
    values = ms_ssim(quantised[0:10:2], quantised[1:10:2]).numpy()
    got = ms_ssim_diversity(images.split(3))
    assert got.n == 5
    assert got.value == pytest.approx(values.mean(), rel=1e-5)
    assert got.stderr == pytest.approx(values.std(ddof=1) / math.sqrt(5), rel=1e-4)
    alike = ms_ssim_diversity([images[:1].repeat(6, 1, 1, 1)])
    assert alike.value == pytest.approx(1) and alike.value > got.value


def test_refusals() -> None:
    with pytest.raises(ValueError, match="cannot be compared"):
        ms_ssim(pictures(2), pictures(3))
    with pytest.raises(ValueError, match="at least 16 pixels; pictures are 15×15"):
        ms_ssim(pictures(2, 15), pictures(2, 15))
    diversity = Diversity()
    diversity.add(pictures(3, 16))
    with pytest.raises(ValueError, match="there are 1"):
        diversity.score()
