"""Edits of a recipe as displacements of z and of ws."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from latentstudio.document.edit import Edit
    from latentstudio.generators.protocol import Generator
    from latentstudio.latents.compose import Memo


def in_z(edits: Sequence[Edit]) -> tuple[Edit, ...]:
    """Those that displace z, before the mapping."""
    return tuple(edit for edit in edits if edit.vector.space == "z" and edit.amount)


def displaced_z(z: Tensor, edits: Sequence[Edit]) -> Tensor:
    """``z`` [..., z_dim] with the edits in z added."""
    for edit in in_z(edits):
        values = torch.from_numpy(edit.vector.values()).to(z)
        z = torch.add(z, values, alpha=edit.amount)
    return z


def displaced_ws(
    generator: Generator, ws: Tensor, edits: Sequence[Edit], memo: Memo | None = None
) -> Tensor:
    """``ws`` [n, num_layers, w_dim] with the edits in w and w+ added to their layers.

    Parameters
    ----------
    generator
        Whose latents they are.
    ws
        Truncated already; left as it is.
    edits
        Those in z are passed over.
    memo
        Keeps the decoded vectors, so that a drag of the amount decodes nothing.
    """
    total: Tensor | None = None
    for edit in edits:
        if edit.vector.space == "z" or not edit.amount:
            continue
        rows = _rows(generator, edit, memo)
        total = rows * edit.amount if total is None else total.add_(rows, alpha=edit.amount)
    return ws if total is None else ws + total


def _rows(generator: Generator, edit: Edit, memo: Memo | None) -> Tensor:
    """[num_layers, w_dim]: the vector on its layers, 0 elsewhere."""

    def make() -> Tensor:
        values = torch.from_numpy(edit.vector.values()).to(generator.device)
        rows = values.expand(generator.num_layers, generator.w_dim).clone()
        rows[: edit.first] = 0.0
        if edit.stop is not None:
            rows[edit.stop :] = 0.0
        return rows

    return make() if memo is None else memo(("edit", edit.vector, edit.first, edit.stop), make)
