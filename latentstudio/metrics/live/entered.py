"""Features as they come in: refused, or float32 from then on."""

from __future__ import annotations

import torch
from torch import Tensor

from latentstudio.metrics.frechet import rows


def entered(features: Tensor, dim: int) -> Tensor:
    """Features [n, d] as float32 on the CPU.

    Raises
    ------
    ValueError
        When they are no table of finite numbers that float32 can hold, or d is not ``dim``.
    """
    narrow = rows(features).to("cpu", torch.float32)
    if narrow.shape[1] != dim:
        raise ValueError(f"features of {dim} and of {narrow.shape[1]} numbers cannot be compared")
    rows(narrow)  # what float32 cannot hold has become infinite
    return narrow
