"""Edits by the gradient of a classifier: until an attribute stands where it is wanted.

One forward and one backward pass a step. The gradient is that of

    S = sum over i of W_i r_i s_i,

where s are the scores in standard deviations, r_target is how far the target lies behind a goal
that walks ahead of it, and r_i how far a held attribute has drifted from where it was: at each step
the steepest way to lessen all errors at once. It is taken in coordinates in which the prior is even
(:mod:`~latentstudio.latents.gradient_space`), and so prefers what is likely. Where it is known how
the scores go with the latents over samples, every step also goes ahead along the target's direction
freed of the held ones (conditional manipulation, Shen et al. 2020, section 2.3): the gradient then
has only what is particular to this picture to mend.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from latentstudio.latents.gradient_space import Coordinates

PACE = 0.08  # standard deviations that the goal walks in a step
AHEAD = 2.0  # and how far beyond the goal it walks where the target lags behind
TARGET, HELD = 4.0, 0.3  # weights of the errors
STEP = 1.0 / 6.0  # of the gradient
MEMORY = 0.5  # share of the last step's gradient in the next: what jitters is evened out
LONGEST = 0.4  # a step, in deviations a row
CAREFUL, BOLD = 0.6, 1.1  # factors on a step after the held ones drifted more, or did not
LEAST_CARE, MOST_CARE = 0.1, 2.0
PRIOR = 3.0  # pull of the prior beyond what is usual
CLOSE = 0.05  # standard deviations from the goal: there
MEND = 0.1  # share of a drift, up to FAR, that a step takes back by the slopes
FAR = 0.7
RIDGE, TARGET_RIDGE = 0.1, 0.01  # slopes below their roots count for little
PATIENCE, PROGRESS = 25, 0.02  # without so much progress in so many steps it cannot go on


class GradientError(ValueError):
    """An edit that cannot be made: the message is one sentence."""


@dataclass(frozen=True, eq=False)
class GradientStep:
    """Where an edit stood when a step was taken.

    Attributes
    ----------
    index
        1, 2, …
    offset
        The displacement [n, z_dim], [n, w_dim] or [n, num_layers, w_dim] before the step.
    scores
        Standardised scores [n, c] of its pictures.
    reached
        [n]: whether the goal is reached there; such points do not move any more.
    """

    index: int
    offset: Tensor
    scores: Tensor
    reached: Tensor


class GradientEdit:
    """Moves points, each for itself, until an attribute stands at a goal.

    Parameters
    ----------
    coordinates
        Where they start, and what may be displaced.
    score
        Pictures to standardised scores [n, c], differentiable.
    target
        Column to move.
    goal
        Score to reach, one for all or [n].
    hold
        [c] weights of the columns that are to stay: 0 or more, 1 for an ordinary hold; 0 for the
        target.
    periods
        [c] in units of the scores for those that run in a circle, infinity for others.
    slopes
        [c, d] how the scores go with the coordinates over samples
        (:meth:`~latentstudio.latents.gradient_space.Coordinates.slopes`); None where that is not
        known.
    prior
        Weight of staying likely: near the norm of the prior in z, and within the usual
        Mahalanobis distance of the mean in w.

    Raises
    ------
    GradientError
        When the target is among the held, or there is nothing to displace.
    """

    def __init__(
        self,
        coordinates: Coordinates,
        *,
        score: Callable[[Tensor], Tensor],
        target: int,
        goal: float | Tensor,
        hold: Tensor,
        periods: Tensor | None = None,
        slopes: Tensor | None = None,
        prior: float = 1.0,
    ) -> None:
        if hold[target] > 0:
            raise GradientError("What is to move is also held: hold something else")
        if not coordinates.rows:
            raise GradientError("There is no layer to displace: choose a larger range of layers")
        at, like = coordinates, coordinates.start
        n = len(like)
        self._at, self._score, self._prior = at, score, prior
        held = hold.to(like.device).nonzero()[:, 0].tolist()
        self._columns = [target, *held]
        self._weights = HELD * hold[self._columns].to(like)
        self._weights[0] = TARGET
        self._periods = like.new_full((len(self._columns),), torch.inf)
        if periods is not None:
            self._periods = periods[self._columns].to(like)
        self._ahead = None if slopes is None else _freed(slopes[self._columns].to(like))
        self._goal = torch.as_tensor(goal).to(like).expand(n).clone()
        self._u = at.zeros()
        self._memory = torch.zeros_like(self._u)
        self._care = like.new_ones(n)
        self._drift = like.new_full((n,), torch.inf)
        self._start: Tensor | None = None  # scores at the beginning
        self._from = like.new_zeros(n)  # and where the goal's walk began
        self._walked, self._index = 0, 0
        self._best, self._waited = torch.inf, 0
        self.reached = torch.zeros(n, dtype=torch.bool, device=like.device)

    @property
    def offset(self) -> Tensor:
        """The displacement by now."""
        return self._at.offset(self._u)

    @property
    def stalled(self) -> bool:
        """Whether it has not come nearer for long: the attribute cannot be reached from here."""
        return self._waited >= PATIENCE

    def step(self) -> GradientStep:
        """Look at the pictures, and take a step.

        Raises
        ------
        GradientError
            When the scores or the gradient are no numbers; nothing has moved then.
        """
        with torch.enable_grad():
            u = self._u.clone().requires_grad_(True)
            scores = self._score(self._at.images(u))
            seen = scores.detach()[:, self._columns].to(u)
            errors = self._errors(seen)
            weighted = (scores[:, self._columns].to(u) * (errors * self._weights)).sum()
            (gradient,) = torch.autograd.grad(weighted, u)
        if not (bool(gradient.isfinite().all()) and bool(seen.isfinite().all())):
            raise GradientError(
                "The gradient is no number (NaN or infinity), so the picture stays: edit another"
                " attribute, or take another snapshot of the generator"
            )
        here = self._at.offset(self._u)
        self._index += 1
        self._note(seen)
        self._move(gradient, errors)
        return GradientStep(self._index, here, scores.detach(), self.reached.clone())

    def reverse(self) -> None:
        """Go the other way from here on: to the goal mirrored at the start's score."""
        if self._start is not None:
            self._goal = 2.0 * self._start[:, 0] - self._goal
        self._walked = self._waited = 0
        self._best = torch.inf
        self._memory.zero_()
        self.reached.zero_()

    # -- one step ------------------------------------------------------------------------

    def _errors(self, seen: Tensor) -> Tensor:
        """[n, 1 + held]: behind the walking goal, and drifted."""
        if self._start is None:
            self._start = seen
        if self._walked == 0:
            self._from = seen[:, 0].clone()
        self._walked += 1
        errors = _wrapped(seen - self._start, self._periods)
        way = _wrapped(self._goal - self._from, self._periods[0])
        walked = torch.clamp(way.abs() + AHEAD, max=PACE * self._walked) * way.sign()
        errors[:, 0] = _wrapped(seen[:, 0] - self._from, self._periods[0]) - walked
        return errors

    def _note(self, seen: Tensor) -> None:
        """Who has arrived, and whether there is progress."""
        way = _wrapped(self._goal - self._from, self._periods[0])
        left = _wrapped(self._goal - seen[:, 0], self._periods[0])
        self.reached |= left * way.sign() < CLOSE
        worst = float(torch.where(self.reached, 0.0, left.abs()).max())
        self._waited = 0 if worst < self._best - PROGRESS else self._waited + 1
        self._best = min(self._best, worst) if self._waited else worst

    def _move(self, gradient: Tensor, errors: Tensor) -> None:
        """One step for those that have not arrived."""
        if self._index > 1:
            gradient = MEMORY * self._memory + (1.0 - MEMORY) * gradient
        self._memory = gradient
        drift = errors[:, 1:].square().sum(dim=1)
        worse = drift > 1.1 * self._drift + 0.02
        care = torch.where(worse, CAREFUL * self._care, BOLD * self._care)
        self._care = care.clamp(LEAST_CARE, MOST_CARE) if self._index > 1 else self._care
        self._drift = drift
        step = -STEP * self._care[:, None, None] * gradient - self._pull()
        if self._ahead is not None:
            way = _wrapped(self._goal - self._from, self._periods[0]).sign()
            wanted = -MEND * errors.clamp(-FAR, FAR)
            wanted[:, 0] = PACE * way
            step = step + (wanted @ self._ahead)[:, None]
        # As long as its longest row may be: in w+ all rows share the way.
        length = step.flatten(1).norm(dim=1) / self._at.rows**0.5
        step = step * (LONGEST / length.clamp_min(1e-12)).clamp(max=1.0)[:, None, None]
        self._u = self._u + torch.where(self.reached[:, None, None], 0.0, step)

    def _pull(self) -> Tensor:
        """Towards what is usual: as strong as a point is further out than it began."""
        place = self._at.origin + self._u
        norm = place.norm(dim=2, keepdim=True).clamp_min(1e-12)
        usual = self._at.typical
        allowed = self._at.origin.norm(dim=2, keepdim=True).clamp_min(usual)
        excess = (norm - allowed).clamp_min(0.0)
        if self._at.space == "z":  # the prior is a thin shell: its inside is unlikely, too
            excess = excess - (allowed.clamp_max(usual) - norm).clamp_min(0.0)
        pull: Tensor = (STEP * PRIOR * self._prior) * place * (excess / norm)
        return pull


def _freed(slopes: Tensor) -> Tensor:
    """Ways [1 + held, d] along each of which one score rises by 1 and the others hardly do.

    The first way leaves the target's slope alone, the others leave the target.
    """
    ridge = slopes.new_full((len(slopes),), RIDGE)
    ridge[0] = TARGET_RIDGE
    freed: Tensor = torch.linalg.solve(slopes @ slopes.t() + ridge.diag(), slopes)
    return freed


def _wrapped(x: Tensor, periods: Tensor) -> Tensor:
    """Differences, the short way round where there is a period."""
    half = torch.where(periods.isinf(), 0.0, periods / 2)
    round_ = torch.remainder(x + half, torch.where(periods.isinf(), 1.0, periods)) - half
    short: Tensor = torch.where(periods.isinf(), x, round_)
    return short
