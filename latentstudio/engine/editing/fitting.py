"""From a request to a direction with its length, its slider and what it leaks."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from latentstudio.document.direction import Direction
from latentstudio.document.sampling import Sampling
from latentstudio.document.vector import Vector
from latentstudio.engine.editing.codes import sample_codes
from latentstudio.engine.editing.finding import Found, find_direction
from latentstudio.engine.editing.leakage import Moved, applied
from latentstudio.engine.editing.population import paced
from latentstudio.engine.editing.styles import style_bends
from latentstudio.engine.editing.values import FITTED, Fitted
from latentstudio.engine.live.rows import Rows
from latentstudio.latents.directions.calibrate import calibrate
from latentstudio.latents.directions.condition import condition
from latentstudio.latents.directions.ridge import fit_ridge
from latentstudio.metrics.scores import Column

if TYPE_CHECKING:
    from latentstudio.engine.editing.desk import Desk
    from latentstudio.engine.editing.lane import Task
    from latentstudio.engine.editing.values import FitRequest, Floats

MEASURED = 32  # samples by which a length is set right
STRETCH = 2.0  # by at most this factor: beyond, the line would leave the samples behind
ROUNDS, CLOSE = 3, 0.1  # at most so often, until it would change by less
LOOSE = 0.2  # deviations off 1 from which the unit says what it is
LEAST = 0.25  # below, it hardly moves what it is for
REACH = 3.0  # the longest slider, in units of its direction
FRAMES = 7  # of a filmstrip


def fit(task: Task, desk: Desk, request: FitRequest) -> None:
    """Find a direction, give it a length, measure what it leaks, and tell.

    Raises
    ------
    ValueError
        One sentence: why there is none.
    """
    column = None
    if request.kind == "attribute":
        column = desk.column(request.attribute, request.value)
    held = desk.held(request.kept, column)
    before = Rows()  # the same samples stand behind length and leakage
    if request.kind == "style":
        if held:
            raise ValueError("Style channels cannot be freed of attributes: take off the kept ones")
        bends, sentence, weak = style_bends(task, desk, request)
        direction = Direction(
            request.name,
            desk.checkpoint,
            channels=bends,
            unit="1 σ of the channel" if not request.more else "to the mean of the examples",
            method="style",
            samples=len(request.more),
        )
    else:
        codes = sample_codes(task, desk)
        found = find_direction(task, desk, request, codes, column)
        sentence, weak = found.sentence, found.weak
        scores = None if column is None else desk.standings(column, len(codes))
        vector = calibrate(_freed(desk, found, codes, held), codes, scores)
        radius = float(np.sqrt(codes.var(axis=0, ddof=1).sum()))
        make = partial(_direction, desk, request, found, radius)
        direction = make(vector)
        if column is not None:
            title = desk.columns[column].title
            direction, gain = _set_right(task, desk, make, vector, before, column)
            if abs(gain - 1.0) > LOOSE:
                direction = msgspec.structs.replace(direction, unit=f"{gain:.1f} σ of {title}")
            if gain < LEAST:
                weak, sentence = True, f"{sentence} Moving along it hardly moves {title}."
    moved = Moved(desk, Sampling(desk.checkpoint), applied(desk, direction), before)
    paced(task, desk.checkpoint, 0, FITTED, moved.draw, f"Measuring {request.name}")
    leakage = moved.leaks()
    direction = msgspec.structs.replace(direction, leakage=leakage, leakage_samples=FITTED)
    amounts = tuple(float(a) for a in np.linspace(direction.low, direction.high, FRAMES))
    task.tell("fitted", Fitted(request, direction, sentence, weak, amounts, leakage))


def _freed(desk: Desk, found: Found, codes: Floats, held: tuple[int, ...]) -> Floats:
    """The direction without what moves the kept columns."""
    if not held:
        return found.vector
    kept = [fit_ridge(codes, desk.standings(i, len(codes))).direction for i in held]
    return condition(found.vector, np.stack(kept))


def _set_right(
    task: Task,
    desk: Desk,
    make: Callable[[Floats], Direction],
    vector: Floats,
    before: Rows,
    column: int,
) -> tuple[Direction, float]:
    """The direction at the length that moves the attribute by one of its deviations, measured.

    And what amount 1 does move it by: regression says how pictures differ, which need not be how
    a picture changes.
    """
    scale = 1.0
    for _ in range(ROUNDS):
        direction = make(scale * vector)
        moved = Moved(desk, Sampling(desk.checkpoint), applied(desk, direction), before)
        paced(task, desk.checkpoint, 0, MEASURED, moved.draw, "Finding its length")
        gain = float(moved.gain()[column])
        better = float(np.clip(scale / max(gain, 1e-9), 1.0 / STRETCH, STRETCH))
        if abs(better / scale - 1.0) < CLOSE:
            break
        scale = better
    return direction, gain


def _direction(
    desk: Desk, request: FitRequest, found: Found, radius: float, vector: Floats
) -> Direction:
    """``radius``: how far samples lie from their mean; there a slider ends at the latest."""
    reach = round(float(np.clip(radius / np.linalg.norm(vector), 1.0, REACH)), 1)
    title = Column(request.attribute, request.value).title if request.attribute else "samples"
    return Direction(
        request.name,
        desk.checkpoint,
        Vector.of("w" if desk.has_mapping else "z", vector.astype(np.float32)),
        first=request.first,
        stop=request.stop,
        unit=f"1 σ of {title}",
        low=-reach,
        high=reach,
        method=found.method,
        attribute=request.attribute,
        value=request.value,
        classifier=desk.classifier_hash if request.attribute or request.kept else "",
        kept=request.kept,
        samples=found.samples,
        score=found.score,
        score_kind=found.score_kind,
    )
