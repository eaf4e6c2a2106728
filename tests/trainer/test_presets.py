"""Presets and the configuration as data."""

from __future__ import annotations

import msgspec
import pytest
import torch

from trainer.errors import TrainingError
from trainer.networks import build_state, set_learning_rates, use_bf16
from trainer.presets import PRESETS, RunConfig, make_preset


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("resolution", [16, 32])
def test_presets_build_networks_that_fit_together(name: str, resolution: int) -> None:
    config = RunConfig(preset=make_preset(name, resolution), data="x", resolution=resolution)
    state = build_state(config, channels=3)
    with torch.no_grad():
        images = state.generator(torch.randn(2, state.generator.z_dim), noise="random")
        logits = state.discriminator(images)
    assert images.shape == (2, 3, resolution, resolution)
    assert logits.shape == (2,)


@pytest.mark.parametrize("name", PRESETS)
def test_configuration_survives_json(name: str) -> None:
    config = RunConfig(preset=make_preset(name, 64), data="portraits", kimg=300.0)
    assert msgspec.json.decode(msgspec.json.encode(config), type=RunConfig) == config


def test_unknown_preset_is_one_sentence() -> None:
    with pytest.raises(TrainingError, match="no preset 'vae'"):
        make_preset("vae", 64)


def test_same_seed_same_weights() -> None:
    config = RunConfig(preset=make_preset("stylegan2", 16), data="x", resolution=16, seed=3)
    first, second = build_state(config, 3), build_state(config, 3)
    for a, b in zip(first.generator.parameters(), second.generator.parameters(), strict=True):
        assert torch.equal(a, b)


def test_lazy_steps_scale_rate_and_betas() -> None:
    preset = msgspec.structs.replace(
        make_preset("stylegan2", 16), lr_g=0.1, lr_d=0.2, betas=(0.5, 0.99), r1_interval=16
    )
    state = build_state(RunConfig(preset=preset, data="x", resolution=16), 3)
    set_learning_rates(state, RunConfig(preset=preset, data="x", resolution=16))
    generator, discriminator = state.opt_g.param_groups[0], state.opt_d.param_groups[0]
    assert generator["lr"] == pytest.approx(0.1)
    assert generator["betas"] == (0.5, 0.99)
    assert discriminator["lr"] == pytest.approx(0.2 * 16 / 17)
    assert discriminator["betas"] == pytest.approx((0.5 ** (16 / 17), 0.99 ** (16 / 17)))


def test_rate_falls_over_the_last_part() -> None:
    preset = msgspec.structs.replace(make_preset("dcgan", 16), anneal=0.25)
    config = RunConfig(preset=preset, data="x", resolution=16, kimg=100.0)
    state = build_state(config, 3)
    expected = {0: 1.0, 75_000: 1.0, 87_500: 0.5, 100_000: 0.0}
    for images, factor in expected.items():
        state.images = images
        assert set_learning_rates(state, config) == pytest.approx(factor)


def test_bf16_can_be_forced() -> None:
    preset = make_preset("dcgan", 16)
    assert use_bf16(RunConfig(preset=preset, data="x", bf16="on"))
    assert not use_bf16(RunConfig(preset=preset, data="x", bf16="off"))
