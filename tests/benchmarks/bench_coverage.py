"""How often 95% intervals hold the value of a 50,000-sample run, on a bundled checkpoint.

    python tests/benchmarks/bench_coverage.py --cache FILE [--data portraits] [--samples 384 2000]

Features of 50,000 samples give the values that are taken for true; 38,400 further ones are the
repetitions. At N = 384, four samples a dimension of the bundled features, these are a hundred sets
that share no sample; above that, a hundred random choices among them. Shown are, of 100, the
intervals that hold the value, with mean, spread and mean standard error of the repetitions:

- the extrapolated FID, and for comparison the plain one, whose bias its interval does not know;
- KID, whose error counts both sides as drawn, against 50,000 samples and all reals;
- precision against 50,000 samples and the balls of the same N reals, which it takes as given.

The first run draws 88,400 pictures (about six minutes of one core) and keeps their features in the
file. One thread.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from latentstudio.checkpoints.bundled import resources_folder
from latentstudio.checkpoints.store import load_generator
from latentstudio.document.sampling import Sampling
from latentstudio.metrics.distances import close_pairs, paired
from latentstudio.metrics.estimate import Interval
from latentstudio.metrics.frechet import Statistics, frechet_distance
from latentstudio.metrics.kernel import kid
from latentstudio.metrics.quality import generate_features, score
from latentstudio.metrics.reals import RealSide, open_reals
from latentstudio.metrics.spaces.register import open_space

TRUE, FURTHER, REPETITIONS = 50_000, 38_400, 100


def drawn(checkpoint: Path, cache: Path) -> Tensor:
    """Features of all samples: float32 [88,400, d], from the file if it is there."""
    if not cache.exists():
        features = open_space("portraits")
        generator = load_generator(checkpoint)
        rows = generate_features(generator, features, Sampling(), TRUE + FURTHER, 50)
        np.save(cache, rows.numpy())
    return torch.from_numpy(np.load(cache))


def share_inside(real: Tensor, radii: Tensor, fake: Tensor) -> float:
    """Share of all fakes [m, d] within the balls of the reals [n, d]."""
    reals, fakes = paired(real.double(), fake.double())
    inside = torch.zeros(len(fake), dtype=torch.bool)
    for i, j, apart in close_pairs(reals, fakes, radii, torch.full((len(fake),), -1.0).double()):
        inside[j[apart <= radii[i]]] = True
    return float(inside.double().mean())


def summary(
    what: str, truth: float, values: Sequence[float], intervals: Sequence[Interval]
) -> dict[str, object]:
    """How the repetitions lie about the truth."""
    half = [(high - low) / 2 / 1.96 for low, high in intervals]
    return {
        "what": what,
        "true": round(truth, 4),
        "mean": round(float(np.mean(values)), 4),
        "spread": round(float(np.std(values, ddof=1)), 4),
        "mean error": round(float(np.mean(half)), 4),
        "inside": sum(low <= truth <= high for low, high in intervals),
    }


def repetitions(further: Tensor, n: int) -> list[Tensor]:
    """A hundred sets of n, of which no two share a sample where there are enough."""
    if n * REPETITIONS <= len(further):
        return list(torch.split(further[: n * REPETITIONS], n))
    random = np.random.RandomState(0)
    choices = (random.choice(len(further), n, replace=False) for _ in range(REPETITIONS))
    return [further[torch.from_numpy(choice)] for choice in choices]


def cover(real: RealSide, every: Tensor, true_kid: float, n: int) -> None:
    """Print how often the intervals at n samples hold the values of all 50,000."""
    big = every[:TRUE]
    true_fid = frechet_distance(real.statistics, Statistics.of(big))
    true_precision = share_inside(real.rows[:n], real.radii(n), big)
    found = [score(real, fake) for fake in repetitions(every[TRUE:], n)]
    rows = [
        ("FID", true_fid, "fid"),
        ("FID, extrapolated", true_fid, "fid_extrapolated"),
        ("KID", true_kid, "kid"),
        ("precision", true_precision, "precision"),
    ]
    for what, truth, name in rows:
        values = [getattr(quality, name) for quality in found]
        intervals = [getattr(quality, f"{name}_interval") for quality in found]
        print(json.dumps({"n": n, **summary(what, truth, values, intervals)}), flush=True)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, required=True, help="file (.npy) for the features")
    parser.add_argument("--data", default="portraits", help="as for measure --real")
    parser.add_argument("--samples", type=int, nargs="+", default=[384, 2000])
    options = parser.parse_args()
    torch.set_num_threads(1)
    every = drawn(
        resources_folder() / "checkpoints" / "portraits-stylegan2.safetensors", options.cache
    )
    real = open_reals(options.data, open_space("portraits")).side
    true_kid = kid(real.rows, every[:TRUE]).value
    for n in options.samples:
        cover(real, every, true_kid, n)


if __name__ == "__main__":
    main()
