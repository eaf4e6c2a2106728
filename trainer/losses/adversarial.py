"""The adversarial losses: what the two networks play for.

Every loss takes the discriminator's raw logits [n] (positive means "real") in any dtype,
computes in float32 at least, and returns a scalar that the optimiser minimises. :data:`LOSSES`
holds them by name; with D = D(x) at real pictures and D' = D(G(z)) at generated ones:

============== ======================================== =========================
name           discriminator                            generator
============== ======================================== =========================
nonsaturating  softplus(-D) + softplus(D')              softplus(-D')
minimax        softplus(-D) + softplus(D')              -softplus(D')
wasserstein    D' - D                                   -D'
hinge          max(0, 1 - D) + max(0, 1 + D')           -D'
relativistic   softplus(-(D - D'))                      softplus(-(D' - D))
least-squares  ((D - 1)² + D'²) / 2                     (D' - 1)² / 2
============== ======================================== =========================

each averaged over the minibatch. softplus(-D) is binary cross-entropy of sigmoid(D) with the
target 1, softplus(D') the one with the target 0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import relu, softplus


class AdversarialLoss(NamedTuple):
    """One row of :data:`LOSSES`.

    Attributes
    ----------
    name
        Its key.
    discriminator
        (logits [n] at real pictures, logits [n] at generated ones) -> scalar.
    generator
        (logits [n] at generated pictures, logits [n] at real ones or None) -> scalar.
    paired
        Whether ``generator`` needs the real logits, and as many of them as generated ones.
    source
        The paper.
    """

    name: str
    discriminator: Callable[[Tensor, Tensor], Tensor]
    generator: Callable[[Tensor, Tensor | None], Tensor]
    paired: bool
    source: str


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
    return softplus(-_wide(real_logits)).mean() + softplus(_wide(fake_logits)).mean()


def generator_loss(fake_logits: Tensor, real_logits: Tensor | None = None) -> Tensor:
    """Non-saturating loss of the generator, ``mean(softplus(-fake))``, a scalar.

    Unlike ``-softplus(fake)`` it keeps its gradient while the discriminator is sure.
    """
    return softplus(-_wide(fake_logits)).mean()


def _minimax_generator(fake_logits: Tensor, real_logits: Tensor | None = None) -> Tensor:
    """mean(log(1 - sigmoid(fake))): no gradient is left where the discriminator is sure."""
    return -softplus(_wide(fake_logits)).mean()


def _critic(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    return _wide(fake_logits).mean() - _wide(real_logits).mean()


def _raise_logits(fake_logits: Tensor, real_logits: Tensor | None = None) -> Tensor:
    return -_wide(fake_logits).mean()


def _hinge_discriminator(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    return relu(1 - _wide(real_logits)).mean() + relu(1 + _wide(fake_logits)).mean()


def _relativistic_discriminator(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    return _prefer(real_logits, fake_logits)


def _relativistic_generator(fake_logits: Tensor, real_logits: Tensor | None = None) -> Tensor:
    if real_logits is None:
        raise ValueError("the relativistic generator loss needs the logits at real pictures")
    return _prefer(fake_logits, real_logits)


def _prefer(winner: Tensor, loser: Tensor) -> Tensor:
    """Logistic loss of the differences within pairs."""
    # [n] - [1] would broadcast and train on pairs that nobody meant.
    if winner.shape != loser.shape:
        raise ValueError(
            f"the relativistic loss pairs real and generated pictures one to one; "
            f"got {len(winner)} and {len(loser)} logits"
        )
    return softplus(_wide(loser) - _wide(winner)).mean()


def _squares_discriminator(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    real, fake = _wide(real_logits), _wide(fake_logits)
    return ((real - 1).square().mean() + fake.square().mean()) / 2


def _squares_generator(fake_logits: Tensor, real_logits: Tensor | None = None) -> Tensor:
    return (_wide(fake_logits) - 1).square().mean() / 2


def _wide(logits: Tensor) -> Tensor:
    """At least float32; float64 stays, for numerical checks."""
    return logits.to(torch.promote_types(logits.dtype, torch.float32))


_ALL = (
    AdversarialLoss(
        "nonsaturating",
        discriminator_loss,
        generator_loss,
        False,
        "Goodfellow et al. 2014, Generative Adversarial Nets, section 3",
    ),
    AdversarialLoss(
        "minimax",
        discriminator_loss,
        _minimax_generator,
        False,
        "Goodfellow et al. 2014, Generative Adversarial Nets, equation 1",
    ),
    AdversarialLoss(
        "wasserstein",
        _critic,
        _raise_logits,
        False,
        "Arjovsky, Chintala and Bottou 2017, Wasserstein GAN, algorithm 1",
    ),
    AdversarialLoss(
        "hinge",
        _hinge_discriminator,
        _raise_logits,
        False,
        "Lim and Ye 2017, Geometric GAN; Miyato et al. 2018, equations 16 and 17",
    ),
    AdversarialLoss(
        "relativistic",
        _relativistic_discriminator,
        _relativistic_generator,
        True,
        "Jolicoeur-Martineau 2019, The Relativistic Discriminator (pairing form); "
        "Huang et al. 2024, The GAN is dead; long live the GAN! (R3GAN)",
    ),
    AdversarialLoss(
        "least-squares",
        _squares_discriminator,
        _squares_generator,
        False,
        "Mao et al. 2017, Least Squares Generative Adversarial Networks, equation 9",
    ),
)

LOSSES: dict[str, AdversarialLoss] = {loss.name: loss for loss in _ALL}
