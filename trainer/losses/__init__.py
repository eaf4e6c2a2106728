"""Losses and regularisers, as plain functions of logits, pictures and weights that combine."""

from trainer.losses.adversarial import (
    LOSSES,
    AdversarialLoss,
    discriminator_loss,
    generator_loss,
)
from trainer.losses.path_length import path_length_loss, path_lengths
from trainer.losses.penalties import (
    clip_weights_,
    drift_loss,
    gradient_penalty,
    interpolate,
    lazy_factor,
    r1_loss,
    unit_gradient_penalty,
    wgan_gp_loss,
)

__all__ = [
    "LOSSES",
    "AdversarialLoss",
    "clip_weights_",
    "discriminator_loss",
    "drift_loss",
    "generator_loss",
    "gradient_penalty",
    "interpolate",
    "lazy_factor",
    "path_length_loss",
    "path_lengths",
    "r1_loss",
    "unit_gradient_penalty",
    "wgan_gp_loss",
]
