"""A path length in slices: the number of :func:`~latentstudio.metrics.path_length`."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import torch
from torch import Tensor

from latentstudio.document.sampling import Sampling
from latentstudio.generators.protocol import Generator
from latentstudio.latents.samples import draws_of
from latentstudio.metrics.inspect.plan import Plan
from latentstudio.metrics.inspect.task import Task
from latentstudio.metrics.measure.kept import key_of
from latentstudio.metrics.path_length import (
    PathLength,
    Place,
    Space,
    inliers,
    path_step,
    squared_distances,
)
from latentstudio.metrics.quality import evaluating
from latentstudio.metrics.spaces.features import NetworkFeatures
from latentstudio.metrics.spaces.precision import full_precision

_EPSILON = 1e-4


def path_task(
    generator: Generator, features: NetworkFeatures, plan: Plan, space: Space, place: Place
) -> Task[PathLength]:
    """What ``perceptual_path_length`` does with the same arguments, a batch at a time."""
    n, seed = plan.paths, plan.seed

    def slices() -> list[partial[Tensor]]:
        ends = generator.sample_z(2 * n, seed).reshape(n, 2, -1)
        drawn = draws_of(generator, Sampling(seed=seed), 0, n).labels
        labels = None if drawn is None else torch.from_numpy(drawn).to(generator.device)
        t = torch.from_numpy(np.random.RandomState([seed, 2]).random_sample(n) * (place == "full"))
        parts = [slice(start, start + plan.batch) for start in range(0, n, plan.batch)]
        return [
            partial(lengths, ends[part], t[part], None if labels is None else labels[part])
            for part in parts
        ]

    def lengths(ends: Tensor, t: Tensor, label: Tensor | None) -> Tensor:
        with evaluating(generator), full_precision(), torch.inference_mode():
            ws = path_step(generator, ends, t, _EPSILON, space, label)
            return squared_distances(features, generator.synthesize(ws)) / _EPSILON**2

    def finish(made: list[Tensor]) -> PathLength:
        kept = inliers(torch.cat(made))
        return PathLength(
            value=float(kept.mean()),
            stderr=float(kept.std()) / math.sqrt(len(kept)),
            n=n,
            kept=len(kept),
            space=space,
            sampling=place,
            epsilon=_EPSILON,
            features=features.name,
            features_hash=features.content_hash,
        )

    drawn = plan.sampling(generator.content_hash).generator
    facts = drawn, seed, (), features.content_hash, space, place, n
    return Task(
        f"paths in {space}, {place}", 2 * n, slices, finish, key=key_of("path", *facts),
        kind=PathLength,
    )  # fmt: skip
