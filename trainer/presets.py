"""The training methods by name: the numbers of their papers, and one for small budgets.

Widths follow the authors' code; ``--width`` narrows them. Where a paper leaves something open,
the authors' code decides, and where that could not be followed the comment says so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from trainer.config import Preset
from trainer.errors import TrainingError


def make_preset(name: str, resolution: int) -> Preset:
    """The preset of that name for a resolution.

    Parameters
    ----------
    name
        One of :data:`PRESETS`.
    resolution
        Height and width in pixels; decides about some widths and weights.

    Raises
    ------
    TrainingError
        If there is no such preset.
    """
    if name not in _MAKERS:
        raise TrainingError(f"There is no preset {name!r}; choose one of {', '.join(PRESETS)}.")
    return _MAKERS[name](resolution)


def _dcgan(resolution: int) -> Preset:
    return Preset(
        name="dcgan",
        source="Radford, Metz and Chintala 2016, section 4; the loss is Goodfellow et al. 2014's",
        generator="dcgan",
        discriminator="dcgan",
        generator_args={"z_dim": 100, "ngf": 64, "upsample": "transpose"},
        discriminator_args={"ndf": 64, "batch_norm": True},
        batch=128,
        lr_g=2e-4,
        lr_d=2e-4,
        betas=(0.5, 0.999),
        gamma=0.0,
        # The paper looks at the weights as they are; the average is what everyone shows since.
        ema_kimg=10.0,
        anneal=0.0,
    )


def _dcgan_resize(resolution: int) -> Preset:
    base = _dcgan(resolution)
    return replace(
        base,
        name="dcgan-resize",
        source=f"{base.source}; upsampling and convolution against checkerboards: "
        "Odena, Dumoulin and Olah 2016",
        generator_args={**base.generator_args, "upsample": "resize"},
    )


def _wgan(resolution: int) -> Preset:
    return replace(
        _dcgan(resolution),
        name="wgan",
        # RMSprop there; Adam without momentum differs from it by its warm-up alone.
        source="Arjovsky, Chintala and Bottou 2017, algorithm 1 (weight clipping, a baseline)",
        loss="wasserstein",
        clip=0.01,
        n_critic=5,
        batch=64,
        lr_g=5e-5,
        lr_d=5e-5,
        betas=(0.0, 0.99),
    )


def _wgan_gp(resolution: int) -> Preset:
    base = _dcgan(resolution)
    return replace(
        base,
        name="wgan-gp",
        source="Gulrajani et al. 2017, algorithm 1 and section 5 (no batch norm in the critic)",
        loss="wasserstein",
        discriminator_args={"ndf": 64, "batch_norm": False},
        gp_weight=10.0,
        n_critic=5,
        batch=64,
        lr_g=1e-4,
        lr_d=1e-4,
        betas=(0.0, 0.9),
    )


def _sngan(resolution: int) -> Preset:
    base = _dcgan(resolution)
    return replace(
        base,
        name="sngan",
        source="Miyato et al. 2018, section 4, and the authors' code; hinge loss",
        loss="hinge",
        discriminator_args={"ndf": 64, "batch_norm": False},
        spectral=True,
        n_critic=5,
        batch=64,
        lr_g=2e-4,
        lr_d=2e-4,
        betas=(0.0, 0.9),
        anneal=1.0,
    )


# Minibatches of the authors' code, on one GPU and on eight: large while the pictures are small.
_PROGAN_BATCH = {4: 128, 8: 128, 16: 128, 32: 64, 64: 32, 128: 16, 256: 8, 512: 4, 1024: 4}
_STYLEGAN_BATCH = {4: 512, 8: 256, 16: 128, 32: 64, 64: 32}


def _progan(resolution: int) -> Preset:
    width = {"channel_base": 16384, "channel_max": 512}
    return Preset(
        name="progan",
        source="Karras et al. 2018, appendix A.1, and the authors' code",
        generator="progan",
        discriminator="progan",
        generator_args={"z_dim": 512, **width},
        discriminator_args=dict(width),
        loss="wasserstein",
        batch=16,
        batch_at={r: n for r, n in _PROGAN_BATCH.items() if r <= resolution},
        lr_g=1e-3,
        lr_d=1e-3,
        gamma=0.0,
        gp_weight=10.0,
        drift=1e-3,
        grow_from=4,
        steady_kimg=600.0,
        fade_kimg=600.0,
        # Decay .999 a step of 16 pictures.
        ema_kimg=11.0,
        ema_rampup=None,
        anneal=0.0,
    )


def _stylegan(resolution: int) -> Preset:
    rate = 1e-3 if resolution < 128 else {128: 1.5e-3, 256: 2e-3}.get(resolution, 3e-3)
    width = {"channel_base": 16384, "channel_max": 512}
    return Preset(
        name="stylegan",
        source="Karras et al. 2019, appendix C, and the authors' code",
        generator="stylegan",
        discriminator="progan",
        generator_args={"z_dim": 512, "w_dim": 512, "mapping_layers": 8, **width},
        discriminator_args={**width, "blur": True},
        batch=32,
        batch_at={r: n for r, n in _STYLEGAN_BATCH.items() if r <= resolution},
        lr_g=rate,
        lr_d=rate,
        gamma=10.0,
        r1_interval=1,
        mixing=0.9,
        grow_from=min(8, resolution),
        steady_kimg=600.0,
        fade_kimg=600.0,
        ema_kimg=10.0,
        ema_rampup=None,
        anneal=0.0,
    )


def _stylegan2(resolution: int) -> Preset:
    # Half of the paper's widths up to 256 px, as the authors' later code chooses by itself.
    width: dict[str, Any] = {
        "channel_base": 32768 if resolution >= 512 else 16384,
        "channel_max": 512,
    }
    batch = 32
    return Preset(
        name="stylegan2",
        source="Karras et al. 2020 (CVPR), appendix B; numbers that depend on the resolution: "
        "Karras et al. 2020 (NeurIPS), appendix C",
        generator="stylegan2",
        discriminator="stylegan2",
        generator_args={"z_dim": 512, "w_dim": 512, "mapping_layers": 2, **width},
        discriminator_args=dict(width),
        batch=batch,
        lr_g=0.0025,
        lr_d=0.0025,
        gamma=0.0002 * resolution**2 / batch,
        r1_interval=16,
        pl_weight=2.0,
        mixing=0.9,
        ema_kimg=batch * 10 / 32,
        ema_rampup=0.05,
        anneal=0.0,
    )


def _small(resolution: int) -> Preset:
    """A narrow StyleGAN2 for hours of a CPU or minutes of a GPU."""
    # 16 features at the finest resolution: how many pictures are seen counts for more.
    width: dict[str, Any] = {"channel_base": max(1024, 16 * resolution), "channel_max": 128}
    return Preset(
        name="small",
        source="measured: docs/training.md",
        generator="stylegan2",
        discriminator="stylegan2",
        generator_args={"z_dim": 128, "w_dim": 128, "mapping_layers": 2, **width},
        # Judging at half the resolution after one strided convolution saves a fifth of a step.
        discriminator_args={**width, "stem": "strided"},
        # 32 costs about 1.4 steps of 16 on a CPU.
        batch=32,
        # The published heuristic, 0.0002 * res^2 / batch, is far too weak for small pictures:
        # at 0.1 the discriminator won. 1 held at 32 px.
        gamma=max(resolution / 32, 0.0002 * resolution**2 / 16),
        # Mixing is what makes the layers independent, so that styles can be exchanged by hand;
        # published probability .9, here less for the sake of short runs.
        mixing=0.5,
        # Early on noise is a cheap forgery of detail: pictures come out speckled.
        noise_kimg=200.0,
        ema_kimg=10.0,
    )


_MAKERS: dict[str, Callable[[int], Preset]] = {
    "small": _small,
    "dcgan": _dcgan,
    "dcgan-resize": _dcgan_resize,
    "wgan": _wgan,
    "wgan-gp": _wgan_gp,
    "sngan": _sngan,
    "progan": _progan,
    "stylegan": _stylegan,
    "stylegan2": _stylegan2,
}
PRESETS: tuple[str, ...] = tuple(_MAKERS)
