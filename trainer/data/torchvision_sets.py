"""Data sets of torchvision by name, downloaded when a person asks for one."""

from __future__ import annotations

import difflib
import importlib
import inspect
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from latentstudio.data.decode import Header, PictureError, eight_bits
from latentstudio.data.errors import printable
from latentstudio.data.labels import Labels, class_labels
from trainer.errors import TrainingError

# Where the sets keep their class numbers; there is no common name.
_TARGETS = ("targets", "labels", "_labels", "y")
_NAMES = ("classes", "categories")


class TorchvisionSource:
    """The training part of ``torchvision.datasets.NAME``.

    Parameters
    ----------
    name
        As torchvision spells it: ``CIFAR10``, ``FashionMNIST``, ``Flowers102``.
    root
        The files are downloaded to ``<root>/torchvision``, where the set allows it.

    Raises
    ------
    TrainingError
        If torchvision is missing or knows no such set, or the files cannot be had.
    """

    def __init__(self, name: str, root: Path) -> None:
        self.name = name
        maker = _find(name)
        self._set = _make(maker, name, root / "torchvision")
        count = len(self._set)
        if not count:
            raise TrainingError(f"torchvision's {name} holds no pictures.")
        self.names = [f"picture {i} of {name}" for i in range(count)]
        self.labels = _labels(self._set, count)
        self.note = "" if self.labels.attributes else f"{name} has no classes that could be used."
        classes = self.labels.values.get("class", np.empty(0, np.int64))
        self.fingerprint = f"torchvision-{name}-{count}-{classes.sum()}"

    def header(self, index: int) -> Header:
        """Size and mode of a picture."""
        image = self.picture(index)
        return Header(image.width, image.height, image.mode)

    def picture(self, index: int) -> Image.Image:
        """Take a picture out of the set."""
        try:
            image = self._set[index][0]
            if isinstance(image, Image.Image):
                image.load()
                return eight_bits(image)
        except PictureError:
            raise
        except Exception as error:
            raise PictureError(f"is damaged ({printable(str(error))})") from error
        raise PictureError(f"is a {type(image).__name__}, not a picture")


def _find(name: str) -> Any:
    try:
        datasets = importlib.import_module("torchvision.datasets")
    except ImportError as error:
        raise TrainingError(
            f"torchvision:{name} needs torchvision: pip install torchvision."
        ) from error
    # A torchvision that was built for another torch fails in its own ways.
    except Exception as error:
        raise TrainingError(
            "torchvision is installed, but does not fit the installed torch: install both from "
            f"the same place ({printable(str(error))})."
        ) from error
    base = datasets.VisionDataset
    known = [n for n in dir(datasets) if isinstance(getattr(datasets, n), type)]
    known = [n for n in known if issubclass(getattr(datasets, n), base)]
    if name not in known:
        near = difflib.get_close_matches(name.lower(), [n.lower() for n in known], 3, 0.5)
        guess = [n for n in known if n.lower() in near]
        hint = f": {', '.join(guess)}?" if guess else "."
        raise TrainingError(f"torchvision has no data set {printable(repr(name))}{hint}")
    return getattr(datasets, name)


def _make(maker: Any, name: str, root: Path) -> Any:
    takes = inspect.signature(maker).parameters
    options = {"root": str(root), "download": True}
    try:
        root.mkdir(parents=True, exist_ok=True)
        return maker(**{key: value for key, value in options.items() if key in takes})
    # Missing arguments, packages, files, network, disk: each set has its own exceptions.
    except Exception as error:
        raise TrainingError(
            f"torchvision's {name} cannot be opened in {root}: {printable(str(error), 300)}."
        ) from error


def _labels(dataset: Any, count: int) -> Labels:
    for key in _TARGETS:
        try:
            targets = np.asarray(getattr(dataset, key, None))
        except Exception:  # ragged lists and lazy attributes are no class numbers
            continue
        if targets.shape != (count,) or targets.dtype.kind not in "iu" or targets.min() < 0:
            continue
        size = int(targets.max()) + 1
        for names_key in _NAMES:
            names = getattr(dataset, names_key, None)
            if isinstance(names, list | tuple) and len(names) >= size:
                return class_labels([str(n) for n in names], targets)
        return class_labels([str(i) for i in range(size)], targets)
    return Labels()
