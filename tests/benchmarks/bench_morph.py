"""Whether a paced morph changes at a constant speed: the variation of its steps before and after.

Run with ``python tests/benchmarks/bench_morph.py``; prints one JSON line for each bundled
checkpoint and way. Random pairs of seeds are paced over the steps that the studio measures for a
stretch of so many frames (``--frames``), and then judged from frame to frame.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from latentstudio.checkpoints.bundled import resources_folder
from latentstudio.checkpoints.store import load_generator
from latentstudio.document.course import Course, Way
from latentstudio.document.morph import Morph
from latentstudio.document.recipe import Point, Recipe, Seed
from latentstudio.engine.morphing.values import steps_for
from latentstudio.engine.morphing.walk import Eye, Walk, eye_for
from latentstudio.generators.protocol import Generator
from latentstudio.metrics.path_speed import Floats, constant_pace, step_lengths, variation

BAR = 0.15
BATCH = 16


def seen(generator: Generator, recipe: Recipe, eye: Eye, times: Sequence[float]) -> Floats:
    """Feature vectors of a morph at times."""
    walk = Walk(recipe, eye)
    parts = [times[i : i + BATCH] for i in range(0, len(times), BATCH)]
    return np.concatenate([walk.vectors(generator, part) for part in parts])


def judged(generator: Generator, recipe: Recipe, eye: Eye, steps: int) -> float:
    """Variation of the steps of a morph."""
    times = np.linspace(0.0, 1.0, steps + 1).tolist()
    return variation(step_lengths(seen(generator, recipe, eye, times)))


def run(path: Path, way: Way, pairs: int, frames: Sequence[int]) -> dict[str, object]:
    """Median and worst case over random pairs."""
    generator, eye = load_generator(path), eye_for(path, "cpu")
    variations: dict[str, list[float]] = {"before": []}
    variations |= {f"over {n} frames": [] for n in frames}
    looks: dict[str, list[int]] = {f"for {n} frames": [] for n in frames}
    seconds: dict[str, list[float]] = {name: [] for name in looks}
    for pair in range(pairs):
        ends = (Point("A", Seed(1000 + 2 * pair)), Point("B", Seed(1001 + 2 * pair)))
        recipe = Recipe(points=(*ends, *Recipe().points[2:]), morph=Morph(course=Course(way)))
        for n in frames:
            asked: list[float] = []

            def look(
                times: Sequence[float], of: Recipe = recipe, into: list[float] = asked
            ) -> Floats:
                into.extend(times)
                return seen(generator, of, eye, times)

            begin = time.perf_counter()
            found = constant_pace(look, steps_for(n))
            seconds[f"for {n} frames"].append(time.perf_counter() - begin)
            looks[f"for {n} frames"].append(len(asked))
            even = msgspec.structs.replace(recipe, morph=Morph(course=Course(way, found.pace)))
            variations[f"over {n} frames"].append(judged(generator, even, eye, n))
        variations["before"].append(found.before)
    return {
        "checkpoint": path.stem,
        "way": way,
        "space": eye.name,
        "pairs": pairs,
        **{name: [round(f(v), 3) for f in (np.median, max)] for name, v in variations.items()},
        "met": {name: sum(value <= BAR for value in v) for name, v in variations.items()},
        "pictures": {name: [int(f(v)) for f in (np.median, max)] for name, v in looks.items()},
        "seconds": {name: round(float(np.median(v)), 2) for name, v in seconds.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--family", default="")
    parser.add_argument("--frames", type=int, nargs="+", default=[24, 60, 120, 300, 600])
    arguments = parser.parse_args()
    for path in sorted((resources_folder() / "checkpoints").glob("*.safetensors")):
        if arguments.family not in path.stem:
            continue
        ways: tuple[Way, ...] = ("lerp w", "slerp z") if "style" in path.stem else ("slerp z",)
        for way in ways:
            print(json.dumps(run(path, way, arguments.pairs, arguments.frames)), flush=True)


if __name__ == "__main__":
    main()
