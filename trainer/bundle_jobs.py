"""What the bundle consists of, in the order in which it is made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Job:
    """One model of the bundle.

    Attributes
    ----------
    name, preset, resolution
        What the run is called, and what it is.
    share
        Its part of the time, relative to the shares of the others.
    changes
        Options of the command line, by their names in :func:`trainer.options.new_config`.
    start
        The job whose weights it begins with; empty for none.
    least
        Minutes below which it is not worth beginning.
    """

    name: str
    preset: str
    resolution: int
    share: float
    changes: dict[str, Any] = field(default_factory=dict)
    start: str = ""
    least: float = 0.0


_STYLEGAN2 = {"width": 256, "latent": 128, "batch": 64}
_HAIR = {"condition": "hair_style"}
_LARGE = {"channel_base": 8192, "batch": 32, "noise_kimg": 0.0}
# R1 in place of the papers' penalties, with which minutes are too few.
_GROWING = {
    **{"width": 256, "channel_base": 4096, "latent": 128, "batch": 64, "grow_from": 8},
    **{"gamma": 1.0, "r1_interval": 16, "lr": 0.002, "ema_rampup": 0.05, "anneal": 0.25},
}
_PROGAN = {"loss": "nonsaturating", "gp": 0.0, "drift": 0.0, "ema_kimg": 10.0}
_STYLEGAN = {"gamma": 3.0, "mixing": 0.5, "noise_kimg": 100.0}
_DCGAN = {"latent": 128, "batch": 64, "gamma": 1.0, "anneal": 0.3}
JOBS: tuple[Job, ...] = (
    # Its features are those of 256 px, which goes on from it.
    Job("stylegan2-128", "small", 128, 10.0, {**_STYLEGAN2, "channel_base": 8192}),
    Job("stylegan2-64", "small", 64, 5.5, {**_STYLEGAN2, "channel_base": 4096}),
    Job("stylegan2-64-hair", "small", 64, 4.0, {**_STYLEGAN2, **_HAIR, "channel_base": 4096}),
    Job("progan-64", "progan", 64, 3.0, {**_GROWING, **_PROGAN}),
    Job("stylegan-64", "stylegan", 64, 3.0, {**_GROWING, **_STYLEGAN}),
    Job("dcgan-64", "dcgan", 64, 1.5, _DCGAN),
    Job("stylegan2-256", "small", 256, 6.0, {**_STYLEGAN2, **_LARGE}, "stylegan2-128", 8.0),
)
