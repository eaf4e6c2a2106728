"""Portraits a second on one core: ``python tests/benchmarks/bench_portraits.py``."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from trainer.data.portraits import render, sample_factors


def measure(compiled: bool, count: int, resolution: int) -> tuple[float, float]:
    """Seconds of the first picture, and pictures a second (by CPU time) after it."""
    start = time.perf_counter()
    render(sample_factors([0]), resolution, compiled=compiled)
    first = time.perf_counter() - start
    # CPU time, because other work on the machine must not count.
    start = time.process_time()
    render(sample_factors(range(count)), resolution, compiled=compiled)
    return first, count / (time.process_time() - start)


def main() -> None:
    """Print the speed of both ways of rendering."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--resolution", type=int, default=64)
    parser.add_argument("--count", type=int, default=64)
    args = parser.parse_args()
    torch.set_num_threads(1)
    for label, compiled, count in (("eager", False, 4), ("compiled", True, args.count)):
        first, rate = measure(compiled, count, args.resolution)
        print(f"{label:9s} first picture {first:6.1f} s, then {rate:6.1f} images/s per core")


if __name__ == "__main__":
    main()
