"""From the command line's options to a configuration, and what is refused."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.cli import LOSS_NAMES
from trainer.cli import train as command
from trainer.config import RunConfig
from trainer.errors import TrainingError
from trainer.export import command_of
from trainer.networks import build_state
from trainer.options import new_config, preset_options, resumed_config
from trainer.presets import PRESETS
from trainer.state import Snapshots

Small = Callable[..., RunConfig]
NOT_OF_THE_CONFIG = {"out", "resume", "dry_run", "start_from"}


def parsed(words: str) -> dict[str, Any]:
    """Options as the command hands them on."""
    given = command.make_context("train", [*shlex.split(words), "--out", "x"]).params
    return {k: v for k, v in given.items() if v is not None and k not in NOT_OF_THE_CONFIG}


def configured(words: str, preset: str = "small") -> RunConfig:
    return new_config(parsed(f"--preset {preset} --data portraits --kimg 5 {words}"))


@pytest.mark.parametrize(
    ("words", "field", "value"),
    [
        ("--data-root /d", "data_root", "/d"),
        ("--condition hat", "condition", "hat"),
        ("--resolution 128", "resolution", 128),
        ("--kimg 7.5", "kimg", 7.5),
        ("--seed 3", "seed", 3),
        ("--no-flips", "flips", False),
        ("--flips", "flips", True),
        ("--shrink", "shrink", True),
        ("--bf16 on", "bf16", "on"),
        ("--device cuda:1", "device", "cuda:1"),
        ("--threads 3", "threads", 3),
        ("--snapshot-seconds 9", "snapshot_seconds", 9.0),
        ("--stats-kimg 0.5", "stats_kimg", 0.5),
        ("--grid-kimg 2", "grid_kimg", 2.0),
        ("--metrics-kimg 0", "metrics_kimg", 0.0),
        ("--metrics-samples 500", "metrics_samples", 500),
        ("--features none", "features", "none"),
        ("--tensorboard", "tensorboard", True),
        ("--retries 2", "retries", 2),
    ],
)
def test_options_of_the_run_reach_their_fields(words: str, field: str, value: object) -> None:
    config = configured(words)
    assert getattr(config, field) == value
    unchanged = msgspec.structs.replace(config, **{field: getattr(configured(""), field)})
    if field != "resolution":  # which decides about the preset's numbers too
        assert unchanged == configured("")


PRESET_WORDS: list[tuple[str, str, dict[str, Any]]] = [
    ("small", "--batch 64", {"batch": 64, "batch_at": {}}),
    ("progan", "--batch 12", {"batch": 12, "batch_at": {}}),
    ("small", "--lr 0.01", {"lr_g": 0.01, "lr_d": 0.01}),
    ("small", "--loss hinge", {"loss": "hinge"}),
    ("small", "--n-critic 2", {"n_critic": 2}),
    ("small", "--gamma 0", {"gamma": 0.0}),
    ("small", "--gamma-fake 3", {"gamma_fake": 3.0}),
    ("small", "--r1-interval 8", {"r1_interval": 8}),
    ("small", "--gp 10", {"gp_weight": 10.0}),
    ("small", "--drift 0.01", {"drift": 0.01}),
    ("small", "--clip 0.1", {"clip": 0.1}),
    ("dcgan", "--spectral", {"spectral": True}),
    ("sngan", "--no-spectral", {"spectral": False}),
    ("small", "--path-length 2", {"pl_weight": 2.0}),
    ("small", "--ada 0.6", {"ada_target": 0.6}),
    ("small", "--mixing 0.9", {"mixing": 0.9}),
    ("small", "--noise-kimg 0", {"noise_kimg": 0.0}),
    ("progan", "--grow-from 8", {"grow_from": 8}),
    ("progan", "--grow-from 0", {"grow_from": 0}),
    ("progan", "--steady-kimg 20", {"steady_kimg": 20.0}),
    ("progan", "--fade-kimg 10", {"fade_kimg": 10.0}),
    ("small", "--anneal 0.5", {"anneal": 0.5}),
    ("small", "--ema-kimg 3", {"ema_kimg": 3.0}),
    ("small", "--ema-rampup 0.123456789", {"ema_rampup": 0.123456789}),
    ("small", "--ema-rampup 0", {"ema_rampup": None}),
    ("stylegan2", "--gamma-grows", {"gamma_grows": True}),
    ("stylegan2", "--channel-base 8192", {}),
]


@pytest.mark.parametrize(("preset", "words", "fields"), PRESET_WORDS)
def test_options_of_the_method_reach_their_fields(
    preset: str, words: str, fields: dict[str, Any]
) -> None:
    usual = configured("", preset).preset
    if "--channel-base" in words:
        for name in ("generator_args", "discriminator_args"):
            fields = {**fields, name: {**getattr(usual, name), "channel_base": 8192}}
    assert configured(words, preset).preset == msgspec.structs.replace(usual, **fields)


def test_every_option_is_tried_here() -> None:
    tried = {word for _, words, _ in PRESET_WORDS for word in words.split() if word[:2] == "--"}
    assert {f"--{option}" for option in preset_options()} <= tried


def test_widths_and_sizes() -> None:
    preset = configured("--width 64").preset
    assert preset.width == 64
    assert preset.discriminator_args["channel_max"] == 64
    # Half of 128: the widths begin to halve at the same resolution.
    assert preset.generator_args["channel_base"] == 512
    assert configured("--latent 32").preset.generator_args["w_dim"] == 32
    dcgan = configured("--width 16 --latent 20 --upsample resize", "dcgan").preset
    assert dcgan.generator_args == {"z_dim": 20, "ngf": 16, "upsample": "resize"}
    assert dcgan.discriminator_args["ndf"] == 16
    skip = configured("--architecture resnet", "stylegan2").preset
    assert skip.generator_args["architecture"] == "resnet"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--kimg 0", "--kimg must be greater than 0."),
        ("--kimg inf", "--kimg must be a finite number."),
        ("--gamma inf", "--gamma must be a finite number."),
        ("--gamma nan", "--gamma must not be negative."),
        ("--batch 0", "--batch must be greater than 0."),
        ("--lr -1", "--lr must be greater than 0."),
        ("--width 0", "--width must be greater than 0."),
        ("--latent 0", "--latent must be greater than 0."),
        ("--threads 0", "--threads must be greater than 0."),
        ("--n-critic 0", "--n-critic must be greater than 0."),
        ("--r1-interval 0", "--r1-interval must be greater than 0."),
        ("--metrics-samples 3", "--metrics-samples must be at least 4."),
        ("--metrics-kimg -1", "--metrics-kimg must not be negative."),
        ("--gp -1", "--gp must not be negative."),
        ("--path-length -1", "--path-length must not be negative."),
        ("--retries -1", "--retries must not be negative."),
        ("--ada 1.5", "--ada must be between 0 and 1."),
        ("--anneal -0.5", "--anneal must be between 0 and 1."),
        ("--mixing nan", "--mixing must be between 0 and 1."),
        ("--seed 4294967296", "--seed must be between 0 and 4294967295."),
        ("--resolution 24", "--resolution 24 is not a power of two from 8."),
        ("--grow-from 8", "stylegan2 does not grow: leave --grow-from out."),
        ("--preset progan --grow-from 6", "--grow-from 6 is not a power of two between 4 and 64."),
        ("--preset progan --grow-from 128", "--grow-from 128 is not a power of two between"),
        ("--preset progan --grow-from -4", "--grow-from -4 is not a power of two between"),
        ("--preset progan --fade-kimg 0", "--fade-kimg must be greater than 0."),
    ],
)
def test_what_cannot_be_is_one_sentence(words: str, sentence: str) -> None:
    with pytest.raises(TrainingError) as error:
        configured(words)
    assert str(error.value).startswith(sentence)


@pytest.fixture
def saved(tmp_path: Path, small: Small) -> Path:
    config = small("progan", grow_from=4, data="portraits")
    state = build_state(config, 3)
    state.images = 1500
    Snapshots(tmp_path / "snapshots").save(state, config)
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        "--preset stylegan",
        "--resolution 32",
        "--condition hat",
        "--seed 1",
        "--width 16",
        "--latent 16",
        "--spectral",
        "--grow-from 0",
    ],
)
def test_a_run_that_goes_on_stays_what_it_is(saved: Path, words: str) -> None:
    option = words.split()[0]
    with pytest.raises(TrainingError, match=rf"{option} .*it cannot go on with "):
        resumed_config(saved, parsed(words))


def test_a_run_that_goes_on_remembers_what_changed(saved: Path) -> None:
    before = resumed_config(saved, {})
    assert before.history == ()
    same = resumed_config(saved, parsed("--seed 0 --width 8 --preset progan --kimg 0.08"))
    assert same == before
    after = resumed_config(saved, parsed("--kimg 9 --gamma 2 --no-flips --grow-from 8"))
    assert after.history == (
        "From 1.5 kimg on with --flips False --gamma 2.0 --grow-from 8 --kimg 9.0.",
    )
    assert (after.kimg, after.preset.gamma, after.flips) == (9.0, 2.0, False)
    with pytest.raises(TrainingError, match="--kimg must be greater than 0"):
        resumed_config(saved, parsed("--kimg -1"))


def again(config: RunConfig) -> RunConfig:
    words = shlex.split(command_of(config))
    assert words[0] == "latentstudio-train"
    return new_config(parsed(shlex.join(words[1:])))


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("resolution", [8, 64, 256])
def test_command_of_a_preset_gives_it_again(preset: str, resolution: int) -> None:
    config = configured(f"--resolution {resolution}", preset)
    assert again(config) == config
    assert len(command_of(config).split()) == 11


@pytest.mark.parametrize(("preset", "words", "fields"), PRESET_WORDS)
def test_command_of_a_change_gives_it_again(preset: str, words: str, fields: object) -> None:
    config = configured(words, preset)
    assert again(config) == config


@given(
    preset=st.sampled_from(PRESETS),
    kimg=st.floats(0.001, 1e6),
    lr=st.none() | st.floats(1e-8, 1.0),
    gamma=st.none() | st.floats(0, 1e4, allow_subnormal=False),
    width=st.none() | st.integers(8, 512),
    latent=st.none() | st.integers(1, 512),
    batch=st.none() | st.integers(1, 512),
    loss=st.none() | st.sampled_from(LOSS_NAMES),
    ema_kimg=st.none() | st.floats(0, 1e3),
    seed=st.integers(0, 2**32 - 1),
    flips=st.booleans(),
    shrink=st.booleans(),
    condition=st.sampled_from(["", "hat", "hair colour", "it's"]),
    bf16=st.sampled_from(["auto", "on", "off"]),
)
def test_command_gives_any_training_again(**options: Any) -> None:
    given = {key: value for key, value in options.items() if value is not None}
    config = new_config({"data": "portraits", "resolution": 64, **given})
    assert again(config) == config


def test_command_tells_no_folders() -> None:
    config = msgspec.structs.replace(
        configured(""), data="/home/me/my pictures", device="cuda", threads=2, start="first run"
    )
    words = shlex.split(command_of(config))
    assert words[words.index("--data") + 1] == "my pictures"
    assert words[words.index("--start-from") + 1] == "first run"
    assert "/home" not in command_of(config)
    assert "--device" not in words
