"""A data set as a feature space sees it, computed once and kept in a file."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import torch
from torch import Tensor

from latentstudio.atomic import SaveError, write_atomic
from latentstudio.metrics.frechet import Accumulator, Statistics
from latentstudio.metrics.manifold import squared_radii

if TYPE_CHECKING:
    from latentstudio.metrics.spaces.features import Features

NEIGHBOURS = 3
KEPT = 50_000
_FORMAT = 2
_TYPES = ["float64", "float64", "float32", "int64"]  # of mean, cov, rows, index


class _Head(msgspec.Struct, frozen=True):
    """What a cache file says of itself."""

    format: int
    features: str
    features_hash: str
    data_hash: str
    n: int
    keep: int
    resolution: int | None


@dataclass(frozen=True, eq=False)
class RealSide:
    """A data set as a feature space sees it: computed once, compared with every generator.

    Attributes
    ----------
    features, features_hash, data_hash
        Of the feature space and (SHA-256) of the data; "" when unknown.
    statistics
        Over all reals.
    rows
        float32 [m, d]: features of a random choice of the reals in random order (the same for
        equal data), so that the first k of them are a fair sample too.
    keep
        How many rows were asked for at most.
    class_shares
        Share of each class in the data, for conditional generators; () when there are none.
    data, resolution
        Name of the data, and the pictures' height and width in pixels; "" and None when unknown.
    index
        int64 [m]: the number of each row's picture in the data; empty when unknown.
    labels
        [m] for each attribute, int64 or float32, of the rows' pictures; empty when unknown.
    """

    features: str
    features_hash: str
    data_hash: str
    statistics: Statistics
    rows: Tensor
    keep: int = KEPT
    class_shares: tuple[float, ...] = ()
    data: str = ""
    resolution: int | None = None
    index: Tensor = field(default_factory=lambda: torch.empty(0, dtype=torch.int64))
    labels: dict[str, Tensor] = field(default_factory=dict)
    _radii: dict[int, Tensor] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def of(
        cls,
        features: Features,
        batches: Iterable[Tensor],
        *,
        data_hash: str = "",
        keep: int = KEPT,
        class_shares: Sequence[float] = (),
    ) -> RealSide:
        """Embed the pictures, float [n, c, H, W] in [-1, 1] a batch, at least two in all."""
        resolution = None
        seen, parts = Accumulator(features.dim), []
        for images in batches:
            with torch.inference_mode():
                part = features(images).to("cpu", torch.float32)
            resolution = images.shape[-1]
            seen.add(part)
            parts.append(part)
        statistics = seen.statistics()
        index = chosen_of(statistics.n, keep)
        return cls(
            features.name,
            features.content_hash,
            data_hash,
            statistics,
            torch.cat(parts)[index],
            keep,
            tuple(float(share) for share in class_shares),
            resolution=resolution,
            index=index,
        )

    @classmethod
    def cached(
        cls,
        folder: Path,
        features: Features,
        batches: Callable[[], Iterable[Tensor]],
        *,
        data_hash: str,
        keep: int = KEPT,
    ) -> RealSide:
        """As :meth:`of`, but from a file in the folder when this data was embedded before.

        The file is ``real-<data>-<features>.npz``; one that is damaged, of other data or of an
        earlier version is written anew. ``batches`` is called only when it is needed. In a
        folder that cannot be written nothing is kept.
        """
        path = folder / f"real-{data_hash[:16]}-{features.content_hash[:16]}.npz"
        wanted = (features.content_hash, data_hash, keep)
        try:
            real = cls.load(path)
        except (OSError, ValueError):
            pass
        else:
            if (real.features_hash, real.data_hash, real.keep) == wanted:
                return real
        real = cls.of(features, batches(), data_hash=data_hash, keep=keep)
        with suppress(SaveError, OSError):
            folder.mkdir(parents=True, exist_ok=True)
            real.save(path)
        return real

    def save(self, path: Path) -> None:
        """Write a ``.npz``, whole or not at all; SaveError (one sentence) when that fails.

        It holds what follows from pixels and features; names, classes and labels do not.
        """
        head = _Head(
            _FORMAT,
            self.features,
            self.features_hash,
            self.data_hash,
            self.statistics.n,
            self.keep,
            self.resolution,
        )
        buffer = io.BytesIO()
        np.savez(
            buffer,
            head=np.frombuffer(msgspec.json.encode(head), np.uint8),
            mean=self.statistics.mean.numpy(),
            cov=self.statistics.cov.numpy(),
            rows=self.rows.numpy(),
            index=self.index.numpy(),
        )
        write_atomic(path, buffer.getvalue())

    @classmethod
    def load(cls, path: Path) -> RealSide:
        """Read what :meth:`save` wrote.

        Raises
        ------
        ValueError
            One sentence, when the file is damaged or something else.
        OSError
            When it cannot be opened.
        """
        content = io.BytesIO(path.read_bytes())
        try:
            with np.load(content, allow_pickle=False) as archive:
                head = msgspec.json.decode(archive["head"].tobytes(), type=_Head)
                arrays = [archive[name] for name in ("mean", "cov", "rows", "index")]
            mean, cov, rows, index = arrays
            d, m = len(mean), min(head.n, head.keep)
            shapes = [array.shape for array in arrays] == [(d,), (d, d), (m, d), (m,)]
            types = [array.dtype.name for array in arrays] == _TYPES
            numbers = len(np.unique(index)) == m and 0 <= index.min() <= index.max() < head.n
            finite = all(np.isfinite(x).all() for x in (mean, cov, rows))
            sound = head.format == _FORMAT and head.n >= 2
            if not (sound and shapes and types and numbers and finite):
                raise ValueError("its parts do not belong together")
        # zipfile, zlib, numpy's header parser and msgspec each raise something of their own.
        except Exception as error:
            raise ValueError(
                f"{path} is no cache of real features, or damaged: delete it"
            ) from error
        statistics = Statistics(head.n, torch.from_numpy(mean), torch.from_numpy(cov))
        return cls(
            head.features,
            head.features_hash,
            head.data_hash,
            statistics,
            torch.from_numpy(rows),
            head.keep,
            resolution=head.resolution,
            index=torch.from_numpy(index),
        )

    def radii(self, n: int) -> Tensor:
        """Squared radii float64 [n] of the first n rows, remembered: they cost as much again."""
        if n not in self._radii:
            self._radii[n] = squared_radii(self.rows[:n], NEIGHBOURS)
        return self._radii[n]


def chosen_of(count: int, keep: int) -> Tensor:
    """int64 [min(count, keep)]: a random choice of pictures in random order, always the same."""
    # RandomState, whose streams numpy promises never to change.
    return torch.from_numpy(np.random.RandomState(0).permutation(count)[:keep])
