"""The checkpoints that ship, made on a rented GPU: ``python -m trainer.bundle --out DIR ...``.

Portraits are rendered there; then one family after the other is trained, each for its share of
the time, whatever the machine's speed. ``DIR/NAME`` is the run of a model, and ``DIR/home`` what
to take along: a checkpoint of the averaged weights a model, and ``records.zip`` with a sheet of
samples each and all statistics. Both are brought up to date every two minutes, and a stopped or
killed bundle goes on with ``--resume``.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
import torch

from latentstudio.atomic import write_atomic
from latentstudio.data.errors import DataError
from latentstudio.generators.growth import Growth
from trainer.bundle_jobs import JOBS, Job
from trainer.bundle_plan import Progress, budgets, fitted, write_records
from trainer.config import RunConfig
from trainer.data.cache import build
from trainer.export import export_run
from trainer.loop import train
from trainer.options import new_config
from trainer.signals import Stopped
from trainer.state import Snapshots, TrainingState

RENDERED = 128  # px; smaller pictures are averaged from these
EVALUATIONS = 6  # of each run
LIMIT = 16_000_000  # bytes of a checkpoint


class Bundle:
    """Makes the models of a table in their order.

    Parameters
    ----------
    out
        The bundle's folder.
    seconds
        For everything together, over all calls.
    jobs
        The table, in order.
    device, threads, processes
        Where and with how many threads the networks learn; processes that render where the
        device cannot.
    count
        Portraits to render.
    session
        Seconds after which this call stops as at a signal, to be resumed.
    every
        Seconds from one export to the next.
    report
        Takes sentences for the person watching.
    """

    def __init__(
        self,
        out: Path,
        seconds: float,
        jobs: Sequence[Job] = JOBS,
        *,
        device: str = "cpu",
        threads: int = 1,
        processes: int = 1,
        count: int = 24_000,
        session: float = float("inf"),
        every: float = 120.0,
        report: Callable[[str], None] = print,
    ) -> None:
        self.out, self.home, self.seconds, self.jobs = out, out / "home", seconds, jobs
        self.device, self.threads, self.processes = device, threads, processes
        self.count, self.every, self.report = count, every, report
        self.end = time.monotonic() + session
        self.path = out / "bundle.json"
        self.progress: dict[str, Progress] = {}
        if self.path.exists():
            raw = self.path.read_bytes()
            self.progress = msgspec.json.decode(raw, type=dict[str, Progress])

    def make(self) -> bool:
        """Train what is not trained yet; whether all is done."""
        self.home.mkdir(parents=True, exist_ok=True)
        for job in self.jobs:
            own = self.progress.setdefault(job.name, Progress())
            if own.done:
                continue
            if own.budget == 0.0:
                # First what it needs, then the clock: rendering takes from everyone's time.
                with self.spending(self.progress.setdefault("data", Progress())):
                    self.render(RENDERED)
                own.budget = self.budget(job)
            if own.budget == 0.0:
                self.report(f"{job.name}: left out, too little time.")
                continue
            if not self.run(job, own):
                return False
        return True

    def budget(self, job: Job) -> float:
        """Seconds for a job that is about to begin; 0 where it is to be left out."""
        used = sum(p.spent if p.done else max(p.spent, p.budget) for p in self.progress.values())
        begun = {name for name, own in self.progress.items() if own.budget}
        waiting = [(j.name, j.share, 60 * j.least) for j in self.jobs if j.name not in begun]
        parts = budgets(waiting, self.seconds - used)
        return parts.get(job.name, 0.0)

    def run(self, job: Job, own: Progress) -> bool:
        """Train one model to the end of its budget; False where the session ends before it."""
        folder = self.out / job.name
        with self.spending(own):
            data = self.render(max(RENDERED, job.resolution))
        while not own.done:
            if time.monotonic() >= self.end:
                return False
            with self.spending(own):
                resume = bool(Snapshots(folder / "snapshots").paths())
                config = _stored(folder) if resume else self.plan(job, own, data)
                state, speed = self.stretch(job, own, config, resume)
                if state.growth.resolution >= 8:  # what the studio opens
                    size = export_run(folder, self.home / f"{job.name}.safetensors").stat().st_size
                    if size > LIMIT:
                        self.report(f"{job.name}: {size / 1e6:.1f} MB are too many.")
                images = state.images
                full = state.growth == Growth(job.resolution)
                del state
            own.done = images >= config.kimg * 1000 or own.spent >= own.budget
            if full and not own.done:
                # The length is what the rest of the time is good for, at the speed seen.
                total = images + speed * (own.budget - own.spent)
                config = msgspec.structs.replace(_stored(folder), kimg=total / 1000)
                write_atomic(folder / "run.json", msgspec.json.format(msgspec.json.encode(config)))
            self.save()
        return True

    def stretch(
        self, job: Job, own: Progress, config: RunConfig, resume: bool
    ) -> tuple[TrainingState, float]:
        """Train until the next export is due; also images a second, all told."""
        begin, first = time.monotonic(), own.images
        until = min(self.end, begin + min(self.every, own.budget - own.spent))
        start = self.out / job.start if job.start and not resume else None
        if start and not Snapshots(start / "snapshots").paths():
            self.report(f"{job.name}: there is no {job.start} to begin with.")
            start = None
        state = train(
            config,
            self.out / job.name,
            resume=resume,
            start=start,
            report=lambda sentence: self.report(f"{job.name}: {sentence}"),
            stop=lambda state: time.monotonic() >= until,
        )
        own.images = state.images
        return state, max(1, state.images - first) / max(time.monotonic() - begin, 1e-9)

    def plan(self, job: Job, own: Progress, data: Path) -> RunConfig:
        """The configuration of a run that fills its budget."""
        given: dict[str, object] = {
            "preset": job.preset,
            "data": str(data),
            "resolution": job.resolution,
        }
        given |= {"kimg": 1.0, "device": self.device, "threads": self.threads, "retries": 2}
        given |= {
            "shrink": job.resolution < RENDERED,
            "snapshot_seconds": self.every,
            **job.changes,
        }
        config = fitted(new_config(given), own.budget - own.spent)
        often = max(config.kimg / EVALUATIONS, 1e-3)
        return msgspec.structs.replace(config, metrics_kimg=often, milestone_kimg=1e9)

    def render(self, resolution: int) -> Path:
        """The folder of the portraits, on the device where that works."""
        folder = self.out / "data" / f"portraits{resolution}"
        if self.device != "cpu":
            try:
                return build(folder, self.count, resolution, device=self.device)
            except RuntimeError as error:
                first = str(error).strip().splitlines()[0]
                self.report(f"Rendering on the CPU, since on {self.device}: {first}")
        return build(folder, self.count, resolution, processes=self.processes)

    @contextmanager
    def spending(self, own: Progress) -> Iterator[None]:
        """Note down how long something takes, whatever its end, and what there is by then."""
        begin, before = time.monotonic(), own.spent
        try:
            yield
        finally:
            own.spent = before + time.monotonic() - begin
            self.save()

    def save(self) -> None:
        """Write the progress, and the records that are taken home."""
        write_atomic(self.path, msgspec.json.format(msgspec.json.encode(self.progress)))
        names = [job.name for job in self.jobs]
        write_records(self.home / "records.zip", self.out, names, self.progress)


def _stored(folder: Path) -> RunConfig:
    return msgspec.json.decode((folder / "run.json").read_bytes(), type=RunConfig)


def main() -> None:
    """Command line of the bundle."""
    parser = argparse.ArgumentParser(description="Make the checkpoints that ship.")
    parser.add_argument("--out", type=Path, required=True, help="the bundle's folder")
    parser.add_argument("--minutes", type=float, required=True, help="for everything, all calls")
    parser.add_argument("--session", type=float, default=1e9, help="minutes until this call stops")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--threads", type=int, default=min(8, os.cpu_count() or 1))
    parser.add_argument("--data-count", type=int, default=24_000, help="portraits to render")
    parser.add_argument("--only", action="append", choices=[job.name for job in JOBS])
    parser.add_argument("--resume", action="store_true", help="go on in a folder that is begun")
    args = parser.parse_args()
    if not args.resume and (args.out / "bundle.json").exists():
        parser.error(f"{args.out} already holds a bundle: pass --resume, or another --out.")
    torch.backends.cudnn.benchmark = True
    bundle = Bundle(
        args.out,
        args.minutes * 60,
        [job for job in JOBS if not args.only or job.name in args.only],
        device=args.device,
        threads=args.threads,
        processes=max(1, os.cpu_count() or 1),
        count=args.data_count,
        session=args.session * 60,
    )
    try:
        done = bundle.make()
    except Stopped as stop:
        print(stop)
        raise SystemExit(128 + stop.number) from None
    except (DataError, ValueError) as error:
        raise SystemExit(f"Error: {error}") from error
    print(f"{'Done' if done else 'To be gone on with --resume'}: see {bundle.home}.")


if __name__ == "__main__":
    main()
