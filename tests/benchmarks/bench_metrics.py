"""The metrics beside those of other libraries, from the same features, on one thread.

    python tests/benchmarks/bench_metrics.py [--repeats 3]

FID at d = 2048 with the statistics of both sides against pytorch-fid's, and precision and recall
of 10,000 against 10,000 against torch-fidelity's. Both sides take turns within one process; CPU
seconds, and the ratio is the median over turns. Peak memory is that of a process of its own for
each, above what features and libraries take. One line of JSON each.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
# torch-fidelity brings a package named tests along, which hides this one.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "oracles"))

from libraries import library, quiet

from latentstudio import metrics

Call = Callable[[Tensor, Tensor], tuple[float, ...]]


def features(n: int, d: int) -> tuple[Tensor, Tensor]:
    """Reals and fakes: 0 or more and of some 64 degrees of freedom, as a network's are."""
    random = torch.Generator().manual_seed(0)
    mixing = torch.randn(64, d, generator=random)
    sides = (torch.randn(n, 64, generator=random) * spread for spread in (1.0, 1.05))
    real, fake = ((side @ mixing + 0.3 * torch.randn(n, d, generator=random)) for side in sides)
    return real.relu_(), fake.relu_()


def our_fid(real: Tensor, fake: Tensor) -> tuple[float, ...]:
    return (metrics.fid(real, fake).value,)


def their_fid(real: Tensor, fake: Tensor) -> tuple[float, ...]:
    """As pytorch-fid does: features in a float64 array, numpy's covariance, scipy's root."""
    score = library("pytorch_fid.fid_score")
    tables = [side.numpy().astype(np.float64) for side in (fake, real)]
    moments = [m for x in tables for m in (x.mean(axis=0), np.cov(x, rowvar=False))]
    with quiet():
        return (float(score.calculate_frechet_distance(*moments)),)


def our_shares(real: Tensor, fake: Tensor) -> tuple[float, ...]:
    return metrics.precision_recall(real, fake).value


def their_shares(real: Tensor, fake: Tensor) -> tuple[float, ...]:
    prc = library("torch_fidelity.metric_prc")
    found = prc.prc_features_to_metric(fake, real, verbose=False)
    return found["precision"], found["recall"]


def peak() -> float:
    """MiB that this process has taken at most since :func:`forget` (Linux)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def forget() -> None:
    """Let the peak begin at what is taken now."""
    Path("/proc/self/clear_refs").write_text("5")


def memory(call: Call, n: int, d: int) -> float:
    """MiB at the peak of one call, in a process of its own, above what was there before."""
    command = [sys.executable, __file__, "--alone", call.__name__, str(n), str(d)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def alone(name: str, n: int, d: int) -> None:
    call: Call = globals()[name]
    real, fake = features(n, d)
    call(real[:300], fake[:300])  # libraries and kernels are loaded
    forget()
    before = peak()
    call(real, fake)
    print(peak() - before)


def compare(what: str, ours: Call, theirs: Call, n: int, d: int, repeats: int) -> None:
    """Print seconds, ratio, memory and how far the answers differ."""
    real, fake = features(n, d)
    seconds: tuple[list[float], list[float]] = ([], [])
    answers = []
    for _ in range(repeats):
        for call, taken in zip((ours, theirs), seconds, strict=True):
            start = time.process_time()
            answers.append(call(real, fake))
            taken.append(time.process_time() - start)
    ratios = [b / a for a, b in zip(*seconds, strict=True)]
    mine, other = answers[-2:]
    print(
        json.dumps(
            {
                "what": what,
                "n": n,
                "d": d,
                "seconds": round(statistics.median(seconds[0]), 2),
                "theirs": round(statistics.median(seconds[1]), 2),
                "times faster": round(statistics.median(ratios), 2),
                "MiB": round(memory(ours, n, d)),
                "their MiB": round(memory(theirs, n, d)),
                "difference": max(abs(a / b - 1) for a, b in zip(mine, other, strict=True)),
            }
        ),
        flush=True,
    )


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--alone", nargs=3, metavar=("CALL", "N", "D"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.alone:
        alone(options.alone[0], *map(int, options.alone[1:]))
        return
    compare("FID against pytorch-fid", our_fid, their_fid, 5000, 2048, options.repeats)
    for d in (512, 2048):
        name = "precision and recall against torch-fidelity"
        compare(name, our_shares, their_shares, 10_000, d, options.repeats)


if __name__ == "__main__":
    main()
