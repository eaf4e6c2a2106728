"""Training pictures from a cache folder, in an order that only a counter decides."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from latentstudio.data.labels import read_labels
from latentstudio.data.layout import open_images, read_info
from trainer.config import RunConfig
from trainer.data.labels import mirrored
from trainer.errors import TrainingError

__all__ = ["PORTRAITS", "ImageDataset", "open_dataset", "read_info", "render_portraits"]

# How many portraits are rendered for a training.
PORTRAITS = 24_000


class ImageDataset:
    """A folder with ``images.npy``, ``labels.npz`` and ``dataset.json``, read by a memory map.

    Minibatches are a pure function of ``(seed, position)``: no iterator holds state, so a
    training run that stores how many pictures it has seen resumes with exactly the pictures
    it would have seen.

    Parameters
    ----------
    folder
        Holds ``images.npy``, uint8 [count, channels, resolution, resolution].
    seed
        Of the shuffle and the flips, 0 to 2**32 - 1.
    flips
        Mirror every picture left to right with probability 1/2.
    resolution
        Average larger pictures down to this size on the way; None leaves them.
    condition
        Name of a categorical or binary attribute whose classes a generator is to be told;
        "" for none.

    Attributes
    ----------
    count, channels, resolution
        Shape of the data.
    attributes, labels
        What is known about the pictures, and for each attribute its name and [count] labels:
        int64 class indices, or float32.
    condition, num_classes, class_names
        As asked for; 0 and () without a condition.
    info
        The contents of ``dataset.json`` (name, version, ``sha256``, ...); empty when
        there is none.

    Raises
    ------
    DataError
        If the folder or its pictures are missing, unfinished or not of that shape, or if its
        labels do not fit or lack the condition.
    """

    def __init__(
        self,
        folder: Path,
        seed: int = 0,
        flips: bool = True,
        resolution: int | None = None,
        condition: str = "",
    ) -> None:
        self.folder = folder
        self.seed = seed
        self.flips = flips
        self.info = read_info(folder)
        self.images = open_images(folder)
        self.count, self.channels, size, _ = self.images.shape
        self.resolution = resolution or size
        if size % self.resolution:
            raise TrainingError(f"{size} px cannot be averaged down to {self.resolution} px.")
        self._factor = size // self.resolution
        labels = read_labels(folder, self.info, self.count)
        self.attributes = labels.attributes
        self.labels = dict(labels.values)
        self.condition = condition
        self.class_names = self._classes_of(condition)
        self.num_classes = len(self.class_names)
        self._epoch = -1
        self._order: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self._flipped: NDArray[np.bool_] = np.empty(0, dtype=np.bool_)

    def indices(self, position: int, n: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Which pictures come after ``position`` pictures were drawn, and which are mirrored.

        Parameters
        ----------
        position
            Pictures drawn before, 0 or more. Each pass over the data has its own shuffle.
        n
            How many; may reach across the end of a pass.

        Returns
        -------
        tuple of ndarray
            int64 [n] indices into the data, bool [n] flips (all False without flips).
        """
        chosen, mirrored = [], []
        while n > 0:
            epoch, start = divmod(position, self.count)
            self._shuffle(epoch)
            part = slice(start, min(start + n, self.count))
            chosen.append(self._order[part])
            mirrored.append(self._flipped[part])
            taken = part.stop - part.start
            position, n = position + taken, n - taken
        return np.concatenate(chosen), np.concatenate(mirrored)

    def batch(self, position: int, n: int) -> Tensor:
        """The minibatch after ``position`` pictures: float32 [n, channels, H, W] in [-1, 1]."""
        index, mirrored = self.indices(position, n)
        picked = self.images[index]
        picked[mirrored] = picked[mirrored, :, :, ::-1]
        batch = torch.from_numpy(picked).to(torch.float32)
        if self._factor > 1:
            batch = torch.nn.functional.avg_pool2d(batch, self._factor)
        return batch.div_(127.5).sub_(1.0)

    def targets(self, position: int, n: int) -> dict[str, Tensor]:
        """The labels of the pictures in :meth:`batch`, mirrored as they are.

        Returns
        -------
        dict of str to Tensor
            For each attribute [n], int64 or float32. Of a mirrored picture whose attribute's
            ``flip`` is ``drop`` nothing is known: -1, or NaN for a continuous attribute.
        """
        index, flipped = self.indices(position, n)
        return {
            a.name: torch.from_numpy(mirrored(a, self.labels[a.name][index], flipped))
            for a in self.attributes
        }

    def classes(self, position: int, n: int) -> Tensor | None:
        """The classes of the pictures in :meth:`batch`: int64 [n], or None without a condition."""
        if not self.condition:
            return None
        index, _ = self.indices(position, n)
        return torch.from_numpy(self.labels[self.condition][index])

    def _classes_of(self, condition: str) -> tuple[str, ...]:
        if not condition:
            return ()
        usable = {a.name: a for a in self.attributes if a.kind != "continuous"}
        if condition not in usable:
            known = f"choose one of {', '.join(usable)}" if usable else "it has no classes at all"
            raise TrainingError(
                f"The data in {self.folder} has no classes named {condition!r}: {known}."
            )
        if self.flips and usable[condition].flip != "keep":
            raise TrainingError(
                f"The class of a mirrored picture is unknown for {condition!r}: pass --no-flips."
            )
        return usable[condition].values

    def _shuffle(self, epoch: int) -> None:
        if epoch == self._epoch:
            return
        # RandomState, whose streams numpy promises never to change.
        random = np.random.RandomState([self.seed, epoch])
        self._order = random.permutation(self.count)
        self._flipped = np.less(random.random_sample(self.count), 0.5 if self.flips else 0.0)
        self._epoch = epoch


