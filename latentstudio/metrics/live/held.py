"""How much memory an object holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from torch import Tensor


def held(value: Any, counted: set[int] | None = None) -> int:
    """Bytes of the arrays and tensors in an object, its attributes and what they contain.

    Parameters
    ----------
    value
        Any object; what is neither array, container nor has attributes counts nothing.
    counted
        ``id`` of what is counted elsewhere. Nothing counts twice.
    """
    counted = set() if counted is None else counted
    if id(value) in counted:
        return 0
    counted.add(id(value))
    if isinstance(value, np.ndarray | Tensor):
        return value.nbytes
    if isinstance(value, Mapping):
        parts = list(value.values())
    elif isinstance(value, list | tuple):
        parts = list(value)
    else:
        parts = list(getattr(value, "__dict__", {}).values())
    return sum(held(part, counted) for part in parts)
