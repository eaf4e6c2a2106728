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
import safetensors.torch
import torch
from torch import Tensor

from latentstudio.atomic import SaveError, write_atomic
from latentstudio.checkpoints.content import ContentHash
from latentstudio.checkpoints.errors import CheckpointError, quoted
from latentstudio.checkpoints.header import MAX_TEXT
from latentstudio.checkpoints.layout import (
    MAX_HEADER,
    TensorSpec,
    damaged,
    open_untrusted,
    read_layout,
    strict_json,
)
from latentstudio.checkpoints.skeleton import DTYPES, FLOATS, INTEGERS
from latentstudio.data.attributes import Attribute
from latentstudio.metrics.spaces.classifier import AttributeClassifier

KEY = "latentstudio-classifier"
VERSION = 1

_STORED = {torch.float32: "F32", torch.float16: "F16", torch.int64: "I64"}


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


class _Version(msgspec.Struct):
    version: int


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
    state = classifier.state_dict()
    tensors = {key: _stored(key, state[key], half, source) for key in sorted(state)}
    try:
        config = json.loads(json.dumps(classifier.config(), allow_nan=False))
        digest = ContentHash("classifier", config)
        for key, tensor in tensors.items():
            flat = tensor.reshape(-1).numpy()
            digest.add(key, _STORED[tensor.dtype], tensor.shape, flat)
        header = ClassifierHeader(
            version=VERSION,
            name=name,
            config=config,
            data=data,
            training=training,
            scores=scores,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            content_hash=digest.hexdigest(),
        )
        _check(header)
        fields = msgspec.to_builtins(header)
        del fields["tensors"]
        text = json.dumps(fields, ensure_ascii=False, allow_nan=False)
        strict_json(text)
    except (TypeError, ValueError) as error:
        raise CheckpointError(
            f"{source} cannot be described ({error}): correct its name, attributes or provenance"
        ) from error
    content = safetensors.torch.save(tensors, metadata={KEY: text})
    if int.from_bytes(content[:8], "little") > MAX_HEADER:
        raise CheckpointError(f"{source} has a header above 8 MiB: shorten its provenance")
    try:
        write_atomic(path, content)
    except SaveError as error:
        raise CheckpointError(str(error)) from error
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
            raise damaged(path, f"it describes no possible classifier ({_line(error)})") from error
        classifier.eval().requires_grad_(False)
        _compare(classifier, header.tensors, path)
        _fill(classifier, file, header, path)
    _try_out(classifier, path)
    return classifier.to(device), header


@contextmanager
def _open(path: Path) -> Iterator[tuple[BinaryIO, ClassifierHeader]]:
    with open_untrusted(path) as (file, size):
        yield file, _read(file, size, path)


def _read(file: BinaryIO, size: int, path: Path) -> ClassifierHeader:
    layout = read_layout(file, size, path)
    if KEY not in layout.metadata:
        raise CheckpointError(
            f"{path} holds no attribute classifier: choose a file that latentstudio-train"
            " classifier wrote"
        )
    try:
        document = strict_json(layout.metadata[KEY])
        version = msgspec.convert(document, _Version).version
        if version > VERSION:
            raise CheckpointError(
                f"{path} was written by a newer latentstudio (classifier version {version}, this"
                f" one reads up to {VERSION}): update latentstudio to open it"
            )
        header = msgspec.convert(document, ClassifierHeader)
        _check(header)
    except CheckpointError:
        raise
    except ValueError as error:
        raise damaged(path, f"its description is wrong ({_line(error)})") from error
    return msgspec.structs.replace(header, tensors=layout.tensors)


def _check(header: ClassifierHeader) -> None:
    """Raise ValueError with the name of the first field that cannot be."""
    if header.version != VERSION:
        raise ValueError(f"version is {header.version}, not {VERSION}")
    config = msgspec.convert(header.config, _Config)
    names = [attribute.name for attribute in config.attributes]
    values = [value for attribute in config.attributes for value in attribute.values]
    for text in (header.name, *names, *values):
        if len(text) > MAX_TEXT or not text.isprintable():
            raise ValueError(f"the name {quoted(text)} is too long or not printable")
    if not set(header.scores) <= set(names):
        raise ValueError("a score is of no attribute")
    if len(header.content_hash) != 64 or not set(header.content_hash) <= set("0123456789abcdef"):
        raise ValueError("content_hash is not a sha256 in hex")
    datetime.fromisoformat(header.created)


def _stored(name: str, tensor: Tensor, half: bool, source: str) -> Tensor:
    """Return the tensor as it goes into the file: on the CPU, contiguous, finite."""
    tensor = tensor.detach()
    if tensor.is_floating_point():
        tensor = tensor.to(torch.float16 if half else torch.float32)
        if not torch.isfinite(tensor).all():
            raise CheckpointError(
                f"{source} has weights in {quoted(name)} that are not finite"
                f"{' in float16: save it in full precision' if half else ': train it again'}"
            )
    return tensor.cpu().contiguous()


def _compare(classifier: AttributeClassifier, tensors: dict[str, TensorSpec], path: Path) -> None:
    """Refuse tensors that do not fill the network exactly."""
    wanted = classifier.state_dict()
    for name in sorted(wanted.keys() | tensors.keys()):
        if name not in wanted or name not in tensors:
            what = "lacks" if name in wanted else "has a superfluous"
            raise damaged(path, f"it {what} tensor {quoted(name)}")
        spec, tensor = tensors[name], wanted[name]
        if spec.shape != tuple(tensor.shape):
            shapes = f"{list(spec.shape)}, not {list(tensor.shape)}"
            raise damaged(path, f"its tensor {quoted(name)} has the shape {shapes}")
        if spec.dtype not in (FLOATS if tensor.is_floating_point() else INTEGERS):
            raise damaged(path, f"its tensor {quoted(name)} is stored as {spec.dtype}")


def _fill(
    classifier: AttributeClassifier, file: BinaryIO, header: ClassifierHeader, path: Path
) -> None:
    """Copy the weights from the file into the network and check them."""
    state = classifier.state_dict()
    digest = ContentHash("classifier", header.config)
    for name in sorted(header.tensors):
        spec = header.tensors[name]
        buffer = bytearray(spec.end - spec.begin)
        file.seek(spec.begin)
        if file.readinto(buffer) != len(buffer):  # type: ignore[attr-defined]
            raise damaged(path, "it became shorter while it was read")
        digest.add(name, spec.dtype, spec.shape, buffer)
        state[name].copy_(torch.frombuffer(buffer, dtype=DTYPES[spec.dtype]).reshape(spec.shape))
    if digest.hexdigest() != header.content_hash:
        raise damaged(path, "its weights are not the ones that its content hash was made of")


@torch.no_grad()
def _try_out(classifier: AttributeClassifier, path: Path) -> None:
    """Read a grey picture: weights that are not finite, or variances below 0, show."""
    size = classifier.resolution
    grey = torch.zeros(1, classifier.channels, size, size)
    if not torch.isfinite(classifier(grey)).all():
        raise damaged(path, "it sees numbers that are not finite in a grey picture")


def _line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
