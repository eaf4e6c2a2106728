"""What a film costs beyond its frames, and whether memory grows with its length.

Run with ``python tests/benchmarks/bench_film.py``; prints a JSON line for each result, all of them
at the end. Time: ten seconds at 30 frames a second of the bundled StyleGAN2, in turns as bare
frames (drawn and dropped) and as a film of each format; the ratio of medians, of seconds and of
processor seconds. A machine that is busy otherwise disturbs the latter less: where films take fewer
seconds than bare frames, it was too busy for the former. Memory: the peak of a process of its own
that encodes 300 and 3000 pictures which cost nothing to draw; read from Linux.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from latentstudio.document.recipe import Point, Recipe, Seed, Truncation
from latentstudio.document.timeline.timeline import Timeline
from latentstudio.engine.frame import Frame
from latentstudio.export.film.settings import FilmSettings
from latentstudio.export.film.write import write_film

ROOT = Path(__file__).resolve().parents[2]
CHECKPOINT = ROOT / "resources/checkpoints/portraits-stylegan2.safetensors"
FILMS = {"mp4": "f.mp4", "webm": "f.webm", "gif": "f.gif", "webp": "f.webp", "png": "frames"}
TIME_BAR = 1.3  # of the bare frames
GROWTH_BAR = 8.0  # MiB that 2700 more pictures may add: indices of the containers, and noise


def timeline(checkpoint: str, seconds: float) -> Timeline:
    """Four faces, and a truncation that breathes."""
    made = Timeline(length=seconds, loop="loop")
    for i in range(4):
        recipe = Recipe(checkpoint, truncation=Truncation(1.0 - 0.1 * i))
        made = made.with_mark(seconds * i / 4, recipe.with_point(Point("A", Seed(i))))
    return made


def write(kind: str, size: int, film: Timeline, draw: Callable[[Recipe], Frame]) -> None:
    """Make the film and throw it away."""
    with tempfile.TemporaryDirectory() as folder:
        write_film(Path(folder) / FILMS[kind], film, FilmSettings(kind, size, size), draw)


def times(kinds: list[str], size: int, rounds: int) -> dict[str, float]:
    """Seconds of bare frames and films, and the films' ratios."""
    from latentstudio.checkpoints.header import read_header
    from latentstudio.engine.engine import Engine

    def ignore(*_: object) -> None:
        pass

    engine = Engine(
        lambda _: CHECKPOINT, device="cpu", on_frame=ignore, on_error=ignore, on_model=ignore
    )
    film = timeline(read_header(CHECKPOINT).info.content_hash, 10.0)
    recipes = [film.recipe(i) for i in range(film.frames)]

    def bare() -> None:
        for recipe in recipes:
            engine.render(recipe)

    work = {"bare": bare}
    for kind in kinds:
        work[kind] = lambda kind=kind: write(kind, size, film, engine.render)
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in work}
    bare()
    for turn in range(rounds):
        names = list(work)
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            wall, cpu = time.perf_counter(), time.process_time()
            work[name]()
            took = time.perf_counter() - wall, time.process_time() - cpu
            taken[name].append(took)
            say(turn=turn, **{f"{name}_s": took[0], f"{name}_cpu_s": took[1]})
    engine.stop()
    figures: dict[str, float] = {"frames": len(recipes), "size": size}
    for name, turns in taken.items():
        wall, cpu = (statistics.median(seconds) for seconds in zip(*turns, strict=True))
        figures |= {f"{name}_s": wall, f"{name}_cpu_s": cpu}
    for kind in kinds:
        figures[f"{kind}_ratio"] = figures[f"{kind}_s"] / figures["bare_s"]
        figures[f"{kind}_cpu_ratio"] = figures[f"{kind}_cpu_s"] / figures["bare_cpu_s"]
    return figures


def say(**figures: float) -> None:
    """Print a line that can be read while the rest is under way."""
    print(json.dumps({name: round(value, 3) for name, value in figures.items()}), flush=True)


def peak(kind: str, frames: int) -> float:
    """MiB at most that a process of its own has held while it made so many pictures."""
    command = [sys.executable, __file__, "--peak", kind, str(frames)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, check=True, text=True, env=environment)
    return float(done.stdout)


def hold(kind: str, frames: int) -> None:
    """Make a film of pictures that cost nothing, and print the peak of this process in MiB."""
    film = timeline("", frames / 30)
    ramp = np.add.outer(np.arange(128), np.arange(128))[:, :, None] * np.array([1, 2, 3, 0])
    count = iter(range(frames))

    def draw(recipe: Recipe) -> Frame:
        return Frame(recipe, (ramp + next(count)).astype(np.uint8), False, 0.0, "", "", 0)

    write(kind, 128, film, draw)
    # Not ru_maxrss: that of a new process is at least what the one that started it held.
    status = Path("/proc/self/status").read_text()
    print(int(status.partition("VmHWM:")[2].split()[0]) / 1024)


def main() -> int:
    """Print figures; 1 where a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--formats", nargs="+", default=list(FILMS))
    parser.add_argument("--peak", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.peak:
        hold(given.peak[0], int(given.peak[1]))
        return 0
    figures = times(given.formats, given.size, given.rounds)
    for kind in given.formats:
        low, high = peak(kind, 300), peak(kind, 3000)
        held = {f"{kind}_300_mib": low, f"{kind}_growth_mib": high - low}
        say(**held)
        figures |= held
    say(**figures)
    slowest = max(figures[f"{kind}_ratio"] for kind in given.formats)
    grown = max(figures[f"{kind}_growth_mib"] for kind in given.formats)
    return not (slowest <= TIME_BAR and grown <= GROWTH_BAR)


if __name__ == "__main__":
    sys.exit(main())
