"""Inversion by search: the point whose picture comes nearest to what a loss wants.

Many starts run as one batch, each for itself, and the worse ones are left out early. The search is
StyleGAN2's projector (Karras et al. 2020, appendix D) in coordinates in which the prior is even
(:mod:`~latentstudio.latents.gradient_space`): there one rate serves all directions, and staying
editable is staying as near to the mean as samples are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from latentstudio.generators.protocol import Generator
from latentstudio.latents.gradient_space import Space
from latentstudio.latents.inversion.descent import Adam
from latentstudio.latents.inversion.noise_planes import NoisePlanes
from latentstudio.latents.inversion.points import centred, distances, entered, latents_of, pull
from latentstudio.latents.inversion.schedule import Schedule, halving
from latentstudio.latents.inversion.values import Found, InversionError, Progress
from latentstudio.latents.principal import PrincipalAxes

__all__ = ["Found", "InversionError", "Progress", "Projector"]

STEPS = 300
PEAK: dict[Space, float] = {"z": 0.25, "w": 0.4, "w+": 0.2}
WANDER = 0.05
REFINE = 0.3  # of the peak
NOISE_RATE = 0.25  # of planes, as a factor on the rate
TOGETHER = 0.1  # share of the layers' distance from each other that a step takes back, per rate
PATIENCE, PROGRESS = 25, 0.02  # without so much progress in so many steps it has arrived


class Projector:
    """Searches from several starts.

    Parameters
    ----------
    generator
        In evaluation mode.
    starts
        [k, z_dim] in z, else [k, w_dim] or [k, num_layers, w_dim].
    space
        ``z``; ``w``: one row for all layers; ``w+``: each layer its own.
    loss
        Pictures [k, c, H, W] to losses [k], differentiable
        (:class:`~latentstudio.metrics.matching.Matching`).
    steps
        How many; fewer where it arrives earlier.
    label, psi, cutoff
        Of the mapping, in z; the label for one picture.
    settings
        Keyword arguments of ``synthesize``.
    optimise_noise
        Search for noise planes, too.
    keep
        How many starts go on from which step: ((step, survivors), …);
        :func:`~latentstudio.latents.inversion.schedule.halving` when None.
    prior
        Weight of staying likely; 0 leaves the search free.
    axes
        Principal axes of w; computed here, slowly, when None.
    seed
        Of the noise on the latents.
    enough
        The search is over when a loss is no higher.

    Raises
    ------
    InversionError
        For no start, or noise planes of a generator without noise.
    """

    def __init__(
        self,
        generator: Generator,
        starts: Tensor,
        space: Space,
        loss: Callable[[Tensor], Tensor],
        *,
        steps: int = STEPS,
        label: Tensor | None = None,
        psi: float = 1.0,
        cutoff: int | None = None,
        settings: dict[str, Any] | None = None,
        optimise_noise: bool = False,
        keep: Sequence[tuple[int, int]] | None = None,
        prior: float = 1.0,
        axes: PrincipalAxes | None = None,
        seed: int = 0,
        enough: float = 0.0,
    ) -> None:
        if not len(starts):
            raise InversionError("There is no start to search from: give at least one")
        if optimise_noise and not generator.info.has_noise:
            raise InversionError(
                f"A {generator.family} has no noise to search for: leave the noise option off"
            )
        self._space, self._loss, self._prior, self._enough = space, loss, prior, enough
        self._noise = NoisePlanes(generator, len(starts)) if optimise_noise else None
        settings = dict(settings or {})
        if self._noise is not None:
            generator, settings["noise"] = self._noise.generator, "const"
        self._at = centred(
            generator, space, label=label, psi=psi, cutoff=cutoff, settings=settings, axes=axes
        )
        self._u = entered(self._at, starts.detach())
        self._alive = torch.arange(len(starts), device=starts.device)
        self._schedule = Schedule(steps, PEAK[space], WANDER)
        self._keep = dict(halving(len(starts), steps) if keep is None else keep)
        self._random = torch.Generator().manual_seed(seed)
        self._adam = Adam(self._unknowns)
        self._taken = self._step = 0  # in all, and of this schedule
        self._found: dict[int, Found] = {}
        self._least, self._waited = math.inf, 0

    @property
    def steps(self) -> int:
        """At which step it will end, as far as is known."""
        return self._taken - self._step + self._schedule.steps

    @property
    def done(self) -> bool:
        """Whether there is nothing left to do, unless it is refined."""
        over = self._step >= self._schedule.steps
        return over or (bool(self._found) and self.best.loss <= self._enough)

    @property
    def best(self) -> Found:
        """The best that was seen.

        Raises
        ------
        InversionError
            Before the first step.
        """
        return self.answers[0]

    @property
    def answers(self) -> list[Found]:
        """The best of every start, by rising loss."""
        if not self._found:
            raise InversionError("Nothing has been found yet: let the search take a step")
        return sorted(self._found.values(), key=lambda found: found.loss)

    def step(self) -> Progress:
        """Draw, compare, and move: one forward and one backward pass.

        Raises
        ------
        InversionError
            When no start has a loss and a gradient that are numbers; what was found stays.
        """
        rate, wander = self._schedule.rate(self._step), self._schedule.noise(self._step)
        unknowns = self._unknowns
        if wander:
            noise = torch.randn(self._u.shape, generator=self._random).to(self._u)
            unknowns[0] = self._u + wander * noise
        with torch.enable_grad():
            unknowns = [x.detach().requires_grad_(True) for x in unknowns]
            images, loss, total = self._compared(unknowns)
            gradients = list(torch.autograd.grad(total, unknowns))
        self._taken, self._step = self._taken + 1, self._step + 1
        sound = loss.isfinite() & torch.stack([_finite(g) for g in gradients]).all(dim=0)
        u, *planes = (x.detach() for x in unknowns)
        self._note(u, planes, images, torch.where(sound, loss, math.inf))
        progress = Progress(self._taken, loss, self._alive, images, distances(u))
        self._move(gradients, rate)
        self._thin(torch.where(sound, loss, math.inf))
        self._watch()
        return progress

    def refine(self, steps: int = STEPS // 2) -> None:
        """Go on from the best of each start that is left, with small steps and without noise."""
        best = [self._found[start] for start in self._alive.tolist()]
        self._u = entered(self._at, torch.stack([found.latent for found in best]))
        if self._noise is not None:
            self._noise.resume([found.noise or {} for found in best])
        self._schedule = Schedule(steps, REFINE * PEAK[self._space], wander=0.0)
        self._keep, self._step = {}, 0
        self._adam = Adam(self._unknowns)
        self._least, self._waited = math.inf, 0

    # -- one step ------------------------------------------------------------------------

    @property
    def _unknowns(self) -> list[Tensor]:
        return [self._u, *(self._noise.planes if self._noise is not None else ())]

    def _compared(self, unknowns: list[Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """Pictures and losses, detached, and what is to be made small."""
        if self._noise is not None:
            self._noise.use(unknowns[1:])
        images = self._at.images(unknowns[0])
        loss = self._loss(images)
        total = loss.sum()
        if self._noise is not None:
            total = total + self._noise.penalty(unknowns[1:]).sum()
        return images.detach(), loss.detach(), total

    def _note(self, u: Tensor, planes: list[Tensor], images: Tensor, loss: Tensor) -> None:
        """Keep what is better than anything before from its start."""
        latents = latents_of(self._at, u)
        for i, (start, now) in enumerate(zip(self._alive.tolist(), loss.tolist(), strict=True)):
            known = self._found.get(start)
            if now < (math.inf if known is None else known.loss):
                noise = self._noise.of(planes, i) if self._noise is not None else None
                latent, image = latents[i].clone(), images[i].clone()
                self._found[start] = Found(latent, self._space, now, start, noise, image)

    def _move(self, gradients: list[Tensor], rate: float) -> None:
        """One step of all that are left."""
        steps = self._adam.steps(gradients)
        apart = self._u - self._u.mean(dim=1, keepdim=True)
        back = pull(self._at, self._u) - TOGETHER * apart
        self._u = self._u - rate * (steps[0] - self._prior * back)
        if self._noise is not None:
            moved = zip(self._noise.planes, steps[1:], strict=True)
            self._noise.move([plane - NOISE_RATE * rate * step for plane, step in moved])

    def _thin(self, loss: Tensor) -> None:
        """Leave out the starts that are behind, and those that are lost."""
        left = min(len(loss), self._keep.get(self._step, len(loss)))
        rows = loss.argsort()[:left].sort().values
        rows = rows[loss[rows].isfinite()]
        if not len(rows):
            self._schedule = replace(self._schedule, steps=self._step)
            raise InversionError(
                "The loss is no number (NaN or infinity), so the search has ended: take the best"
                " so far, or another snapshot of the generator"
            )
        if len(rows) < len(loss):
            self._u, self._alive = self._u[rows], self._alive[rows]
            self._adam.keep(rows)
            if self._noise is not None:
                self._noise.keep(rows)

    def _watch(self) -> None:
        """Begin to slow down when it has arrived; while it wanders it cannot be told."""
        if self._schedule.noise(self._step):
            return
        least, self._waited = self.best.loss, self._waited + 1
        if math.isinf(self._least) or least < self._least - PROGRESS * abs(self._least):
            self._least, self._waited = least, 0
        if self._waited == PATIENCE:
            self._schedule = self._schedule.ending(self._step)


def _finite(x: Tensor) -> Tensor:
    """[k], whether all numbers of each row are."""
    return x.flatten(1).isfinite().all(dim=1)
