"""Whether a slider with a fitted direction costs more than any other slider.

Run with ``python tests/benchmarks/bench_slider.py``; prints one JSON line. Exact pictures of the
bundled StyleGAN2 whose truncation changes, in turns with pictures whose amount of a direction
changes, on all layers and on some; and what the panel pays in Python to put an amount into the
recipe.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from latentstudio.checkpoints.header import read_header
from latentstudio.document.direction import Direction
from latentstudio.document.recipe import Recipe, Truncation
from latentstudio.document.vector import Vector
from latentstudio.engine.engine import Engine

ROOT = Path(__file__).resolve().parents[2]
CHECKPOINT = ROOT / "resources/checkpoints/portraits-stylegan2.safetensors"
BAR = 1.05  # of the truncation slider's time
PYTHON_BAR = 1e-3  # seconds


def sliders(recipe: Recipe, direction: Direction) -> dict[str, Callable[[float], Recipe]]:
    """From a position, 0 to 1, to a recipe; each moves on a picture that has a direction."""
    edited = direction.applied(recipe, 0.5)

    def psi(x: float) -> Recipe:
        return msgspec.structs.replace(edited, truncation=Truncation(x))

    return {
        "truncation": psi,
        "direction": lambda x: direction.applied(recipe, 4 * x - 2),
        "direction_on_layers": lambda x: direction.applied(recipe, 4 * x - 2, (2, 6)),
    }


def run(rounds: int) -> dict[str, float]:
    """Medians over ``rounds`` pictures of each slider, taken in turns."""
    info = read_header(CHECKPOINT).info

    def ignore(*_: object) -> None:
        pass

    engine = Engine(
        lambda _: CHECKPOINT, device="cpu", on_frame=ignore, on_error=ignore, on_model=ignore
    )
    recipe = Recipe(checkpoint=info.content_hash)
    values = np.random.RandomState(0).randn(info.w_dim).astype(np.float32)
    direction = Direction("bench", info.content_hash, Vector.of("w", values))
    moves = sliders(recipe, direction)
    seconds: dict[str, list[float]] = {name: [] for name in moves}
    python: list[float] = []
    names = list(moves)
    for turn in range(-5, rounds):
        for name in names[turn % 3 :] + names[: turn % 3]:
            # No position comes twice: nothing can be taken from the last picture.
            begin = time.perf_counter()
            wanted = moves[name](((turn + 5) * 0.618034) % 1.0 + 1e-6)
            made = time.perf_counter()
            engine.render(wanted)
            if turn >= 0:
                seconds[name].append(time.perf_counter() - made)
                python += [made - begin] if name == "direction" else []
    engine.stop()
    figures = {f"{name}_ms": 1e3 * statistics.median(times) for name, times in seconds.items()}
    for name in names[1:]:
        figures[f"{name}_ratio"] = figures[f"{name}_ms"] / figures["truncation_ms"]
    figures["applied_us"] = 1e6 * statistics.median(python)
    return figures


def main() -> int:
    """Print figures; 1 where a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    figures = run(parser.parse_args().rounds)
    print(json.dumps(figures))
    ratios = [value for name, value in figures.items() if name.endswith("_ratio")]
    return not (max(ratios) <= BAR and figures["applied_us"] <= 1e6 * PYTHON_BAR)


if __name__ == "__main__":
    sys.exit(main())
