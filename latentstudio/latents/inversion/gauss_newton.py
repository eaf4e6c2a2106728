"""Closing in on a point: the method of Gauss and Newton, damped (Levenberg and Marquardt).

A loss that is a sum of squares has more to tell than its gradient: how every residual goes with
every coordinate. For small generators, all of that costs no more than a dozen steps of descent,
and it leads into narrow valleys in which descent takes thousands. Reference: Nocedal and Wright,
"Numerical Optimization" (2006), sections 10.2 and 10.3.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from latentstudio.latents.gradient_space import Coordinates
from latentstudio.latents.inversion.points import beyond
from latentstudio.latents.inversion.values import Drawn

LARGEST = 1 << 22  # numbers in a matrix of slopes: above that, descent is cheaper
BATCH = 16  # coordinates that are tried at once
NUDGE = 0.02  # standard deviations by which a coordinate is moved to see its slopes
DAMPING = 1e-2  # to begin with, as a share of the mean curvature
AROUND = (-2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0)  # powers of ten of dampings that are tried
LEAST, MOST = 1e-6, 1e4  # of the damping: beyond the last nothing near is better
ARRIVED = 0.02  # share of the loss: for less an iteration is not worth its time
OUTSIDE, INSIDE = 1.0, 0.002  # residuals of lying beyond samples, and of lying off the mean

Residuals = Callable[[Tensor], Tensor]


class GaussNewton:
    """Iterations for some searches, which take turns batch by batch.

    Parameters
    ----------
    at
        The coordinates; one row for all layers.
    u
        [k, 1, d] in them, where the searches stand.
    alive
        [k], their numbers.
    residuals
        Pictures [n, c, H, W] to [n, m]; their squares add up to the loss.
    most
        Batches that are drawn, at most.
    prior
        Weight of staying likely.
    """

    def __init__(
        self,
        at: Coordinates,
        u: Tensor,
        alive: Tensor,
        residuals: Residuals,
        most: int,
        prior: float,
    ) -> None:
        self._at, self._u, self.alive = at, u.clone(), alive
        self._residuals, self._prior = residuals, prior
        self.left = most
        self._images, self._loss, self._rest = self._drawn(self._u)
        self._turns = deque(self._iterations(i) for i in range(len(u)))

    def step(self) -> Drawn:
        """Draw one batch of pictures: around where a search stands, or where it might go."""
        turn = self._turns.popleft()
        self.left -= 1
        if next(turn):
            self._turns.append(turn)
        if not self._turns:
            self.left = 0
        return Drawn(self.alive, self._u.clone(), self._loss.clone(), self._images.clone(), [])

    @torch.no_grad()
    def _drawn(self, u: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Pictures, their losses, and all residuals, also those of the prior [n, m]."""
        images = self._at.images(u)
        rest = self._residuals(images)
        weight = self._prior**0.5
        prior = [OUTSIDE * weight * beyond(self._at, u), INSIDE * weight * u.flatten(1)]
        loss = rest.square().sum(dim=1).nan_to_num(torch.inf)
        return images, loss, torch.cat([rest, *prior], dim=1)

    def _iterations(self, i: int) -> Iterator[bool]:
        """Of one search: after every batch, whether there is more to do."""
        damping = DAMPING
        while True:
            slopes = list[Tensor]()
            for part in torch.split(torch.arange(self._u.shape[2]), BATCH):
                u = self._u[i].repeat(len(part), 1, 1)
                u[range(len(part)), 0, part] += NUDGE
                slopes.append((self._drawn(u)[2] - self._rest[i]) / NUDGE)
                yield True
            dampings = [damping * 10**power for power in AROUND]
            u = self._u[i] + _steps(torch.cat(slopes), self._rest[i], dampings)[:, None]
            images, loss, rest = self._drawn(u)
            totals = rest.square().sum(dim=1).nan_to_num(torch.inf)
            k, before = int(totals.argmin()), float(self._rest[i].square().sum())
            gain = before - float(totals[k])
            if gain > 0.0:
                self._u[i], self._images[i] = u[k], images[k]
                self._loss[i], self._rest[i] = loss[k], rest[k]
                damping = max(dampings[k], LEAST)
                yield gain > ARRIVED * before
            else:
                damping = dampings[-1]
                yield damping <= MOST


def _steps(slopes: Tensor, rest: Tensor, dampings: list[float]) -> Tensor:
    """Where the residuals would be least, were they straight: [len(dampings), d].

    Parameters
    ----------
    slopes
        [d, m] of the residuals by coordinate.
    rest
        [m].
    dampings
        Shares of the mean curvature that are added to each direction's own.
    """
    # In float64, which not every device has: it is small.
    curvature = (slopes @ slopes.t()).double().cpu().nan_to_num()
    gradient = (slopes @ rest).double().cpu().nan_to_num()
    values, directions = torch.linalg.eigh(curvature)
    added = torch.tensor(dampings, dtype=values.dtype)[:, None] * values.mean().clamp_min(1e-12)
    along = directions.t() @ gradient
    steps: Tensor = -(along / (values.clamp_min(0.0) + added)) @ directions.t()
    return steps.to(rest)
