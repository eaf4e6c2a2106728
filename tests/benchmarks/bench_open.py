"""Opening a checkpoint against reading the bytes of its generator, and the memory it takes.

A new process for every try: the memory is the peak of that process above what torch alone takes.
The file's pages are thrown out of the system's cache before each, where the system allows it.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_CHILD = """
import json, resource, sys, time
import torch
from latentstudio.checkpoints.store import load_generator
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
start = time.perf_counter()
generator = load_generator(sys.argv[1])
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
held = sum(t.numel() * t.element_size() for t in generator.state_dict().values())
print(json.dumps([seconds, (peak - before) * 1024, held, generator.resolution]))
"""


def forget(path: Path) -> None:
    """Drop the file from the page cache, so that it is read from disk."""
    if hasattr(os, "posix_fadvise"):
        with path.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def read_seconds(path: Path, count: int) -> float:
    """Time to read the first ``count`` bytes into one buffer."""
    forget(path)
    buffer = bytearray(min(count, path.stat().st_size))
    start = time.perf_counter()
    with path.open("rb", buffering=0) as file:
        view = memoryview(buffer)
        while view and (got := file.readinto(view)):
            view = view[got:]
    return time.perf_counter() - start


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    rows = []
    own_cache = tempfile.mkdtemp()  # where what is known about a file would be found
    for _ in range(options.repeats):
        forget(options.checkpoint)
        command = [sys.executable, "-c", _CHILD, str(options.checkpoint)]
        environment = os.environ | {"XDG_CACHE_HOME": own_cache}
        answer = subprocess.run(
            command, check=True, capture_output=True, text=True, env=environment
        ).stdout
        seconds, peak, held, resolution = json.loads(answer)
        rows.append((seconds, peak, read_seconds(options.checkpoint, held)))
    size = options.checkpoint.stat().st_size
    opening, peak, reading = (statistics.median(column) for column in zip(*rows, strict=True))
    print(f"{options.checkpoint.name}: {resolution} px, {size / 2**20:.1f} MiB in the file,")
    print(f"of which the generator's weights take {held / 2**20:.1f} MiB")
    print(f"reading as many bytes {reading:.2f} s, opening {opening:.2f} s")
    print(f"bar: 1.5 x reading + 1 s = {1.5 * reading + 1:.2f} s")
    print(f"peak memory above torch {peak / 2**20:.0f} MiB = {peak / size:.2f} x the file")


if __name__ == "__main__":
    main()
