"""How much of a picture comes back when it is enlarged or repaired, and how much is invented?

    python tests/benchmarks/bench_hidden.py [--space w+] [--count 6] [--judge FILE]

Portraits that no training has seen are shrunk to 8 or 16 px, or lose the square in their middle
that has half their side; four answers are searched for each. Shares of the distance between random
pictures of the generator: of what is known (features of it), of the whole truth from the best
answer, and of the answers from each other. With a judge, what a classifier that the search did not
see reads alike in truth and best answer. One line of JSON a task.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).resolve().parent))

from bench_invert import PORTRAITS_SEED, STARTS, Bench, agreement, tell

from latentstudio.latents.inversion.projector import Projector
from latentstudio.metrics.matching import ROUNDING, Matching
from latentstudio.metrics.spaces.classifier_store import load_classifier

ANSWERS = 4


def tasks(r: int) -> dict[str, dict[str, Any]]:
    """What is known, as arguments of a matching."""
    hole = torch.ones(r, r)
    hole[r // 4 : 3 * r // 4, r // 4 : 3 * r // 4] = 0
    return {"8 px": {"small": 8}, "16 px": {"small": 16}, "hole": {"mask": hole}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--family", default="stylegan2")
    parser.add_argument("--space", choices=("z", "w", "w+"), default="w+")
    parser.add_argument("--count", type=int, default=6)
    parser.add_argument("--judge", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    from trainer.data.portraits import portraits

    bench = Bench(arguments.family, arguments.space)
    r = bench.generator.resolution
    targets, _ = portraits(range(arguments.count), r, seed=PORTRAITS_SEED)
    samples = bench.drawn(bench.z)
    for name, known in tasks(r).items():
        begun, told, images = time.process_time(), list[tuple[float, float, float]](), []
        for i, target in enumerate(targets.split(1)):
            matching = Matching(bench.classifier, target, **known)
            losses = torch.cat([matching(part) for part in samples.split(32)])
            search = Projector(
                bench.generator,
                bench.codes[losses.argsort()[:STARTS]],
                arguments.space,
                matching,
                residuals=matching.residuals,
                answers=ANSWERS,
                axes=bench.axes,
                seed=i,
                enough=ROUNDING,
            )
            while not search.done:
                search.step()
            found = torch.stack([answer.image for answer in search.answers[:ANSWERS]])
            truth = Matching(bench.classifier, target)
            apart = [
                float(Matching(bench.classifier, a[None].clamp(-1, 1)).distance(b[None]))
                for a, b in itertools.combinations(found, 2)
            ]
            told.append(
                (
                    float(matching.distance(found[:1])) / matching.usual(samples[:64]),
                    float(truth.distance(found[:1])) / bench.usual,
                    statistics.mean(apart) / bench.usual,
                )
            )
            images.append(found[0])
        alike = {}
        if arguments.judge:
            judge = load_classifier(arguments.judge)[0].eval()
            alike = agreement(judge, targets.float() / 127.5 - 1.0, torch.stack(images))
        tell(
            task=name,
            space=arguments.space,
            count=len(told),
            of_known=round(statistics.median(known for known, _, _ in told), 3),
            of_truth=round(statistics.median(truth for _, truth, _ in told), 3),
            answers=round(statistics.median(apart for _, _, apart in told), 3),
            seconds=round((time.process_time() - begun) / len(told), 1),
            **{key: round(value, 2) for key, value in alike.items()},
        )


if __name__ == "__main__":
    main()
