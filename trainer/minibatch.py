"""The real pictures of one step, as far as the networks have grown."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from trainer.config import RunConfig
from trainer.data.dataset import ImageDataset
from trainer.parallel import World
from trainer.schedule import growth_at
from trainer.state import TrainingState


class Minibatch(NamedTuple):
    """Real pictures [n, channels, r, r] in [-1, 1] and their class indices [n], if any."""

    images: Tensor
    classes: Tensor | None = None


def enter_level(state: TrainingState, config: RunConfig) -> None:
    """Grow the networks to where the schedule wants them for the next step."""
    growth = growth_at(config.preset, config.resolution, state.images)
    if growth == state.growth:
        return
    if config.preset.reset_adam and growth.resolution != state.growth.resolution:
        # Their moments speak of another network's gradients (as in ProGAN's own code).
        state.opt_g.state.clear()
        state.opt_d.state.clear()
    state.grow(growth)


def minibatch(
    data: ImageDataset, state: TrainingState, ahead: int, n: int, world: World
) -> Minibatch:
    """Take this process's share of the ``n`` real pictures from ``state.images + ahead`` on."""
    position, rows = state.images + ahead, world.rows(n)
    images = data.batch(position, n)[rows].to(state.device)
    classes = data.classes(position, n)
    reached, alpha = state.growth
    images = torch.nn.functional.avg_pool2d(images, images.shape[2] // reached)
    if alpha < 1:
        # The reals fade as the fakes do, or the discriminator would see the difference.
        coarse = torch.nn.functional.avg_pool2d(images, 2)
        coarse = coarse.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
        images = torch.lerp(coarse, images, alpha)
    images = images.contiguous(memory_format=torch.channels_last)
    return Minibatch(images, None if classes is None else classes[rows].to(state.device))
