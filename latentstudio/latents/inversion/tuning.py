"""Fine tuning of a generator around a point, until the point's picture is the wanted one.

Pivotal tuning (Roich et al., "Pivotal Tuning for Latent-based Editing of Real Images", 2022,
section 3): the point stays, the weights move. Here they move by products of low rank (Hu et al.,
"LoRA", 2022), so that what is kept is small, and in the convolutions alone, so that points,
directions and styles keep their meaning. In place of their locality term, pictures of other
points, another each step, are held to what they were: see :data:`HOLD`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from latentstudio.checkpoints.difference import Difference, Factors, tunable
from latentstudio.generators.protocol import Generator
from latentstudio.latents.inversion.descent import Adam

STEPS = 350  # at most, as published
RANK = 8
RATE = 3e-3  # share of a weight's usual size that a step moves it by
HOLD = 10.0  # weight of other pictures' change against the point's own loss, both as shares
PAIRS = 8  # of samples, which say how much pictures differ
_SEED = 1 << 31  # of the first other point: people use small ones


class TuningError(ValueError):
    """A tuning that cannot go on: the message is one sentence."""


@dataclass(frozen=True, eq=False)
class Progress:
    """Where a tuning stood when a step was taken.

    Attributes
    ----------
    index
        1, 2, …
    loss
        Of the point's picture, before the step.
    drift
        Mean squared change of another point's picture, as a share of what two pictures of the
        generator differ by.
    image
        The point's picture [1, channels, H, W].
    """

    index: int
    loss: float
    drift: float
    image: Tensor


class Tuner:
    """Moves weights of a generator until a point's picture has a low loss.

    Parameters
    ----------
    generator
        In evaluation mode, of any family; it is left as it is.
    ws
        The point [1, num_layers, w_dim], as it is drawn.
    loss
        Pictures [1, channels, H, W] to losses [1], differentiable.
    rank
        Of each weight's change; smaller weights have less.
    rate
        Share of a weight's usual size that a step moves it by.
    steps
        How many at most.
    stop_below
        Loss at which it is good enough.
    hold
        How much other pictures are to stay as they are; 0 for not at all.
    settings
        Keyword arguments of ``synthesize`` for the point's picture.
    seed
        Decides on the subspaces that the changes begin in.
    """

    def __init__(
        self,
        generator: Generator,
        ws: Tensor,
        loss: Callable[[Tensor], Tensor],
        *,
        rank: int = RANK,
        rate: float = RATE,
        steps: int = STEPS,
        stop_below: float = 0.0,
        hold: float = HOLD,
        settings: dict[str, Any] | None = None,
        seed: int = 0,
    ) -> None:
        self._generator, self._loss = generator, loss
        self._ws, self._settings = ws.detach().clone(), settings or {}
        self._rate, self._steps, self._enough, self._hold = rate, steps, stop_below, hold
        random = torch.Generator().manual_seed(seed)
        self._changes = {
            name: _Change(weight, rank, random) for name, weight in tunable(generator).items()
        }
        self._factors = [f for change in self._changes.values() for f in (change.up, change.down)]
        self._adam = Adam(self._factors)
        self._spread = _spread(generator)
        self._index, self._scale = 0, 0.0
        self._best: tuple[float, dict[str, Factors]] = (torch.inf, {})

    @property
    def done(self) -> bool:
        """Whether it is good enough, or there were enough steps."""
        return self._index >= self._steps or self._best[0] <= self._enough

    def step(self) -> Progress:
        """Look at the picture, and take a step.

        Raises
        ------
        TuningError
            When the loss or a gradient is no number; nothing has moved then.
        """
        with torch.enable_grad():
            weights = {name: change.weight() for name, change in self._changes.items()}
            image = _draw(self._generator, weights, self._ws, self._settings)
            loss = self._loss(image).sum()
            value = float(loss.detach())
            scale = self._scale or max(value, 1e-12)
            drift = self._drift(weights)
            goal = loss / scale + self._hold * drift
            gradients = torch.autograd.grad(
                goal, self._factors, allow_unused=True, materialize_grads=True
            )
        if not all(bool(each.isfinite().all()) for each in (goal, *gradients)):
            raise TuningError(
                "The loss is no number (NaN or infinity), so the generator stays as it was: choose"
                " another picture, or another snapshot of the generator"
            )
        if value < self._best[0]:
            self._best = value, {n: c.kept() for n, c in self._changes.items() if c.up.any()}
        self._scale, self._index = scale, self._index + 1
        with torch.no_grad():
            for factor, step in zip(self._factors, self._adam.steps(gradients), strict=True):
                factor.sub_(step, alpha=self._rate)
        return Progress(self._index, value, float(drift.detach()), image.detach())

    def difference(self, name: str = "") -> Difference:
        """The change that led to the lowest loss, on the CPU: from the generator as it was given.

        Without weights where no step lowered it. For a generator that is tuned already, put its
        own difference first (:meth:`~latentstudio.checkpoints.difference.Difference.then`).
        """
        return Difference(self._generator.content_hash, weights=self._best[1], name=name)

    def _drift(self, weights: dict[str, Tensor]) -> Tensor:
        """How far the picture of another point is from what it was."""
        if not self._hold:
            return self._ws.new_zeros(())
        with torch.no_grad():
            ws = _point(self._generator, _SEED + self._index)
            before = self._generator.synthesize(ws)
        after = _draw(self._generator, weights, ws, {})
        return (after - before).square().mean() / self._spread


def drift(generator: Generator, tuned: Generator, n: int = 64) -> float:
    """How much the pictures of seeds 0 to ``n - 1`` differ between two generators.

    Returns
    -------
    float
        Mean squared difference, as a share of that between two samples of the first one: 0 for
        equal ones, about 1 for unrelated ones.
    """
    total = 0.0
    with torch.no_grad():
        for seed in range(n):
            ws = _point(generator, seed)
            total += float((tuned.synthesize(ws) - generator.synthesize(ws)).square().mean())
    return total / n / _spread(generator)


class _Change:
    """What is added to a weight: its usual size times ``up`` times ``down``.

    ``up`` begins at 0, and the rows of ``down`` are even: a step of Adam moves both factors, and
    so every entry of the product, by a like share of the weight's size in every family.
    """

    def __init__(self, weight: Tensor, rank: int, random: torch.Generator) -> None:
        self._base, self._size = weight.detach(), float(weight.detach().square().mean().sqrt())
        rank = min(rank, len(weight), weight[0].numel())
        down = torch.randn((rank, *weight.shape[1:]), generator=random) / rank**0.5
        self.down = down.to(weight).requires_grad_(True)
        self.up = weight.new_zeros((len(weight), rank)).requires_grad_(True)

    def weight(self) -> Tensor:
        """The weight as it is changed."""
        change: Tensor = self._size * self.up @ self.down.flatten(1)
        return self._base + change.view(self._base.shape)

    def kept(self) -> Factors:
        """Copies on the CPU, the size in ``up``."""
        up, down = self.up.detach() * self._size, self.down.detach().clone()
        return up.cpu(), down.cpu()


class _Drawn(nn.Module):
    """``synthesize`` as torch's functional calls want it."""

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self.generator = generator

    def forward(self, ws: Tensor, settings: dict[str, Any]) -> Tensor:
        """A picture."""
        image: Tensor = self.generator.synthesize(ws, **settings)
        return image


def _draw(
    generator: Generator, weights: dict[str, Tensor], ws: Tensor, settings: dict[str, Any]
) -> Tensor:
    """Draw with these weights in the place of the generator's own."""
    named = {f"generator.{name}": weight for name, weight in weights.items()}
    image: Tensor = functional_call(_Drawn(generator), named, (ws, settings))
    return image


def _point(generator: Generator, seed: int) -> Tensor:
    """The latents of a sample, of one class after the other."""
    classes = generator.num_classes
    label = torch.tensor([seed % classes], device=generator.device) if classes else None
    return generator.map(generator.sample_z(1, seed), label)


def _spread(generator: Generator) -> float:
    """Mean squared difference of two samples."""
    with torch.no_grad():
        pictures = (generator.synthesize(_point(generator, _SEED - i)) for i in range(2 * PAIRS))
        squares = [float((a - b).square().mean()) for a, b in zip(pictures, pictures, strict=True)]
    return max(sum(squares) / PAIRS, 1e-12)
