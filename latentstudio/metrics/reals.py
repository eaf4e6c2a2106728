"""A data set by name or path, as a feature space sees it: from what is bundled or kept, or made.

Whatever is kept goes by the SHA-256 of the pictures and by that of the features (which stands for
their weights and the resize before them): pictures that have changed are embedded again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import platformdirs
import torch
from torch import Tensor

from latentstudio.data.attributes import Attribute
from latentstudio.data.errors import DataError
from latentstudio.data.labels import Labels
from latentstudio.data.packed import Packed, bundled_reals, find_packed, read_packed
from latentstudio.data.pictures import Pictures, open_pictures
from latentstudio.data.survey import Progress
from latentstudio.metrics.frechet import Statistics
from latentstudio.metrics.real_side import KEPT, chosen_of
from latentstudio.metrics.real_side import NEIGHBOURS as NEIGHBOURS
from latentstudio.metrics.real_side import RealSide as RealSide

if TYPE_CHECKING:
    from latentstudio.metrics.spaces.features import Features

BATCH = 64
_READING = 0.1  # share of the progress that is reading the pictures; the rest is embedding them


@dataclass(frozen=True, eq=False)
class Reals:
    """A data set to be compared with.

    Attributes
    ----------
    side
        What the metrics need; its ``index`` leads from a row to its picture.
    pictures
        To be looked at; those of a bundled data set are compressed and give no batches. None
        where there are features only.
    attributes
        What is known about the pictures: the keys of ``side.labels``.
    """

    side: RealSide
    pictures: Pictures | None = None
    attributes: tuple[Attribute, ...] = ()

    def class_shares(self, name: str) -> tuple[float, ...]:
        """Share of each class of the attribute of this name; () where it has no classes."""
        classes = next((len(a.values) for a in self.attributes if a.name == name), 0)
        if self.pictures is None or not classes:
            return ()
        counts = np.bincount(self.pictures.labels.values[name], minlength=classes)
        return tuple((counts / counts.sum()).tolist())

    def shares_for(self, labels: Sequence[str], condition: str = "") -> tuple[float, ...]:
        """Share in the data of each of a generator's classes; () where they are none of its.

        Parameters
        ----------
        labels
            Names of the classes.
        condition
            The attribute that the generator was told in training: which one is meant where
            several have these names, as several may have ``no`` and ``yes``. The first of them
            when unknown.
        """
        alike = [a.name for a in self.attributes if a.values and a.values == tuple(labels)]
        return self.class_shares(condition if condition in alike else next(iter(alike), ""))


def default_reals(data_name: str) -> str | None:
    """What to compare a generator with that was trained on a data set of this name."""
    return data_name if bundled_reals(data_name) else None


def open_reals(
    spec: str | Path,
    features: Features,
    *,
    resolution: int | None = None,
    fingerprint: str = "",
    cache: Path | None = None,
    progress: Progress | None = None,
) -> Reals:
    """Open a data set in a feature space.

    Parameters
    ----------
    spec
        ``portraits`` (bundled), a folder of ``latentstudio-data reals``, or what
        :func:`~latentstudio.data.pictures.open_pictures` opens.
    features
        The space.
    resolution
        Height and width in pixels of the fakes; None does not compare them.
    fingerprint
        SHA-256 that the pictures had, where a number of then is to be compared; "" for any.
    cache
        Folder for what was computed; the user's cache where None.
    progress
        Told the share done, 0 to 1; may raise to stop, and then nothing is kept.

    Raises
    ------
    DataError
        One sentence: the pictures cannot be read, differ in size among themselves or from the
        fakes, have changed, or are only here as features of another space.
    ValueError
        When features are not finite.
    """
    packed = find_packed(spec)
    if packed is not None:
        return _from_packed(read_packed(packed), features, resolution, fingerprint)
    pictures = open_pictures(spec, progress=_part(progress, 0.0, _READING))
    _compare(str(spec), pictures, resolution, fingerprint)
    if pictures.count < 2:
        raise DataError(f"{spec} holds one picture, too few for statistics: add more.")
    told = _part(progress, _READING, 1.0)

    def batches() -> Iterator[Tensor]:
        for number, images in enumerate(pictures.batches(BATCH)):
            yield images
            if told is not None:
                told(min(1.0, (number + 1) * BATCH / pictures.count))

    folder = cache or Path(platformdirs.user_cache_dir("latentstudio", appauthor=False)) / "reals"
    side = RealSide.cached(folder, features, batches, data_hash=pictures.fingerprint)
    labels = _labels_of(pictures.labels, side.index)
    return Reals(
        replace(side, data=pictures.name, labels=labels), pictures, pictures.labels.attributes
    )


def _from_packed(
    packed: Packed, features: Features, resolution: int | None, fingerprint: str
) -> Reals:
    head = packed.head
    _compare(head.name, packed.pictures, resolution, fingerprint)
    if features.content_hash != head.features_hash:
        raise DataError(
            f"Of {head.name} only the features of {head.features!r} are here, not those of "
            f"{features.name!r}: latentstudio-data build {head.name} --resolution "
            f"{head.resolution} --out FOLDER makes the pictures; give that folder."
        )
    index = chosen_of(head.count, KEPT)
    side = RealSide(
        head.features,
        head.features_hash,
        head.sha256,
        Statistics(head.count, torch.from_numpy(packed.mean), torch.from_numpy(packed.cov)),
        torch.from_numpy(packed.features)[index].float(),
        data=head.name,
        resolution=head.resolution,
        index=index,
        labels=_labels_of(packed.labels, index),
    )
    return Reals(side, packed.pictures, packed.labels.attributes)


def _compare(spec: str, pictures: Pictures, resolution: int | None, fingerprint: str) -> None:
    found = pictures.resolution
    if None not in (found, resolution) and found != resolution:
        raise DataError(
            f"The pictures of {pictures.name} have {found} px and the generated ones "
            f"{resolution} px: latentstudio-data build {spec} --resolution {resolution} --out "
            "FOLDER brings them to one size; give that folder."
        )
    if fingerprint and pictures.fingerprint != fingerprint:
        raise DataError(
            f"The pictures of {pictures.name} have changed since they were measured (SHA-256 "
            f"{fingerprint[:12]} then, {pictures.fingerprint[:12]} now): measure anew."
        )


def _labels_of(labels: Labels, index: Tensor) -> dict[str, Tensor]:
    return {name: torch.from_numpy(values)[index] for name, values in labels.values.items()}


def _part(progress: Progress | None, start: float, stop: float) -> Progress | None:
    if progress is None:
        return None
    return lambda share: progress(start + (stop - start) * share)
