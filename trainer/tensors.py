"""Flat tables of named tensors, as training snapshots hold them."""

from __future__ import annotations

import zlib

import torch
from torch import Tensor


def under(tensors: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    """The tensors whose names begin with ``name.``, under the rest of their names."""
    start = f"{name}."
    return {k.removeprefix(start): v for k, v in tensors.items() if k.startswith(start)}


def checksum(tensors: dict[str, Tensor]) -> int:
    """CRC-32 over names and bytes of contiguous tensors on the CPU, in the names' order."""
    crc = 0
    for name in sorted(tensors):
        crc = zlib.crc32(name.encode(), crc)
        crc = zlib.crc32(tensors[name].reshape(-1).view(torch.uint8).numpy().data, crc)
    return crc


def restore_adam(optimizer: torch.optim.Adam, flat: dict[str, Tensor]) -> None:
    """Put flat slots, named ``index.key``, into a freshly built optimiser, in place."""
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    slots: dict[int, dict[str, Tensor]] = {}
    for name, value in flat.items():
        index, _, key = name.partition(".")
        if key != "step":
            # In the parameter's own memory format: arithmetic then runs as it ran before.
            value = torch.empty_like(parameters[int(index)]).copy_(value)
        slots.setdefault(int(index), {})[key] = value
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": slots, "param_groups": groups})
