"""What an edit reaches and what it leaks, judged by a classifier that took no part in it.

    python tests/benchmarks/bench_edit.py --judge other.safetensors

Portraits are random; each edit drives one attribute by two standard deviations towards the side
with more room (the attributes are uniform: two above a portrait at +1.5 do not exist), glasses on or
off. The judge is another classifier (`latentstudio-train classifier --data portraits --seed 101
--width 24 --dim 64`). An edit succeeds when the judge reads the class asked for, or a move of at least
1 of the 2; moves of 1.5 are counted, too. Leakage is the mean over portraits, in the direction of the
edit, of what the judge reads in every other attribute, in standard deviations; "plain" is the same
without regard to the direction, as the leakage matrix defines it. The linear directions are given the
same mean move.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from latentstudio.checkpoints.bundled import resources_folder
from latentstudio.checkpoints.store import load_generator
from latentstudio.document.sampling import Sampling
from latentstudio.latents.directions.ridge import fit_ridge
from latentstudio.latents.directions.sefa import sefa
from latentstudio.latents.gradient import GradientEdit
from latentstudio.latents.gradient_space import Coordinates
from latentstudio.latents.principal import principal_axes
from latentstudio.latents.samples import draws_of, sample_ws
from latentstudio.metrics.scores import (
    Population,
    columns_of,
    difference,
    find,
    readings,
    scores,
    standardised,
)
from latentstudio.metrics.spaces.classifier_store import load_classifier

ATTRIBUTES = ("glasses", "smile", "hair_color", "skin_tone", "yaw")
FIRST = 100_000  # seeds of the portraits: none of the population
BATCH = 50
MOST = 90  # steps
Rows = Any


class Bench:
    """One generator with the classifier that edits follow and the one that judges them."""

    def __init__(self, checkpoint: Path, classifier: Path, judge: Path, samples: int) -> None:
        self.generator = load_generator(checkpoint)
        self.own, _ = load_classifier(classifier)
        self.judge, _ = load_classifier(judge)
        self.columns = columns_of(self.own.attributes)
        sampling = Sampling(self.generator.content_hash)
        codes, seen, judged = [], [], []
        with torch.no_grad():
            for start in range(0, samples, 64):
                draws = draws_of(self.generator, sampling, start, start + 64)
                ws = sample_ws(self.generator, draws)
                images = self.generator.synthesize(ws)
                codes.append(ws[:, 0])
                seen.append(self.own(images))
                judged.append(self.judge(images))
        self.codes = torch.cat(codes)
        self.population = self._population(self.own, torch.cat(seen))
        self.judged = self._population(self.judge, torch.cat(judged))
        sd = np.where(self.population.score_sd > 1e-6, self.population.score_sd, 1.0)
        own = scores(self.own, torch.cat(seen)).double().numpy()
        mean = self.population.score_mean[None]
        self.standing = torch.from_numpy(difference(self.columns, mean, own) / sd)
        periods = [column.period or math.inf for column in self.columns]
        self.periods = torch.tensor(periods) / torch.from_numpy(sd).float()
        self.axes = principal_axes(self.generator) if self.generator.has_mapping else None
        self.score = standardised(self.own, self.population)

    def _population(self, classifier: Any, outputs: Tensor) -> Population:
        return Population.of(
            self.columns, readings(classifier, outputs), scores(classifier, outputs)
        )

    def target(self, attribute: str) -> int:
        return find(self.columns, attribute, "none" if attribute == "glasses" else "")

    def read(self, ws: Tensor) -> tuple[Rows, Tensor]:
        """The judge's readings, and the scores of the classifier that edits follow."""
        with torch.no_grad():
            images = torch.cat([self.generator.synthesize(part) for part in ws.split(BATCH)])
            return readings(self.judge, self.judge(images)).double().numpy(), self.score(images)

    def edited(self, ws: Tensor, attribute: str, goal: Tensor, hold: bool, space: str) -> Tensor:
        column = self.target(attribute)
        weights = torch.tensor([float(hold and c.attribute != attribute) for c in self.columns])
        parts = []
        for part, aim in zip(ws.split(BATCH), goal.split(BATCH), strict=True):
            at = Coordinates(self.generator, part, space, axes=self.axes)  # type: ignore[arg-type]
            edit = GradientEdit(
                at,
                score=self.score,
                target=column,
                goal=aim,
                hold=weights,
                periods=self.periods,
                slopes=at.slopes(self.codes, self.standing),
            )
            for _ in range(MOST):
                if bool(edit.step().reached.all()):
                    break
            offset = edit.offset
            parts.append(part + (offset if offset.ndim == 3 else offset[:, None]))
        return torch.cat(parts)

    def linear(self, kind: str, column: int) -> Tensor:
        """A direction [d] that raises the column, of any length."""
        codes = self.codes.double().numpy()
        if kind == "ridge":
            return torch.from_numpy(fit_ridge(codes, self.standing[:, column].numpy()).direction)
        if kind == "PCA":
            rows = np.linalg.svd(codes - codes.mean(0), full_matrices=False)[2]
        else:
            layers = range(self.generator.num_layers)
            rows = sefa([self.generator.affine_weights(i) for i in layers]).vectors
        centred = codes - codes.mean(0)
        along = centred @ rows.T
        r = np.corrcoef(along.T, self.standing[:, column].numpy())[-1, :-1]
        best = int(np.abs(r).argmax())
        return torch.from_numpy(rows[best] * np.sign(r[best]))

    def along(
        self, ws: Tensor, direction: Tensor, sign: Tensor, column: int, move: float
    ) -> Tensor:
        """The portraits moved so far that the judge reads the mean move, or as far as points lie."""
        before, _ = self.read(ws)
        reach = float((self.codes - self.codes.mean(0)).norm(dim=1).mean())
        low, high = 0.0, 2.0 * reach
        for _ in range(8):
            length = (low + high) / 2
            moved = ws + (sign[:, None] * length * direction.float())[:, None]
            after, _ = self.read(moved)
            found = self.moved(before, after)[:, column] @ sign.double().numpy() / len(ws)
            low, high = (length, high) if found < move else (low, length)
        return moved

    def moved(self, before: Rows, after: Rows) -> Rows:
        return difference(self.columns, before, after.copy()) / self.judged.unit


