"""The samples that "standard deviations" are of: read once by a classifier, and kept.

What everybody begins with is bundled (see :mod:`latentstudio.engine.editing.bundle`), and read
where the user's own folder has nothing sound. Whatever is wrong with a file, it is as if it were
not there.
"""

from __future__ import annotations

import hashlib
import io
import logging
import os
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import platformdirs
from numpy.typing import NDArray

from latentstudio.atomic import SaveError, write_atomic
from latentstudio.checkpoints.bundled import resources_folder
from latentstudio.document.sampling import Sampling
from latentstudio.engine.editing.values import SAMPLES, USABLE
from latentstudio.engine.live.study import Pace

if TYPE_CHECKING:
    from latentstudio.engine.editing.desk import Desk
    from latentstudio.engine.editing.lane import Task
    from latentstudio.generators.protocol import Generator

BUNDLED = resources_folder() / "attributes"
FILES = 64  # kept, of some hundred kilobytes each; those used longest ago make room
_FORMAT = 1
_log = logging.getLogger(__name__)

Outputs = NDArray[np.float16]


class Store:
    """A folder of what classifiers said about samples of generators.

    Parameters
    ----------
    folder
        Made when first written to; None for the user's cache folder.
    """

    def __init__(self, folder: Path | None = None) -> None:
        cache = Path(platformdirs.user_cache_dir("latentstudio", appauthor=False))
        self._folder = folder or cache / "attributes"

    def load(self, checkpoint: str, classifier: str, width: int) -> Outputs | None:
        """The outputs [n, width] of a generator's first samples; None where none are kept.

        Parameters
        ----------
        checkpoint, classifier
            Content hashes.
        width
            Of the classifier's heads.
        """
        name = _name(checkpoint, classifier)
        for folder in (self._folder, BUNDLED):
            values = _read(folder / name, width)
            if values is not None:
                with suppress(OSError):
                    os.utime(self._folder / name)
                return values
        return None

    def save(self, checkpoint: str, classifier: str, outputs: Outputs) -> None:
        """Keep them; without room on the disk they are drawn again next time."""
        buffer = io.BytesIO()
        np.save(buffer, outputs, allow_pickle=False)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_atomic(self._folder / _name(checkpoint, classifier), buffer.getvalue())
            kept = sorted(self._folder.glob("samples-*.npy"), key=lambda path: path.stat().st_mtime)
            for path in kept[:-FILES]:
                path.unlink(missing_ok=True)
        except (SaveError, OSError) as error:
            _log.warning("what attributes are like is not remembered: %s", error)


def learn(task: Task, desk: Desk, store: Store, told: Callable[[], None]) -> None:
    """Read samples until there are enough, quietly.

    Parameters
    ----------
    task
        Told of the progress.
    desk
        Gets the outputs.
    store
        Where they are kept.
    told
        Called with each population that is better founded than the one before.
    """
    sampling = Sampling(desk.checkpoint)

    def draw(generator: Generator, start: int, stop: int) -> None:
        desk.outputs.append(desk.see(generator, sampling, start, stop).numpy().astype(np.float16))

    if desk.outputs.n >= USABLE:
        told()
    for start, stop in pairwise(_stages(desk.outputs.n)):
        paced(task, desk.checkpoint, start, stop, draw, "Learning what the generator shows")
        store.save(desk.checkpoint, desk.classifier_hash, desk.outputs.view())
        told()


def paced(
    task: Task,
    key: str,
    start: int,
    stop: int,
    draw: Callable[[Generator, int, int], None],
    title: str,
) -> None:
    """Draw samples ``start`` to ``stop - 1`` in slices of about a frame's time.

    Parameters
    ----------
    task
        Told of the progress, under this title.
    key
        Which generator, as for the engine's studies.
    draw
        ``draw(generator, a, b)`` does something with samples ``a`` to ``b - 1``, completely or
        not at all.
    """
    pace, n, spent = Pace(), start, 0.0

    def step(generator: Generator) -> bool:
        nonlocal n, spent
        end, begin = min(stop, n + pace.batch), time.monotonic()
        draw(generator, n, end)
        seconds = time.monotonic() - begin
        pace.note(end - n, seconds)
        n, spent = end, spent + seconds
        task.tell("progress", title, n / stop, spent / (n - start) * (stop - n))
        return n < stop

    if start < stop:
        task.slices(key, step)


def _stages(n: int) -> list[int]:
    """Where learning pauses to tell: ``n``, then 512 and its doubles."""
    stages, stage = [n], USABLE
    while stage <= SAMPLES:
        if stage > n:
            stages.append(stage)
        stage *= 2
    return stages


def _name(checkpoint: str, classifier: str) -> str:
    known = f"{_FORMAT} {checkpoint} {classifier}"
    return f"samples-{hashlib.sha256(known.encode()).hexdigest()[:32]}.npy"


def _read(path: Path, width: int) -> Outputs | None:
    try:
        values: NDArray[Any] = np.load(io.BytesIO(path.read_bytes()), allow_pickle=False)
    except FileNotFoundError:
        return None
    except Exception as error:  # numpy's header parser raises various things
        _log.debug("%s is damaged", path, exc_info=error)
        return None
    sound = (
        isinstance(values, np.ndarray)
        and values.dtype == np.float16
        and values.ndim == 2
        and values.shape[1] == width
        and 0 < len(values) <= SAMPLES
        and bool(np.isfinite(values).all())
    )
    return values if sound else None
