"""Presets and the configuration as data."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
import torch

from latentstudio.generators.growth import Growth
from trainer.cli import LOSS_NAMES
from trainer.config import RunConfig
from trainer.ema import ema_decay
from trainer.errors import TrainingError
from trainer.losses import LOSSES
from trainer.minibatch import Minibatch
from trainer.networks import build_state, set_learning_rates, use_bf16
from trainer.options import new_config
from trainer.presets import PRESETS, make_preset
from trainer.steps import Method, Stats, train_step


def narrow(name: str, **options: Any) -> RunConfig:
    """The preset at 32 px with hardly any features."""
    given = {"preset": name, "data": "x", "kimg": 1.0, "resolution": 32, "bf16": "off"}
    return new_config(given | {"width": 8, "latent": 8, "batch": 4} | options)


def one_step(config: RunConfig, classes: int = 0, growth: Growth | None = None) -> Stats:
    state = build_state(config, 3, classes)
    if growth:
        state.grow(growth)
    size = state.growth.resolution
    labels = torch.arange(4) % classes if classes else None
    real = Minibatch(torch.rand(4, 3, size, size) * 2 - 1, labels)
    before = [p.detach().clone() for p in state.generator.parameters()]
    stats = train_step(state, [real] * config.preset.n_critic, Method(config.preset))
    after = state.generator.parameters()
    assert any(not torch.equal(a, b) for a, b in zip(before, after, strict=True))
    for name in ("generator", "discriminator"):
        for value in getattr(state, name).parameters():
            assert value.isfinite().all()
    assert {"loss_g", "loss_d"} <= stats.keys()
    assert all(value.isfinite() for value in stats.values()), stats
    return stats


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("classes", [0, 3])
def test_presets_take_a_step(name: str, classes: int) -> None:
    config = narrow(name)
    stats = one_step(config, classes)
    preset = config.preset
    assert ("penalty" in stats) == (preset.gamma > 0 or preset.gp_weight > 0)
    assert ("path_length" in stats) == (preset.pl_weight > 0)
    if preset.grow_from and classes == 0:
        one_step(config, growth=Growth(16, 0.3))
        one_step(config, growth=Growth(32))


@pytest.mark.parametrize("name", ["dcgan", "progan", "stylegan", "stylegan2"])
@pytest.mark.parametrize("loss", LOSS_NAMES)
def test_every_loss_goes_with_every_family(name: str, loss: str) -> None:
    one_step(narrow(name, loss=loss, resolution=16))


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("stylegan2", {"architecture": "skip"}),
        ("stylegan2", {"architecture": "resnet"}),
        ("dcgan", {"upsample": "resize"}),
        ("dcgan", {"upsample": "transpose"}),
        ("wgan-gp", {"spectral": True}),
        ("dcgan", {"ada": 0.6, "gamma": 1.0, "gamma_fake": 1.0}),
        ("small", {"gp": 1.0, "drift": 0.01, "clip": 1.0}),
    ],
)
def test_variants_take_a_step(name: str, options: dict[str, Any]) -> None:
    one_step(narrow(name, **options))


def test_equalised_layers_are_not_normalised_spectrally() -> None:
    with pytest.raises(TrainingError, match="Spectral normalisation does not go with"):
        build_state(narrow("stylegan2", spectral=True), 3)


def test_option_of_another_family_is_a_sentence() -> None:
    with pytest.raises(TrainingError, match="refuses its settings"):
        build_state(narrow("stylegan2", upsample="resize"), 3)


# What the papers and the authors' code say.
PUBLISHED: dict[str, dict[str, Any]] = {
    "dcgan": {
        "loss": "nonsaturating", "lr_g": 2e-4, "lr_d": 2e-4, "betas": (0.5, 0.999), "batch": 128,
        "generator_args": {"z_dim": 100, "ngf": 64, "upsample": "transpose"},
        "discriminator_args": {"ndf": 64, "batch_norm": True}, "gamma": 0.0, "n_critic": 1,
    },
    "wgan": {
        "loss": "wasserstein", "clip": 0.01, "n_critic": 5, "batch": 64, "lr_g": 5e-5,
        "lr_d": 5e-5, "gp_weight": 0.0,
    },
    "wgan-gp": {
        "loss": "wasserstein", "clip": 0.0, "n_critic": 5, "batch": 64, "lr_g": 1e-4,
        "gp_weight": 10.0, "betas": (0.0, 0.9), "gamma": 0.0,
    },
    "sngan": {
        "loss": "hinge", "spectral": True, "n_critic": 5, "batch": 64, "lr_g": 2e-4,
        "lr_d": 2e-4, "betas": (0.0, 0.9), "anneal": 1.0, "gamma": 0.0, "gp_weight": 0.0,
    },
    "progan": {
        "loss": "wasserstein", "gp_weight": 10.0, "drift": 1e-3, "lr_g": 1e-3, "lr_d": 1e-3,
        "betas": (0.0, 0.99), "grow_from": 4, "steady_kimg": 600.0, "fade_kimg": 600.0,
        "reset_adam": True, "gamma": 0.0, "n_critic": 1,
    },
    "stylegan": {
        "loss": "nonsaturating", "gamma": 10.0, "r1_interval": 1, "mixing": 0.9, "grow_from": 8,
        "betas": (0.0, 0.99), "steady_kimg": 600.0, "fade_kimg": 600.0, "lr_g": 1e-3,
    },
    "stylegan2": {
        "loss": "nonsaturating", "gamma": 0.0002 * 64**2 / 32, "r1_interval": 16,
        "pl_weight": 2.0, "pl_interval": 4, "mixing": 0.9, "betas": (0.0, 0.99), "batch": 32,
        "lr_g": 0.0025, "lr_d": 0.0025, "ema_kimg": 10.0, "ema_rampup": 0.05,
    },
}  # fmt: skip


@pytest.mark.parametrize("name", PUBLISHED)
def test_numbers_are_the_published_ones(name: str) -> None:
    preset = make_preset(name, 64)
    found = {key: getattr(preset, key) for key in PUBLISHED[name]}
    assert found == PUBLISHED[name]


def test_what_follows_from_published_numbers() -> None:
    progan, stylegan = make_preset("progan", 64), make_preset("stylegan", 64)
    # An average of .999 a step of 16 pictures.
    assert ema_decay(16, 10**9, progan.ema_kimg, progan.ema_rampup) == pytest.approx(
        0.999, abs=1e-5
    )
    assert stylegan.generator_args["mapping_layers"] == 8
    assert make_preset("stylegan2", 64).generator_args["mapping_layers"] == 2
    rates = [make_preset("stylegan", r).lr_g for r in (64, 128, 256, 512)]
    assert rates == [1e-3, 1.5e-3, 2e-3, 3e-3]
    assert make_preset("dcgan-resize", 64).generator_args["upsample"] == "resize"
    assert not make_preset("sngan", 64).discriminator_args["batch_norm"]


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_has_a_name_and_a_source(name: str) -> None:
    preset = make_preset(name, 64)
    assert preset.name == name
    assert len(preset.source) > 10


def test_losses_of_the_command_line_are_all_there_are() -> None:
    assert set(LOSS_NAMES) == set(LOSSES)
    assert {make_preset(name, 64).loss for name in PRESETS} <= set(LOSSES)


@pytest.mark.parametrize("name", PRESETS)
def test_configuration_survives_json(name: str) -> None:
    config = RunConfig(preset=make_preset(name, 64), data="portraits", kimg=300.0)
    assert msgspec.json.decode(msgspec.json.encode(config), type=RunConfig) == config


def test_unknown_preset_is_one_sentence() -> None:
    with pytest.raises(TrainingError, match="no preset 'vae'"):
        make_preset("vae", 64)


def test_same_seed_same_weights() -> None:
    config = narrow("stylegan2", seed=3)
    first, second = build_state(config, 3), build_state(config, 3)
    for a, b in zip(first.generator.parameters(), second.generator.parameters(), strict=True):
        assert torch.equal(a, b)


def test_lazy_steps_scale_rate_and_betas() -> None:
    config = narrow("stylegan2")
    changes = {"lr_g": 0.1, "lr_d": 0.2, "betas": (0.5, 0.99), "r1_interval": 16, "pl_interval": 4}
    preset = msgspec.structs.replace(config.preset, **changes)
    config = msgspec.structs.replace(config, preset=preset)
    state = build_state(config, 3)
    set_learning_rates(state, config)
    generator, discriminator = state.opt_g.param_groups[0], state.opt_d.param_groups[0]
    # Path lengths every 4 steps, R1 every 16.
    assert generator["lr"] == pytest.approx(0.1 * 4 / 5)
    assert generator["betas"] == pytest.approx((0.5 ** (4 / 5), 0.99 ** (4 / 5)))
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
