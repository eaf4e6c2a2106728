"""Recipe change to frame ready, as a ratio to the bare network's forward of the same latents.

Run with ``python tests/benchmarks/bench_engine.py``; prints one JSON line. Both sides are timed
in turns within one run, so that a busy machine slows both.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import msgspec
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from latentstudio import load
from latentstudio.checkpoints.store import save_generator
from latentstudio.document.recipe import (
    POINT_NAMES,
    Axis,
    Blend,
    Mixing,
    Move,
    Point,
    Recipe,
    Seed,
    Truncation,
    Weight,
)
from latentstudio.engine.renderer import Renderer
from latentstudio.generators.protocol import Generator
from latentstudio.generators.stylegan2 import StyleGAN2

BAR = 1.15


def changes(checkpoint: str, layers: int) -> list[tuple[Recipe, int]]:
    """Recipes as a hand would make them, with the seed that the bare network is given."""
    base = Recipe(checkpoint=checkpoint)
    replace = msgspec.structs.replace
    made: list[tuple[Recipe, int]] = []
    for i in range(10):
        made.append((replace(base, truncation=Truncation(i / 10)), 0))
        made.append((base.with_point(Point("A", Seed(100 + i))), 100 + i))
        cells = {(layer, "B"): (i + 1) / 10 for layer in range(i % layers + 1)}
        made.append((replace(base, mixing=Mixing().with_cells(cells)), 0))
        weights = tuple(Weight(name, 1.0 + i * k) for k, name in enumerate(POINT_NAMES))
        made.append((replace(base, blend=Blend(weights, "w")), 0))
        moved = Point("A", Seed(0), (Move(Axis("random", 1), i / 10),))
        made.append((base.with_point(moved), 0))
    return made


def bare(generator: Generator, seed: int) -> float:
    """Seconds of the bare network's forward of one seed."""
    z = generator.sample_z(1, seed)
    start = time.perf_counter()
    with torch.inference_mode():
        generator.synthesize(generator.map(z))
    return time.perf_counter() - start


def measure(generator: Generator, path: Path, rounds: int = 2) -> dict[str, float]:
    """Median milliseconds of either side, and the median ratio of neighbours in time."""
    renderer = Renderer(lambda _: path, "cpu")
    checkpoint = generator.content_hash
    recipes = changes(checkpoint, generator.num_layers)
    for recipe, seed in recipes[:5]:
        renderer.frame(recipe)
        bare(generator, seed)
    frames: list[float] = []
    forwards: list[float] = []
    for turn in range(rounds):
        for i, (recipe, seed) in enumerate(recipes):
            # Each side goes first every other time: what the machine does meanwhile hits both.
            if (turn + i) % 2:
                forwards.append(bare(generator, seed))
            start = time.perf_counter()
            renderer.frame(recipe)
            frames.append(time.perf_counter() - start)
            if not (turn + i) % 2:
                forwards.append(bare(generator, seed))
    pairs = zip(frames, forwards, strict=True)
    return {
        "frame_ms": 1e3 * statistics.median(frames),
        "forward_ms": 1e3 * statistics.median(forwards),
        "ratio": statistics.median(frame / forward for frame, forward in pairs),
    }


def run() -> dict[str, float]:
    """Measure an untrained StyleGAN2 of 64 px."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "generator.safetensors"
        torch.manual_seed(0)
        network = StyleGAN2(z_dim=256, w_dim=256, resolution=64, channel_base=4096, channel_max=128)
        save_generator(path, network, name="benchmark", data={}, training={})
        return measure(load(path), path)


def test_recipe_change_to_frame() -> None:
    result = run()
    assert result["ratio"] <= BAR, result


if __name__ == "__main__":
    outcome = run()
    print(json.dumps({key: round(value, 3) for key, value in outcome.items()}))
    sys.exit(outcome["ratio"] > BAR)
