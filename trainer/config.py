"""What a training run is made of, as plain data that every snapshot carries."""

from __future__ import annotations

from typing import Any, Literal

import msgspec


class Preset(msgspec.Struct, frozen=True, kw_only=True):
    """The networks and every number of a training method.

    Attributes
    ----------
    name, source
        What it is chosen by, and where its numbers come from.
    generator, generator_args, discriminator, discriminator_args
        Family names and constructor arguments beyond resolution, channels and classes.
    loss
        Key of :data:`trainer.losses.LOSSES`.
    batch
        Real pictures in a step, over all processes.
    batch_at
        The same at a resolution of its own while growing; ``batch`` elsewhere.
    n_critic
        Discriminator updates, each with its own minibatch, for one of the generator.
    lr_g, lr_d, betas
        Adam's learning rates and decay rates, before the lazy factor.
    gamma, gamma_fake, r1_interval
        R1 weight (at real pictures), R2 weight (at generated ones), and at every how many
        steps they are computed.
    gamma_grows
        While growing, both weights are smaller by the square of the resolution that is still
        to come: a pixel four times as large has a gradient as many times as large.
    gp_weight, drift, clip
        WGAN-GP's gradient penalty and ProGAN's drift, in every step; limit on the magnitude of
        the discriminator's weights. Each is off at 0.
    spectral
        Spectral normalisation of the discriminator.
    pl_weight, pl_interval
        Path length weight (0: off), and at every how many steps it is computed.
    mixing
        Probability that a sample is drawn from two latent points, crossing at a random layer.
    noise_kimg
        Noise inputs, where the generator has them, are used from this many thousand pictures
        on; before, the picture has to come from the latent alone.
    ada_target, ada_kimg, ada_kinds
        Adaptive augmentation: the share of real pictures the discriminator is to be sure of
        (0: off), how many thousand pictures the probability takes from 0 to 1, and the
        transforms as in :mod:`trainer.augment`.
    grow_from, steady_kimg, fade_kimg
        Resolution to begin with (0: the full one from the start); how many thousand pictures
        each resolution is trained for, and how many more fade the next one in.
    reset_adam
        Forget the optimisers' state at each new resolution.
    ema_kimg, ema_rampup
        Half-life of the averaged generator in thousand pictures, and its ramp-up.
    anneal
        Last part of the run, 0 to 1, over which the learning rates fall linearly to zero.
    """

    name: str
    source: str = ""
    generator: str
    discriminator: str
    generator_args: dict[str, Any] = {}
    discriminator_args: dict[str, Any] = {}
    loss: str = "nonsaturating"
    batch: int = 16
    batch_at: dict[int, int] = {}
    n_critic: int = 1
    lr_g: float = 0.0025
    lr_d: float = 0.0025
    betas: tuple[float, float] = (0.0, 0.99)
    gamma: float = 1.0
    gamma_fake: float = 0.0
    r1_interval: int = 16
    gamma_grows: bool = False
    gp_weight: float = 0.0
    drift: float = 0.0
    clip: float = 0.0
    spectral: bool = False
    pl_weight: float = 0.0
    pl_interval: int = 4
    mixing: float = 0.0
    noise_kimg: float = 0.0
    ada_target: float = 0.0
    ada_kimg: float = 500.0
    ada_kinds: str = "bgc"
    grow_from: int = 0
    steady_kimg: float = 600.0
    fade_kimg: float = 600.0
    reset_adam: bool = True
    ema_kimg: float = 5.0
    ema_rampup: float | None = 0.05
    anneal: float = 0.25

    @property
    def width(self) -> int | None:
        """Greatest number of features of a layer, or DCGAN's ngf: what ``--width`` sets."""
        width: int | None = self.generator_args.get("channel_max", self.generator_args.get("ngf"))
        return width


class RunConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that decides a training run; stored in each of its snapshots.

    Attributes
    ----------
    preset
        The method, with any changes made on the command line.
    data, data_root
        As given to :func:`trainer.data.dataset.open_dataset`.
    condition
        Categorical attribute of the data that the networks are told; empty for none.
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
        One sentence for each resumption or roll-back that changed something.
    bf16
        ``on``, ``off``, or ``auto``: where the processor computes in bfloat16.
    device, threads
        Torch device, and threads on a CPU.
    stats_kimg, grid_kimg, metrics_kimg, milestone_kimg
        How often a line of statistics, a sheet of samples, an evaluation (0: never) and a
        snapshot that stays is made.
    features, metrics_samples
        The feature space of evaluations (a classifier file, ``auto`` or ``none``), and how
        many generated and real pictures they compare.
    tensorboard
        Also write TensorBoard's event files.
    snapshot_seconds
        How often the run is saved.
    retries
        How often a run whose numbers are no longer finite goes on from its last snapshot,
        each time at half the learning rate, before it stops.
    grid_size
        Samples in a sheet.
    """

    preset: Preset
    data: str
    data_root: str = "data"
    condition: str = ""
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
    metrics_kimg: float = 20.0
    milestone_kimg: float = 200.0
    features: str = "auto"
    metrics_samples: int = 2000
    tensorboard: bool = False
    snapshot_seconds: float = 300.0
    retries: int = 0
    grid_size: int = 64
