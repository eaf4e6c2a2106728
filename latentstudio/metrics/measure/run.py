"""A measurement carried out: pictures of a generator, or of a folder, against a data set.

The numbers are those of the panel: the same samples, the same features, the same
:func:`~latentstudio.metrics.quality.score`. Features are made in chunks that are kept
(:mod:`~latentstudio.metrics.measure.kept`), so that a measurement goes on where it was stopped,
one of more samples begins with those of fewer, and several processes can share the chunks out.
"""

from __future__ import annotations

import platform
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple

import msgspec
import numpy as np
import torch
from torch import Tensor

from latentstudio import __version__
from latentstudio.document.sampling import Sampling
from latentstudio.metrics.estimate import Score
from latentstudio.metrics.inception_scores import inception_score
from latentstudio.metrics.measure.composed import Composition, Gap, compositions
from latentstudio.metrics.measure.fakes import Drawn, Fakes
from latentstudio.metrics.measure.kept import key_of
from latentstudio.metrics.measure.pixels import PixelScores, pixel_scores, shuffled
from latentstudio.metrics.measure.plan import CHEAP, CHUNK, PIXELS, Classes, MeasureError, Plan
from latentstudio.metrics.path_length import PathLength, Place, Space, perceptual_path_length
from latentstudio.metrics.quality import Quality, real_floor, score

# What is looked at, how many more of its pictures are ready, and whether they were so before.
Progress = Callable[[str, int, bool], None]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured of one set of fakes; None for what was not asked for."""

    sampling: Sampling | None
    n: int
    quality: Quality | None = None
    inception_score: Score | None = None
    pixels: PixelScores | None = None
    composition: tuple[Composition, ...] = ()
    gaps: tuple[Gap, ...] = ()


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A measurement and how to repeat it; ready for JSON.

    Attributes
    ----------
    command, versions, finished, seconds
        How, with what, when (ISO 8601, UTC) and how long; what was kept took no time.
    fakes, fakes_hash
        Name and content hash of the checkpoint, or of the pictures from elsewhere.
    features, features_hash, data, data_hash
        As in :class:`~latentstudio.metrics.quality.Quality`.
    rows
        One for each set of fakes.
    floor
        The reals against themselves.
    untouched
        The same of the generator without the difference that has tuned this one.
    """

    command: str
    versions: dict[str, str]
    finished: str
    seconds: float
    fakes: str
    fakes_hash: str
    features: str
    features_hash: str
    data: str
    data_hash: str
    n: int
    rows: tuple[Row, ...]
    path_lengths: tuple[PathLength, ...] = ()
    floor: Quality | None = None
    untouched: Report | None = None

    @property
    def qualities(self) -> tuple[Quality, ...]:
        """Of the rows that have one: a curve, where the truncation was swept."""
        return tuple(row.quality for row in self.rows if row.quality)


