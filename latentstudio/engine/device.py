"""Which device draws, and how many threads it may take."""

from __future__ import annotations

import os

from latentstudio.engine.errors import EngineError

_ROOM = 4 * 2**30  # bytes for models where the memory is not known
_MAX_THREADS = 8  # one picture at a time does not divide further


def resolve_device(name: str) -> str:
    """The device meant by ``name``: ``auto`` is the first of cuda, mps and cpu that is here.

    Raises
    ------
    EngineError
        When the named device is not here.
    """
    import torch

    if name == "auto":
        if torch.cuda.is_available():
            return "cuda"
        return "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        kind = torch.device(name).type
    except RuntimeError:
        kind = ""
    here = {
        "cpu": True,
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
    }
    if not here.get(kind, False):
        raise EngineError(f"The device {name!r} is not available on this machine: use cpu or auto")
    return name


def import_torch() -> None:
    """Import torch for the first time, with threads that sleep while they wait.

    Spinning threads on a busy machine can make two of them slower than one. Huge pages, where
    the system has them, spare large features a fourth of their time.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
    import torch  # noqa: F401


def thread_count() -> int:
    """How many threads draw: one core stays with the window, unless OMP_NUM_THREADS is set."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isascii() and asked.isdigit() and int(asked) > 0:
        return int(asked)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min((cores or 2) - 1, _MAX_THREADS))


def memory_room(device: str) -> int:
    """Bytes that models may take on a device: half of its memory."""
    import torch

    kind = torch.device(device).type
    if kind == "cuda":
        return torch.cuda.get_device_properties(device).total_memory // 2
    if kind == "mps":
        return torch.mps.recommended_max_memory() // 2
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (AttributeError, ValueError, OSError):  # not a system that says
        return _ROOM


def settle_threads(count: int) -> None:
    """Have the calling thread draw with ``count`` threads.

    Torch keeps the number for each calling thread, and convolutions round differently with
    another one: whoever draws must use the same, or equal recipes give unequal pixels.
    """
    import torch

    if torch.get_num_threads() != count:
        torch.set_num_threads(count)
