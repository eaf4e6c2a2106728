"""Does a search find pictures again, what does it cost, and does it keep who somebody is?

    python tests/benchmarks/bench_invert.py found [--family dcgan] [--ways 8] [--count 50]
    python tests/benchmarks/bench_invert.py cost [--rounds 40]
    python tests/benchmarks/bench_invert.py identity [--judge FILE] [--space w+] [--count 50]

found: pictures of random points of a bundled generator (psi 1, in 8 bits), searched for from the
eight most similar of 512 other samples, from the most similar one, from random points, and from
the guess of the bundled encoder, where there is one, and seven similar samples. The
distance is that of the bundled classifier's features over the mean distance of random pairs.
cost: the median ratio of a step to a bare forward and backward pass of generator and loss, which
take turns; and processor time of a whole search from eight starts to that of one from one.
identity: portraits rendered with a seed that no training has seen, and whether a classifier reads
the same in them and in what is found: glasses or none, beard, side of the head's turn (beyond 3
degrees), hair style, and skin tone and hair colour to an eighth of their range. JUDGE is a
classifier of the same attributes that the search did not see.

Processor time of one thread: it tells the same on a busy machine. One line of JSON a result.
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
from typing import Any

import torch
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from latentstudio.checkpoints.store import load_generator
from latentstudio.generators.protocol import Generator
from latentstudio.latents.gradient_space import Space
from latentstudio.latents.inversion.encoder import bundled_encoder, load_encoder
from latentstudio.latents.inversion.projector import Projector
from latentstudio.latents.inversion.starts import nearest_starts, seeds_starts
from latentstudio.latents.principal import PrincipalAxes, principal_axes
from latentstudio.metrics.matching import ROUNDING, Matching
from latentstudio.metrics.spaces.classifier import AttributeClassifier
from latentstudio.metrics.spaces.classifier_store import load_classifier

RESOURCES = Path(__file__).resolve().parents[2] / "resources"
CLASSIFIER = RESOURCES / "classifiers" / "portraits.safetensors"
BANK, STARTS, ENOUGH = 512, 8, 0.05
TARGETS_SEED, BANK_SEED, PORTRAITS_SEED = 12345, 99, 777
FORWARD = 0.05  # radians of yaw: nearer to 0 it has no sign
ALIKE = 0.125  # of the range of a tone


class Bench:
    """A bundled generator, its classifier, and samples to start from."""

    def __init__(self, family: str, space: Space) -> None:
        checkpoint = RESOURCES / "checkpoints" / f"portraits-{family}.safetensors"
        self.generator: Generator = load_generator(checkpoint).eval().requires_grad_(False)
        self.classifier = load_classifier(CLASSIFIER)[0].eval().requires_grad_(False)
        self.space = space
        self.axes: PrincipalAxes | None = None
        if self.generator.has_mapping:
            self.axes = principal_axes(self.generator)
        self.z = self.generator.sample_z(BANK, BANK_SEED)
        images = self.drawn(self.z)
        self.usual = Matching(self.classifier, images[:1]).usual(images)
        with torch.no_grad():
            self.features = self.classifier.embed(images)
            self.codes = self.z if space == "z" else self.generator.map(self.z)[:, 0]
        path = bundled_encoder(self.generator.content_hash)
        self.encoder = load_encoder(path)[0].eval() if path and space != "z" else None

    @torch.no_grad()
    def drawn(self, z: Tensor) -> Tensor:
        return torch.cat([self.generator(part) for part in torch.split(z, 32)])

    def near(self, target: Tensor, n: int) -> Tensor:
        with torch.no_grad():
            features = self.classifier.embed(target.float() / 127.5 - 1.0)
        return nearest_starts(self.features, features, self.codes, n)

    def guessed(self, target: Tensor) -> Tensor:
        """The encoder's guess, and similar samples."""
        assert self.encoder is not None
        with torch.no_grad():
            guess = self.encoder(target.float() / 127.5 - 1.0)
        return torch.cat([guess, self.near(target, STARTS - 1)])

    def search(self, target: Tensor, starts: Tensor, **arguments: Any) -> tuple[Projector, float]:
        """A finished search, and the distance of its best as a share of the usual."""
        matching = Matching(self.classifier, target)
        search = Projector(
            self.generator,
            starts,
            self.space,
            matching,
            residuals=matching.residuals,
            axes=self.axes,
            enough=ROUNDING,
            **arguments,
        )
        while not search.done:
            search.step()
        return search, float(matching.distance(search.best.image[None])) / self.usual


def bytes_of(images: Tensor) -> Tensor:
    return images.add(1.0).mul(127.5).round().clamp(0.0, 255.0).to(torch.uint8)


def tell(**result: Any) -> None:
    print(json.dumps(result), flush=True)


