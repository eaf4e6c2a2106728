"""One run on several processes: what has to be the same everywhere, and what is shared out.

The networks stay as they are. Every process computes with its share of the minibatch, and one
flat all-reduce after each backward pass averages the gradients. (A network wrapped in
DistributedDataParallel breaks under R1, whose backward pass leaves some gradients out, and
when it grows.) All processes draw the random numbers of the whole minibatch from equal random
states and keep their own rows of it, so that a run on n processes follows the run on one. Two
things stay each process's own: the statistics of batch normalisation, and noise planes (equal in
all processes, where one process would draw further ones).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from trainer.errors import TrainingError
from trainer.tensors import checksum


class World:
    """The processes of a run; this one has the number ``rank`` among ``size``.

    Parameters
    ----------
    rank, size
        0 and 1 for a run in a single process, which needs no process group.
    """

    def __init__(self, rank: int = 0, size: int = 1) -> None:
        self.rank, self.size = rank, size

    @property
    def first(self) -> bool:
        """Whether this process writes the files and talks to the person."""
        return self.rank == 0

    def local(self, n: int) -> int:
        """How many of ``n`` pictures are this process's.

        Raises
        ------
        TrainingError
            If they cannot be shared out evenly.
        """
        if n % self.size:
            raise TrainingError(
                f"A batch of {n} cannot be shared out among {self.size} processes: "
                "pass a --batch that is a multiple."
            )
        return n // self.size

    def rows(self, n: int) -> slice:
        """Which of ``n`` rows are this process's.

        Every ``size``-th row rather than a run of them: the groups of the minibatch standard
        deviation, which are strided too, then hold the same pictures as in a single process.
        """
        self.local(n)
        return slice(self.rank, n, self.size)

    def randn(self, *shape: int, device: torch.device) -> Tensor:
        """Draw for all from the normal distribution, keep the own rows; ``shape`` is local."""
        whole = torch.randn(shape[0] * self.size, *shape[1:], device=device)
        return whole[self.rank :: self.size]

    def rand(self, *shape: int, device: torch.device) -> Tensor:
        """Draw the same way from the uniform distribution on [0, 1)."""
        whole = torch.rand(shape[0] * self.size, *shape[1:], device=device)
        return whole[self.rank :: self.size]

    def randint(self, low: int, high: int, n: int, device: torch.device) -> Tensor:
        """Draw the same way integers from ``low`` to ``high - 1``: int64 [n]."""
        return torch.randint(low, high, (n * self.size,), device=device)[self.rank :: self.size]

    def average_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Replace each gradient by its mean over all processes: one flat all-reduce."""
        if self.size > 1:
            self.average_(p.grad for p in parameters if p.grad is not None)

    def average_buffers(self, network: nn.Module) -> None:
        """The same for running statistics."""
        if self.size > 1:
            self.average_(b for b in network.buffers() if b.is_floating_point())

    def average_(self, tensors: Iterable[Tensor]) -> None:
        """Replace tensors by their means over all processes, in place."""
        parts = list(tensors)
        if self.size == 1 or not parts:
            return
        flat = torch.cat([part.detach().float().flatten() for part in parts])
        dist.all_reduce(flat)
        flat /= self.size
        sizes = [part.numel() for part in parts]
        for part, mean in zip(parts, torch.split(flat, sizes), strict=True):
            part.detach().copy_(mean.view_as(part))

    def mean(self, value: Tensor) -> Tensor:
        """A detached scalar's mean over all processes."""
        value = value.detach().clone()
        self.average_([value])
        return value

    def agree(self, wishes: Sequence[bool]) -> list[bool]:
        """For each question, whether any process says yes: all then do the same."""
        if self.size == 1:
            return list(wishes)
        votes: list[Any] = [None] * self.size
        dist.all_gather_object(votes, list(wishes))
        return [any(answers) for answers in zip(*votes, strict=True)]

    def compare(self, networks: dict[str, nn.Module]) -> None:
        """Make sure that all processes hold the same weights, to the bit.

        Raises
        ------
        TrainingError
            On every process, if they do not.
        """
        if self.size == 1:
            return
        mine = {
            name: checksum({k: v.detach().cpu().contiguous() for k, v in net.state_dict().items()})
            for name, net in networks.items()
        }
        theirs: list[Any] = [None] * self.size
        dist.all_gather_object(theirs, mine)
        for name, first in theirs[0].items():
            if any(other[name] != first for other in theirs):
                raise TrainingError(
                    f"The processes no longer hold the same {name}; nothing was saved. Resume "
                    "from the last snapshot."
                )


@contextmanager
def joined(device: str) -> Iterator[World]:
    """The processes that torchrun started, or this one alone.

    Parameters
    ----------
    device
        Of this process, as :func:`local_device` says: NCCL on CUDA, gloo elsewhere. What is
        no tensor is exchanged over gloo, which makes no GPU wait.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield World()
        return
    if device.startswith("cuda"):
        torch.cuda.set_device(device)
    dist.init_process_group("cpu:gloo,cuda:nccl" if device.startswith("cuda") else "gloo")
    try:
        yield World(dist.get_rank(), dist.get_world_size())
    finally:
        dist.destroy_process_group()


def local_device(device: str) -> str:
    """The device of this process: of several on one machine each takes its own GPU."""
    # Also where a snapshot of the first process says cuda:0.
    if device.startswith("cuda") and "LOCAL_RANK" in os.environ:
        return f"cuda:{os.environ['LOCAL_RANK']}"
    return device
