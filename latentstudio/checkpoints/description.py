"""Descriptions of files of ours: JSON under a key of a safetensors file's metadata.

Read without torch, before any weight.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Generic, TypeVar

import msgspec

from latentstudio.checkpoints.errors import CheckpointError, first_line, quoted
from latentstudio.checkpoints.layout import damaged, read_layout, strict_json

MAX_TEXT = 500  # characters in a name or label
_DIGEST = re.compile("[0-9a-f]{64}")

H = TypeVar("H", bound=msgspec.Struct)


class _Version(msgspec.Struct):
    version: int


@dataclass(frozen=True)
class Description(Generic[H]):
    """One kind of file.

    Attributes
    ----------
    key
        In the metadata.
    version
        The newest that can be read.
    model
        The JSON object's fields, and ``tensors``: what the layout says of them.
    check
        Raises ValueError with the name of the first field that cannot be.
    kind
        Such as ``encoder``, for sentences.
    missing
        What to say, behind the path, of a safetensors file without the key.
    """

    key: str
    version: int
    model: type[H]
    check: Callable[[H], None]
    kind: str
    missing: str

    def read(self, file: BinaryIO, size: int, path: Path) -> H:
        """Read an open file's description.

        Parameters
        ----------
        file, size, path
            As for :func:`~latentstudio.checkpoints.layout.read_layout`.

        Raises
        ------
        CheckpointError
            One sentence: of another kind, cut short, damaged, or of a newer version.
        """
        layout = read_layout(file, size, path)
        if self.key not in layout.metadata:
            raise CheckpointError(f"{path} {self.missing}")
        try:
            document = strict_json(layout.metadata[self.key])
            version = msgspec.convert(document, _Version).version
            if version <= self.version:
                header = msgspec.convert(document, self.model)
                header = msgspec.structs.replace(header, tensors=layout.tensors)
                self.check(header)
                return header
        except ValueError as error:
            raise damaged(path, f"its description is wrong ({first_line(error)})") from error
        raise CheckpointError(
            f"{path} was written by a newer latentstudio ({self.kind} version {str(version)[:9]},"
            f" this one reads up to {self.version}): update latentstudio to open it"
        )

    def encode(self, header: H) -> dict[str, str]:
        """Return metadata; raise TypeError or ValueError on what could not be read again."""
        self.check(header)
        fields = msgspec.to_builtins(header)
        del fields["tensors"]
        text = json.dumps(fields, ensure_ascii=False, allow_nan=False)
        strict_json(text)
        return {self.key: text}


def is_digest(text: str) -> bool:
    """Whether it is a content hash: 64 hex digits."""
    return _DIGEST.fullmatch(text) is not None


def check_digest(text: str, field: str) -> None:
    """Raise ValueError unless it is a content hash."""
    if not is_digest(text):
        raise ValueError(f"{field} is not a sha256 in hex")


def check_lines(*texts: str) -> None:
    """Raise ValueError unless each is one printable line of at most ``MAX_TEXT`` characters."""
    for text in texts:
        if len(text) > MAX_TEXT or not text.isprintable():
            raise ValueError(f"the name is too long or not printable: {quoted(text)}")
