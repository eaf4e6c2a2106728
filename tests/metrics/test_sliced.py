from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from latentstudio.metrics import sliced
from latentstudio.metrics.sliced import SlicedDistance, SlicedWasserstein, laplacian_pyramid
from tests.oracles import metrics as oracle


def pictures(n: int, size: int = 32, seed: int = 0, channels: int = 3) -> Tensor:
    values = np.random.RandomState(seed).randn(n, channels, size, size) * 0.4
    return torch.from_numpy(values).float().clamp(-1, 1)


def measure(real: Tensor, fake: Tensor, seed: int = 0, batch: int = 99) -> SlicedDistance:
    swd = SlicedWasserstein(seed)
    for part in torch.split(real, batch):
        swd.add_real(part)
    for part in torch.split(fake, batch):
        swd.add_fake(part)
    return swd.distance()


@pytest.mark.parametrize("size", [32, 64])
def test_pyramid_is_that_of_burt_and_adelson(size: int) -> None:
    image = pictures(1, size).double()
    levels = laplacian_pyramid(image)
    assert [level.shape[2] for level in levels] == [s for s in (64, 32, 16) if s <= size]
    want = oracle.laplacian(image[0, 1].numpy(), len(levels))
    for level, other in zip(levels, want, strict=True):
        np.testing.assert_allclose(level[0, 1].numpy(), other, rtol=0, atol=1e-12)


def test_equals_the_definition(monkeypatch) -> None:
    # Patches as large as the coarsest level: each is the whole picture, wherever it was cut.
    monkeypatch.setattr(sliced, "_PATCH", 16)
    real, fake = pictures(5, 16), 0.7 * pictures(5, 16, 1) + 0.1
    got = measure(real, fake)
    axes = np.random.RandomState([0, 6]).randn(512, 3 * 256)
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    patches = [
        ((x + 1) * 127.5).round().double().flatten(2).numpy() for x in (real, fake.clamp(-1, 1))
    ]
    # Every picture was cut 128 times, which leaves means of sorted differences as they are.
    want = 1e3 * oracle.sliced(*patches, axes)
    assert got.resolutions == (16,) and got.n == 5
    assert got.value == got.levels[0] == pytest.approx(want, rel=1e-3)


def test_patches_lie_whole_within_the_picture_and_everywhere() -> None:
    rows = torch.arange(20.0)[:, None] * 100 + torch.arange(20.0)
    patches = sliced._cut(rows.expand(40, 1, 20, 20), np.random.RandomState(0))
    assert patches.shape == (40 * 128, 1, 7, 7)
    corners = patches[:, 0, 0, 0]
    torch.testing.assert_close(
        patches[:, 0] - corners[:, None, None], rows[:7, :7].expand(5120, 7, 7)
    )
    places = {divmod(int(corner), 100) for corner in corners}
    assert places == {(y, x) for y in range(14) for x in range(14)}


def test_near_and_far_sets_level_by_level() -> None:
    real = pictures(48)
    same, grain = measure(real, pictures(48, seed=1)), pictures(48, seed=1)
    assert len(same.levels) == 2 and same.value == pytest.approx(np.mean(same.levels))
    # Blurred samples lack detail: far apart on the fine level above all.
    blurred = torch.nn.functional.avg_pool2d(grain, 3, 1, 1)
    far = measure(real, blurred)
    assert far.levels[0] > 2 * same.levels[0]
    # Contrast and brightness of the whole set are taken out by the normalisation.
    assert measure(real, 0.5 * grain).value < 2 * same.value


def test_does_not_depend_on_the_batch_but_on_the_seed() -> None:
    real, fake = pictures(9), pictures(9, seed=1)
    got = measure(real, fake)
    again = measure(real, fake, batch=4)
    assert again.levels == pytest.approx(got.levels, rel=1e-6)
    assert measure(real, fake, seed=1) != got


def test_pictures_of_one_colour() -> None:
    flat = torch.zeros(4, 3, 16, 16)
    assert measure(flat, flat + 0.5).value == 0
    assert math.isfinite(measure(pictures(4, 16), flat).value)


def test_refusals() -> None:
    swd = SlicedWasserstein()
    with pytest.raises(ValueError, match="equally many"):
        swd.distance()
    with pytest.raises(ValueError, match="below 16 pixels"):
        swd.add_real(pictures(1, 15))
    with pytest.raises(ValueError, match="cannot be halved"):
        swd.add_real(pictures(1, 33))
    swd.add_real(pictures(2))
    with pytest.raises(ValueError, match="2 and 0"):
        swd.distance()
    for add in (swd.add_real, swd.add_fake):
        with pytest.raises(ValueError, match="do not fit"):
            add(pictures(2, 64))
    with pytest.raises(ValueError, match="NaN"):
        swd.add_fake(pictures(2) * math.nan)
