"""The adversarial losses and their regularisers, as plain functions of logits and pictures.

All of them take the discriminator's raw logits [n] (positive means "real") and return what
the optimiser minimises. Sources: Goodfellow et al. 2014 (non-saturating form); Mescheder,
Geiger and Nowozin 2018, "Which Training Methods for GANs do actually Converge?" (R1);
Karras et al. 2020, "Analyzing and Improving the Image Quality of StyleGAN" (lazy
regularisation in appendix B, path length in section 3.2).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import softplus


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Logistic loss of the discriminator, a scalar.

    Parameters
    ----------
    real_logits, fake_logits
        [n] raw logits for real and for generated pictures.

    Returns
    -------
    Tensor
        ``mean(softplus(-real)) + mean(softplus(fake))``: 2 log 2 for a blind discriminator,
        0 for a perfect one.
    """
    return softplus(-real_logits.float()).mean() + softplus(fake_logits.float()).mean()


def generator_loss(fake_logits: Tensor) -> Tensor:
    """Non-saturating loss of the generator, ``mean(softplus(-fake))``, a scalar.

    Unlike ``-softplus(fake)`` it keeps its gradient while the discriminator is sure.
    """
    return softplus(-fake_logits.float()).mean()


def gradient_penalty(logits: Tensor, images: Tensor) -> Tensor:
    """Squared gradient norm of the discriminator at each picture.

    Parameters
    ----------
    logits
        [n], computed from ``images``; each logit is taken to depend on its own picture.
    images
        [n, channels, H, W] with ``requires_grad``.

    Returns
    -------
    Tensor
        float32 [n]: the squared norm of dD/dx per sample, itself differentiable.
    """
    (gradient,) = torch.autograd.grad(logits.float().sum(), images, create_graph=True)
    return gradient.float().square().sum(dim=(1, 2, 3))


def r1_loss(penalty: Tensor, gamma: float, interval: int = 1) -> Tensor:
    """R1 regulariser, ``interval * gamma / 2 * mean(penalty)``, a scalar.

    Parameters
    ----------
    penalty
        [n] from :func:`gradient_penalty` at real pictures.
    gamma
        Weight; 0 or more. Larger is smoother and slower to learn detail.
    interval
        Computed only at every ``interval``-th step, the loss is multiplied by as much so that
        its average strength stays the same (lazy regularisation).
    """
    return penalty.mean() * (0.5 * gamma * interval)


def lazy_factor(interval: int) -> float:
    """Factor on the learning rate, and exponent on Adam's betas, under lazy regularisation.

    ``k / (k + 1)``: with one extra optimiser step at every k-th iteration, Adam would
    otherwise move and forget faster than without the regulariser.
    """
    return interval / (interval + 1)


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
    lengths: Tensor, mean: Tensor, weight: float, interval: int = 1, decay: float = 0.01
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

    Returns
    -------
    tuple of Tensor
        The scalar loss, and the new running mean (detached).
    """
    moved = torch.lerp(mean, lengths.detach().mean(), decay)
    return (lengths - moved).square().mean() * (weight * interval), moved
