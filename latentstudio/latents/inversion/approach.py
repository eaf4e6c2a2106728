"""The approach: many searches as one batch, each for itself, the worse ones left out early.

The projector of StyleGAN2 (Karras et al. 2020, appendix D) in coordinates in which the prior is
even: there one rate serves all directions, and staying editable is staying as near to the mean as
samples are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import torch
from torch import Tensor

from latentstudio.latents.gradient_space import Coordinates
from latentstudio.latents.inversion.descent import Adam
from latentstudio.latents.inversion.noise_planes import NoisePlanes
from latentstudio.latents.inversion.points import pull
from latentstudio.latents.inversion.schedule import Schedule
from latentstudio.latents.inversion.values import Drawn, InversionError

NOISE_RATE = 0.25  # of planes, as a factor on the rate
TOGETHER = 0.2  # share of the layers' distance from each other that a step takes back, per rate
PATIENCE, PROGRESS = 25, 0.02  # without so much progress in so many steps it has arrived


class Approach:
    """Steps of Adam for all searches that are left.

    Parameters
    ----------
    at
        The coordinates.
    u
        [k, rows, d] in them, where the searches stand.
    alive
        [k], their numbers.
    loss
        Pictures [k, c, H, W] to losses [k], differentiable.
    schedule
        Rates, and how many steps.
    keep
        How many searches go on from which step on.
    prior
        Weight of staying likely.
    noise
        Planes to search for as well; drawn with by ``at``'s generator.
    random
        Of the noise on the latents.
    """

    def __init__(
        self,
        at: Coordinates,
        u: Tensor,
        alive: Tensor,
        loss: Callable[[Tensor], Tensor],
        schedule: Schedule,
        *,
        keep: Mapping[int, int],
        prior: float,
        noise: NoisePlanes | None,
        random: torch.Generator,
    ) -> None:
        self._at, self._u, self.alive, self._loss = at, u, alive, loss
        self._schedule, self._keep, self._prior = schedule, keep, prior
        self._noise, self._random = noise, random
        self._adam = Adam(self._unknowns)
        self._step = 0
        self._least = torch.full((int(alive.max()) + 1,), torch.inf)  # by number
        self._before, self._waited = torch.inf, 0

    @property
    def left(self) -> int:
        """Steps to the end, as far as is known."""
        return self._schedule.steps - self._step

    def step(self) -> Drawn:
        """Draw, compare, and move: one forward and one backward pass.

        Raises
        ------
        InversionError
            When no search has a loss and a gradient that are numbers.
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
        self._step += 1
        sound = loss.isfinite() & torch.stack([_finite(g) for g in gradients]).all(dim=0)
        loss = torch.where(sound, loss, torch.inf)
        u, *planes = (x.detach() for x in unknowns)
        drawn = Drawn(self.alive, u, loss, images, planes)
        self._move(gradients, rate)
        self._watch(loss)
        self._thin(loss)
        return drawn

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
        """Leave out the searches that are behind, and those that are lost."""
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
            self._u, self.alive = self._u[rows], self.alive[rows]
            self._adam.keep(rows)
            if self._noise is not None:
                self._noise.keep(rows)

    def _watch(self, loss: Tensor) -> None:
        """Begin to slow down when it has arrived; while it wanders it cannot be told."""
        alive = self.alive.cpu()
        self._least[alive] = torch.minimum(self._least[alive], loss.cpu())
        if self._schedule.noise(self._step):
            return
        least, self._waited = float(self._least.min()), self._waited + 1
        if self._before == torch.inf or least < self._before - PROGRESS * abs(self._before):
            self._before, self._waited = least, 0
        if self._waited == PATIENCE:
            self._schedule = self._schedule.ending(self._step)


def _finite(x: Tensor) -> Tensor:
    """[k], whether all numbers of each row are."""
    return x.flatten(1).isfinite().all(dim=1)
