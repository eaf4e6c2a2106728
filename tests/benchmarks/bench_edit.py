"""Does an edit by gradient reach what was asked for, and what does it move beside?

    python tests/benchmarks/bench_edit.py JUDGE [--portraits 200] [--space w] [--json FILE]

Drives glasses, smile, hair colour, skin tone and yaw of random portraits (psi 1) of a bundled
generator by two standard deviations of its samples, each portrait towards the side with more room,
and glasses from none to some or from some to none. The edit follows the bundled classifier; whether
it succeeded, and what else moved, is read by JUDGE, a classifier of the same attributes that the
edit never saw. Success: the judge reads glasses or none as asked for, or a move of 1.5 deviations.
Leakage: the mean change of another attribute in the direction asked for, in standard deviations;
magnitude: the mean of its size, whatever its sign.

Beside it the same without holding, and directions, each with one amount for all portraits, which
moves the target as far on average as the edit did: a ridge regression of the score on w, and the
factor of SeFa and the principal axis with which the score correlates most.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from latentstudio.checkpoints.store import load_generator
from latentstudio.latents.directions.ridge import fit_ridge
from latentstudio.latents.directions.sefa import sefa
from latentstudio.latents.gradient import GradientEdit
from latentstudio.latents.gradient_space import Coordinates, Space
from latentstudio.latents.principal import principal_axes
from latentstudio.metrics.scores import (
    Population,
    columns_of,
    difference,
    find,
    readings,
    scores,
    standardised,
)
from latentstudio.metrics.spaces.classifier import AttributeClassifier
from latentstudio.metrics.spaces.classifier_store import load_classifier

RESOURCES = Path(__file__).resolve().parents[2] / "resources"
ATTRIBUTES = ("glasses", "smile", "hair_color", "skin_tone", "yaw")
SAMPLES, BATCH, STEPS = 4096, 50, 90
DEVIATIONS, ENOUGH = 2.0, 1.5
FIRST_PORTRAIT = 100_000  # none of the samples
AMOUNTS = np.linspace(0.5, 8.0, 16)  # standard deviations along a direction

Floats = NDArray[np.float64]
Draw = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Row:
    """How one method did on one attribute, over all portraits."""

    attribute: str
    method: str
    success: float
    move: float
    worst: str
    leakage: float
    mean_leakage: float
    magnitude: float
    worst_magnitude: str
    steps: float


class Stage:
    """A generator, both classifiers, and what is known of the samples."""

    def __init__(self, checkpoint: Path, judge: Path, portraits: int) -> None:
        self.generator = g = load_generator(checkpoint)
        self.editor, _ = load_classifier(RESOURCES / "classifiers" / "portraits.safetensors")
        self.judge, _ = load_classifier(judge)
        self.columns = columns_of(self.judge.attributes)
        if columns_of(self.editor.attributes) != self.columns:
            sys.exit(f"{judge} does not read the bundled classifier's attributes")
        codes, seen, judged = [], [], []
        with torch.no_grad():
            for start in range(0, SAMPLES, BATCH):
                ws = g.map(g.sample_seeds(range(start, min(start + BATCH, SAMPLES))))
                images = g.synthesize(ws)
                codes.append(ws[:, 0])
                seen.append(self.editor(images))
                judged.append(self.judge(images))
            self.codes = torch.cat(codes)
            own, other = torch.cat(seen), torch.cat(judged)
            self.population = self._population(self.editor, own)
            self.judged = self._population(self.judge, other)
            own = scores(self.editor, own).double()
            moments = self.population.score_mean, self.population.score_sd
            mean, sd = (torch.from_numpy(moment) for moment in moments)
            self.standing = difference(self.columns, mean[None], own) / sd
            portraits_z = g.sample_seeds(range(FIRST_PORTRAIT, FIRST_PORTRAIT + portraits))
            self.ws = g.map(portraits_z).clone()
        self.score = standardised(self.editor, self.population)
        self.axes = principal_axes(g) if g.has_mapping else None
        self.before = self.read(self.ws)
        self.stand = self._each(self.ws, lambda ws: self.score(g.synthesize(ws)))

    def _population(self, classifier: AttributeClassifier, outputs: Tensor) -> Population:
        read, scored = readings(classifier, outputs), scores(classifier, outputs)
        return Population.of(self.columns, read, scored)

    def _each(self, ws: Tensor, see: Draw) -> Tensor:
        with torch.no_grad():
            return torch.cat([see(part) for part in torch.split(ws, BATCH)])

    def read(self, ws: Tensor) -> Tensor:
        """What the judge reads [n, c]."""
        draw = self.generator.synthesize
        return self._each(ws, lambda part: readings(self.judge, self.judge(draw(part))))

    def moved(self, ws: Tensor) -> tuple[Tensor, Floats]:
        """What the judge reads, and how far that moved in standard deviations [n, c]."""
        after = self.read(ws)
        change = difference(self.columns, self.before.double(), after.double())
        return after, change.numpy() / self.judged.unit


class Task:
    """One attribute, and which way each portrait is to go."""

    def __init__(self, stage: Stage, attribute: str) -> None:
        self.stage, self.attribute = stage, attribute
        kinds = {a.name: a for a in stage.judge.attributes}
        self.classes = kinds[attribute].kind == "categorical"
        value = kinds[attribute].values[0] if self.classes else ""
        self.column = find(stage.columns, attribute, value)
        here = stage.stand[:, self.column]
        up = stage.before[:, self.column] < 0.5 if self.classes else here < 0.0
        self.sign = torch.where(up, 1.0, -1.0)
        self.goal = here + DEVIATIONS * self.sign
        others = [column.attribute != attribute for column in stage.columns]
        self.others = np.flatnonzero(others)

    def gradient(self, space: Space, held: bool) -> tuple[Tensor, float]:
        """The ws after the edit, and the median of the steps that it took."""
        stage, taken = self.stage, []
        hold = torch.zeros(len(stage.columns))
        hold[self.others] = float(held)
        periods = torch.tensor([column.period or math.inf for column in stage.columns])
        found = []
        for ws, goal in zip(*(torch.split(x, BATCH) for x in (stage.ws, self.goal)), strict=True):
            place = Coordinates(stage.generator, ws, space, axes=stage.axes)
            edit = GradientEdit(
                place,
                score=stage.score,
                target=self.column,
                goal=goal,
                hold=hold,
                periods=periods / torch.from_numpy(stage.population.score_sd).float(),
                slopes=place.slopes(stage.codes, stage.standing),
            )
            arrived = torch.full((len(ws),), float(STEPS))
            for step in range(STEPS):
                reached = edit.step().reached
                arrived = torch.where(reached & (arrived == STEPS), float(step), arrived)
                if reached.all() or edit.stalled:
                    break
            offset = edit.offset
            found.append(ws + (offset if offset.ndim == 3 else offset[:, None]))
            taken.append(arrived)
        return torch.cat(found), float(torch.cat(taken).median())

    def along(self, direction: Floats, wanted: float) -> Tensor:
        """The ws along a direction [d], moved so far that the target moves as wanted on average.

        As far as it goes, where it does not go so far.
        """
        codes = self.stage.codes.double().numpy() @ direction
        rises = np.corrcoef(codes, self.stage.standing[:, self.column])[0, 1]
        unit = torch.from_numpy(direction * codes.std() * np.sign(rises)).float()

        def at(amount: float) -> Tensor:
            return self.stage.ws + (amount * self.sign[:, None] * unit)[:, None]

        moves = [0.0]
        for i, amount in enumerate(AMOUNTS):
            moves.append(self.move(self.stage.moved(at(amount))[1]))
            if moves[-1] >= wanted:
                low = AMOUNTS[i - 1] if i else 0.0
                share = (wanted - moves[-2]) / (moves[-1] - moves[-2])
                return at(low + share * (amount - low))
        return at([0.0, *AMOUNTS][int(np.argmax(moves))])

    def move(self, moved: Floats) -> float:
        """How far the target moved in the direction asked for."""
        return float((moved[:, self.column] * self.sign.numpy()).mean())

    def row(self, method: str, ws: Tensor, steps: float = math.nan) -> Row:
        """Judge a method by the ws it ended at."""
        after, moved = self.stage.moved(ws)
        moved = moved * self.sign.numpy()[:, None]
        if self.classes:
            success = (after[:, self.column] > 0.5) == (self.sign > 0)
        else:
            success = torch.from_numpy(moved[:, self.column] >= ENOUGH)
        means, sizes = (
            moved[:, self.others].mean(axis=0),
            np.abs(moved[:, self.others]).mean(axis=0),
        )
        worst, largest = int(np.abs(means).argmax()), int(sizes.argmax())
        title = [self.stage.columns[i].title for i in self.others]
        return Row(
            self.attribute,
            method,
            float(success.float().mean()),
            float(moved[:, self.column].mean()),
            title[worst],
            float(means[worst]),
            float(np.abs(means).mean()),
            float(sizes.mean()),
            f"{title[largest]} {sizes[largest]:.2f}",
            steps,
        )


def most_related(stage: Stage, column: int, vectors: Floats) -> Floats:
    """That row of vectors [k, d] with which the score goes most closely over samples."""
    seen = stage.codes.double().numpy() @ vectors.T
    related = np.corrcoef(seen.T, stage.standing[:, column].numpy())[-1, :-1]
    chosen: Floats = vectors[int(np.abs(related).argmax())]
    return chosen


def rows(stage: Stage, attribute: str, space: Space, compare: bool) -> list[Row]:
    task = Task(stage, attribute)
    ws, steps = task.gradient(space, held=True)
    found = [task.row("gradient, others held", ws, steps)]
    ws, steps = task.gradient(space, held=False)
    found.append(task.row("gradient, nothing held", ws, steps))
    if not compare:
        return found
    g = stage.generator
    weights = [g.affine_weights(i) for i in range(g.num_layers if g.has_mapping else 1)]
    directions = {
        "ridge": fit_ridge(stage.codes, stage.standing[:, task.column]).direction,
        "SeFa": most_related(stage, task.column, sefa(weights).vectors),
    }
    if stage.axes is not None:
        components = stage.axes.components.double().numpy()
        directions["PCA"] = most_related(stage, task.column, components)
    for name, direction in directions.items():
        found.append(task.row(name, task.along(direction, found[0].move)))
    return found


def line(row: Row) -> str:
    steps = "" if math.isnan(row.steps) else f"{row.steps:.0f}"
    return (
        f"| {row.attribute} | {row.method} | {row.success:.1%} | {row.move:.2f} | {steps} |"
        f" {row.leakage:+.2f} {row.worst} | {row.mean_leakage:.2f} | {row.magnitude:.2f} |"
        f" {row.worst_magnitude} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("judge", type=Path)
    parser.add_argument("--checkpoint", default="stylegan2", help="of the bundled portraits")
    parser.add_argument("--portraits", type=int, default=200)
    parser.add_argument("--attributes", nargs="+", default=ATTRIBUTES)
    parser.add_argument("--space", choices=("w", "w+"), default="w")
    parser.add_argument("--plain", action="store_true", help="without the directions")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    checkpoint = RESOURCES / "checkpoints" / f"portraits-{options.checkpoint}.safetensors"
    stage = Stage(checkpoint, options.judge, options.portraits)
    print(f"{checkpoint.stem}, {options.portraits} portraits, {options.space}, psi 1\n")
    print(
        "| attribute | method | success | move | steps | worst leakage | mean leakage |"
        " magnitude | largest |\n|---|---|--:|--:|--:|---|--:|--:|---|"
    )
    told = []
    for attribute in options.attributes:
        begun = time.perf_counter()
        for row in rows(stage, attribute, options.space, not options.plain):
            told.append(asdict(row))
            print(line(row), flush=True)
        print(f"{attribute}: {time.perf_counter() - begun:.0f} s", file=sys.stderr)
    if options.json:
        options.json.write_text(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    main()
