"""All numbers of one generator against one data set, in one feature space, with intervals."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import msgspec
import torch
from torch import Tensor

from latentstudio.document.sampling import Sampling
from latentstudio.generators.protocol import Generator
from latentstudio.latents.samples import draws_of, sample_images
from latentstudio.metrics.estimate import Estimate, Interval, wilson
from latentstudio.metrics.frechet import Statistics, frechet_error, frechet_extrapolated
from latentstudio.metrics.kernel import kid
from latentstudio.metrics.manifold import ManifoldScores, manifold_scores
from latentstudio.metrics.reals import NEIGHBOURS
from latentstudio.metrics.reals import RealSide as RealSide

if TYPE_CHECKING:
    from latentstudio.metrics.spaces.features import Features

Progress = Callable[[float], None]
BATCH = 32
ENOUGH = 4  # samples a dimension from which the extrapolated FID means something


class Quality(msgspec.Struct, frozen=True, kw_only=True):
    """What a set of generated pictures is worth; ready for JSON. All intervals are of 95%.

    Attributes
    ----------
    features, features_hash
        The feature space. Numbers of different spaces have nothing to do with each other.
    n, n_real
        Fakes and reals behind the FID. Compare at equal n only.
    data, data_hash
        The reals; "" when unknown.
    n_matched
        Samples on either side of the KID and of the four shares.
    sampling
        What the fakes were drawn with; None for pictures from elsewhere.
    kind
        ``measured`` on the samples named; ``interpolated`` between features of the same samples
        at other truncations: a live estimate.
    fid, fid_stderr, fid_interval
        Fréchet distance, biased upwards at small n (the interval does not know that).
    fid_extrapolated, fid_extrapolated_interval
        Less its bias of order 1/n; None below four samples a dimension, where it means nothing.
    kid, kid_stderr, kid_interval
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
    fid: float
    fid_stderr: float
    fid_interval: Interval
    fid_extrapolated: float | None
    fid_extrapolated_interval: Interval | None
    kid: float
    kid_stderr: float
    kid_interval: Interval
    precision: float
    precision_interval: Interval
    recall: float
    recall_interval: Interval
    density: float
    density_interval: Interval
    coverage: float
    coverage_interval: Interval
    data: str = ""
    data_hash: str = ""
    sampling: Sampling | None = None
    kind: Literal["measured", "interpolated"] = "measured"

    @property
    def warming(self) -> bool:
        """Whether there are too few samples for the FID to mean anything."""
        return self.fid_extrapolated is None


def evaluate(
    features: Features,
    generator: Generator,
    real: RealSide,
    sampling: Sampling,
    n: int,
    batch: int = BATCH,
    progress: Progress | None = None,
) -> Quality:
    """Draw n pictures and measure them against the reals.

    Parameters
    ----------
    features
        The space that ``real`` was made in.
    generator
        On any device, in training or evaluation mode; it is left as it was.
    sampling, n, batch
        See :func:`generate_features`.
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
        generator, features, sampling, n, batch, class_shares=real.class_shares, progress=progress
    )
    return score(real, fake, sampling)


def score(real: RealSide, fake: Tensor, sampling: Sampling | None = None) -> Quality:
    """Measure features [n, d], n at least 4, against the reals; ValueError as its parts raise."""
    frechet = frechet_error(real.statistics, fake)
    enough = len(fake) >= ENOUGH * real.statistics.dim
    m = min(len(fake), len(real.rows))
    kernel = kid(real.rows[:m], fake[:m])
    shares = manifold_scores(real.rows[:m], fake[:m], NEIGHBOURS, real_radii=real.radii(m))
    extrapolated = frechet_extrapolated(real.statistics, fake, frechet) if enough else None
    return assembled(real, len(fake), frechet.estimate, extrapolated, kernel, shares, sampling)


def assembled(
    real: RealSide,
    n: int,
    frechet: Estimate,
    extrapolated: Estimate | None,
    kernel: Estimate,
    shares: ManifoldScores,
    sampling: Sampling | None,
    kind: Literal["measured", "interpolated"] = "measured",
) -> Quality:
    """Put numbers together with their intervals.

    Parameters
    ----------
    real, sampling, kind
        What the numbers speak of.
    n
        Fakes behind the Fréchet distance.
    frechet, extrapolated, kernel, shares
        The parts; ``extrapolated`` is None below four samples a dimension.
    """
    m, density = shares.n_fake, Estimate(shares.density, shares.density_stderr)
    return Quality(
        features=real.features,
        features_hash=real.features_hash,
        n=n,
        n_real=real.statistics.n,
        n_matched=m,
        fid=frechet.value,
        fid_stderr=frechet.stderr,
        fid_interval=frechet.interval_above_zero,
        fid_extrapolated=extrapolated.value if extrapolated else None,
        fid_extrapolated_interval=extrapolated.interval if extrapolated else None,
        kid=kernel.value,
        kid_stderr=kernel.stderr,
        kid_interval=kernel.interval,
        precision=shares.precision,
        precision_interval=wilson(shares.precision, m),
        recall=shares.recall,
        recall_interval=wilson(shares.recall, m),
        density=shares.density,
        density_interval=density.interval_above_zero,
        coverage=shares.coverage,
        coverage_interval=wilson(shares.coverage, m),
        data=real.data,
        data_hash=real.data_hash,
        sampling=sampling,
        kind=kind,
    )


def real_floor(real: RealSide, n: int) -> Quality:
    """What a perfect generator would get: some of the reals against all others.

    Parameters
    ----------
    real
        Its statistics are over all rows and perhaps more.
    n
        How many are held out; to stand beside a generator's numbers, as many as its samples. No
        more than half of the rows.
    """
    n = min(n, len(real.rows) // 2)
    # The last ones: KID and the four shares look at the first.
    kept, held = real.rows[:-n], real.rows[-n:]
    others = replace(real, statistics=real.statistics.without(Statistics.of(held)), rows=kept)
    return score(others, held)


def generate_features(
    generator: Generator,
    features: Features,
    sampling: Sampling,
    n: int,
    batch: int = BATCH,
    *,
    start: int = 0,
    class_shares: Sequence[float] = (),
    progress: Progress | None = None,
) -> Tensor:
    """Features of n pictures that a generator draws: float32 [n, dim] on the CPU.

    Parameters
    ----------
    generator
        Run in inference and evaluation mode; left as it was. Its hash is not compared.
    sampling
        Says what is drawn: the same for ever, whatever the batch.
    n
        How many.
    batch
        Pictures at a time.
    start
        Number of the first sample.
    class_shares
        As in :meth:`~latentstudio.document.sampling.Sampling.draws`.
    progress
        As in :func:`evaluate`.

    Raises
    ------
    ValueError
        When n or batch is below 1, or the sampling does not fit the generator.
    """
    if n < 1 or batch < 1:
        raise ValueError(
            f"{n} pictures in batches of {batch} cannot be drawn: both must be above 0"
        )
    parts = []
    with evaluating(generator), torch.inference_mode():
        for first in range(start, start + n, batch):
            last = min(start + n, first + batch)
            draws = draws_of(generator, sampling, first, last, class_shares)
            images = sample_images(generator, sampling, draws)
            parts.append(features(images).to("cpu", torch.float32))
            if progress is not None:
                progress((last - start) / n)
    return torch.cat(parts)


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
