"""How a cache folder is written: plain JSON, and pixels before their number is known."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from latentstudio.atomic import write_atomic

# Longest header that a shape needs, so that pixels can be written before their number is known.
HEADER_BYTES = 128


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON object beside ``path`` and rename it, so that a kill leaves old or new."""
    write_atomic(path, (json.dumps(content, indent=2) + "\n").encode("ascii"))


def npy_header(shape: tuple[int, ...]) -> bytes:
    """First :data:`HEADER_BYTES` bytes of an ``.npy`` file (format 1.0) of uint8 in C order."""
    text = repr({"descr": "|u1", "fortran_order": False, "shape": shape})
    length = HEADER_BYTES - 10
    return b"\x93NUMPY\x01\x00" + length.to_bytes(2, "little") + f"{text:{length - 1}}\n".encode()
