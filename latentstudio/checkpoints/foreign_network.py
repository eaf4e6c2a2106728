"""A foreign checkpoint as a network, ready to draw."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentstudio.checkpoints.content import ContentHash
from latentstudio.checkpoints.errors import CheckpointError, quoted
from latentstudio.checkpoints.foreign import read_foreign, remember
from latentstudio.checkpoints.header import VERSION, Header, check_header
from latentstudio.checkpoints.imported import Imported, Scaled
from latentstudio.checkpoints.layout import TensorSpec
from latentstudio.checkpoints.skeleton import build
from latentstudio.checkpoints.trial import is_finite, try_out
from latentstudio.generators.protocol import Generator


def load_foreign(path: Path, head: bytes) -> tuple[Generator, Header]:
    """Open a file of another program; see :func:`~latentstudio.checkpoints.store.load_generator`.

    Parameters
    ----------
    path
        Untrusted. Nothing in it is executed.
    head
        Its first bytes.

    Returns
    -------
    generator, header
        The network on the CPU in float32, and what its own file would say about it: it has the
        content hash that :func:`~latentstudio.checkpoints.store.save_generator` would give.

    Raises
    ------
    CheckpointError
        One sentence: what it is instead, or what is wrong with it.
    """
    imported = read_foreign(path, head)
    source = str(path)
    specs = {name: _spec(name, values, source) for name, values in imported.tensors.items()}
    generator = build(imported.family, imported.config, specs, source)
    generator.content_hash = _fill(generator, imported, source)
    generator.name, generator.labels = imported.name, imported.labels
    generator.eval().requires_grad_(False)
    header = Header(
        version=VERSION,
        info=generator.info,
        config=generator.config(),
        data=imported.data,
        training=imported.training,
        created=datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds"),
        tensors=specs,
    )
    try:
        check_header(header)
    except ValueError as error:
        raise CheckpointError(
            f"{path} holds a generator beyond what can be opened ({error}): get another file"
        ) from error
    try_out(generator, path)
    remember(path, header)
    return generator, header


def _spec(name: str, values: NDArray[Any] | Scaled, source: str) -> TensorSpec:
    if values.dtype.kind not in "fiu":
        raise CheckpointError(
            f"{source} stores {quoted(name)} as {values.dtype}, not as numbers: get the file again"
        )
    width = values.dtype.itemsize * 8
    kind = "F32" if values.dtype.kind == "f" else f"{values.dtype.kind.upper()}{width}"
    return TensorSpec(kind, values.shape, 0, 0)


def _fill(generator: Generator, imported: Imported, source: str) -> str:
    """Copy the weights into the network one by one; returns the content hash."""
    state = generator.state_dict()
    digest = ContentHash(imported.family, generator.config())
    for name in sorted(state):
        wanted = state[name]
        stored = wanted.detach().numpy()
        values = imported.tensors[name]
        # numpy copies what torch cannot share: read-only, unaligned, of another byte order.
        if isinstance(values, Scaled):
            np.multiply(values.values, np.float32(values.gain), out=stored, casting="same_kind")
        else:
            np.copyto(stored, values, casting="same_kind")
        if not is_finite(wanted):
            raise CheckpointError(
                f"{source} has weights in {quoted(name)} that are not finite: use an earlier"
                " snapshot of the training"
            )
        kind = "F32" if wanted.is_floating_point() else f"I{stored.itemsize * 8}"
        digest.add(name, kind, stored.shape, stored.reshape(-1))
    return digest.hexdigest()
