"""What a step of an edit by gradient costs beside a bare forward and backward pass.

    python tests/benchmarks/bench_edit_step.py [--rounds 60]

Both draw the same portrait with the bundled StyleGAN2, read it with the bundled classifier and
differentiate one score with respect to w, and take turns within one process, on one thread. The
ratio is the median over turns. The bar is 1.3. One line of JSON for each space.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from latentstudio.checkpoints.store import load_generator
from latentstudio.latents.gradient import GradientEdit
from latentstudio.latents.gradient_space import Coordinates, Space
from latentstudio.metrics.scores import Population, columns_of, readings, scores, standardised
from latentstudio.metrics.spaces.classifier_store import load_classifier

RESOURCES = Path(__file__).resolve().parents[2] / "resources"
SAMPLES, WARM = 256, 5


def clock(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return 1e3 * (time.perf_counter() - begun)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=60)
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    generator = load_generator(RESOURCES / "checkpoints" / "portraits-stylegan2.safetensors")
    classifier, _ = load_classifier(RESOURCES / "classifiers" / "portraits.safetensors")
    columns = columns_of(classifier.attributes)
    z = generator.sample_z(SAMPLES, 0)
    with torch.no_grad():
        ws = generator.map(z)
        outputs = torch.cat(
            [classifier(generator.synthesize(part)) for part in torch.split(ws, 32)]
        )
    read, scored = readings(classifier, outputs), scores(classifier, outputs)
    score = standardised(classifier, Population.of(columns, read, scored))
    hold = torch.ones(len(columns))
    hold[0] = 0.0

    def bare(start: torch.Tensor) -> None:
        at = start.clone().requires_grad_(True)
        drawn = generator.synthesize(at if at.ndim == 3 else generator.map(at))
        torch.autograd.grad(classifier(drawn)[0, 0], at)

    spaces: tuple[Space, ...] = ("z", "w", "w+")
    for space in spaces:
        start = (z if space == "z" else ws)[:1].clone()
        place = Coordinates(generator, start, space)
        slopes = place.slopes(z if space == "z" else ws[:, 0], scored)
        # So far away that it never arrives.
        edit = GradientEdit(place, score=score, target=0, goal=1e3, hold=hold, slopes=slopes)
        turns = [(clock(partial(bare, start)), clock(edit.step)) for _ in range(WARM + rounds)]
        turns = turns[WARM:]
        result = {
            "space": space,
            "bare_ms": round(statistics.median(a for a, _ in turns), 2),
            "step_ms": round(statistics.median(b for _, b in turns), 2),
            "ratio": round(statistics.median(b / a for a, b in turns), 3),
        }
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
