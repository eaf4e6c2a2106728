"""All numbers of one generator against one data set, in one feature space, with intervals."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import torch
from torch import Tensor

from latentstudio.generators.protocol import Generator
from latentstudio.metrics.frechet import Statistics, frechet_error, frechet_extrapolated
from latentstudio.metrics.kernel import kid
from latentstudio.metrics.manifold import manifold_scores, wilson
from latentstudio.metrics.reals import NEIGHBOURS
from latentstudio.metrics.reals import RealSide as RealSide

if TYPE_CHECKING:
    from latentstudio.metrics.features import Features

Progress = Callable[[float], None]
Interval = tuple[float, float]
ENOUGH = 4  # samples a dimension from which the extrapolated FID means something


class Quality(msgspec.Struct, frozen=True, kw_only=True):
    """What a set of generated pictures is worth; ready for JSON. All intervals are of 95%.

    Attributes
    ----------
    features, features_hash
        The feature space. Numbers of different spaces have nothing to do with each other.
    n, n_real
        Fakes and reals behind the FID. Compare at equal n only.
    n_matched
        Samples on either side of the KID and of the four shares.
    psi, seed
        Truncation and seed that the fakes were drawn with; None for pictures from elsewhere.
    fid, fid_se, fid_interval
        Fréchet distance, biased upwards at small n (the interval does not know that).
    fid_extrapolated
        Less its bias of order 1/n; None below four samples a dimension, where it means nothing.
    kid, kid_se, kid_interval
        Kernel distance, unbiased: 0 on average for a perfect generator.
    precision, recall, density, coverage
        As in :class:`~latentstudio.metrics.manifold.ManifoldScores`, k = 3, each with an
        interval: Wilson's for shares. Those of recall and coverage count the reals as drawn and
        take the fakes as given.
    """

    features: str
    features_hash: str
    n: int
    n_real: int
    n_matched: int
    psi: float | None
    seed: int | None
    fid: float
    fid_se: float
    fid_interval: Interval
    fid_extrapolated: float | None
    kid: float
    kid_se: float
    kid_interval: Interval
    precision: float
    precision_interval: Interval
    recall: float
    recall_interval: Interval
    density: float
    density_interval: Interval
    coverage: float
    coverage_interval: Interval


def evaluate(
    features: Features,
    generator: Generator,
    real: RealSide,
    n: int,
    seed: int,
    batch: int,
    psi: float = 1.0,
    progress: Progress | None = None,
) -> Quality:
    """Draw n pictures and measure them against the reals.

    Parameters
    ----------
    features
        The space that ``real`` was made in.
    generator
        On any device, in training or evaluation mode; it is left as it was.
    n, seed, batch
        See :func:`generate_features`.
    psi
        Truncation.
    progress
        Told the share done, 0 to 1; may raise to stop.

    Raises
    ------
    ValueError
        When the feature spaces differ, n is below 4, or features are not finite.
    """
    if features.content_hash != real.features_hash:
        raise ValueError(
            f"the reals were seen through {real.features!r}, the fakes through"
            f" {features.name!r}: embed the reals again"
        )
    fake = generate_features(
        generator, features, n, seed, batch, psi, class_shares=real.class_shares, progress=progress
    )
    return score(real, fake, psi=psi, seed=seed)


def score(
    real: RealSide, fake: Tensor, *, psi: float | None = None, seed: int | None = None
) -> Quality:
    """Measure features [n, d], n at least 4, against the reals; ValueError as its parts raise."""
    frechet = frechet_error(real.statistics, fake)
    enough = len(fake) >= ENOUGH * real.statistics.dim
    m = min(len(fake), len(real.rows))
    kernel = kid(real.rows[:m], fake[:m])
    shares = manifold_scores(real.rows[:m], fake[:m], NEIGHBOURS, real_radii=real.radii(m))
    fid_half, density_half = 1.96 * frechet.se, 1.96 * shares.density_se
    return Quality(
        features=real.features,
        features_hash=real.features_hash,
        n=len(fake),
        n_real=real.statistics.n,
        n_matched=m,
        psi=psi,
        seed=seed,
        fid=frechet.value,
        fid_se=frechet.se,
        fid_interval=(max(0.0, frechet.value - fid_half), frechet.value + fid_half),
        fid_extrapolated=frechet_extrapolated(real.statistics, fake) if enough else None,
        kid=kernel.value,
        kid_se=kernel.se,
        kid_interval=kernel.interval,
        precision=shares.precision,
        precision_interval=wilson(shares.precision, m),
        recall=shares.recall,
        recall_interval=wilson(shares.recall, m),
        density=shares.density,
        density_interval=(max(0.0, shares.density - density_half), shares.density + density_half),
        coverage=shares.coverage,
        coverage_interval=wilson(shares.coverage, m),
    )


def real_floor(
    features_a: Tensor, features_b: Tensor, *, name: str = "", digest: str = ""
) -> Quality:
    """What a perfect generator would get: two disjoint sets of reals against each other.

    Parameters
    ----------
    features_a, features_b
        [n, d], equally many. To stand beside a generator's FID, n is that of its fakes.
    name, digest
        The feature space's name and hash, for the answer.

    Raises
    ------
    ValueError
        When the sets are not equally large.
    """
    if features_a.shape != features_b.shape:
        raise ValueError("the floor needs two sets of reals of equal size")
    plain = features_a.to("cpu", torch.float32)
    return score(RealSide(name, digest, "", Statistics.of(plain), plain), features_b)


def generate_features(
    generator: Generator,
    features: Features,
    n: int,
    seed: int,
    batch: int,
    psi: float = 1.0,
    *,
    class_shares: Sequence[float] = (),
    progress: Progress | None = None,
) -> Tensor:
    """Features of n pictures that a generator draws: float32 [n, dim] on the CPU.

    Parameters
    ----------
    generator
        Run in inference and evaluation mode, with its stored noise; left as it was.
    n, seed
        The points are ``generator.sample_z(n, seed)``: the same for ever, whatever the batch.
    batch
        Pictures at a time.
    psi
        Truncation.
    class_shares
        As many numbers as the generator has classes, at least 0: classes are drawn in these
        shares. All alike when empty.
    progress
        As in :func:`evaluate`.

    Raises
    ------
    ValueError
        When n or batch is below 1, or the shares do not fit the generator.
    """
    if n < 1 or batch < 1:
        raise ValueError(
            f"{n} pictures in batches of {batch} cannot be drawn: both must be above 0"
        )
    z, labels = generator.sample_z(n, seed), draw_labels(generator, class_shares, n, seed)
    parts = []
    with evaluating(generator):
        for start in range(0, n, batch):
            part = slice(start, start + batch)
            with torch.inference_mode():
                ws = generator.map(z[part], None if labels is None else labels[part], psi)
                parts.append(features(generator.synthesize(ws)).to("cpu", torch.float32))
            if progress is not None:
                progress(min(n, start + batch) / n)
    return torch.cat(parts)


def draw_labels(
    generator: Generator, class_shares: Sequence[float], n: int, seed: int
) -> Tensor | None:
    """Class indices int64 [n] on the generator's device, None when it has no classes.

    Parameters are those of :func:`generate_features`; the stream is not that of z.
    """
    if generator.num_classes == 0:
        return None
    shares = np.asarray(list(class_shares) or [1.0] * generator.num_classes, dtype=np.float64)
    fits = len(shares) == generator.num_classes and np.isfinite(shares).all()
    if not (fits and shares.min() >= 0.0 and shares.sum() > 0.0):
        raise ValueError(
            f"{list(class_shares)} are no shares of the generator's {generator.num_classes} classes"
        )
    points = np.random.RandomState([seed, 1]).random_sample(n)
    edges = np.cumsum(shares / shares.sum())[:-1]
    return torch.from_numpy(edges.searchsorted(points, side="right")).to(generator.device)


@contextmanager
def evaluating(generator: Generator) -> Iterator[None]:
    """Evaluation mode (stored batch statistics, no tracking), then every module as it was."""
    modes = [(module, module.training) for module in generator.modules()]
    generator.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training
