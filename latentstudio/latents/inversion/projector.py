"""Inversion by search: the point whose picture comes nearest to what a loss wants.

In three phases, of which a search takes those that it needs: many starts approach as one batch and
are thinned out (:mod:`~latentstudio.latents.inversion.approach`); the best close in, where
the loss is a sum of squares and the generator small enough
(:mod:`~latentstudio.latents.inversion.gauss_newton`); then what was held still is released, each
layer's own w and the noise planes, and fitted from there. A search in w+ that begins with one w for
all layers ends nearer than one that is free at once, and in less time.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor

from latentstudio.generators.protocol import Generator
from latentstudio.latents.gradient_space import Coordinates, Space
from latentstudio.latents.inversion.approach import Approach
from latentstudio.latents.inversion.gauss_newton import LARGEST, GaussNewton
from latentstudio.latents.inversion.noise_planes import NoisePlanes
from latentstudio.latents.inversion.points import centred, distances, entered, latents_of, spreads
from latentstudio.latents.inversion.schedule import Schedule, halving
from latentstudio.latents.inversion.values import Drawn, Found, InversionError, Progress
from latentstudio.latents.principal import PrincipalAxes, principal_axes

__all__ = ["Found", "InversionError", "Progress", "Projector"]

STEPS = 300
PEAK: dict[Space, float] = {"z": 0.25, "w": 0.4, "w+": 0.2}  # of the rate
WANDER = 0.05
APPROACH, RELEASE = 0.2, 0.5  # shares of the steps before, and after, closing in
SMALL = 0.4  # of the peak: for going on from what is good already
APART = 1e-3  # standard deviations: layers that are no farther apart have one w


class Phase(Protocol):
    """A part of a search."""

    @property
    def alive(self) -> Tensor:
        """The numbers of the searches that go on [k]."""
        ...

    @property
    def left(self) -> int:
        """Steps to its end, as far as is known."""
        ...

    def step(self) -> Drawn:
        """Draw one batch."""
        ...


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
    residuals
        Pictures to [k, m], whose squares add up to the loss; None where there are none.
    steps
        How many; fewer where it arrives earlier, and more where several answers close in.
    answers
        How many starts go on to the end.
    label, psi, cutoff
        Of the mapping, in z; the label for one picture.
    settings
        Keyword arguments of ``synthesize``.
    optimise_noise
        Search for noise planes, too.
    keep
        How many starts go on from which step of the approach: ((step, survivors), …);
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
        residuals: Callable[[Tensor], Tensor] | None = None,
        steps: int = STEPS,
        answers: int = 1,
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
        settings = dict(settings or {})
        self._noise = NoisePlanes(generator, len(starts)) if optimise_noise else None
        if self._noise is not None:
            settings["noise"] = "const"
        if axes is None and space != "z" and generator.has_mapping:
            axes = principal_axes(generator)
        mapping: dict[str, Any] = {"label": label, "psi": psi, "cutoff": cutoff}
        drawn = generator if self._noise is None else self._noise.generator
        self._at = centred(drawn, space, axes, settings=settings, **mapping)
        self._narrow = self._at  # one row and no planes: where it can close in
        if space == "w+" or self._noise is not None:
            one: Space = "z" if space == "z" else "w"
            self._narrow = centred(generator, one, axes, settings=settings, **mapping)
        self._loss, self._residuals, self._prior = loss, residuals, prior
        self._random, self._enough = torch.Generator().manual_seed(seed), enough
        self._found: dict[int, Found] = {}
        self._taken = 0
        self._plan: deque[tuple[int, Callable[[int], Phase]]] = deque()
        self._phase = self._begun(starts.detach(), steps, answers, keep)

    @property
    def steps(self) -> int:
        """At which step it will end, as far as is known."""
        ahead = 0 if self.done else self._phase.left + sum(most for most, _ in self._plan)
        return self._taken + ahead

    @property
    def done(self) -> bool:
        """Whether there is nothing left to do, unless it is refined."""
        over = self._phase.left <= 0 and not self._plan
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
        """Draw one batch of pictures, compare, and move.

        Raises
        ------
        InversionError
            When no start has a loss and a gradient that are numbers; what was found stays.
        """
        if self._phase.left <= 0 and self._plan:
            most, begin = self._plan.popleft()
            self._phase = begin(most)
        try:
            drawn = self._phase.step()
        except InversionError:
            self._plan.clear()
            raise
        self._taken += 1
        self._note(drawn)
        return Progress(self._taken, drawn.loss, drawn.alive, drawn.images, distances(drawn.u))

    def refine(self, steps: int = STEPS // 2) -> None:
        """Go on from the best of each start that is left, and leave none of it."""
        self._plan.clear()
        closes = self._narrow is self._at and self._can_close()
        self._phase = self._closing(steps) if closes else self._release(steps)

    # -- phases --------------------------------------------------------------------------

    def _begun(
        self,
        starts: Tensor,
        steps: int,
        answers: int,
        keep: Sequence[tuple[int, int]] | None,
    ) -> Phase:
        """The first phase; those after it are planned."""
        u = entered(self._at, starts)
        at, noise = self._at, self._noise
        # One w for each layer, given so, is not to be thrown together.
        if self._can_close() and float(spreads(u).max()) < APART:
            at, noise, u = self._narrow, None, u[:, :1]
            approach = math.ceil(APPROACH * steps)
            release = 0 if at is self._at else math.ceil(RELEASE * steps)
            closing = max(1, steps - approach - release)
            self._plan.append((closing * min(answers, len(u)), self._closing))
            if release:
                self._plan.append((release, self._release))
            steps = approach
        return Approach(
            at,
            u,
            torch.arange(len(starts), device=starts.device),
            self._loss,
            Schedule(steps, PEAK[at.space], WANDER),
            keep=dict(halving(len(starts), steps, answers) if keep is None else keep),
            prior=self._prior,
            noise=noise,
            random=self._random,
        )

    def _can_close(self) -> bool:
        """Whether there are residuals, and few enough."""
        drawn = self._at.generator
        residuals = drawn.channels * drawn.resolution**2 * 4 // 3
        return self._residuals is not None and self._at.dim * residuals <= LARGEST

    def _closing(self, most: int) -> Phase:
        assert self._residuals is not None
        u = self._best_of(self._phase.alive, self._narrow)
        return GaussNewton(
            self._narrow, u, self._phase.alive, self._residuals, most=most, prior=self._prior
        )

    def _release(self, steps: int) -> Phase:
        """Small steps of everything that is searched for."""
        alive = self._phase.alive
        if self._noise is not None:
            self._noise.resume([self._found[start].noise or {} for start in alive.tolist()])
        return Approach(
            self._at,
            self._best_of(alive, self._at),
            alive,
            self._loss,
            Schedule(steps, SMALL * PEAK[self._at.space], wander=0.0),
            keep={},
            prior=self._prior,
            noise=self._noise,
            random=self._random,
        )

    def _best_of(self, alive: Tensor, at: Coordinates) -> Tensor:
        """Where the best of some starts lie [k, rows, d]."""
        return entered(at, torch.stack([self._found[start].latent for start in alive.tolist()]))

    def _note(self, drawn: Drawn) -> None:
        """Keep what is better than anything before from its start."""
        rows = drawn.u.expand(-1, self._at.rows, -1)
        latents = latents_of(self._at, rows)
        for i, (start, now) in enumerate(
            zip(drawn.alive.tolist(), drawn.loss.tolist(), strict=True)
        ):
            known = self._found.get(start)
            if now < (math.inf if known is None else known.loss):
                noise = None
                if drawn.planes and self._noise is not None:
                    noise = self._noise.of(drawn.planes, i)
                latent, image = latents[i].clone(), drawn.images[i].clone()
                self._found[start] = Found(latent, self._at.space, now, start, noise, image)
