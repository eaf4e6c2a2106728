"""Attribute classifiers to files and back: safetensors with a JSON header, never code.

The safetensors metadata hold one key, ``latentstudio-classifier``: a JSON object with the
fields of :class:`ClassifierHeader` (without ``tensors``).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Literal

import msgspec
import torch

from latentstudio.checkpoints.content import ContentHash
from latentstudio.checkpoints.description import Description, check_digest, check_lines
from latentstudio.checkpoints.errors import CheckpointError, first_line
from latentstudio.checkpoints.layout import TensorSpec, damaged, open_untrusted
from latentstudio.checkpoints.weights import fill, hash_of, look_at_grey, stored, write
from latentstudio.data.attributes import Attribute
from latentstudio.metrics.spaces.classifier import AttributeClassifier

KEY = "latentstudio-classifier"
VERSION = 1


class Score(msgspec.Struct, frozen=True):
    """How well an attribute is read in pictures that were kept out of the training.

    Attributes
    ----------
    measure
        ``accuracy``, or ``r2``: the share of the variance that is explained (for a periodic
        attribute, of the points on the unit circle).
    value
        At most 1.
    baseline
        What a constant answer reaches: the share of the largest class, or 0.
    """

    measure: Literal["accuracy", "r2"]
    value: float
    baseline: float = 0.0


class ClassifierHeader(msgspec.Struct, frozen=True):
    """Everything that a classifier's file says before its weights.

    Attributes
    ----------
    version
        Of the format: 1.
    name
        Of the feature space, such as ``portraits``; one line.
    config
        Constructor arguments of :class:`AttributeClassifier`, with the attributes.
    data
        The data set: name, sha256, resolution, count, ... (free).
    training
        Provenance: command, images seen, seconds, versions, ... (free).
    scores
        By attribute.
    created
        ISO 8601 date and time.
    content_hash
        64 hex digits over configuration and weights as stored.
    tensors
        Every tensor's dtype, shape and place in the file.
    """

    version: int
    name: str
    config: dict[str, Any]
    data: dict[str, Any]
    training: dict[str, Any]
    scores: dict[str, Score]
    created: str
    content_hash: str
    tensors: dict[str, TensorSpec] = {}


class _Config(msgspec.Struct, forbid_unknown_fields=True):
    attributes: tuple[Attribute, ...]
    resolution: int
    channels: int
    width: int
    max_width: int
    dim: int
    pretext: bool


def save_classifier(
    path: str | os.PathLike[str],
    classifier: AttributeClassifier,
    *,
    name: str,
    data: dict[str, Any],
    training: dict[str, Any],
    scores: dict[str, Score],
    half: bool = False,
) -> str:
    """Write a classifier to a file, completely or not at all.

    Parameters
    ----------
    path
        The file, replaced if it exists; its folder must exist.
    classifier
        On any device; it is left as it is.
    name, data, training, scores
        As in :class:`ClassifierHeader`.
    half
        Store floating tensors as float16 instead of float32.

    Returns
    -------
    str
        The content hash.

    Raises
    ------
    CheckpointError
        One sentence: weights that are not finite (as stored), a header that JSON cannot hold,
        or a file that cannot be written. A file that was there is unchanged.
    """
    path = Path(path)
    source = f"The classifier for {path}"
    tensors = stored(classifier, half, source)
    try:
        config = json.loads(json.dumps(classifier.config(), allow_nan=False))
        header = ClassifierHeader(
            version=VERSION,
            name=name,
            config=config,
            data=data,
            training=training,
            scores=scores,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            content_hash=hash_of("classifier", config, tensors),
        )
        metadata = DESCRIPTION.encode(header)
    except (TypeError, ValueError) as error:
        raise CheckpointError(
            f"{source} cannot be described ({error}): correct its name, attributes or provenance"
        ) from error
    write(path, tensors, metadata, source)
    return header.content_hash


def read_classifier_header(path: str | os.PathLike[str]) -> ClassifierHeader:
    """Read what a classifier's file says about itself; its weights are not touched.

    Raises
    ------
    CheckpointError
        One sentence: no such file, no classifier, cut short, damaged, or of a newer version.
    """
    with _open(Path(path)) as (_, header):
        return header


def load_classifier(
    path: str | os.PathLike[str], device: str | torch.device = "cpu"
) -> tuple[AttributeClassifier, ClassifierHeader]:
    """Open a classifier's file.

    Parameters
    ----------
    path
        Untrusted. Nothing in it is executed, and no configuration can ask for more than about
        50 MB of weights.
    device
        ``cpu``, ``cuda``, ``cuda:1``, ``mps``.

    Returns
    -------
    classifier, header
        In evaluation mode, without gradients of its weights, float32, on the device. Torch's
        random state is left as it was.

    Raises
    ------
    CheckpointError
        One sentence: what is wrong, in which file, and what to do.
    """
    path = Path(path)
    with _open(path) as (file, header):
        try:
            config = msgspec.convert(header.config, _Config)
            arguments = {field: getattr(config, field) for field in _Config.__struct_fields__}
            with torch.random.fork_rng(devices=[]):
                classifier = AttributeClassifier(**arguments)
        except (ValueError, RuntimeError) as error:
            words = f"it describes no possible classifier ({first_line(error)})"
            raise damaged(path, words) from error
        classifier.eval().requires_grad_(False)
        fill(classifier, file, header, ContentHash("classifier", header.config), path)
    look_at_grey(classifier, classifier.channels, classifier.resolution, path)
    return classifier.to(device), header


@contextmanager
def _open(path: Path) -> Iterator[tuple[BinaryIO, ClassifierHeader]]:
    with open_untrusted(path) as (file, size):
        yield file, DESCRIPTION.read(file, size, path)


def _check(header: ClassifierHeader) -> None:
    if header.version != VERSION:
        raise ValueError(f"version is {header.version}, not {VERSION}")
    config = msgspec.convert(header.config, _Config)
    names = [attribute.name for attribute in config.attributes]
    values = [value for attribute in config.attributes for value in attribute.values]
    check_lines(header.name, *names, *values)
    if not set(header.scores) <= set(names):
        raise ValueError("a score is of no attribute")
    check_digest(header.content_hash, "content_hash")
    datetime.fromisoformat(header.created)


DESCRIPTION = Description(
    KEY,
    VERSION,
    ClassifierHeader,
    _check,
    "classifier",
    "holds no attribute classifier: choose a file that latentstudio-train classifier wrote",
)