def run(plan: Plan, progress: Progress | None = None) -> Report:
    """Measure.

    Parameters
    ----------
    plan
        What.
    progress
        Told of every step; may raise to stop, and what is finished by then is kept.

    Raises
    ------
    MeasureError
        One sentence: the plan cannot be carried out, or pictures hold what is no number.
    DataError
        Where a picture from elsewhere does not decode.
    """
    told = progress or (lambda what, count, known: None)
    began = time.monotonic()
    plan.check()
    fakes, side = plan.fakes[0], plan.reals.side if plan.reals else None
    try:
        filled = fill(plan, told)
        rows = tuple(
            _row(plan, each, [filled[part] for part in filled if part.fakes is each], told)
            for each in plan.fakes
        )
        lengths = tuple(_length(plan, *path, told) for path in plan.lengths)
        floor = real_floor(side, plan.n) if side and plan.floor else None
    except ValueError as error:
        if type(error) is not ValueError:  # a sentence of its own
            raise
        raise MeasureError(f"{fakes.name} cannot be measured: {error}") from error
    untouched = run(plan.untouched, told) if plan.untouched else None
    plan.kept.prune()
    return Report(
        command=plan.command,
        versions={
            "latentstudio": __version__,
            "torch": str(torch.__version__),
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=round(time.monotonic() - began, 2),
        fakes=fakes.name,
        fakes_hash=fakes.content_hash,
        features=plan.features.name,
        features_hash=plan.features.content_hash,
        data=side.data if side else "",
        data_hash=side.data_hash if side else "",
        n=plan.n,
        rows=rows,
        path_lengths=lengths,
        floor=floor,
        untouched=untouched,
    )


class Part(NamedTuple):
    """A chunk of features: of the pictures from ``start`` to ``stop - 1``."""

    key: str
    fakes: Fakes
    start: int
    stop: int


def parts(plan: Plan) -> list[Part]:
    """All chunks that a plan needs, in order."""
    if not plan.asks(*CHEAP, "is"):
        return []
    return [
        Part(_key(plan, fakes), fakes, start, min(plan.n, start + CHUNK))
        for fakes in plan.fakes
        for start in range(0, plan.n, CHUNK)
    ]


def fill(plan: Plan, told: Progress, rank: int = 0, size: int = 1) -> dict[Part, Tensor]:
    """Make the chunks that are not kept yet, or every ``size``-th from number ``rank`` on.

    Parameters
    ----------
    plan
        Keeps what is made.
    told
        As in :func:`run`; called by all workers.

    Returns
    -------
    dict
        These chunks in order, float32 [stop - start, d].
    """
    todo, stop = parts(plan)[rank::size], threading.Event()
    # One thread of torch in each: small convolutions gain more from that than from sharing, and
    # round the same however many cores there are.
    with ThreadPoolExecutor(plan.workers, "measure", torch.set_num_threads, (1,)) as pool:
        made = [pool.submit(_chunk, plan, part, told, stop) for part in todo]
        try:
            return {part: future.result() for part, future in zip(todo, made, strict=True)}
        except BaseException:  # Ctrl-C as well: what a worker has at hand is kept
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _chunk(plan: Plan, part: Part, told: Progress, stop: threading.Event) -> Tensor:
    """The features of one part: those kept and the rest anew, up to where it is stopped."""
    wanted = part.stop - part.start
    kept = plan.kept.rows(part.key, part.start)
    rows = torch.empty(0, plan.features.dim) if kept is None else kept[:wanted]
    if len(rows):
        told(part.fakes.title, len(rows), True)
    if len(rows) < wanted:
        tables = [rows]
        for images in part.fakes.batches(part.start + len(rows), part.stop, plan.size):
            with torch.inference_mode():
                tables.append(plan.features(images).to("cpu", torch.float32))
            told(part.fakes.title, len(images), False)
            if stop.is_set():
                break
        rows = torch.cat(tables)
        plan.kept.put_rows(part.key, part.start, rows)
    return rows


def work(plan: Plan) -> int:
    """How many pictures :func:`run` tells its progress of."""
    looks = plan.asks(*CHEAP, "is") + plan.asks(*PIXELS)
    own = len(plan.fakes) * plan.n * looks + plan.paths * len(plan.lengths)
    return own + (work(plan.untouched) if plan.untouched else 0)


def _key(plan: Plan, fakes: Fakes) -> str:
    return key_of("features", fakes.key, plan.features.content_hash)


def _row(plan: Plan, fakes: Fakes, chunks: Sequence[Tensor], told: Progress) -> Row:
    """The numbers of one set of fakes, whose features are given."""
    features = torch.cat([torch.empty(0, plan.features.dim), *chunks])
    quality = classes = pixels = None
    composition: tuple[Composition, ...] = ()
    gaps: tuple[Gap, ...] = ()
    if plan.asks(*CHEAP) and plan.reals:
        quality = score(plan.reals.side, features, fakes.sampling)
        composition, gaps = compositions(plan.features, plan.reals.side.rows, features)
    if plan.asks("is") and isinstance(plan.features, Classes):
        classes = inception_score(plan.features.logits_of(features))
    if plan.asks(*PIXELS) and plan.reals and plan.reals.pictures:
        swd, msssim = plan.asks("swd"), plan.asks("msssim")
        n = min(plan.n, plan.reals.pictures.count)
        measure = partial(
            pixel_scores,
            _counted(fakes.batches(0, n, plan.size), f"pixels, {fakes.title}", told),
            shuffled(plan.reals, plan.size),
            n,
            swd=swd,
            msssim=msssim,
        )
        key = key_of("pixels", fakes.key, plan.reals.pictures.fingerprint, n, swd, msssim)
        pixels = plan.kept.result(key, PixelScores, measure)
    return Row(
        sampling=fakes.sampling,
        n=plan.n,
        quality=quality,
        inception_score=classes,
        pixels=pixels,
        composition=composition,
        gaps=gaps,
    )


def _counted(batches: Iterator[Tensor], title: str, told: Progress) -> Iterator[Tensor]:
    for images in batches:
        yield images
        told(title, len(images), False)


def _length(plan: Plan, space: Space, place: Place, told: Progress) -> PathLength:
    """A path length, which is of the generator without truncation: one for all rows."""
    fakes = plan.fakes[0]
    assert isinstance(fakes, Drawn)
    title, done = f"paths in {space}", 0

    def progress(share: float) -> None:
        nonlocal done
        told(title, round(share * plan.paths) - done, False)
        done = round(share * plan.paths)

    measure = partial(
        perceptual_path_length,
        fakes.generator,
        plan.features,
        plan.paths,
        fakes.sampling.seed,
        plan.size,
        space=space,
        sampling=place,
        class_shares=fakes.class_shares,
        progress=progress,
    )
    facts = fakes.sampling.generator, fakes.sampling.seed, fakes.class_shares
    key = key_of("path", *facts, plan.features.content_hash, space, place, plan.paths)
    found = plan.kept.result(key, PathLength, measure)
    told(title, plan.paths - done, True)
    return found
