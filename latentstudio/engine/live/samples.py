"""Samples of one sampling as they are measured: drawn in the engine's thread, kept, shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import interpolate

from latentstudio.engine.errors import EngineError
from latentstudio.engine.live.rows import Rows
from latentstudio.latents.samples import draws_of, sample_images, sample_ws
from latentstudio.metrics.frechet import frechet_error
from latentstudio.metrics.manifold import realism

if TYPE_CHECKING:
    from latentstudio.document.sampling import Draws, Sampling
    from latentstudio.generators.info import GeneratorInfo
    from latentstudio.generators.protocol import Generator
    from latentstudio.metrics.live.running import RunningQuality
    from latentstudio.metrics.quality import Quality
    from latentstudio.metrics.reals import RealSide
    from latentstudio.metrics.spaces.features import Features

# From the names of a generator's classes to their shares in the data; () for equal ones.
Shares = Callable[[Sequence[str]], tuple[float, ...]]
THUMB = 96  # pixels
_REALS = 5000  # enough balls to cover the data, few enough to be asked at a click


def embed(
    generator: Generator,
    features: Features,
    sampling: Sampling,
    span: tuple[int, int],
    shares: Shares,
) -> tuple[Tensor, Tensor, NDArray[np.float32]]:
    """Draw samples ``span[0]`` to ``span[1] - 1``.

    Returns
    -------
    Tensor, Tensor, ndarray
        Their latents before truncation, the pictures, and their features float32 [n, d].

    Raises
    ------
    EngineError
        When the sampling does not fit the generator, or pictures or features are no numbers.
    """
    try:
        draws = draws_of(generator, sampling, *span, shares(generator.labels))
        with torch.inference_mode():
            ws = sample_ws(generator, draws, sampling.edits)
        images = sample_images(generator, sampling, draws, ws)
        rows = features(images)
    except ValueError as error:
        raise EngineError(f"The samples cannot be measured: {error}") from error
    if not (bool(images.isfinite().all()) and bool(rows.isfinite().all())):
        raise EngineError(
            "Some samples hold values that are no numbers (NaN or infinity), so nothing is"
            " measured: choose another setting or another snapshot of the generator"
        )
    return ws, images, rows.to("cpu", torch.float32).numpy()


class Samples:
    """The first samples of one sampling, in order, with all that is known of them.

    Attributes
    ----------
    sampling
        What is drawn.
    features
        float32 [n, d].
    running
        The numbers of the first rows; only the thread of the numbers touches it.
    """

    def __init__(self, sampling: Sampling, shares: Shares, running: RunningQuality) -> None:
        self.sampling, self.running = sampling, running
        self._shares = shares
        self.features, self._thumbs, self._distance = Rows(), Rows(), Rows()
        self._info: GeneratorInfo | None = None

    @property
    def n(self) -> int:
        """How many samples are complete."""
        return self.features.n

    @property
    def nbytes(self) -> int:
        """Bytes that are kept, with the second copy of the features that ``running`` has."""
        return 2 * self.features.nbytes + self._thumbs.nbytes + self._distance.nbytes

    def draw(self, generator: Generator, features: Features, count: int) -> None:
        """Draw the next ``count`` samples; nothing is added when that fails."""
        span = self.n, self.n + count
        ws, images, rows = embed(generator, features, self.sampling, span, self._shares)
        with torch.inference_mode():
            distance = (ws - generator.mean_w).norm(dim=2).mean(dim=1)
            small = thumbnails(images)
        self._thumbs.append(small)
        self._distance.append(distance.to("cpu", torch.float32).numpy())
        self._info = generator.info
        self.features.append(rows)  # last: n counts whole samples

    def reading(self, n: int, last: bool) -> Quality:
        """The numbers of the first ``n`` samples, n at least as before.

        ``last``: no more are wanted, so that what takes longer may be exact.
        """
        fresh = self.features.view(self.running.n, n)
        if len(fresh):
            self.running.add(as_tensor(fresh))
        return self.running.quality(self.sampling, thorough=last)

    def snapshot(self, side: RealSide, features: Features) -> SampleSet | None:
        """What there is by now; None when that is nothing."""
        n = self.n
        if self._info is None or n == 0:
            return None
        draws = self.sampling.draws(
            0,
            n,
            num_layers=self._info.num_layers,
            num_classes=self._info.num_classes,
            class_shares=self._shares(self._info.labels),
        )
        return SampleSet(
            self.sampling,
            draws,
            self.features.view(0, n),
            self._thumbs.view(0, n),
            self._distance.view(0, n),
            side,
            features,
        )


@dataclass(frozen=True, eq=False)
class SampleSet:
    """The samples measured so far. Never changed; its arrays are read-only.

    Attributes
    ----------
    sampling, draws
        What they are pictures of.
    features
        float32 [n, d].
    thumbs
        uint8 [n, S, S, 3], S at most 96: averaged by area, grey as RGB, without alpha.
    distance
        float32 [n]: |w - mean w| before truncation (mean over the layers where they mix two
        seeds); |z| for generators without a mapping network.
    """

    sampling: Sampling
    draws: Draws
    features: NDArray[np.float32]
    thumbs: NDArray[np.uint8]
    distance: NDArray[np.float32]
    _side: RealSide
    _space: Features

    @property
    def n(self) -> int:
        """How many samples."""
        return len(self.features)

    @cached_property
    def readings(self) -> dict[str, NDArray[np.float32]]:
        """What the feature space's classifier says of each; empty where it is none.

        Probabilities [n, classes] (categorical), [n] (binary, of the second value), or the
        value [n].
        """
        read = getattr(self._space, "read", None)
        if read is None:
            return {}
        return {name: values.numpy() for name, values in read(self._rows()).items()}

    def influence(self) -> NDArray[np.float64]:
        """How much each sample hurts the FID, [n]: see ``FrechetError``. Computed at the call."""
        return frechet_error(self._side.statistics, self._rows()).influence.numpy()

    def realism(self) -> NDArray[np.float64]:
        """How close each sample is to the reals, [n]: see ``realism``. Computed at the call."""
        m = min(_REALS, len(self._side.rows))
        radii = self._side.radii(m)
        return realism(self._side.rows[:m], self._rows(), real_radii=radii).numpy()

    def _rows(self) -> Tensor:
        return as_tensor(self.features)


def as_tensor(rows: NDArray[np.float32]) -> Tensor:
    """A copy: torch warns of arrays that it may not write to."""
    return torch.from_numpy(rows.copy())


def thumbnails(images: Tensor) -> NDArray[np.uint8]:
    """Small pictures uint8 [n, S, S, 3] of pictures [n, c, H, W] in [-1, 1], S at most 96."""
    images = images[:, : 3 if images.shape[1] > 2 else 1].clamp(-1.0, 1.0)
    if images.shape[-1] > THUMB:
        images = interpolate(images, (THUMB, THUMB), mode="area")
    small = images.add(1.0).mul(127.5).round().to(torch.uint8).expand(-1, 3, -1, -1)
    return small.permute(0, 2, 3, 1).cpu().numpy()
