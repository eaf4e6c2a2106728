"""The parts of an inspection that are measured on samples, as tasks."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from latentstudio.generators.protocol import Generator
from latentstudio.metrics.disentanglement.dci import Dci, dci
from latentstudio.metrics.disentanglement.factors import factors_of, varying
from latentstudio.metrics.disentanglement.layers import LayerResponse, layer_response
from latentstudio.metrics.disentanglement.mig import Gaps, mig
from latentstudio.metrics.disentanglement.sap import sap
from latentstudio.metrics.disentanglement.separability import Separability, separability
from latentstudio.metrics.inspect.plan import Plan
from latentstudio.metrics.inspect.samples import Samples, latents, outputs_of, readings_of
from latentstudio.metrics.inspect.task import Task
from latentstudio.metrics.path_length import Space
from latentstudio.metrics.spaces.classifier import AttributeClassifier

# Of each score of codes: how it is made, what comes out, and how many pictures' time a sample
# takes.
SCORES: dict[str, tuple[Callable[..., Any], type[Any], float]] = {
    "separability": (separability, Separability, 0.25),
    "dci": (dci, Dci, 0.35),
    "mig": (mig, Gaps, 0.01),
    "sap": (sap, Gaps, 0.04),
}


def score_task(
    part: str, plan: Plan, samples: Callable[[], Samples], space: Space, source: str, key: str
) -> Task[Any]:
    """One number of a space, over the factors in which samples differ."""
    score, kind, cost = SCORES[part]

    def measure() -> Any:
        known = samples()
        factors, _ = varying(factors_of(known.columns, known.readings))
        return score(known.codes(space), factors, source=source)

    return Task(
        f"{part} in {space}",
        cost * plan.num,
        lambda: [measure],
        lambda made: made[0],
        draws=False,
        key=key,
        kind=kind,
    )


def layer_task(
    generator: Generator,
    classifier: AttributeClassifier,
    plan: Plan,
    samples: Callable[[], Samples],
    source: str,
    key: str,
) -> Task[LayerResponse]:
    """What each layer decides: samples exchange single layers with others, further on."""

    def respond(read: Callable[[Tensor], Tensor]) -> LayerResponse:
        known, n = samples(), plan.moved
        donors = latents(generator, plan.seed, plan.num, plan.num + n)[2]
        steps = layer_response(
            known.ws[:n],
            donors,
            read,
            known.population,
            source=source,
            batch=max(2, plan.batch),
        )
        return list(steps)[-1]

    def slices() -> list[partial[Tensor]]:
        # What will be asked for, in order, so that each picture's slice stands for itself.
        asked: list[Tensor] = []

        def note(ws: Tensor) -> Tensor:
            asked.append(ws)
            return torch.zeros(len(ws), len(samples().columns))

        respond(note)
        return [partial(read, ws) for ws in asked]

    def read(ws: Tensor) -> Tensor:
        return readings_of(classifier, outputs_of(generator, classifier, ws, plan.batch))

    def finish(made: list[Tensor]) -> LayerResponse:
        answers = iter(made)
        return respond(lambda _ws: next(answers))

    cost = plan.moved * (generator.num_layers + 1)
    return Task("layers", cost, slices, finish, key=key, kind=LayerResponse)
