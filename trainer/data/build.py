"""A source becomes a cache folder or a zip."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from latentstudio.atomic import SaveError
from latentstudio.data.errors import DataError, printable
from latentstudio.data.source import Source
from trainer.data.archive import ZipWriter
from trainer.data.layout import write_json
from trainer.data.lock import LOCK, only_one
from trainer.data.partial import PartialCache
from trainer.data.pipeline import rows, survey
from trainer.data.prepare import CHANNELS, Options
from trainer.errors import TrainingError

# Raise whenever the same source and options would give other pixels.
VERSION = 1
NAMED = 10  # damaged files that are named in a message
Report = Callable[[str], None]


def say(sentence: str) -> None:
    """Print to the error stream without breaking a progress bar."""
    tqdm.write(sentence, file=sys.stderr)


def cache_folder(source: Source, root: Path, options: Options) -> Path:
    """Where a source is prepared for training: ``<root>/<name>-<resolution>-<hash>``."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", source.name)[:60].strip(".") or "pictures"
    return root / f"{name}-{options.resolution}-{_fingerprint(source, options, 0, 0)[:10]}"


def build_cache(
    source: Source,
    folder: Path,
    options: Options,
    *,
    limit: int = 0,
    seed: int = 0,
    processes: int = 1,
    progress: bool = True,
    report: Report = say,
) -> Path:
    """Prepare a source into a cache folder, or go on where a stopped run was.

    Parameters
    ----------
    source
        Where the pictures come from.
    folder
        New, empty, or begun with the same source and options. A finished one is left alone.
    options
        How pictures are prepared.
    limit, seed
        At most so many pictures, chosen at random by the seed, in the source's order; 0 is all.
    processes
        Worker processes.
    progress
        Whether to show bars with the time left.
    report
        Is told which pictures were left out.

    Raises
    ------
    TrainingError
        If the folder holds something else or cannot be written, if a picture does not fit the
        options, or if no picture is left.
    """
    head = {"name": source.name, "fingerprint": _fingerprint(source, options, limit, seed)}
    wanted = _chosen(len(source.names), limit, seed)
    with _writing(folder):
        if folder.exists() and not folder.is_dir():
            raise TrainingError(f"{folder} is a file: choose another name for the folder.")
        folder.mkdir(parents=True, exist_ok=True)
        with only_one(folder):
            if _is_done(folder, head):
                return folder
            plan = folder / "progress.json"
            if plan.exists():
                channels = json.loads(plan.read_text(encoding="utf-8"))["channels"]
                options = msgspec.structs.replace(options, channels=channels)
            else:
                try:
                    options, _ = survey(source, wanted, options, progress)
                except DataError:
                    _clear(folder)
                    raise
                write_json(plan, {**head, "channels": options.channels})
            _fill(source, folder, wanted, options, head, processes, progress, report)
    return folder


def build_zip(
    source: Source,
    path: Path,
    options: Options,
    *,
    limit: int = 0,
    seed: int = 0,
    processes: int = 1,
    progress: bool = True,
    report: Report = say,
) -> Path:
    """Prepare a source into a zip that StyleGAN's trainers read; whole or not at all.

    Parameters and errors are those of :func:`build_cache`, but the file must not exist, and a
    stopped run begins anew.
    """
    if path.exists():
        raise TrainingError(f"{path} exists already: remove it, or choose another name.")
    wanted = _chosen(len(source.names), limit, seed)
    options, _ = survey(source, wanted, options, progress)
    scratch = path.with_name(f".{path.name}.part")
    skipped: list[tuple[int, str, str]] = []
    with _writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with scratch.open("wb") as file, ZipWriter(file) as writer:
                with _bar(len(wanted), 0, progress) as bar:
                    for part in rows(source, wanted, 0, options, processes):
                        writer.add(part.pixels)
                        skipped += part.skipped
                        bar.update(part.stop - bar.n)
                _tell(source, skipped, len(wanted), report)
                left_out = np.array([place for place, _, _ in skipped], dtype=np.int64)
                writer.finish(source.labels.rows(np.delete(wanted, left_out)))
            scratch.replace(path)
        finally:
            with suppress(OSError):
                scratch.unlink(missing_ok=True)
    return path


def _fill(
    source: Source,
    folder: Path,
    wanted: NDArray[np.int64],
    options: Options,
    head: dict[str, Any],
    processes: int,
    progress: bool,
    report: Report,
) -> None:
    size = options.resolution
    partial = PartialCache(folder, (CHANNELS[options.channels], size, size))
    try:
        with _bar(len(wanted), partial.stop, progress) as bar:
            for part in rows(source, wanted, partial.stop, options, processes):
                partial.append(part)
                bar.update(part.stop - bar.n)
        _tell(source, partial.skipped, len(wanted), report)
        about = {
            **head,
            "options": msgspec.to_builtins(options),
            "skipped": len(partial.skipped),
            "skipped_first": [[name, reason] for _, name, reason in partial.skipped[:100]],
        }
        partial.finish(wanted, source.labels, about)
    except DataError:
        partial.close()
        _clear(folder)
        raise
    finally:
        partial.close()


def _tell(source: Source, skipped: list[tuple[int, str, str]], total: int, report: Report) -> None:
    """Name the pictures that were left out; that none is left is an error."""
    if len(skipped) == total:
        _, name, reason = skipped[0]
        raise TrainingError(
            f"None of the {total} pictures of {source.name} can be used; the first, "
            f"{printable(name)}, {reason}."
        )
    if skipped:
        were = "was" if len(skipped) == 1 else "were"
        report(f"{len(skipped)} of {total} pictures {were} left out:")
        for _, name, reason in skipped[:NAMED]:
            report(f"  {printable(name)} {reason}")
        if len(skipped) > NAMED:
            report(f"  and {len(skipped) - NAMED} more")


def _chosen(count: int, limit: int, seed: int) -> NDArray[np.int64]:
    if not 0 < limit < count:
        return np.arange(count)
    # RandomState, whose streams numpy promises never to change.
    return np.sort(np.random.RandomState(seed).permutation(count)[:limit])


def _fingerprint(source: Source, options: Options, limit: int, seed: int) -> str:
    chosen = [limit, seed] if 0 < limit < len(source.names) else []
    parts = [VERSION, source.fingerprint, msgspec.to_builtins(options), chosen]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _is_done(folder: Path, head: dict[str, Any]) -> bool:
    """Whether the folder is finished; one that holds something else is refused."""
    plan, final = folder / "progress.json", folder / "dataset.json"
    if all(entry.name == LOCK for entry in folder.iterdir()):
        return False
    try:
        info = json.loads((final if final.exists() else plan).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        info = {}
    if not isinstance(info, dict) or info.get("fingerprint") != head["fingerprint"]:
        raise TrainingError(
            f"{folder} holds something else, or was made from other pictures or with other "
            "options: choose an empty folder, or remove it."
        )
    return final.exists()


def _clear(folder: Path) -> None:
    """Remove what a run that cannot succeed has begun, so that the folder can be used again."""
    with suppress(OSError):
        for name in ("images.part", "done.jsonl", "progress.json", LOCK):
            (folder / name).unlink(missing_ok=True)
        folder.rmdir()


def _bar(total: int, done: int, progress: bool) -> Any:
    return tqdm(total=total, initial=done, unit="img", disable=not progress, smoothing=0.05)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except SaveError as error:
        raise TrainingError(f"{error}.") from error
    except OSError as error:
        raise TrainingError(f"{path} cannot be written: {error.strerror or error}.") from error
