"""What an encoder learns from: the generator's own samples, drawn afresh for every step."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from latentstudio.generators.protocol import Generator
from latentstudio.latents.gradient_space import LEAST, SHRINK
from latentstudio.latents.inversion.encoder import Encoder
from latentstudio.latents.principal import principal_axes
from latentstudio.metrics.spaces.classifier import AttributeClassifier
from latentstudio.metrics.spaces.features import has_bf16
from trainer.classifier_data import augment, step_random

LARGEST = 64  # pixels at which larger pictures are looked at
# Positions in the stream of samples that no training reaches.
HELD_OUT, CHANGES, SOLVED = 2**32 - 1, 2**31, 2**30
PART = 64  # samples drawn at a time where they are many
MEASURED = 512  # samples that batch normalisation takes its statistics from
LEAST_PSI = 0.5  # pictures of others lie nearer to the middle than free samples do


class Batch(NamedTuple):
    """Samples of a generator.

    Attributes
    ----------
    images
        float32 [n, channels, H, W], nominally in [-1, 1].
    latents
        w [n, w_dim], or z [n, z_dim] where there is no mapping network.
    labels
        Class indices [n], where there are classes.
    """

    images: Tensor
    latents: Tensor
    labels: Tensor | None


class Samples:
    """A generator's samples, each batch a function of the seed and of its position alone.

    Parameters
    ----------
    generator
        In evaluation mode, without gradients of its weights.
    seed
        0 to 2**32 - 1.
    """

    def __init__(self, generator: Generator, seed: int) -> None:
        self.generator, self.seed = generator, seed
        self.bf16 = has_bf16(generator.device)

    def draw(self, position: int, n: int) -> Batch:
        """Samples with psi from 0.5 to 1, and with constant or, every other time, fresh noise."""
        generator, device = self.generator, self.generator.device
        random = step_random(self.seed, position)
        z = torch.randn(n, generator.z_dim, generator=random).to(device)
        psi = torch.empty(n, 1).uniform_(LEAST_PSI, 1.0, generator=random).to(device)
        fresh, noise_seed = torch.randint(2**31, (2,), generator=random).tolist()
        labels = None
        if generator.num_classes:
            labels = torch.randint(generator.num_classes, (n,), generator=random).to(device)
        with torch.no_grad():
            if generator.has_mapping:
                w = generator.map(z, labels)[:, 0]
                latents = torch.lerp(generator.mean_w.to(w), w, psi)
            else:
                latents = psi * z
            if fresh % 2:
                images = self.pictures(latents, labels, noise_seed)
            else:
                images = self.pictures(latents, labels)
        return Batch(images, latents, labels)

    def shown(self, images: Tensor, position: int) -> Tensor:
        """The pictures of a batch as the encoder sees them: shifted, blurred, recoloured a bit.

        So that pictures of others, which are never quite what the generator draws, mean
        something to it too.
        """
        random = step_random(self.seed, CHANGES + position)
        return augment(images.cpu(), random)[0].to(images.device)

    def reduced(self, allowed: bool = True) -> torch.autocast:
        """The precision of drawing and looking: bfloat16 where the processor computes in it."""
        return torch.autocast(
            self.generator.device.type, torch.bfloat16, enabled=self.bf16 and allowed
        )

    def pictures(
        self, latents: Tensor, labels: Tensor | None = None, noise_seed: int | None = None
    ) -> Tensor:
        """Pictures float32 [n, channels, H, W] of latents [n, d], differentiable.

        The noise is constant unless a seed is given.
        """
        generator = self.generator
        if generator.has_mapping:
            ws = latents[:, None].expand(-1, generator.num_layers, -1)
        else:
            ws = generator.map(latents, labels)
        with self.reduced(generator.can_reduce):
            images = generator.synthesize(
                ws, "const" if noise_seed is None else "random", noise_seed=noise_seed
            )
        return images.float()


def encoder_for(
    generator: Generator, width: int, max_width: int, classifier: AttributeClassifier | None = None
) -> Encoder:
    """A fresh encoder for a generator, from torch's random state; it speaks in whitened w.

    Whitened is along the principal axes of w, each divided by its deviation (Mahalanobis
    distance), but that axes which hardly vary count little. z is white already. With a classifier
    of pictures of this kind, the convolutions are as wide as its own and begin as these.
    """
    has_mapping, resolution = generator.has_mapping, min(generator.resolution, LARGEST)
    if classifier is not None and classifier.channels != generator.channels:
        classifier = None
    if classifier is not None:
        resolution = classifier.resolution
        width, max_width = classifier.width, classifier.max_width
    encoder = Encoder(
        resolution=resolution,
        channels=generator.channels,
        dim=generator.w_dim if has_mapping else generator.z_dim,
        width=width,
        max_width=max_width,
    )
    if classifier is not None:
        encoder.body.load_state_dict(classifier.body.state_dict())
    if has_mapping:
        axes = principal_axes(generator)
        sigma = axes.sigma.clamp_min(LEAST * float(axes.sigma.max()))
        encoder.set_coordinates(axes.mean, axes.components * sigma[:, None])
    return encoder.eval().to(generator.device, memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


@torch.no_grad()
def solve(encoder: Encoder, samples: Samples, n: int) -> None:
    """Solve an encoder's last layer by ridge regression on ``n`` samples or more, in place.

    First its batch normalisation takes the statistics of some of them, and keeps these from
    then on: guesses of one picture and of a batch are the same.
    """
    norms = [m for m in encoder.modules() if isinstance(m, nn.BatchNorm2d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain average over the batches
    encoder.train()
    for start in range(SOLVED, SOLVED + min(n, MEASURED), PART):
        encoder.seen(samples.shown(samples.draw(start, PART).images, start))
    encoder.eval()
    inner = outer = torch.zeros((), dtype=torch.float64)
    for start in range(SOLVED, SOLVED + n, PART):
        batch = samples.draw(start, PART)
        with samples.reduced():
            seen = encoder.seen(samples.shown(batch.images, start)) * encoder.gain
        seen = F.pad(seen, (0, 1), value=1.0).double().cpu()
        inner = inner + seen.t() @ seen
        outer = outer + seen.t() @ encoder.whitened(batch.latents).double().cpu()
    inner += SHRINK * encoder.gain**2 * n * torch.eye(len(inner), dtype=torch.float64)
    solved = torch.linalg.solve(inner, outer).t()
    encoder.guess.weight.copy_(solved[:, :-1])
    encoder.guess.bias.copy_(solved[:, -1])


def pixel_error(images: Tensor, targets: Tensor) -> Tensor:
    """Mean squared difference [n] of pictures, averaged over sizes halved down to 4 px.

    Fine sizes alone would have a shifted edge cost as much as a missing one.
    """
    levels = []
    while True:
        levels.append((images - targets).square().mean(dim=(1, 2, 3)))
        if images.shape[-1] < 8:
            return torch.stack(levels).mean(dim=0)
        images, targets = F.avg_pool2d(images, 2), F.avg_pool2d(targets, 2)
