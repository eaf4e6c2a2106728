"""What keeps a discriminator smooth: gradient penalties, drift, weight clipping.

Sources: Mescheder, Geiger and Nowozin 2018, "Which Training Methods for GANs do actually
Converge?" (R1, R2); Gulrajani et al. 2017, "Improved Training of Wasserstein GANs" (WGAN-GP);
Karras et al. 2018, "Progressive Growing of GANs", appendix A.1 (drift); Arjovsky, Chintala and
Bottou 2017, "Wasserstein GAN", algorithm 1 (clipping); Karras et al. 2020, "Analyzing and
Improving the Image Quality of StyleGAN", appendix B (lazy regularisation).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


def gradient_penalty(logits: Tensor, images: Tensor) -> Tensor:
    """Squared gradient norm of the discriminator at each picture.

    R1 takes it at real pictures, R2 at generated ones.

    Parameters
    ----------
    logits
        [n], computed from ``images``; each logit is taken to depend on its own picture.
    images
        [n, channels, H, W] with ``requires_grad``.

    Returns
    -------
    Tensor
        [n], float32 (float64 for such pictures): the squared norm of dD/dx per sample,
        itself differentiable.
    """
    return _gradient(logits, images).square().sum(dim=(1, 2, 3))


def r1_loss(penalty: Tensor, gamma: float, interval: int = 1) -> Tensor:
    """R1 (or R2) regulariser, ``interval * gamma / 2 * mean(penalty)``, a scalar.

    Parameters
    ----------
    penalty
        [n] from :func:`gradient_penalty` at real (or generated) pictures.
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


def interpolate(real: Tensor, fake: Tensor, eps: Tensor | None = None) -> Tensor:
    """Pictures on the lines between real and generated ones, where WGAN-GP looks.

    Parameters
    ----------
    real, fake
        [n, channels, H, W].
    eps
        [n, 1, 1, 1] in [0, 1]: the share of the real picture. Drawn uniformly from torch's
        global random state when None.

    Returns
    -------
    Tensor
        [n, channels, H, W], a leaf with ``requires_grad``.

    Raises
    ------
    ValueError
        If the shapes do not fit together.
    """
    shape = (len(real), 1, 1, 1)
    if eps is None:
        eps = torch.rand(shape, device=real.device)
    if real.shape != fake.shape or eps.shape != shape:
        raise ValueError(
            f"cannot interpolate between pictures {tuple(real.shape)} and {tuple(fake.shape)} "
            f"with eps {tuple(eps.shape)}"
        )
    between = torch.lerp(fake.detach(), real.detach(), eps.to(real.dtype))
    return between.requires_grad_(True)


def unit_gradient_penalty(logits: Tensor, images: Tensor) -> Tensor:
    """WGAN-GP's two-sided penalty ``(‖dD/dx‖ - 1)²`` at each picture.

    Parameters
    ----------
    logits, images
        As in :func:`gradient_penalty`; the pictures from :func:`interpolate`.

    Returns
    -------
    Tensor
        [n], float32 (float64 for such pictures), differentiable. A gradient of exactly zero
        counts 1 and passes no derivative, where the square root alone would give NaN.
    """
    # vector_norm has the subgradient 0 at 0.
    norms: Tensor = torch.linalg.vector_norm(_gradient(logits, images), dim=(1, 2, 3))
    return (norms - 1).square()


def wgan_gp_loss(penalty: Tensor, weight: float = 10.0, interval: int = 1) -> Tensor:
    """WGAN-GP regulariser, ``interval * weight * mean(penalty)``, a scalar.

    Parameters
    ----------
    penalty
        [n] from :func:`unit_gradient_penalty`.
    weight
        The paper's lambda.
    interval
        As in :func:`r1_loss`.
    """
    return penalty.mean() * (weight * interval)


def drift_loss(real_logits: Tensor, weight: float = 1e-3) -> Tensor:
    """``weight * mean(D(x)²)``, a scalar: keeps Wasserstein logits near zero.

    Only differences of logits count in that loss, so that their mean is free to wander.

    Parameters
    ----------
    real_logits
        [n], any dtype.
    weight
        The paper's epsilon_drift.
    """
    wide = real_logits.to(torch.promote_types(real_logits.dtype, torch.float32))
    return wide.square().mean() * weight


@torch.no_grad()
def clip_weights_(module: nn.Module, limit: float) -> None:
    """Clamp every parameter of ``module`` to [-limit, limit], in place.

    The first Wasserstein GAN's way to a Lipschitz critic, kept as the baseline it is; its
    paper uses 0.01 after every update of the critic.

    Raises
    ------
    ValueError
        If the limit is not positive.
    """
    if not limit > 0:
        raise ValueError(f"weights cannot be clipped to the limit {limit}; give a positive one")
    for parameter in module.parameters():
        parameter.clamp_(-limit, limit)


def _gradient(logits: Tensor, images: Tensor) -> Tensor:
    wide = torch.promote_types(images.dtype, torch.float32)
    (gradient,) = torch.autograd.grad(logits.to(wide).sum(), images, create_graph=True)
    return gradient.to(wide)