def open_dataset(
    data: str,
    resolution: int,
    root: Path,
    *,
    seed: int = 0,
    flips: bool = True,
    shrink: bool = False,
    condition: str = "",
) -> ImageDataset:
    """Open the named data set, rendering or preparing it first where that is needed.

    Parameters
    ----------
    data
        ``portraits``, the path of a cache folder, of a folder of pictures or of a zip, or
        ``torchvision:NAME``.
    resolution
        Height and width in pixels that the training needs.
    root
        Where rendered and prepared data sets are kept: ``<root>/portraits<resolution>``,
        ``<root>/<name>-<resolution>-<hash>``.
    seed, flips, condition
        As in :class:`ImageDataset`.
    shrink
        Accept a cache folder of larger pictures and average them down. Folders of pictures and
        zips are resized when they are prepared.

    Raises
    ------
    DataError
        If the data is missing, unfinished, or of another resolution.
    """
    if data == "portraits":
        folder = render_portraits(resolution, root)
    else:
        folder = prepare_source(data, resolution, root)
    dataset = ImageDataset(folder, seed, flips, condition=condition)
    if shrink and dataset.resolution > resolution:
        return ImageDataset(folder, seed, flips, resolution, condition)
    if dataset.resolution != resolution:
        raise TrainingError(
            f"The pictures in {folder} are {dataset.resolution} px, but {resolution} px were "
            f"asked for: pass --resolution {dataset.resolution}, other data, or --shrink "
            "for larger pictures."
        )
    return dataset


def data_of(config: RunConfig) -> ImageDataset:
    """The data set of a run; raises as :func:`open_dataset`."""
    return open_dataset(
        config.data,
        config.resolution,
        Path(config.data_root),
        seed=config.seed,
        flips=config.flips,
        shrink=config.shrink,
        condition=config.condition,
    )


def prepared_folder(config: RunConfig) -> Path:
    """The cache folder that a run reads; it may be missing, and nothing is made.

    Raises
    ------
    DataError
        If there is no such data any more.
    """
    from latentstudio.data.source import is_cache
    from trainer.data.build import cache_folder
    from trainer.data.prepare import Options
    from trainer.data.source import open_source

    data, root = config.data, Path(config.data_root)
    if data == "portraits":
        return root / f"portraits{config.resolution}"
    if not data.startswith("torchvision:") and is_cache(Path(data)):
        return Path(data)
    return cache_folder(open_source(data, root), root, Options(resolution=config.resolution))


def prepare_source(data: str, resolution: int, root: Path) -> Path:
    """Cache folder of pictures that may lie in a folder, a zip or torchvision.

    Parameters
    ----------
    data, resolution, root
        As in :func:`open_dataset`. A cache folder is given back as it is.

    Raises
    ------
    DataError
        If there is no such data, no picture of it can be used, or the root cannot be written.
    """
    # Imported late: a run on a finished cache folder needs no decoders.
    from latentstudio.data.source import is_cache
    from trainer.data.build import build_cache, cache_folder, say
    from trainer.data.prepare import Options
    from trainer.data.source import open_source

    if not data.startswith("torchvision:") and is_cache(Path(data)):
        return Path(data)
    source = open_source(data, root)
    if source.note:
        say(source.note)
    options = Options(resolution=resolution)
    return build_cache(source, cache_folder(source, root, options), options)


def render_portraits(resolution: int, root: Path) -> Path:
    """Folder of the rendered portraits at a resolution, filled on first use.

    Parameters
    ----------
    resolution
        Height and width in pixels.
    root
        The folder is ``<root>/portraits<resolution>``; a rendering cut short is finished.

    Raises
    ------
    DataError
        If the folder holds something else or cannot be written.
    """
    # Imported late: a run on other data needs no renderer.
    from trainer.data.cache import build

    folder = root / f"portraits{resolution}"
    try:
        # Half of the cores: rendering is long, and the machine stays usable.
        return build(folder, PORTRAITS, resolution, processes=max(1, (os.cpu_count() or 1) // 2))
    except ValueError as error:
        raise TrainingError(str(error)) from error
    except OSError as error:
        raise TrainingError(f"{folder} cannot be written: {error.strerror or error}.") from error
