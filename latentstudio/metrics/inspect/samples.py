"""The samples that codes and attributes are read of, and pictures of latents moved on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from latentstudio.document.sampling import Sampling
from latentstudio.generators.protocol import Generator
from latentstudio.latents.samples import draws_of
from latentstudio.metrics.columns import Column, columns_of, difference
from latentstudio.metrics.inspect.plan import InspectError, Plan
from latentstudio.metrics.inspect.task import Task
from latentstudio.metrics.measure.kept import key_of
from latentstudio.metrics.population import Population
from latentstudio.metrics.quality import evaluating
from latentstudio.metrics.scores import readings, scores
from latentstudio.metrics.spaces.classifier import AttributeClassifier
from latentstudio.metrics.spaces.features import ClassifierFeatures
from latentstudio.metrics.spaces.precision import full_precision

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Samples:
    """Codes and what a classifier reads in their pictures.

    Attributes
    ----------
    z
        float32 [n, z_dim] on the generator's device.
    labels
        Classes [n], or None.
    ws
        float32 [n, num_layers, w_dim], without truncation.
    outputs
        float32 [n, outputs] of the classifier's heads, on the CPU.
    columns, population
        As in :mod:`~latentstudio.metrics.scores`.
    readings, scores
        float64 [n, c].
    """

    z: Tensor
    labels: Tensor | None
    ws: Tensor
    outputs: Tensor
    columns: tuple[Column, ...]
    population: Population
    readings: Floats
    scores: Floats

    def codes(self, space: str) -> Floats:
        """The latents of a space, float64 [n, d]; w is that of the first layer."""
        codes = self.z if space == "z" else self.ws[:, 0]
        found: Floats = codes.cpu().double().numpy()
        return found

    @property
    def shown(self) -> tuple[int, ...]:
        """The columns in which samples differ."""
        return tuple(i for i in range(len(self.columns)) if self.population.shows(i))

    def target(self, i: int) -> Floats:
        """Scores of a column about their mean [n]: a line fits a hue only if it is cut open."""
        mean = self.population.score_mean[None, i]
        return difference(self.columns[i : i + 1], mean[None], self.scores[:, i : i + 1])[:, 0]


def outputs_of(
    generator: Generator, classifier: AttributeClassifier, ws: Tensor, batch: int
) -> Tensor:
    """The outputs of the classifier's heads for latents [n, num_layers, w_dim], on the CPU."""
    parts = []
    with evaluating(generator), full_precision(), torch.inference_mode():
        for part in torch.split(ws, batch):
            images = generator.synthesize(part).to(classifier.center.device)
            parts.append(classifier(images).cpu())
    return torch.cat(parts).clone()


def readings_of(classifier: AttributeClassifier, outputs: Tensor) -> Tensor:
    """The readings [n, c] of outputs, on the CPU."""
    with torch.inference_mode():
        return readings(classifier, outputs.to(classifier.center.device)).cpu()


def sample_task(generator: Generator, features: ClassifierFeatures, plan: Plan) -> Task[Samples]:
    """Draw ``plan.num`` samples at psi 1 and read them."""
    classifier = features.classifier
    sampling = plan.sampling(generator.content_hash)
    key = key_of("outputs", sampling, features.content_hash, generator.device.type)

    def slices() -> list[partial[Tensor]]:
        starts = range(0, plan.num, plan.batch)
        return [partial(outputs, start, min(plan.num, start + plan.batch)) for start in starts]

    def outputs(start: int, stop: int) -> Tensor:
        kept = plan.kept.rows(key, start)
        if kept is None or len(kept) != stop - start:
            kept = outputs_of(
                generator, classifier, latents(generator, plan.seed, start, stop)[2], plan.batch
            )
            plan.kept.put_rows(key, start, kept)
        return kept

    def finish(made: list[Tensor]) -> Samples:
        found = torch.cat(made)
        if not torch.isfinite(found).all():
            raise InspectError(
                f"{features.name} reads numbers that are not finite in pictures of"
                f" {generator.name}: one of the two files is damaged"
            )
        columns = columns_of(classifier.attributes)
        with torch.inference_mode():
            scored = scores(classifier, found.to(classifier.center.device)).cpu().double().numpy()
        read = readings_of(classifier, found).double().numpy()
        drawn = latents(generator, plan.seed, 0, plan.num)
        population = Population.of(columns, read, scored)
        return Samples(*drawn, found, columns, population, read, scored)

    return Task("samples", plan.num, slices, finish)


def latents(
    generator: Generator, seed: int, start: int, stop: int
) -> tuple[Tensor, Tensor | None, Tensor]:
    """The z, classes and ws of samples ``start`` to ``stop - 1``."""
    draws = draws_of(generator, Sampling(seed=seed), start, stop)
    labels = None
    if draws.labels is not None:
        labels = torch.from_numpy(draws.labels).to(generator.device)
    with evaluating(generator), torch.inference_mode():
        z = generator.sample_seeds(draws.seeds.tolist())
        return z, labels, generator.map(z, labels)
