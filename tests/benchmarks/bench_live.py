"""What live numbers cost the picture, and how soon they come; without a window.

Run with ``python tests/benchmarks/bench_live.py``; prints one JSON line. In one long drag of psi
at 60 requests a second the numbers are off and on in short turns, so that a busy machine slows
both.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from latentstudio.checkpoints.header import read_header
from latentstudio.document.recipe import Recipe, Truncation
from latentstudio.document.sampling import Sampling
from latentstudio.engine.engine import Engine
from latentstudio.engine.live.grid import LEVELS
from latentstudio.engine.live.numbers import LiveNumbers

ROOT = Path(__file__).resolve().parents[2]
CHECKPOINT = ROOT / "resources/checkpoints/portraits-stylegan2.safetensors"
RATE = 60.0  # requests a second
BARS = {"frame_rate_ratio": 0.9, "latency_ms_p95": 60.0, "readings_per_second": 4.0}


class Listener:
    """Writes down when what arrived."""

    def __init__(self) -> None:
        self.events: list[tuple[float, str, Any]] = []
        self.changed = threading.Condition()

    def __call__(self, kind: str) -> Any:
        def note(value: Any, *_: Any) -> None:
            with self.changed:
                self.events.append((time.perf_counter(), kind, value))
                self.changed.notify_all()

        return note

    def of(self, kind: str, start: float = 0.0) -> list[tuple[float, Any]]:
        return [(at, value) for at, name, value in self.events if name == kind and at >= start]

    def wait(self, kind: str, seconds: float, condition: Any = lambda _: True) -> float | None:
        """When something of the kind that fulfils the condition came; None after an error."""
        limit = time.perf_counter() + seconds
        with self.changed:
            while True:
                found = [at for at, value in self.of(kind) if condition(value)]
                left = limit - time.perf_counter()
                if found or left <= 0 or self.of("error"):
                    return found[0] if found else None
                self.changed.wait(min(left, 0.5))


def drag(engine: Engine, live: LiveNumbers, heard: Listener, recipe: Recipe, seconds: float) -> Any:
    """Drag psi up and down; frames a second, and milliseconds from following to answer."""
    asked: dict[float, float] = {}
    start = time.perf_counter()
    for step in range(int(seconds * RATE)):
        psi = round(0.999 * abs(1.0 - (step / 90) % 2) + 1e-6 * step, 6)  # none comes twice
        engine.request(msgspec.structs.replace(recipe, truncation=Truncation(psi)), preview=True)
        asked[psi] = time.perf_counter()
        live.follow(Sampling(recipe.checkpoint).with_psi(psi), moving=True)
        time.sleep(max(0.0, start + (step + 1) / RATE - time.perf_counter()))
    frames = len(heard.of("frame", start)) / (time.perf_counter() - start)
    answers = [
        1e3 * (at - asked[quality.sampling.truncation.psi])
        for at, quality in heard.of("quality", start)
        if quality.kind == "interpolated" and quality.sampling.truncation.psi in asked
    ]
    return frames, answers


def run(rounds: int, seconds: float, level: int, cache: Path) -> dict[str, Any]:
    """Measure on the bundled StyleGAN2, against the bundled portraits."""
    heard = Listener()
    checkpoint = read_header(CHECKPOINT).info.content_hash
    recipe = Recipe(checkpoint=checkpoint)
    engine = Engine(
        lambda _: CHECKPOINT,
        device="cpu",
        on_frame=heard("frame"),
        on_error=heard("error"),
        on_model=heard("model"),
    )
    live = LiveNumbers(
        engine,
        on_quality=heard("quality"),
        on_curve=heard("curve"),
        on_samples=heard("samples"),
        on_state=heard("state"),
        on_error=heard("error"),
        cache=cache,
    )
    engine.start()
    try:
        engine.request(recipe)
        heard.wait("frame", 60)
        start = time.perf_counter()
        live.open("portraits", "portraits")
        live.follow(Sampling(checkpoint), moving=False)
        live.set_active(True)
        first = heard.wait("quality", 60)
        complete = heard.wait("curve", 900, lambda curve: curve.qualities[0].n >= level)
        if first is None or complete is None:
            raise SystemExit(f"nothing was measured: {heard.of('error')}")
        time.sleep(max(0.0, start + 6.0 - time.perf_counter()))  # a kept grid is there at once
        readings = [at for at, quality in heard.of("quality") if quality.kind == "measured"]
        usable = heard.wait("curve", 0)
        ratios, latencies, rates = [], [], []
        for turn in range(rounds):
            pair = {}
            for on in (True, False) if turn % 2 else (False, True):
                live.set_active(on)
                frames, answers = drag(engine, live, heard, recipe, seconds)
                pair[on] = frames
                latencies += answers
                rates += [len(answers) / seconds] if on else []
            ratios.append(pair[True] / pair[False])
    finally:
        live.stop()
        engine.stop()
    errors = [text for _, text in heard.of("error")]
    latencies.sort()
    return {
        "frame_rate_ratio": statistics.median(ratios),
        "frame_rate_ratio_quartiles": statistics.quantiles(ratios, n=4),
        "latency_ms_median": statistics.median(latencies),
        "latency_ms_p95": latencies[int(0.95 * len(latencies))],
        "answers_per_second": statistics.median(rates),
        "readings_per_second": (len(readings) - 1) / (readings[-1] - readings[0]),
        "first_number_s": first - start,
        "first_curve_s": (usable or 0.0) - start,
        "grid_complete_s": complete - start,
        "samples_behind_grid": level,
        "errors": errors,
    }


def main() -> int:
    """Print figures; 1 where a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=1.5, help="of dragging, off and on each")
    parser.add_argument("--level", type=int, default=LEVELS[-1], help="samples at each psi")
    parser.add_argument("--cache", type=Path, help="kept from run to run; a fresh one if not given")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as fresh:
        cache = options.cache or Path(fresh)
        outcome = run(options.rounds, options.seconds, options.level, cache)
    print(json.dumps(outcome, default=str))
    good = (
        outcome["frame_rate_ratio"] >= BARS["frame_rate_ratio"]
        and outcome["latency_ms_p95"] <= BARS["latency_ms_p95"]
        and outcome["readings_per_second"] >= BARS["readings_per_second"]
    )
    return not good


if __name__ == "__main__":
    sys.exit(main())
