"""The FID Inception network beside torch-fidelity's, on a CPU with one thread.

    python tests/benchmarks/bench_inception.py [--size 64] [--batch 16] [--turns 5]

Both have the same random weights and see the same pictures, in turns within one process. One
line of JSON: pictures for each second of processor time (medians), the median over turns of the
ratio, and how far the features are apart, relative to the largest.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

ROOT = Path(__file__).resolve().parents[2]
# Not as tests.metrics: torch-fidelity installs a package of its own that is called tests.
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from metrics.published import inception_state, weights_of  # noqa: E402
from oracles.libraries import library  # noqa: E402

from latentstudio.metrics.spaces.inception import InceptionFeatures  # noqa: E402


def timed(compute: Callable[[], Tensor]) -> float:
    start = time.process_time()
    compute()
    return time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=64, help="of the pictures, in pixels")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--turns", type=int, default=5)
    args = parser.parse_args()
    torch.set_num_threads(1)
    state = inception_state()
    extractor = library("torch_fidelity.feature_extractor_inceptionv3").FeatureExtractorInceptionV3
    with tempfile.NamedTemporaryFile(suffix=".pth") as file:
        torch.save(state, file.name)
        theirs = extractor("random", ["2048"], feature_extractor_weights_path=file.name)
    ours = InceptionFeatures(weights_of(state), "0", "tf1", torch.device("cpu"))
    levels = torch.randint(0, 256, (args.batch, 3, args.size, args.size), dtype=torch.uint8)
    images = levels / 127.5 - 1

    with torch.no_grad():
        wanted = theirs(levels)[0]
        apart = (ours(images) - wanted).abs().max() / wanted.max()
        turns = [
            (timed(lambda: theirs(levels)[0]), timed(lambda: ours(images)))
            for _ in range(args.turns)
        ]
    their_time, our_time = (statistics.median(times) for times in zip(*turns, strict=True))
    result = {
        "size": args.size,
        "batch": args.batch,
        "torch_fidelity_images_a_second": round(args.batch / their_time, 2),
        "images_a_second": round(args.batch / our_time, 2),
        "ratio": round(statistics.median(a / b for a, b in turns), 2),
        "features_apart": float(f"{float(apart):.1e}"),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
