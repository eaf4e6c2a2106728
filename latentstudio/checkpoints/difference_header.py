"""What the file of a difference says about itself: read without torch, before any value.

The safetensors metadata hold one key, ``latentstudio-difference``: a JSON object with the fields
of :class:`DifferenceHeader` (without ``tensors``). Tensors, all float32: ``up.NAME`` [o, rank] and
``down.NAME`` [rank, i, ...] of each changed weight [o, i, ...], ``noise.LAYER`` [r, r] of each
replaced noise plane.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import msgspec

from latentstudio.checkpoints.description import Description, check_digest, check_lines
from latentstudio.checkpoints.description import is_digest as is_digest
from latentstudio.checkpoints.errors import CheckpointError, quoted
from latentstudio.checkpoints.header import MAX_LAYERS, MAX_RESOLUTION
from latentstudio.checkpoints.layout import TensorSpec, open_untrusted

KEY = "latentstudio-difference"
VERSION = 1
MAX_BYTES = 256 << 20
MAX_RANK = 256
MAX_ENTRIES = 2 * MAX_LAYERS

_LAYER = re.compile("0|[1-9][0-9]{0,3}")  # one spelling each


class DifferenceHeader(msgspec.Struct, frozen=True):
    """Everything that a difference's file says before its values.

    Attributes
    ----------
    version
        Of the format: 1.
    checkpoint
        Content hash of the generator that it is a difference from.
    name
        What to call it on the screen; one line, may be empty.
    created
        ISO 8601 date and time.
    content_hash
        64 hex digits over ``checkpoint`` and all values.
    tensors
        Every tensor's dtype, shape and place in the file.
    """

    version: int
    checkpoint: str
    name: str
    created: str
    content_hash: str
    tensors: dict[str, TensorSpec] = {}


def read_difference_header(path: str | os.PathLike[str]) -> DifferenceHeader:
    """Read what a difference's file says about itself; its values are not touched.

    Raises
    ------
    CheckpointError
        One sentence: no such file, no difference, cut short, damaged, too large, or of a newer
        version.
    """
    with open_difference(Path(path)) as (_, header):
        return header


@contextmanager
def open_difference(path: Path) -> Iterator[tuple[BinaryIO, DifferenceHeader]]:
    """Open a difference's file, untrusted; see :func:`read_difference_header`."""
    with open_untrusted(path) as (file, size):
        if size > MAX_BYTES:
            raise CheckpointError(
                f"{path} has {size:,} bytes, and a fine tuning has {MAX_BYTES:,} at most: choose"
                " the file of one"
            )
        yield file, DESCRIPTION.read(file, size, path)


def check_header(header: DifferenceHeader) -> None:
    """Raise ValueError with the name of the first field or tensor that cannot be."""
    if header.version != VERSION:
        raise ValueError(f"version is {header.version}, not {VERSION}")
    check_digest(header.checkpoint, "checkpoint")
    check_digest(header.content_hash, "content_hash")
    check_lines(header.name)
    datetime.fromisoformat(header.created)
    if not 0 < len(header.tensors) <= MAX_ENTRIES:
        raise ValueError(f"it has {len(header.tensors)} tensors, not 1 to {MAX_ENTRIES}")
    shapes = {name: spec.shape for name, spec in header.tensors.items()}
    for name, spec in header.tensors.items():
        if spec.dtype != "F32":
            raise ValueError(f"its tensor {quoted(name)} is stored as {spec.dtype}, not F32")
        if not _possible(name, shapes):
            raise ValueError(f"its tensor {quoted(name)} has no possible shape, name or partner")


def _possible(name: str, shapes: dict[str, tuple[int, ...]]) -> bool:
    """Whether a tensor is a square plane of a layer, or one of two factors that fit together."""
    kind, _, rest = name.partition(".")
    shape = shapes[name]
    if kind == "noise":
        side = shape[0] if shape else 0
        return bool(_LAYER.fullmatch(rest)) and (
            shape == (side, side) and 1 <= side <= MAX_RESOLUTION
        )
    up, down = shapes.get(f"up.{rest}", ()), shapes.get(f"down.{rest}", ())
    fits = len(up) == 2 and len(down) >= 2 and up[1] == down[0]
    return kind in ("up", "down") and fits and 1 <= up[1] <= MAX_RANK and min(*up, *down) >= 1


DESCRIPTION = Description(
    KEY,
    VERSION,
    DifferenceHeader,
    check_header,
    "fine tuning",
    "holds no fine tuning of a generator: choose a file that latentstudio wrote when it fitted a"
    " generator to a picture",
)
