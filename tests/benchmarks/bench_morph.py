"""Whether a paced morph changes at a constant speed: the variation of its steps before and after.

Run with ``python tests/benchmarks/bench_morph.py``; prints one JSON line for each bundled
checkpoint and way. Random pairs of seeds are paced over the steps that the studio measures, and
then judged at other numbers of steps, which the pace was not made for.
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
from latentstudio.engine.morphing.values import STEPS
from latentstudio.engine.morphing.walk import Eye, Walk, eye_for
from latentstudio.generators.protocol import Generator
from latentstudio.metrics.path_speed import Floats, constant_pace, step_lengths, variation

BAR = 0.15
JUDGED = (24, 60, 120)  # steps
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


def run(path: Path, way: Way, pairs: int) -> dict[str, object]:
    """Median and worst case over random pairs."""
    generator, eye = load_generator(path), eye_for(path, "cpu")
    variations: dict[str, list[float]] = {"before": [], "paced": []}
    variations |= {f"judged over {n}": [] for n in JUDGED}
    seconds = []
    for pair in range(pairs):
        ends = (Point("A", Seed(1000 + 2 * pair)), Point("B", Seed(1001 + 2 * pair)))
        recipe = Recipe(points=(*ends, *Recipe().points[2:]), morph=Morph(course=Course(way)))
        begin = time.perf_counter()
        found = constant_pace(lambda times, of=recipe: seen(generator, of, eye, times), STEPS)
        seconds.append(time.perf_counter() - begin)
        variations["before"].append(found.before)
        variations["paced"].append(found.after)
        even = msgspec.structs.replace(recipe, morph=Morph(course=Course(way, found.pace)))
        for n in JUDGED:
            variations[f"judged over {n}"].append(judged(generator, even, eye, n))
    return {
        "checkpoint": path.stem,
        "way": way,
        "space": eye.name,
        "pairs": pairs,
        **{name: [round(f(v), 3) for f in (np.median, max)] for name, v in variations.items()},
        "met": {name: sum(value <= BAR for value in v) for name, v in variations.items()},
        "seconds": round(float(np.median(seconds)), 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--family", default="")
    arguments = parser.parse_args()
    for path in sorted((resources_folder() / "checkpoints").glob("*.safetensors")):
        if arguments.family not in path.stem:
            continue
        ways: tuple[Way, ...] = ("lerp w", "slerp z") if "style" in path.stem else ("slerp z",)
        for way in ways:
            print(json.dumps(run(path, way, arguments.pairs)), flush=True)


if __name__ == "__main__":
    main()
