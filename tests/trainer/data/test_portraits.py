"""Portraits: factors, determinism, resolutions, batches and the eager fallback."""

from __future__ import annotations

import shutil
import warnings

import pytest
import torch

from trainer.data import portrait_material, portrait_params, portrait_render
from trainer.data.portraits import FACTORS, VERSION, render, sample_factors


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


PINNED_SKIN = [0.9795586, 0.2126216]
PINNED_STYLE = [4, 4]


def eager(factors, resolution):
    return render(factors, resolution, compiled=False)


def with_value(factors, name, value):
    changed = dict(factors)
    changed[name] = torch.full_like(factors[name], value)
    return changed


def test_version_is_an_integer():
    assert isinstance(VERSION, int)


def test_factor_table_is_complete():
    names = [factor.name for factor in FACTORS]
    assert len(set(names)) == len(names) == 21
    for factor in FACTORS:
        assert factor.description and factor.distribution
        assert factor.low < factor.high
        if factor.kind == "continuous":
            assert factor.classes == ()
        else:
            assert factor.high == len(factor.classes) - 1
            assert sum(factor.weights) == pytest.approx(1.0)
    assert {f.name for f in FACTORS if f.flip == "negate"} == {
        "yaw",
        "light_azimuth",
        "hair_part",
        "gaze",
    }


def test_samples_have_the_documented_type_range_and_mean():
    sample = sample_factors(range(4000), seed=3)
    for factor in FACTORS:
        value = sample[factor.name]
        assert value.shape == (4000,)
        assert value.min() >= factor.low and value.max() <= factor.high
        if factor.kind == "continuous":
            assert value.dtype == torch.float32
            middle = (factor.low + factor.high) / 2
            assert abs(value.mean().item() - middle) < 0.03 * (factor.high - factor.low)
        else:
            assert value.dtype == torch.int64
            for label, weight in enumerate(factor.weights):
                assert (value == label).float().mean().item() == pytest.approx(weight, abs=0.03)


def test_sampling_depends_on_seed_and_index_alone():
    batch = sample_factors(range(10), seed=5)
    alone = sample_factors(torch.tensor([7]), seed=5)
    other = sample_factors([7], seed=6)
    for name in batch:
        assert torch.equal(batch[name][7:8], alone[name])
    assert not torch.equal(alone["yaw"], other["yaw"])


def test_first_sample_is_pinned():
    """Guards the counter-based generator: data sets must not change between platforms."""
    sample = sample_factors([0, 1], seed=0)
    assert sample["skin_tone"].tolist() == pytest.approx(PINNED_SKIN, abs=1e-6)
    assert sample["hair_style"].tolist() == PINNED_STYLE


def test_negative_index_is_refused():
    with pytest.raises(ValueError, match="negative"):
        sample_factors([-1])


def test_odd_resolution_is_refused():
    with pytest.raises(ValueError, match="resolution"):
        eager(sample_factors([0]), 33)


def test_picture_does_not_depend_on_its_batch():
    factors = sample_factors([3, 8, 11])
    together = eager(factors, 16)
    assert together.shape == (3, 3, 16, 16) and together.dtype == torch.uint8
    alone = eager({name: value[1:2] for name, value in factors.items()}, 16)
    assert (together[1:2].int() - alone.int()).abs().max() <= 1


def test_group_of_pictures_matches_single_pictures():
    """The accelerator's path, in which every ray carries its own parameters."""
    factors = sample_factors([2, 9])
    single = eager(factors, 16)
    scene = {**portrait_params.geometry(factors), **portrait_material.colors(factors)}
    par = torch.stack([value.float() for value in scene.values()])
    with torch.no_grad():
        light = portrait_render._group(par, portrait_render.kernels(False, tuple(scene)), 32)
        small = torch.nn.functional.avg_pool2d(portrait_material.develop(light), 2)
    grouped = (small * 255.0 + 0.5).to(torch.uint8)
    assert (grouped.int() - single.int()).abs().float().mean() < 0.2


