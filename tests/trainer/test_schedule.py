"""What changes over a run: growth, minibatches, learning rates, and what is due when."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentstudio.generators.growth import Growth
from trainer.config import Preset, RunConfig
from trainer.plan import lengths
from trainer.presets import make_preset
from trainer.schedule import Every, batch_at, grown_kimg, growth_at, rate_at

PROGAN = make_preset("progan", 32)

presets = st.builds(
    Preset,
    name=st.just("progan"),
    generator=st.just("progan"),
    discriminator=st.just("progan"),
    grow_from=st.sampled_from([0, 4, 8, 16]),
    steady_kimg=st.floats(0, 50, allow_subnormal=False),
    fade_kimg=st.floats(0.01, 50),
)


@pytest.mark.parametrize(
    ("images", "growth"),
    [
        (0, Growth(4, 1.0)),
        (599_999, Growth(4, 1.0)),
        (600_000, Growth(8, 0.0)),
        (900_000, Growth(8, 0.5)),
        (1_200_000, Growth(8, 1.0)),
        (1_799_999, Growth(8, 1.0)),
        (1_800_000, Growth(16, 0.0)),
        (2_100_000, Growth(16, 0.5)),
        (3_000_000, Growth(32, 0.0)),
        (3_599_400, Growth(32, 0.999)),
        (3_600_000, Growth(32, 1.0)),
        (10**9, Growth(32, 1.0)),
    ],
)
def test_progan_grows_as_published(images: int, growth: Growth) -> None:
    # 600 thousand pictures for each resolution and 600 for each fade (appendix A).
    found = growth_at(PROGAN, 32, images)
    assert found.resolution == growth.resolution
    assert found.alpha == pytest.approx(growth.alpha)


def test_what_does_not_grow_has_its_full_size() -> None:
    assert growth_at(make_preset("stylegan2", 64), 64, 0) == Growth(64)
    assert grown_kimg(make_preset("stylegan2", 64), 64) == 0
    assert growth_at(make_preset("stylegan", 8), 8, 0) == Growth(8)


@given(presets, st.sampled_from([16, 32, 64]), st.lists(st.integers(0, 400_000), min_size=2))
def test_growth_never_goes_back(preset: Preset, resolution: int, moments: list[int]) -> None:
    points = [growth_at(preset, resolution, images) for images in sorted(moments)]
    # Growth(8, 0) shows the picture of 4 px: the logarithm plus alpha rises throughout.
    reached = [point.resolution.bit_length() + point.alpha for point in points]
    assert reached == sorted(reached)
    assert all(point.checked(resolution) for point in points)
    end = grown_kimg(preset, resolution) * 1000
    for images, point in zip(sorted(moments), points, strict=True):
        if images > end + 1:
            assert point == Growth(resolution)
        if images < end - 1:
            assert point != Growth(resolution)


@given(presets, st.sampled_from([16, 32, 64]), st.floats(0.01, 500))
def test_lengths_of_the_levels_add_up(preset: Preset, resolution: int, kimg: float) -> None:
    spans = lengths(RunConfig(preset=preset, data="x", resolution=resolution, kimg=kimg))
    assert sum(length for _, length in spans) == pytest.approx(kimg)
    assert all(length >= 0 for _, length in spans)
    sizes = [size for size, _ in spans]
    assert sizes == [sizes[0] * 2**i for i in range(len(sizes))]
    assert sizes[0] == (preset.grow_from or resolution)
    # The middle of each span is drawn at its resolution.
    begin = 0.0
    for size, length in spans:
        if length > 0.01:
            middle = int((begin + length / 2) * 1000)
            assert growth_at(preset, resolution, middle).resolution == size
        begin += length


def test_lengths_by_hand() -> None:
    config = RunConfig(preset=PROGAN, data="x", resolution=32, kimg=5000.0)
    assert lengths(config) == [(4, 600.0), (8, 1200.0), (16, 1200.0), (32, 2000.0)]
    short = msgspec.structs.replace(config, kimg=1000.0)
    assert lengths(short) == [(4, 600.0), (8, 400.0)]


def test_minibatches_shrink_as_pictures_grow() -> None:
    preset = make_preset("progan", 128)
    sizes = [batch_at(preset, Growth(r)) for r in (4, 8, 16, 32, 64, 128)]
    assert sizes == [128, 128, 128, 64, 32, 16]
    assert batch_at(make_preset("dcgan", 64), Growth(64)) == 128


@pytest.mark.parametrize(
    ("anneal", "images", "rate"),
    [
        (0.0, 100_000, 1.0),
        (0.25, 75_000, 1.0),
        (0.25, 87_500, 0.5),
        (0.25, 100_000, 0.0),
        (0.25, 120_000, 0.0),
        (1.0, 0, 1.0),
        (1.0, 50_000, 0.5),
    ],
)
def test_rate_falls_at_the_end(anneal: float, images: int, rate: float) -> None:
    preset = msgspec.structs.replace(make_preset("dcgan", 16), anneal=anneal)
    config = RunConfig(preset=preset, data="x", kimg=100.0)
    assert rate_at(config, images) == pytest.approx(rate)


def test_every_counts_multiples() -> None:
    due = Every(10, position=5)
    assert [due(n) for n in (9, 10, 12, 35, 39, 40)] == [False, True, False, True, False, True]


def test_every_zero_is_never() -> None:
    due = Every(0, position=0)
    assert not any(due(n) for n in (0, 1, 10**9))


@given(st.floats(0.5, 1000), st.lists(st.integers(1, 5000), min_size=1))
def test_every_is_due_after_each_interval(interval: float, steps: list[int]) -> None:
    due, position, times = Every(interval, 0), 0, 0
    for step in steps:
        position += step
        times += due(position)
        # A position that goes on, as a resumed run does, is as far as the counter that stayed.
        assert Every(interval, position).passed == due.passed
    assert times <= position // interval
    assert times >= 1 or position < interval
