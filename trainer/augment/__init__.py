"""Adaptive discriminator augmentation (Karras et al. 2020): see :mod:`trainer.augment.augment`."""

from trainer.augment.augment import Augment
from trainer.augment.controller import AdaController
from trainer.augment.params import AugmentParams, sample

__all__ = ["AdaController", "Augment", "AugmentParams", "sample"]
