"""Path length regularisation of the generator.

Source: Karras et al. 2020, "Analyzing and Improving the Image Quality of StyleGAN",
section 3.2.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor


def path_lengths(images: Tensor, ws: Tensor, direction: Tensor | None = None) -> Tensor:
    """Length of the generator's Jacobian at each sample, along a random image direction.

    Parameters
    ----------
    images
        [n, channels, H, W] drawn from ``ws``.
    ws
        [n, num_layers, w_dim], in the graph of ``images``.
    direction
        Like ``images``; standard normal when None. Divided here by sqrt(H * W).

    Returns
    -------
    Tensor
        float32 [n]: the norm of J^T y, its square averaged over layers.
    """
    if direction is None:
        direction = torch.randn_like(images)
    scaled = direction / math.sqrt(images.shape[2] * images.shape[3])
    (gradient,) = torch.autograd.grad((images.float() * scaled).sum(), ws, create_graph=True)
    return gradient.float().square().sum(dim=2).mean(dim=1).sqrt()


def path_length_loss(
    lengths: Tensor,
    mean: Tensor,
    weight: float,
    interval: int = 1,
    decay: float = 0.01,
    *,
    batch_mean: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Penalise path lengths that stray from their running mean.

    Parameters
    ----------
    lengths
        [n] from :func:`path_lengths`.
    mean
        Scalar: the running mean so far, 0 at the start.
    weight, interval
        Strength (2 in StyleGAN2), and the lazy interval as in :func:`r1_loss`.
    decay
        How far the mean moves towards this minibatch's.
    batch_mean
        The minibatch's mean length over all processes; of ``lengths`` alone when None.

    Returns
    -------
    tuple of Tensor
        The scalar loss, and the new running mean (detached).
    """
    target = lengths.detach().mean() if batch_mean is None else batch_mean
    moved = torch.lerp(mean, target, decay)
    return (lengths - moved).square().mean() * (weight * interval), moved
