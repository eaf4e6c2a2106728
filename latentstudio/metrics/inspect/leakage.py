"""What moving one attribute does to all others, for every attribute that a generator shows.

The directions are ridge regressions of the classifier's scores on the codes, each so long that the
regression foresees one standard deviation; how far an attribute really goes along its own direction
stands on the diagonal of the matrix.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from latentstudio.generators.protocol import Generator
from latentstudio.latents.directions.calibrate import calibrate
from latentstudio.latents.directions.errors import DirectionError
from latentstudio.latents.directions.ridge import fit_ridge
from latentstudio.latents.directions.validation import cross_validate
from latentstudio.metrics.disentanglement.response import Row, leakage_matrix, leakage_row
from latentstudio.metrics.inspect.plan import Plan
from latentstudio.metrics.inspect.report import Fitted, Leakage
from latentstudio.metrics.inspect.samples import Floats, Samples, outputs_of, readings_of
from latentstudio.metrics.inspect.task import Task
from latentstudio.metrics.path_length import Space
from latentstudio.metrics.quality import evaluating
from latentstudio.metrics.spaces.classifier import AttributeClassifier

METHOD = "ridge regression of scores on codes, as long as it foresees 1 standard deviation"
_USUAL = 35  # columns that a generator shows, before anybody knows
_FIT = 0.08  # of a picture's time for each sample


class Step(NamedTuple):
    """A displacement of the codes [d], and what it was fitted to."""

    vector: Floats
    about: Fitted


def direction_task(
    plan: Plan, samples: Callable[[], Samples], space: Space
) -> Task[tuple[Step, ...]]:
    """Fit a direction to every column in which samples differ, but for those that nothing moves."""

    def slices() -> list[partial[Step | None]]:
        return [partial(fit, samples().codes(space), i) for i in samples().shown]

    def fit(codes: Floats, i: int) -> Step | None:
        column, target = samples().columns[i], samples().target(i)
        try:
            step = calibrate(fit_ridge(codes, target).direction, codes, target)
            checked = cross_validate(fit_ridge, codes, target)
        except DirectionError:
            return None
        about = Fitted(
            attribute=column.attribute,
            value=column.value,
            length=float(np.linalg.norm(step)),
            r2=checked.score,
            r2_stderr=checked.stderr,
            weak=checked.weak,
        )
        return Step(step, about)

    def finish(made: list[Step | None]) -> tuple[Step, ...]:
        return tuple(step for step in made if step is not None)

    cost = _USUAL * _FIT * plan.num
    return Task(f"directions in {space}", cost, slices, finish, draws=False)


def leakage_task(
    generator: Generator,
    classifier: AttributeClassifier,
    plan: Plan,
    samples: Callable[[], Samples],
    directions: Callable[[], tuple[Step, ...]],
    space: Space,
    source: str,
    key: str,
) -> Task[Leakage]:
    """Go along each direction, with the first samples."""
    n = plan.moved
    parts = [slice(start, min(n, start + plan.batch)) for start in range(0, n, plan.batch)]

    def slices() -> list[partial[Tensor]]:
        if not directions():
            raise ValueError("samples differ in no attribute: there is no direction to go along")
        return [partial(moved, step, part) for step in directions() for part in parts]

    def moved(step: Step, part: slice) -> Tensor:
        ws = _displaced(generator, samples(), step.vector, space, part)
        return readings_of(classifier, outputs_of(generator, classifier, ws, plan.batch))

    def row(step: Step, after: Tensor) -> Row:
        known, aim = samples(), (step.about.attribute, step.about.value)
        name = next(c.title for c in known.columns if (c.attribute, c.value) == aim)
        return leakage_row(name, aim, known.population, known.readings[:n], after)

    def finish(made: list[Tensor]) -> Leakage:
        after = torch.split(torch.cat(made), n)
        rows = [row(step, table) for step, table in zip(directions(), after, strict=True)]
        return Leakage(
            space=space,
            method=METHOD,
            n=n,
            directions=tuple(step.about for step in directions()),
            matrix=leakage_matrix(rows, samples().columns, source=source),
        )

    return Task(f"leakage in {space}", _USUAL * n, slices, finish, key=key, kind=Leakage)


def _displaced(
    generator: Generator, known: Samples, vector: Floats, space: Space, part: slice
) -> Tensor:
    """The latents of some samples, moved."""
    step = torch.from_numpy(vector).to(known.z)
    if space == "w":
        return known.ws[part] + step
    labels = None if known.labels is None else known.labels[part]
    with evaluating(generator), torch.inference_mode():
        return generator.map(known.z[part] + step, labels)
