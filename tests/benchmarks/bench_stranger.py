"""Is it told when a generator cannot make a picture?

    python tests/benchmarks/bench_stranger.py [--space w+] [--count 12]

Searches for portraits that no training has seen, the same upside down, parts of scikit-learn's two
photographs, plain shapes, and noise. What decides is the misfit: the distance of what is found, by
features or by pixels, whichever is worse, as a share of that between random pictures of the
generator. One line of JSON a kind, and last of all which threshold parts portraits from the rest.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parent))

from bench_invert import PORTRAITS_SEED, Bench, tell

from latentstudio.engine.inverting.judgement import STRANGE
from latentstudio.metrics.matching import Matching


def kinds(count: int, r: int) -> Iterator[tuple[str, Tensor]]:
    """Names, and pictures uint8 [count, 3, r, r]."""
    from sklearn.datasets import load_sample_images

    from trainer.data.portraits import portraits

    random = np.random.default_rng(5)
    faces, _ = portraits(range(count), r, seed=PORTRAITS_SEED)
    yield "portraits", faces
    yield "portraits upside down", faces.flip(2)
    photographs = load_sample_images().images
    parts = []
    for i in range(count):
        photograph = photographs[i % len(photographs)]
        side = int(random.integers(r, min(photograph.shape[:2])))
        top, left = (int(random.integers(0, n - side + 1)) for n in photograph.shape[:2])
        part = torch.tensor(photograph[top : top + side, left : left + side]).permute(2, 0, 1)
        parts.append(F.interpolate(part[None].float(), (r, r), mode="area")[0].byte())
    yield "photographs", torch.stack(parts)
    yield "shapes", torch.stack([shapes(random, r) for _ in range(count)])
    yield "noise", torch.tensor(random.integers(0, 256, (count, 3, r, r)), dtype=torch.uint8)


def shapes(random: np.random.Generator, r: int) -> Tensor:
    """A slope of two colours with some rectangles on it."""
    t = np.linspace(0, 1, r)[None, :, None]
    a, b = random.integers(0, 256, (2, 3))
    picture = np.broadcast_to(a * (1 - t) + b * t, (r, r, 3)).copy()
    for _ in range(4):
        x, y = random.integers(0, r - 8, 2)
        width, height = random.integers(8, r // 2, 2)
        picture[y : y + height, x : x + width] = random.integers(0, 256, 3)
    return torch.tensor(picture.astype(np.uint8)).permute(2, 0, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--family", default="stylegan2")
    parser.add_argument("--space", choices=("z", "w", "w+"), default="w+")
    parser.add_argument("--count", type=int, default=12)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    bench = Bench(arguments.family, arguments.space)
    images = bench.drawn(bench.z[:64])
    usual = Matching(None, images[:1]).usual(images)
    own, strange = list[float](), list[float]()
    threshold = STRANGE[arguments.space]
    for kind, pictures in kinds(arguments.count, bench.generator.resolution):
        features, pixels = list[float](), list[float]()
        for i, target in enumerate(pictures.split(1)):
            starts = bench.near(target, 8) if bench.encoder is None else bench.guessed(target)
            search, distance = bench.search(target, starts, seed=i)
            features.append(distance)
            apart = Matching(None, target).distance(search.best.image[None])
            pixels.append(float(apart) / usual)
        misfits = [max(pair) for pair in zip(features, pixels, strict=True)]
        (own if kind == "portraits" else strange).extend(misfits)
        tell(
            kind=kind,
            space=arguments.space,
            count=len(misfits),
            features=[round(x, 3) for x in sorted(features)],
            pixels=[round(x, 3) for x in sorted(pixels)],
            median=round(statistics.median(misfits), 3),
            warned=round(sum(x > threshold for x in misfits) / len(misfits), 3),
        )
    tell(
        threshold=threshold,
        highest_portrait=round(max(own), 3),
        lowest_other=round(min(strange), 3),
    )


if __name__ == "__main__":
    main()