def found(arguments: argparse.Namespace) -> None:
    bench = Bench(arguments.family, arguments.space)
    targets = bytes_of(bench.drawn(bench.generator.sample_z(arguments.count, TARGETS_SEED)))

    def random(n: int) -> Callable[[int], Tensor]:
        return lambda i: seeds_starts(bench.generator, n, i, bench.space)

    ways: dict[str, Callable[[int], Tensor]] = {
        f"{STARTS} similar samples": lambda i: bench.near(targets[i : i + 1], STARTS),
        "1 similar sample": lambda i: bench.near(targets[i : i + 1], 1),
        f"{STARTS} seeds": random(STARTS),
        "1 seed": random(1),
    }
    if bench.encoder is not None:
        ways[f"encoder and {STARTS - 1} similar samples"] = lambda i: bench.guessed(
            targets[i : i + 1]
        )
    for way, starts in ways.items():
        if arguments.ways not in way:
            continue
        begun = time.process_time()
        distances = list[float]()
        for i in range(len(targets)):
            distances.append(bench.search(targets[i : i + 1], starts(i), seed=i)[1])
            print(f"{way}, target {i + 1}: {distances[-1]:.4f}", file=sys.stderr, flush=True)
        tell(
            family=arguments.family,
            space=bench.space,
            starts=way,
            count=len(distances),
            within=sum(distance <= ENOUGH for distance in distances) / len(distances),
            median=round(statistics.median(distances), 4),
            worst=round(max(distances), 4),
            seconds=round((time.process_time() - begun) / len(distances), 2),
        )


def cost(arguments: argparse.Namespace) -> None:
    bench = Bench(arguments.family, arguments.space)
    target = bytes_of(bench.drawn(bench.generator.sample_z(1, TARGETS_SEED)))
    matching = Matching(bench.classifier, target)
    for k in (1, STARTS):
        starts = bench.near(target, k)
        rounds = arguments.rounds + 5
        search = Projector(
            bench.generator, starts, bench.space, matching, steps=9999, keep=(), axes=bench.axes
        )

        def bare(starts: Tensor = starts) -> None:
            at = starts.clone().requires_grad_(True)
            ws = bench.generator.map(at) if bench.space == "z" else at[:, None]
            drawn = bench.generator.synthesize(ws.expand(-1, bench.generator.num_layers, -1))
            torch.autograd.grad(matching(drawn).sum(), at)

        turns = [(clock(bare), clock(search.step)) for _ in range(rounds)][5:]
        tell(
            starts=k,
            space=bench.space,
            bare_ms=round(1e3 * statistics.median(a for a, _ in turns), 2),
            step_ms=round(1e3 * statistics.median(b for _, b in turns), 2),
            ratio=round(statistics.median(b / a for a, b in turns), 3),
        )
    # Of equal length, so that only the starts differ.
    steps = arguments.steps
    one, eight = (
        clock(partial(bench.search, target, bench.near(target, n), steps=steps))
        for n in (1, STARTS)
    )
    tell(steps=steps, one_s=round(one, 2), eight_s=round(eight, 2), ratio=round(eight / one, 3))


def clock(call: Callable[[], object]) -> float:
    begun = time.process_time()
    call()
    return time.process_time() - begun


def identity(arguments: argparse.Namespace) -> None:
    from trainer.data.portraits import portraits

    bench = Bench(arguments.family, arguments.space)
    images, distances = list[Tensor](), list[float]()
    targets, _ = portraits(range(arguments.count), bench.generator.resolution, seed=PORTRAITS_SEED)
    begun = time.process_time()
    for i in range(len(targets)):
        target = targets[i : i + 1]
        starts = bench.near(target, STARTS) if bench.encoder is None else bench.guessed(target)
        search, distance = bench.search(target, starts, seed=i)
        images.append(search.best.image)
        distances.append(distance)
    readers = {"own": bench.classifier}
    if arguments.judge:
        readers["judge"] = load_classifier(arguments.judge)[0].eval()
    for name, reader in readers.items():
        agreed = agreement(reader, targets.float() / 127.5 - 1.0, torch.stack(images))
        tell(
            reader=name,
            space=bench.space,
            count=len(targets),
            mean=round(statistics.mean(agreed.values()), 3),
            median_distance=round(statistics.median(distances), 3),
            seconds=round((time.process_time() - begun) / len(targets), 2),
            **{key: round(value, 3) for key, value in agreed.items()},
        )


@torch.no_grad()
def agreement(reader: AttributeClassifier, real: Tensor, found: Tensor) -> dict[str, float]:
    """The share of pictures in which the same is read, by attribute."""
    a, b = reader.predict(real), reader.predict(found.clamp(-1.0, 1.0))
    turned = a["yaw"].abs() > FORWARD
    same = {
        "skin": (a["skin_tone"] - b["skin_tone"]).abs() <= ALIKE,
        "hair colour": (a["hair_color"] - b["hair_color"]).abs() <= ALIKE,
        "hair style": a["hair_style"].argmax(1) == b["hair_style"].argmax(1),
        "glasses": (a["glasses"].argmax(1) > 0) == (b["glasses"].argmax(1) > 0),
        "beard": a["beard"].argmax(1) == b["beard"].argmax(1),
        "yaw": (a["yaw"] > 0)[turned] == (b["yaw"] > 0)[turned],
    }
    return {name: float(equal.float().mean()) for name, equal in same.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("found", "cost", "identity"))
    parser.add_argument("--family", default="stylegan2")
    parser.add_argument("--space", choices=("z", "w", "w+"))
    parser.add_argument("--ways", default="", help="only the ways whose names hold this")
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--judge", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    usual = {"found": "w", "cost": "w", "identity": "w+"}[arguments.what]
    arguments.space = arguments.space or ("z" if arguments.family == "dcgan" else usual)
    {"found": found, "cost": cost, "identity": identity}[arguments.what](arguments)


if __name__ == "__main__":
    main()
