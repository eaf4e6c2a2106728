"""Distances of plain tables of features: what :mod:`latentstudio.metrics` offers to others.

Each takes features [n, d] of reals and [m, d] of fakes, as torch tensors or numpy arrays of any
floating type, computes in float64 on the CPU or the tensors' device, and raises ValueError (one
sentence) on tables that do not fit together, are too small, or hold NaN.
"""

from __future__ import annotations

import math
from typing import Any

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from latentstudio.metrics import inception_scores, kernel, manifold
from latentstudio.metrics.estimate import Estimate, Interval, Score, wilson
from latentstudio.metrics.frechet import Statistics, frechet_error

Table = Tensor | NDArray[Any]


class PrecisionRecall(msgspec.Struct, frozen=True):
    """How many fakes are like reals, and how many reals are like fakes; 0 to 1.

    Standard errors and 95% intervals (Wilson's) take the other set as given. ``n`` are the fakes.
    """

    precision: float
    recall: float
    precision_stderr: float
    recall_stderr: float
    precision_interval: Interval
    recall_interval: Interval
    n: int

    @property
    def value(self) -> tuple[float, float]:
        """Precision and recall."""
        return self.precision, self.recall

    @property
    def stderr(self) -> tuple[float, float]:
        """Of precision and of recall."""
        return self.precision_stderr, self.recall_stderr


class DensityCoverage(msgspec.Struct, frozen=True):
    """How densely fakes lie among reals (about 1 if alike), and how many reals have one near.

    Standard errors and 95% intervals take the other set as given. ``n`` are the fakes.
    """

    density: float
    coverage: float
    density_stderr: float
    coverage_stderr: float
    density_interval: Interval
    coverage_interval: Interval
    n: int

    @property
    def value(self) -> tuple[float, float]:
        """Density and coverage."""
        return self.density, self.coverage

    @property
    def stderr(self) -> tuple[float, float]:
        """Of density and of coverage."""
        return self.density_stderr, self.coverage_stderr


def fid(real: Table, fake: Table) -> Score:
    """Fréchet distance (:mod:`latentstudio.metrics.frechet`), in squared units of the features.

    At least 2 of each. Biased upwards at small n, of which the standard error knows nothing.
    """
    found = frechet_error(Statistics.of(_tensor(real)), _tensor(fake))
    return Score(found.value, found.stderr, len(fake))


def kid(real: Table, fake: Table, *, degree: int = 3) -> Score:
    """Kernel distance (:mod:`latentstudio.metrics.kernel`), unbiased. At least 2 of each."""
    found = kernel.kid(_tensor(real), _tensor(fake), degree=degree)
    return Score(found.value, found.stderr, len(fake))


def precision_recall(real: Table, fake: Table, k: int = 3) -> PrecisionRecall:
    """Improved precision and recall (:mod:`latentstudio.metrics.manifold`). Above k of each."""
    found = manifold.manifold_scores(_tensor(real), _tensor(fake), k)
    return PrecisionRecall(
        found.precision,
        found.recall,
        _binomial(found.precision, found.n_fake),
        _binomial(found.recall, found.n_real),
        wilson(found.precision, found.n_fake),
        wilson(found.recall, found.n_real),
        found.n_fake,
    )


def density_coverage(real: Table, fake: Table, k: int = 3) -> DensityCoverage:
    """Density and coverage (:mod:`latentstudio.metrics.manifold`). Above k of each."""
    found = manifold.manifold_scores(_tensor(real), _tensor(fake), k)
    return DensityCoverage(
        found.density,
        found.coverage,
        found.density_stderr,
        _binomial(found.coverage, found.n_real),
        Estimate(found.density, found.density_stderr).interval_above_zero,
        wilson(found.coverage, found.n_real),
        found.n_fake,
    )


def inception_score(logits: Table, splits: int = 10) -> Score:
    """Inception Score (:mod:`latentstudio.metrics.inception_scores`) of logits [n, classes]."""
    return inception_scores.inception_score(_tensor(logits), splits)


def _tensor(table: Table) -> Tensor:
    if isinstance(table, Tensor):
        return table
    return torch.from_numpy(np.array(table, dtype=np.float64))


def _binomial(share: float, n: int) -> float:
    return math.sqrt(share * (1.0 - share) / n)
