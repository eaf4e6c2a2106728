"""The outer layout of a safetensors file, checked to the last byte before anything is believed.

Eight bytes hold the length of a JSON object (little-endian); the object names every tensor with
its dtype, shape and place; the tensors' bytes follow without gaps and end the file. Source:
https://github.com/huggingface/safetensors#format. Read here without torch or a native library:
it is small, untrusted, and every fault must give one sentence.
"""

from __future__ import annotations

import json
import math
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, NoReturn

from latentstudio.checkpoints.errors import CheckpointError, quoted, reason
from latentstudio.checkpoints.sniff import HEAD, describe

MAX_HEADER = 8 << 20  # bytes
MAX_TENSORS = 20_000
MAX_NAME = 200  # characters
MAX_DIMENSIONS = 8
MAX_SIZE = 1 << 31  # along one dimension

# Plain numbers only, and bytes in each.
ITEM_SIZES = {
    "F64": 8,
    "F32": 4,
    "F16": 2,
    "BF16": 2,
    "I64": 8,
    "I32": 4,
    "I16": 2,
    "I8": 1,
    "U8": 1,
}


class TensorSpec(NamedTuple):
    """Where a tensor lies: ``begin`` to ``end`` are byte positions in the file."""

    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


class Layout(NamedTuple):
    """What the outer header says: free metadata, and the tensors by name."""

    metadata: dict[str, str]
    tensors: dict[str, TensorSpec]


def strict_json(text: str | bytes) -> Any:
    """Parse JSON, refusing what parsers disagree on.

    Raises
    ------
    ValueError
        Not JSON, a key that occurs twice, NaN or infinity, half a surrogate pair, or nested
        too deeply.
    """
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
        # Finds half surrogate pairs, and numbers such as 1e999, which become infinity.
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    return value


@contextmanager
def open_untrusted(path: Path) -> Iterator[tuple[BinaryIO, int]]:
    """Open a file from outside that is to be read as safetensors.

    Yields
    ------
    file, size
        The open file and its bytes, even when another takes its name meanwhile.

    Raises
    ------
    CheckpointError
        One sentence: no file name, no such file, no plain file, or one that cannot be read.
    """
    if "\0" in str(path):
        raise CheckpointError(f"{str(path)!r} is no file name: it holds a null character")
    try:
        # Checked before opening: opening a named pipe would wait for ever.
        if not stat.S_ISREG(path.stat().st_mode):
            raise CheckpointError(f"{path} is a folder or device; choose a .safetensors file")
        with path.open("rb") as file:
            yield file, os.fstat(file.fileno()).st_size
    except FileNotFoundError as error:
        raise CheckpointError(f"There is no file {path}: choose another") from error
    except OSError as error:
        raise CheckpointError(
            f"{path} cannot be read ({reason(error)}): check the file and its permissions"
        ) from error


def read_layout(file: BinaryIO, size: int, path: Path) -> Layout:
    """Read and check the outer header.

    Parameters
    ----------
    file
        Open at its start.
    size
        Length of the file in bytes.
    path
        For the sentences.

    Raises
    ------
    CheckpointError
        If it is no safetensors file, or not all of it, or holds contradictions.
    """
    head = file.read(HEAD)
    length = int.from_bytes(head[:8], "little")
    if len(head) < 9 or head[8:9] != b"{" or not 2 <= length <= MAX_HEADER:
        _foreign(head, size, path)
    if 8 + length > size:
        raise CheckpointError(
            f"{path} is cut short within its header ({size:,} bytes of more than"
            f" {8 + length:,}): copy or download it again"
        )
    file.seek(8)
    try:
        header = strict_json(file.read(length).decode("utf-8"))
    except ValueError as error:
        what = describe(head)
        if what is not None:
            _foreign(head, size, path)
        raise damaged(path, f"its header is no readable JSON ({_short(error)})") from error
    if not isinstance(header, dict):
        raise damaged(path, "its header is no JSON object")
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise damaged(path, "its metadata are not texts by name")
    return Layout(metadata, _tensors(header, 8 + length, size, path))


def damaged(path: Path, what: str) -> CheckpointError:
    """Make the error for a file that is a checkpoint, but not a whole and true one."""
    return CheckpointError(f"{path} is damaged: {what}; copy, download or export it again")


def _tensors(header: dict[str, Any], start: int, size: int, path: Path) -> dict[str, TensorSpec]:
    if len(header) > MAX_TENSORS:
        raise damaged(path, f"it names {len(header):,} tensors, above the limit {MAX_TENSORS:,}")
    specs = {name: _spec(name, entry, start, path) for name, entry in header.items()}
    end = start
    for name, spec in sorted(specs.items(), key=lambda item: (item[1].begin, item[1].end)):
        if spec.begin != end:
            raise damaged(path, f"its tensor {quoted(name)} overlaps another or leaves a gap")
        end = spec.end
    if size < end:
        raise CheckpointError(
            f"{path} is cut short ({size:,} of {end:,} bytes): copy or download it again"
        )
    if size > end:
        raise damaged(path, f"it is longer than its header says ({size:,} bytes, not {end:,})")
    return specs


def _spec(name: str, entry: Any, start: int, path: Path) -> TensorSpec:
    if len(name) > MAX_NAME or not name.isprintable():
        raise damaged(path, f"the tensor name {quoted(name)} is too long or not printable")
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise damaged(path, f"its entry for the tensor {quoted(name)} is not dtype, shape, place")
    dtype, shape, place = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in ITEM_SIZES:
        raise CheckpointError(
            f"{path} stores the tensor {quoted(name)} as {quoted(str(dtype))}, which is none of"
            f" {', '.join(ITEM_SIZES)}: export it again with one of these"
        )
    if not _counts(shape) or len(shape) > MAX_DIMENSIONS or max(shape, default=0) > MAX_SIZE:
        raise damaged(path, f"the shape of its tensor {quoted(name)} is impossible")
    if not _counts(place) or len(place) != 2:
        raise damaged(path, f"the place of its tensor {quoted(name)} is impossible")
    if place[1] - place[0] != math.prod(shape) * ITEM_SIZES[dtype]:
        raise damaged(path, f"place and shape of its tensor {quoted(name)} disagree")
    return TensorSpec(dtype, tuple(shape), start + place[0], start + place[1])


def _counts(value: Any) -> bool:
    return isinstance(value, list) and all(type(item) is int and item >= 0 for item in value)


def _foreign(head: bytes, size: int, path: Path) -> NoReturn:
    if size == 0:
        raise CheckpointError(f"{path} is empty: copy or download it again")
    what = describe(head) or "not a file that latentstudio knows"
    raise CheckpointError(
        f"{path} is {what}; choose a checkpoint, a .safetensors file saved by latentstudio"
    )


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key occurs twice")
    return result


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _short(error: Exception) -> str:
    return str(error).splitlines()[0][:100]
