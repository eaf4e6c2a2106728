"""Arithmetic that is not to be made coarser behind one's back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

_lock = threading.Lock()
_inside = 0
_before: list[str] = []


@contextmanager
def full_precision() -> Iterator[None]:
    """Full float32: no TF32 (ten bits) or bfloat16 (seven) in products and convolutions.

    The settings are those of the process: the first thread to enter makes them, and the last to
    leave restores them.
    """
    global _inside
    backends: Any = torch.backends  # torch's own stubs lack its settings of precision
    parts = (
        backends.cudnn.conv,
        backends.cuda.matmul,
        backends.mkldnn.conv,
        backends.mkldnn.matmul,
    )
    with _lock:
        if _inside == 0:
            _before[:] = [part.fp32_precision for part in parts]
        _inside += 1
        for part in parts:
            part.fp32_precision = "ieee"
    try:
        with torch.autocast("cpu", enabled=False), torch.autocast("cuda", enabled=False):
            yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                for part, precision in zip(parts, _before, strict=True):
                    part.fp32_precision = precision
