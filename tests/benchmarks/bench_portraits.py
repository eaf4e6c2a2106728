"""Portraits a second on one core: ``python tests/benchmarks/bench_portraits.py``.

All figures are CPU time, so that other work on the machine does not count; the time to compile
includes that of the compiler itself. Point ``TORCHINDUCTOR_CACHE_DIR`` at an empty folder to
measure a cold start.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from trainer.data.portraits import render, sample_factors


def cpu_seconds() -> float:
    """CPU time of this process and of the compilers that it has waited for."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def measure(compiled: bool, count: int, resolution: int) -> tuple[float, float]:
    """CPU seconds of the first picture, and pictures a CPU second after it."""
    start = cpu_seconds()
    render(sample_factors([0]), resolution, compiled=compiled)
    first = cpu_seconds() - start
    start = cpu_seconds()
    render(sample_factors(range(count)), resolution, compiled=compiled)
    return first, count / (cpu_seconds() - start)


def main() -> None:
    """Print the speed of both ways of rendering and their ratio."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--resolution", type=int, default=64)
    parser.add_argument("--count", type=int, default=64)
    args = parser.parse_args()
    torch.set_num_threads(1)
    rates = []
    for label, compiled, count in (("eager", False, 4), ("compiled", True, args.count)):
        first, rate = measure(compiled, count, args.resolution)
        rates.append(rate)
        print(f"{label:9s} first picture {first:6.1f} s, then {rate:6.1f} images/s per core")
    print(f"compiled / eager: {rates[1] / rates[0]:.1f}")


if __name__ == "__main__":
    main()
