"""An inspection carried out, in slices.

Every part is kept when it is finished, and samples as they are drawn: the same plan goes on where
it was stopped.
"""

from __future__ import annotations

import platform
import time
from datetime import UTC, datetime
from typing import Any

import numpy as np
import torch

from latentstudio import __version__
from latentstudio.generators.protocol import Generator
from latentstudio.metrics.columns import columns_of
from latentstudio.metrics.disentanglement.factors import factors_of, varying
from latentstudio.metrics.inspect.leakage import Step, direction_task, leakage_task
from latentstudio.metrics.inspect.paths import path_task
from latentstudio.metrics.inspect.plan import ON_SAMPLES, InspectError, Plan, attributes_of
from latentstudio.metrics.inspect.report import LeftOut, Report, SpaceReport
from latentstudio.metrics.inspect.samples import Samples, sample_task
from latentstudio.metrics.inspect.task import Task
from latentstudio.metrics.inspect.tasks import SCORES, layer_task, score_task
from latentstudio.metrics.measure.fakes import named
from latentstudio.metrics.measure.kept import key_of
from latentstudio.metrics.path_length import Place, Space
from latentstudio.metrics.spaces.features import Features, NetworkFeatures

_PLACES: tuple[Place, ...] = ("full", "end")


class Inspection:
    """An inspection under way: call :meth:`step` until nothing is left.

    Parameters
    ----------
    plan
        What to find out.
    generator
        On any device; left as it was.
    classifier
        The feature space of an attribute classifier, on the device it is to run on.
    features
        In which path lengths are measured; the classifier's own embedding when None.

    Raises
    ------
    InspectError
        One sentence: the plan cannot be carried out, or there are no attributes to inspect.
    """

    def __init__(
        self,
        plan: Plan,
        generator: Generator,
        classifier: Features,
        features: Features | None = None,
    ) -> None:
        plan.check()
        self.plan, self.generator = plan, generator
        self.classifier = attributes_of(classifier)
        space = features or self.classifier
        if not isinstance(space, NetworkFeatures):
            raise InspectError(f"{space.name} is no network that pictures pass through: choose one")
        self._features = space
        self.spaces: tuple[Space, ...] = ("z", "w") if generator.has_mapping else ("z",)
        names = self.classifier.name, self.classifier.content_hash[:8]
        self.source = "classifier labels on samples: {} ({}…)".format(*names)
        self._samples = sample_task(generator, self.classifier, plan)
        self._directions = direction_task(plan, self._known, self.spaces[-1])
        self._tasks = self._planned()
        for task in self._tasks.values():
            task.recall(plan.kept)
        self._order: list[Task[Any]] = list(self._tasks.values())
        if plan.asks("leakage") and self._result(f"leakage {self.spaces[-1]}") is None:
            self._order.insert(0, self._directions)
        if plan.asks(*ON_SAMPLES):
            self._order.insert(0, self._samples)
        self._seconds = 0.0

    @property
    def progress(self) -> float:
        """The share done, 0 to 1."""
        return sum(task.share * task.cost for task in self._order) / sum(
            task.cost for task in self._order
        )

    @property
    def title(self) -> str:
        """What it is at; "" when it is finished."""
        task = self._next()
        return task.title if task else ""

    @property
    def draws(self) -> bool:
        """Whether the next slice uses the generator; others may be done in any thread."""
        task = self._next()
        return task is not None and task.draws

    def step(self) -> bool:
        """Do a slice; whether there is more. A slice that raised is done again.

        Raises
        ------
        InspectError
            One sentence: the samples cannot be read.
        """
        began, task = time.monotonic(), self._next()
        if task is not None:
            try:
                task.step(self.plan.kept)
            except ValueError as error:
                if task in (self._samples, self._directions):
                    raise
                task.lack = str(error)
            self._seconds += time.monotonic() - began
        return self._next() is not None

    def report(self) -> Report:
        """What was found so far."""
        self.plan.kept.prune()
        known = self._samples.result
        return Report(
            command=self.plan.command,
            versions={
                "latentstudio": __version__,
                "torch": str(torch.__version__),
                "numpy": np.__version__,
                "python": platform.python_version(),
            },
            finished=datetime.now(UTC).isoformat(timespec="seconds"),
            seconds=round(self._seconds, 2),
            checkpoint=named(self.generator.name, self.plan.difference),
            checkpoint_hash=self.generator.content_hash,
            family=self.generator.family,
            has_mapping=self.generator.has_mapping,
            classifier=self.classifier.name,
            classifier_hash=self.classifier.content_hash,
            columns=columns_of(self.classifier.classifier.attributes),
            shown=known.shown if known else (),
            factors=self.source,
            num=self.plan.num,
            seed=self.plan.seed,
            spaces=tuple(self._space(space) for space in self.spaces),
            layers=self._result("layers"),
            leakage=self._result(f"leakage {self.spaces[-1]}"),
            left_out=tuple(self._left_out(known)),
            difference=self.plan.difference,
        )

    def _planned(self) -> dict[str, Task[Any]]:
        """The tasks of the plan but for the samples, by part and space."""
        generator, plan, reader = self.generator, self.plan, self.classifier.classifier
        tasks: dict[str, Task[Any]] = {}
        for part in filter(plan.asks, SCORES):
            for space in self.spaces:
                key = self._key(part, space)
                task = score_task(part, plan, self._known, space, self.source, key)
                tasks[f"{part} {space}"] = task
        if plan.asks("layers") and generator.num_layers > 1:
            key = self._key("layers", plan.moved)
            tasks["layers"] = layer_task(generator, reader, plan, self._known, self.source, key)
        if plan.asks("leakage"):
            space = self.spaces[-1]
            key = self._key("leakage", plan.moved, space)
            tasks[f"leakage {space}"] = leakage_task(
                generator, reader, plan, self._known, self._fitted, space, self.source, key
            )
        if plan.asks("ppl"):
            for space in self.spaces:
                for place in _PLACES:
                    tasks[f"ppl_{place} {space}"] = path_task(
                        generator, self._features, plan, space, place
                    )
        return tasks

    def _key(self, part: str, *facts: object) -> str:
        generator = self.plan.sampling(self.generator.content_hash).generator
        made_with = generator, self.classifier.content_hash, __version__
        drawn = self.plan.num, self.plan.seed, self.generator.device.type
        return key_of("inspect", part, *made_with, *drawn, *facts)

    def _known(self) -> Samples:
        assert self._samples.result is not None
        return self._samples.result

    def _fitted(self) -> tuple[Step, ...]:
        assert self._directions.result is not None
        return self._directions.result

    def _next(self) -> Task[Any] | None:
        return next((task for task in self._order if not task.done), None)

    def _result(self, name: str) -> Any:
        task = self._tasks.get(name)
        return task.result if task else None

    def _space(self, space: Space) -> SpaceReport:
        names = (*(f"ppl_{place}" for place in _PLACES), *SCORES)
        found = {name: self._result(f"{name} {space}") for name in names}
        dim = self.generator.z_dim if space == "z" else self.generator.w_dim
        return SpaceReport(space=space, dim=dim, **found)

    def _left_out(self, known: Samples | None) -> list[LeftOut]:
        found = [LeftOut(name, task.lack) for name, task in self._tasks.items() if task.lack]
        if not self.generator.has_mapping:
            found.append(LeftOut("w", f"a {self.generator.family} has no mapping network: z only"))
        if self.plan.asks("layers") and self.generator.num_layers == 1:
            found.append(LeftOut("layers", "the latents enter at one layer: nothing to tell apart"))
        if known is not None:
            _, lacks = varying(factors_of(known.columns, known.readings))
            found += [LeftOut("factors", lack) for lack in lacks]
            if self.plan.asks("leakage"):
                hidden = set(range(len(known.columns))) - set(known.shown)
                titles = ", ".join(known.columns[i].title for i in sorted(hidden))
                why = f"samples hardly differ in {titles}"
                found += [LeftOut("leakage", why)] if hidden else []
        return found