@pytest.mark.parametrize(
    ("small", "factor"), [(32, 4), pytest.param(64, 4, marks=pytest.mark.slow)]
)
def test_same_picture_at_other_resolutions(small, factor):
    factors = sample_factors([4])
    reduced = torch.nn.functional.avg_pool2d(eager(factors, small * factor).float(), factor)
    difference = (reduced - eager(factors, small).float()).abs()
    assert difference.mean() < 4.0
    # Only outlines and thin things may differ more than a little.
    assert (difference > 32).float().mean() < 0.03


def test_mirrored_factors_give_the_mirrored_picture():
    factors = with_value(sample_factors([6]), "hair_style", 1)
    mirrored = {
        f.name: -factors[f.name] if f.flip == "negate" else factors[f.name] for f in FACTORS
    }
    difference = eager(mirrored, 32).flip(-1).float() - eager(factors, 32).float()
    # Strands of hair are not quite symmetric, nor are curls.
    assert difference.abs().mean() < 2.0


@pytest.mark.parametrize(
    "factor", [f for f in FACTORS if f.name not in ("earrings",)], ids=lambda f: f.name
)
def test_every_factor_is_visible_at_32_px(factor):
    base = sample_factors([12])
    for name, value in (("glasses", 0), ("hat", 0), ("beard", 0), ("eye_openness", 0.8)):
        base = with_value(base, name, value)
    base = with_value(base, "hair_style", 1)
    low = eager(with_value(base, factor.name, factor.low), 32).float()
    # A whole turn of hue ends where it began.
    end = 0.5 if factor.unit == "turn" else factor.high
    high = eager(with_value(base, factor.name, end), 32).float()
    assert ((low - high).abs().amax(1) > 24).sum() >= 6


def test_earrings_are_visible_below_short_hair():
    base = with_value(with_value(sample_factors([12]), "hair_style", 0), "yaw", 0.0)
    low = eager(with_value(base, "earrings", 0), 32).float()
    high = eager(with_value(base, "earrings", 1), 32).float()
    assert ((low - high).abs().amax(1) > 24).sum() >= 4


@pytest.fixture
def _unknown_compiler():
    portrait_render.can_compile.cache_clear()
    yield
    portrait_render.can_compile.cache_clear()


@pytest.mark.usefixtures("_unknown_compiler")
def test_missing_compiler_warns_once_and_falls_back(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda *_: None)
    with pytest.warns(UserWarning, match=r"No working C\+\+ compiler.*eager") as caught:
        picture = render(sample_factors([0]), 16)
    assert len(caught) == 1
    # The message points at the caller of render.
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again = render(sample_factors([0]), 16)
    assert torch.equal(picture, again)


@pytest.mark.usefixtures("_unknown_compiler")
@pytest.mark.parametrize(
    ("device", "message"), [("cpu", r"C\+\+ compiler"), ("cuda", "compiler for cuda devices")]
)
def test_failing_compiler_counts_as_missing(monkeypatch, device, message):
    """As on a CUDA machine without Triton."""

    def fails(*_args, **_options):
        raise RuntimeError("no Triton")

    monkeypatch.setattr(shutil, "which", lambda name: name)
    monkeypatch.setattr(torch, "compile", fails)
    with pytest.warns(UserWarning, match=message):
        assert not portrait_render.can_compile(device)


def test_single_ray_and_many_pieces_give_the_same_field(monkeypatch):
    factors = sample_factors([1])
    scene = {**portrait_params.geometry(factors), **portrait_material.colors(factors)}
    par = torch.stack([value.float() for value in scene.values()])
    run = portrait_render.Kernels(False, tuple(scene))
    batch = portrait_render._Batch(par, run)
    points = torch.linspace(-1.0, 1.0, 27).reshape(3, 9)
    image = torch.zeros(9, dtype=torch.int64)
    whole, parts = batch.field(image, points)
    run.chunk = 4
    pieces, piece_parts = batch.field(image, points)
    torch.testing.assert_close(pieces, whole)
    assert torch.equal(piece_parts, parts)


@pytest.mark.slow
def test_compiled_matches_eager():
    if not portrait_render.can_compile():
        pytest.skip("no compiler")
    factors = sample_factors([0, 1])
    difference = (render(factors, 32, compiled=True).int() - eager(factors, 32).int()).abs()
    assert (difference > 2).float().mean() <= 0.001
