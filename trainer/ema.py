"""Exponential moving average of the generator's weights.

The averaged generator is the one that is looked at and exported: it removes the cycling of
adversarial training. Half-life in images with a ramp-up at the start, as in Karras et al.
2020, "Training Generative Adversarial Networks with Limited Data" (StyleGAN2-ADA).
"""

from __future__ import annotations

import math

import torch
from torch import nn


def ema_decay(batch: int, images: int, half_life_kimg: float, rampup: float | None) -> float:
    """Share of the old average that one step keeps.

    Parameters
    ----------
    batch
        Pictures in the step.
    images
        Real pictures seen so far in training.
    half_life_kimg
        After this many thousand pictures a weight counts half. 0 keeps no average.
    rampup
        The half-life is at most ``rampup * images``, so that the random start is forgotten
        quickly; None for no ramp-up.

    Returns
    -------
    float
        ``0.5 ** (batch / half_life)``, in [0, 1).
    """
    half_life = half_life_kimg * 1000.0
    if rampup is not None:
        half_life = min(half_life, images * rampup)
    return math.pow(0.5, batch / max(half_life, 1e-8))


@torch.no_grad()
def update_ema(average: nn.Module, model: nn.Module, decay: float) -> None:
    """Move the weights of ``average`` towards those of ``model``; copy its buffers.

    Parameters
    ----------
    average, model
        Two modules of the same shape; ``average`` is changed in place.
    decay
        From :func:`ema_decay`. Buffers (noise planes, running means) are copied as they are.
    """
    for kept, new in zip(average.parameters(), model.parameters(), strict=True):
        kept.lerp_(new, 1.0 - decay)
    for buffer, value in zip(average.buffers(), model.buffers(), strict=True):
        buffer.copy_(value)
