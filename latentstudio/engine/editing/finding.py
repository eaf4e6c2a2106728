"""Directions by how they are asked for, before they are freed of others and given a length."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from latentstudio.engine.editing.codes import recipe_codes
from latentstudio.latents.directions.fitted import Fit
from latentstudio.latents.directions.ganspace import ganspace
from latentstudio.latents.directions.groups import (
    difference_of,
    fit_examples,
    validate_examples,
)
from latentstudio.latents.directions.logistic import fit_logistic
from latentstudio.latents.directions.ridge import fit_ridge
from latentstudio.latents.directions.sefa import sefa
from latentstudio.latents.directions.svm import fit_svm
from latentstudio.latents.directions.validation import cross_validate
from latentstudio.latents.directions.verdict import Validation

if TYPE_CHECKING:
    from latentstudio.document.direction import Method
    from latentstudio.engine.editing.desk import Desk
    from latentstudio.engine.editing.lane import Task
    from latentstudio.engine.editing.values import FitRequest, Floats
    from latentstudio.generators.protocol import Generator
    from latentstudio.latents.directions.arrays import Bools

AGAINST = 64  # samples at least that examples stand against where there are no others
PRINCIPAL = 2000  # samples behind principal directions
_FITS: dict[str, Callable[..., Fit]] = {
    "ridge": fit_ridge,
    "logistic": fit_logistic,
    "svm": fit_svm,
}


@dataclass(frozen=True, eq=False)
class Found:
    """A direction as it was found.

    Attributes
    ----------
    vector
        float64 [d] of any length.
    method, samples
        How, and from how many samples or pictures.
    sentence, weak
        How far to trust it.
    score, score_kind
        Cross-validated, where it was fitted.
    """

    vector: Floats
    method: Method
    samples: int
    sentence: str
    weak: bool = False
    score: float | None = None
    score_kind: str = ""


def find_direction(
    task: Task, desk: Desk, request: FitRequest, codes: Floats, column: int | None
) -> Found:
    """Find what is asked for, but for style channels.

    Parameters
    ----------
    task, desk
        Of the generator.
    request
        What is wanted.
    codes
        [n, d] of the samples.
    column
        Index of the attribute; for the kind ``attribute``.

    Raises
    ------
    ValueError
        One sentence: nothing to fit to, or a number that is not there.
    """
    if request.kind == "attribute":
        assert column is not None
        return _fitted(request, codes, _target(desk, request, column, len(codes)))
    if request.kind == "examples":
        return _examples(task, desk, request, codes)
    if request.kind == "difference":
        return _difference(task, desk, request)
    if request.kind == "principal":
        return _principal(task, desk, request)
    return _sefa(task, desk, request)


def _target(desk: Desk, request: FitRequest, column: int, n: int) -> Floats | Bools:
    """What the codes are to tell: standings [n], or labels."""
    if request.method != "logistic":
        return desk.standings(column, n)
    if desk.columns[column].kind == "continuous":
        return desk.standings(column, n) > 0.0
    return desk.readings(desk.outputs.view(0, n))[:, column] > 0.5


def _fitted(request: FitRequest, codes: Floats, target: Floats | Bools) -> Found:
    fit = _FITS[request.method]
    found, check = fit(codes, target), cross_validate(fit, codes, target)
    return _checked(found, check, request.method, len(codes))


def _examples(task: Task, desk: Desk, request: FitRequest, codes: Floats) -> Found:
    more = _group(task, desk, request, "more")
    if request.less:
        less = _group(task, desk, request, "less")
    else:
        less = codes[: max(AGAINST, 4 * len(more))]
    check = validate_examples(more, less)
    return _checked(fit_examples(more, less), check, "logistic", len(more) + len(request.less))


def _checked(found: Fit, check: Validation, method: Method, samples: int) -> Found:
    return Found(
        found.direction, method, samples, check.sentence, check.weak, check.score, check.kind
    )


def _difference(task: Task, desk: Desk, request: FitRequest) -> Found:
    more, less = (_group(task, desk, request, side) for side in ("more", "less"))
    count = len(more) + len(less)
    sentence = "The difference of two pictures."
    if count > 2:
        sentence = f"The difference of the means of {len(more)} and of {len(less)} pictures."
    return Found(difference_of(more, less), "difference", count, sentence)


def _group(task: Task, desk: Desk, request: FitRequest, side: str) -> Floats:
    recipes = request.more if side == "more" else request.less
    if not recipes:
        raise ValueError(f"There are no pictures in {side}: add some")
    return recipe_codes(task, desk, recipes, request.first, request.stop)


def _principal(task: Task, desk: Desk, request: FitRequest) -> Found:
    most = request.index + 1
    found = task.once(desk.checkpoint, lambda g: ganspace(g, PRINCIPAL, k=most))
    what = "w" if found.space == "w" else "an early layer's features"
    sentence = f"Number {most} of those in which {what} vary most over {PRINCIPAL:,} samples."
    return Found(_numbered(found.vectors, request), "principal", PRINCIPAL, sentence)


def _sefa(task: Task, desk: Desk, request: FitRequest) -> Found:
    def work(generator: Generator) -> Floats:
        rows = range(generator.num_layers)[request.first : request.stop]
        layers = rows if generator.has_mapping else (0,)
        weights = [generator.affine_weights(layer)[:, : desk.dim] for layer in layers]
        return sefa(weights).vectors

    vector = _numbered(task.once(desk.checkpoint, work), request)
    return Found(vector, "sefa", 0, "Read from the weights: no picture was looked at.")


def _numbered(rows: Floats, request: FitRequest) -> Floats:
    if request.index >= len(rows):
        raise ValueError(f"There is no direction {request.index}: the last is {len(rows) - 1}")
    vector: Floats = rows[request.index]
    return vector