def row(bench: Bench, attribute: str, sign: Tensor, before: Rows, after: Rows) -> dict[str, Any]:
    """Success and leakage of one edit."""
    column, signs = bench.target(attribute), sign.double().numpy()
    moved = bench.moved(before, after)
    if attribute == "glasses":
        success = far = (after[:, column] > 0.5) == (signs > 0)
    else:
        success, far = (moved[:, column] * signs >= least for least in (1.0, 1.5))
    others = [i for i, c in enumerate(bench.columns) if c.attribute != attribute]
    led = (moved * signs[:, None]).mean(0)
    worst = max(others, key=lambda i: abs(led[i]))
    size = np.abs(moved).mean(0)
    return {
        "success": float(success.mean()),
        "far": float(far.mean()),
        "move": float((moved[:, column] * signs).mean()),
        "worst": float(led[worst]),
        "worst_name": bench.columns[worst].title,
        "mean": float(np.abs(led[others]).mean()),
        "size": float(size[others].mean()),
        "plain": float(np.abs(moved.mean(0)[others]).max()),
    }


def run(bench: Bench, attribute: str, n: int, space: str) -> dict[str, dict[str, Any]]:
    """All ways of one attribute."""
    draws = draws_of(bench.generator, Sampling(), 0, n)
    with torch.no_grad():
        ws = bench.generator.map(bench.generator.sample_seeds(range(FIRST, FIRST + len(draws))))
    ws = ws.clone()
    before, own = bench.read(ws)
    column = bench.target(attribute)
    high = (
        torch.from_numpy(before[:, column] > 0.5) if attribute == "glasses" else own[:, column] > 0
    )
    sign = torch.where(high, -1.0, 1.0)
    goal = own[:, column] + 2.0 * sign
    ways: dict[str, Callable[[], Tensor]] = {
        "held": lambda: bench.edited(ws, attribute, goal, True, space),
        "not held": lambda: bench.edited(ws, attribute, goal, False, space),
    }
    found = {}
    for name, way in ways.items():
        found[name] = row(bench, attribute, sign, before, bench.read(way())[0])
    for name in ("ridge", "SeFa", "PCA"):
        direction = bench.linear(name, column)
        moved = bench.along(ws, direction, sign, column, found["held"]["move"])
        found[name] = row(bench, attribute, sign, before, bench.read(moved)[0])
    return found


def main() -> None:
    """Print a Markdown table."""
    resources = resources_folder()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--judge", type=Path, required=True, help="the classifier that judges")
    checkpoint = resources / "checkpoints" / "portraits-stylegan2.safetensors"
    parser.add_argument("--checkpoint", type=Path, default=checkpoint)
    classifier = resources / "classifiers" / "portraits.safetensors"
    parser.add_argument("--classifier", type=Path, default=classifier)
    parser.add_argument("--portraits", type=int, default=200)
    parser.add_argument("--samples", type=int, default=4096)
    parser.add_argument("--space", choices=["w", "w+"], default="w+")
    parser.add_argument("--attributes", default=",".join(ATTRIBUTES))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    bench = Bench(options.checkpoint, options.classifier, options.judge, options.samples)
    print(
        "| attribute | edit | success (1.5) | mean move | worst leak | mean leak | size | plain |"
    )
    print("|---|---|---|---|---|---|---|---|")
    report = {}
    for attribute in options.attributes.split(","):
        report[attribute] = run(bench, attribute, options.portraits, options.space)
        for name, r in report[attribute].items():
            print(
                f"| {attribute} | {name} | {r['success']:.1%} ({r['far']:.1%}) | {r['move']:.2f} |"
                f" {r['worst']:+.2f} {r['worst_name']} | {r['mean']:.2f} | {r['size']:.2f} |"
                f" {r['plain']:.2f} |",
                flush=True,
            )
    if options.json:
        options.json.write_text(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
