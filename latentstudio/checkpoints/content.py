"""The content hash: what a generator is, whatever its file or name."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any


class ContentHash:
    """sha256 over family, configuration and tensors.

    Every part goes in behind its length, so that no two contents give the same stream. Name,
    labels, data set and provenance do not count: renaming a generator breaks no recipe.

    Parameters
    ----------
    family
        Such as ``dcgan``.
    config
        JSON-ready constructor arguments; the order of keys does not count.

    Raises
    ------
    TypeError, ValueError
        If ``config`` is not JSON.
    """

    def __init__(self, family: str, config: dict[str, Any]) -> None:
        self._sha = hashlib.sha256()
        self._part(b"latentstudio generator 1")
        self._part(family.encode("utf-8"))
        canonical = json.dumps(config, sort_keys=True, separators=(",", ":"), allow_nan=False)
        self._part(canonical.encode("ascii"))

    def add(self, name: str, dtype: str, shape: Sequence[int], data: Any) -> None:
        """Add one tensor; call in the sorted order of names.

        Parameters
        ----------
        name, dtype, shape
            As in the safetensors header.
        data
            Its bytes as stored: any C-contiguous buffer.
        """
        self._part(name.encode("utf-8"))
        self._part(f"{dtype} {list(shape)}".encode("ascii"))
        view = memoryview(data)
        self._part(view.cast("B") if view.nbytes else b"")

    def hexdigest(self) -> str:
        """64 hex digits."""
        return self._sha.hexdigest()

    def _part(self, data: bytes | memoryview) -> None:
        self._sha.update(len(data).to_bytes(8, "little"))
        self._sha.update(data)
