"""Portraits rendered once into a folder: ``python -m trainer.data.cache --out DIR ...``.

The folder holds ``images.npy`` (uint8 ``[N, 3, R, R]``) and, once everything is rendered,
``labels.npz`` (``[N]`` a factor) and ``dataset.json``. A killed run goes on where it stopped.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch
from tqdm import tqdm

from latentstudio.data.labels import Labels
from latentstudio.data.layout import content_hash, open_images
from trainer.data import portraits as portraits_module
from trainer.data.labels import portrait_attributes, write_labels
from trainer.data.layout import write_json

BATCH = 32
NAME = "portraits"
_Job = tuple[str, int, int, int, int, int, str]


def _render_batch(job: _Job) -> int:
    folder, number, start, stop, resolution, seed, device = job
    images, _ = portraits_module.portraits(range(start, stop), resolution, seed=seed, device=device)
    store = np.lib.format.open_memmap(Path(folder) / "images.npy", mode="r+")
    store[start:stop] = images.cpu().numpy()
    # The batch is marked as done only after its pixels reached the disk.
    store.flush()
    return number


def _one_thread() -> None:
    torch.set_num_threads(1)


def _run(jobs: list[_Job], processes: int) -> Iterator[int]:
    if processes <= 1:
        yield from map(_render_batch, jobs)
        return
    # Spawned, because a forked copy of a threaded process can hang.
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes, initializer=_one_thread) as pool:
        yield from pool.imap_unordered(_render_batch, jobs)


def build(
    out: str | Path,
    count: int,
    resolution: int,
    *,
    seed: int = 0,
    processes: int = 1,
    progress: bool = True,
    device: str = "cpu",
) -> Path:
    """Render portraits ``0 .. count - 1`` into a folder, or finish a run that was interrupted.

    Parameters
    ----------
    out : path
        Folder to create or to go on with.
    count : int
        Number of pictures ``N``.
    resolution : int
        Side ``R`` of the pictures in pixels.
    seed : int
        Seed of the data set.
    processes : int
        Worker processes of one thread each; 1 renders in this process.
    progress : bool
        Whether to show a bar with the time left.
    device : str
        Where to render; anything but a CPU takes one process.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ValueError
        If the folder holds another data set.
    """
    if count < 1 or processes < 1:
        raise ValueError("count and processes must be at least 1")
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    head: dict[str, Any] = {
        "name": NAME,
        "version": portraits_module.VERSION,
        "seed": seed,
        "resolution": resolution,
        "count": count,
    }
    done_file, plan_file = folder / "done.txt", folder / "progress.json"
    final = folder / "dataset.json"
    known = final if final.exists() else plan_file
    if known.exists():
        found = json.loads(known.read_text(encoding="utf-8"))
        if {key: found.get(key) for key in head} != head:
            raise ValueError(
                f"{folder} holds another data set ({found.get('count')} pictures of "
                f"{found.get('resolution')} px, seed {found.get('seed')}, renderer version "
                f"{found.get('version')}): choose an empty folder."
            )
        if known == final:
            if "attributes" not in found:  # rendered by an earlier version
                _label(folder, count, seed, found)
            return folder
    else:
        done_file.unlink(missing_ok=True)
        shape = (count, 3, resolution, resolution)
        np.lib.format.open_memmap(
            folder / "images.npy", mode="w+", dtype=np.uint8, shape=shape
        ).flush()
        write_json(plan_file, head)
    done = _finished(done_file)
    batches = range(-(-count // BATCH))
    todo: list[_Job] = [
        (str(folder), b, b * BATCH, min((b + 1) * BATCH, count), resolution, seed, device)
        for b in batches
        if b not in done
    ]
    bar = tqdm(total=count, unit="img", disable=not progress, smoothing=0.05)
    bar.update(min(len(done) * BATCH, count))
    with bar, done_file.open("a", encoding="utf-8") as log:
        for number in _run(todo, processes):
            log.write(f"{number}\n")
            log.flush()
            bar.update(min((number + 1) * BATCH, count) - number * BATCH)
    _label(folder, count, seed, {**head, "sha256": content_hash(open_images(folder))})
    plan_file.unlink()
    done_file.unlink()
    return folder


def _label(folder: Path, count: int, seed: int, about: dict[str, Any]) -> None:
    """Write the labels and, last, ``dataset.json``."""
    factors = portraits_module.sample_factors(range(count), seed)
    attributes = portrait_attributes()
    values = {name: column.numpy() for name, column in factors.items()}
    write_labels(folder / "labels.npz", Labels(attributes, values))
    more = {"channels": 3, "attributes": msgspec.to_builtins(attributes)}
    write_json(folder / "dataset.json", {**about, **more})


def _finished(done_file: Path) -> set[int]:
    """Numbers of finished batches; a last line cut short by a kill does not count."""
    if not done_file.exists():
        return set()
    text = done_file.read_text(encoding="utf-8")
    whole, _, torn = text.rpartition("\n")
    if torn:
        done_file.write_text(whole + "\n" if whole else "", encoding="utf-8")
    return {int(line) for line in whole.split("\n") if line}


def main() -> None:
    """Command line of the cache."""
    parser = argparse.ArgumentParser(description="Render portraits once into a folder.")
    parser.add_argument("--out", type=Path, required=True, help="folder to create or to finish")
    parser.add_argument("--count", type=int, required=True, help="number of pictures")
    parser.add_argument("--resolution", type=int, default=64, help="side in pixels")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=1, help="one-thread worker processes")
    args = parser.parse_args()
    torch.set_num_threads(1)
    build(args.out, args.count, args.resolution, seed=args.seed, processes=args.processes)


if __name__ == "__main__":
    main()
