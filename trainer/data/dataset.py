"""Training pictures from a cache folder, in an order that only a counter decides."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trainer.errors import TrainingError

# How many portraits are rendered for a training.
PORTRAITS = 24_000


class ImageDataset:
    """A folder with ``images.npy`` and ``dataset.json``, read through a memory map.

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

    Attributes
    ----------
    count, channels, resolution
        Shape of the data.
    info
        The contents of ``dataset.json`` (name, version, ``sha256``, ...); empty when
        there is none.

    Raises
    ------
    TrainingError
        If the folder or its pictures are missing, unfinished or not of that shape.
    """

    def __init__(
        self, folder: Path, seed: int = 0, flips: bool = True, resolution: int | None = None
    ) -> None:
        self.folder = folder
        self.seed = seed
        self.flips = flips
        self.info = read_info(folder)
        self.images = _open_images(folder)
        self.count, self.channels, size, _ = self.images.shape
        self.resolution = resolution or size
        if size % self.resolution:
            raise TrainingError(f"{size} px cannot be averaged down to {self.resolution} px.")
        self._factor = size // self.resolution
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
) -> ImageDataset:
    """Open the named data set, rendering it first where that is needed.

    Parameters
    ----------
    data
        ``portraits``, or the path of a cache folder.
    resolution
        Height and width in pixels that the training needs.
    root
        Where rendered data sets are kept: ``<root>/portraits<resolution>``.
    seed, flips
        As in :class:`ImageDataset`.
    shrink
        Accept larger pictures and average them down.

    Raises
    ------
    TrainingError
        If the data is missing, unfinished, or of another resolution.
    """
    folder = render_portraits(resolution, root) if data == "portraits" else Path(data)
    dataset = ImageDataset(folder, seed=seed, flips=flips)
    if shrink and dataset.resolution > resolution:
        return ImageDataset(folder, seed=seed, flips=flips, resolution=resolution)
    if dataset.resolution != resolution:
        raise TrainingError(
            f"The pictures in {folder} are {dataset.resolution} px, but {resolution} px were "
            f"asked for: pass --resolution {dataset.resolution}, other data, or --shrink "
            "for larger pictures."
        )
    return dataset


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
    TrainingError
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


def read_info(folder: Path) -> dict[str, Any]:
    """The contents of a cache folder's ``dataset.json``; empty when there is none.

    Raises
    ------
    TrainingError
        If the folder is missing or the file is not a JSON object.
    """
    path = folder / "dataset.json"
    if not folder.is_dir():
        raise TrainingError(f"There is no data folder {folder}.")
    if not path.exists() and (folder / "progress.json").exists():
        raise TrainingError(f"The pictures in {folder} are still being rendered.")
    if not path.exists():
        return {}
    try:
        info = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TrainingError(f"{path} cannot be read: {error}.") from error
    if not isinstance(info, dict):
        raise TrainingError(f"{path} does not hold a JSON object.")
    return info


def _open_images(folder: Path) -> NDArray[np.uint8]:
    path = folder / "images.npy"
    try:
        images: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise TrainingError(f"{folder} holds no images.npy.") from None
    except (OSError, ValueError) as error:
        raise TrainingError(f"{path} cannot be read: {error}.") from error
    shape = images.shape
    if images.dtype != np.uint8 or len(shape) != 4 or shape[2] != shape[3] or shape[0] == 0:
        raise TrainingError(
            f"{path} holds {images.dtype} {list(shape)}, not uint8 [count, channels, R, R]."
        )
    return images
