"""What a training run is made of, as plain data: presets and the run's configuration."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from trainer.errors import TrainingError


class Preset(msgspec.Struct, frozen=True, kw_only=True):
    """The networks and every number of a training method.

    Attributes
    ----------
    name
        What it is chosen by.
    generator, generator_args, discriminator, discriminator_args
        Family names and constructor arguments beyond resolution, channels and classes.
    batch
        Real pictures in a step.
    lr_g, lr_d, betas
        Adam's learning rates and decay rates, before the lazy factor.
    gamma, r1_interval
        R1 weight, and at every how many steps it is computed.
    pl_weight, pl_interval
        Path length weight (0: off), and at every how many steps it is computed.
    mixing
        Probability that a sample is drawn from two latent points, crossing at a random layer.
    noise_kimg
        Noise inputs, where the generator has them, are used from this many thousand pictures
        on; before, the picture has to come from the latent alone.
    ema_kimg, ema_rampup
        Half-life of the averaged generator in thousand pictures, and its ramp-up.
    anneal
        Last part of the run, 0 to 1, over which the learning rates fall linearly to zero.
    """

    name: str
    generator: str
    discriminator: str
    generator_args: dict[str, Any] = {}
    discriminator_args: dict[str, Any] = {}
    batch: int = 16
    lr_g: float = 0.0025
    lr_d: float = 0.0025
    betas: tuple[float, float] = (0.0, 0.99)
    gamma: float = 1.0
    r1_interval: int = 16
    pl_weight: float = 0.0
    pl_interval: int = 4
    mixing: float = 0.0
    noise_kimg: float = 0.0
    ema_kimg: float = 5.0
    ema_rampup: float | None = 0.05
    anneal: float = 0.25


class RunConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that decides a training run; stored in each of its snapshots.

    Attributes
    ----------
    preset
        The method, with any changes made on the command line.
    data, data_root
        As given to :func:`trainer.data.dataset.open_dataset`.
    resolution
        Height and width in pixels, a power of two from 8.
    kimg
        Length of the run in thousand real pictures.
    seed
        Of weights, latent points and shuffle; 0 to 2**32 - 1.
    flips, shrink
        Mirror half of the real pictures; average larger pictures down to the resolution.
    start, start_images
        The run whose weights this one began with, and how many real pictures it had seen.
    history
        One sentence for each resumption that changed something.
    bf16
        ``on``, ``off``, or ``auto``: where the processor computes in bfloat16.
    device, threads
        Torch device, and threads on a CPU.
    stats_kimg, grid_kimg, milestone_kimg
        How often a line of statistics, a sheet of samples and a snapshot that stays is made.
    snapshot_seconds
        How often the run is saved.
    grid_size
        Samples in a sheet.
    """

    preset: Preset
    data: str
    data_root: str = "data"
    resolution: int = 64
    kimg: float = 1000.0
    seed: int = 0
    flips: bool = True
    shrink: bool = False
    start: str = ""
    start_images: int = 0
    history: tuple[str, ...] = ()
    bf16: Literal["auto", "on", "off"] = "auto"
    device: str = "cpu"
    threads: int = 1
    stats_kimg: float = 1.0
    grid_kimg: float = 10.0
    milestone_kimg: float = 200.0
    snapshot_seconds: float = 300.0
    grid_size: int = 64


PRESETS: tuple[str, ...] = ("dcgan", "stylegan2")


def make_preset(name: str, resolution: int) -> Preset:
    """The preset of that name for a resolution.

    Parameters
    ----------
    name
        One of :data:`PRESETS`.
    resolution
        Height and width in pixels; decides the width of the networks and R1's weight.

    Raises
    ------
    TrainingError
        If there is no such preset.
    """
    if name == "stylegan2":
        return _stylegan2(resolution)
    if name == "dcgan":
        return _dcgan()
    raise TrainingError(f"There is no preset {name!r}; choose one of {', '.join(PRESETS)}.")


def _stylegan2(resolution: int) -> Preset:
    """StyleGAN2 (Karras et al. 2020) for hours of a CPU or minutes of a GPU."""
    # 16 features at the finest resolution: how many pictures are seen counts for more.
    width: dict[str, Any] = {"channel_base": max(1024, 16 * resolution), "channel_max": 128}
    return Preset(
        name="stylegan2",
        generator="stylegan2",
        discriminator="stylegan2",
        generator_args={"z_dim": 128, "w_dim": 128, "mapping_layers": 2, **width},
        # Judging at half the resolution after one strided convolution saves a fifth of a step.
        discriminator_args={**width, "stem": "strided"},
        # 32 costs about 1.4 steps of 16 on a CPU.
        batch=32,
        # The heuristic of StyleGAN2-ADA, 0.0002 * res^2 / batch, is far too weak for small
        # pictures: at 0.1 the discriminator won. 1 held at 32 px.
        gamma=max(resolution / 32, 0.0002 * resolution**2 / 16),
        # Mixing is what makes the layers independent, so that styles can be exchanged by hand;
        # published probability .9, here less for the sake of short runs.
        mixing=0.5,
        # Early on noise is a cheap forgery of detail: pictures come out speckled.
        noise_kimg=200.0,
        ema_kimg=10.0,
    )


def _dcgan() -> Preset:
    """DCGAN (Radford et al. 2016) under the non-saturating loss with lazy R1."""
    return Preset(
        name="dcgan",
        generator="dcgan",
        discriminator="dcgan",
        generator_args={"z_dim": 100, "ngf": 32, "upsample": "transpose"},
        # Without batch norm: R1 is about single pictures.
        discriminator_args={"ndf": 32, "batch_norm": False},
        batch=32,
        lr_g=2e-4,
        lr_d=2e-4,
        betas=(0.5, 0.999),
        gamma=1.0,
        ema_kimg=10.0,
    )
