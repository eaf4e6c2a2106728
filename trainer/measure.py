"""Samples of one measurement, drawn by all processes of torchrun and gathered on the first."""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from latentstudio.document.sampling import Sampling
from latentstudio.generators.protocol import Generator
from latentstudio.metrics.measure.fakes import Drawn
from latentstudio.metrics.measure.plan import Plan
from latentstudio.metrics.measure.run import Progress, fill
from latentstudio.metrics.spaces.features import Features
from trainer.parallel import World


def shared_features(
    generator: Generator,
    features: Features,
    sampling: Sampling,
    n: int,
    world: World,
    *,
    class_shares: tuple[float, ...] = (),
    progress: Progress | None = None,
) -> Tensor | None:
    """Features of n samples: what one process makes, whatever the number of processes.

    Parameters
    ----------
    generator, features, sampling, n, class_shares
        As in :func:`~latentstudio.metrics.quality.generate_features`, alike on every process and
        on its own device.
    world
        The processes: each takes every ``world.size``-th chunk.
    progress
        Told of this process's own chunks.

    Returns
    -------
    Tensor or None
        float32 [n, dim] on the first process, None on the others.
    """
    plan = Plan((Drawn(generator, sampling, class_shares),), features, n=n)
    made = fill(plan, progress or (lambda *_: None), world.rank, world.size)
    chunks = {part.start: rows for part, rows in made.items()}
    if world.size > 1:
        shares: list[Any] | None = [None] * world.size if world.first else None
        # As arrays: tensors would be pickled as shared memory, which ends at a machine's border.
        dist.gather_object({start: rows.numpy() for start, rows in chunks.items()}, shares)
        if shares is None:
            return None
        chunks = {s: torch.from_numpy(rows) for share in shares for s, rows in share.items()}
    return torch.cat([chunks[start] for start in sorted(chunks)])
