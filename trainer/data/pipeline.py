"""Pictures of a source, prepared in order by this process or by several."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from latentstudio.data.decode import GREY_MODES, Header, PictureError
from latentstudio.data.errors import printable
from latentstudio.data.source import Source
from trainer.data.prepare import CHANNELS, Options, not_square, prepare, too_small
from trainer.errors import TrainingError

CHUNK = 32


@dataclass(frozen=True)
class Rows:
    """A stretch of prepared pictures.

    Attributes
    ----------
    stop
        How many of the wanted pictures are done after this stretch.
    pixels
        uint8 [kept, channels, resolution, resolution].
    skipped
        Place among the wanted pictures, name, and reason, of those that were left out.
    """

    stop: int
    pixels: NDArray[np.uint8]
    skipped: tuple[tuple[int, str, str], ...]


def survey(
    source: Source, wanted: NDArray[np.int64], options: Options, progress: bool
) -> tuple[Options, list[tuple[int, Header | str]]]:
    """Look at the headers of all pictures, so that what cannot work fails at once.

    Parameters
    ----------
    source, wanted
        Where from, and [n] which pictures.
    options
        How they will be prepared.
    progress
        Whether to show a bar.

    Returns
    -------
    tuple
        The options with ``channels`` decided, and for each picture its place among the wanted
        and its header, or the reason why it has none.

    Raises
    ------
    TrainingError
        If a picture does not fit the options.
    """
    seen: list[tuple[int, Header | str]] = []
    grey = True
    for place, index in enumerate(tqdm(wanted, "looking", unit="img", disable=not progress)):
        try:
            header = source.header(int(index))
        except PictureError as error:
            seen.append((place, str(error)))
            continue
        seen.append((place, header))
        grey = grey and header.mode in GREY_MODES
        _fits(source.names[index], header.width, header.height, options)
    if options.channels != "auto":
        return options, seen
    return _with_channels(options, grey), seen


def rows(
    source: Source, wanted: NDArray[np.int64], start: int, options: Options, processes: int
) -> Iterator[Rows]:
    """Prepare pictures in order.

    Parameters
    ----------
    source, wanted
        Where from, and [n] which pictures.
    start
        How many of them are done already.
    options
        With ``channels`` decided.
    processes
        Worker processes; 1 works in this one.

    Raises
    ------
    TrainingError
        If a picture does not fit the options. Damaged ones are left out and named instead.
    """
    chunks = [(a, min(a + CHUNK, len(wanted))) for a in range(start, len(wanted), CHUNK)]
    work = _Work(source, wanted, options)
    if processes <= 1 or len(chunks) < 2:
        yield from map(work, chunks)
        return
    # Spawned, because a forked copy of a threaded process can hang.
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes, initializer=_become, initargs=(work,)) as pool:
        yield from pool.imap(_do, chunks)


@dataclass(frozen=True)
class _Work:
    source: Source
    wanted: NDArray[np.int64]
    options: Options

    def __call__(self, chunk: tuple[int, int]) -> Rows:
        start, stop = chunk
        options, skipped = self.options, []
        size = options.resolution
        pixels = np.empty((stop - start, CHANNELS[options.channels], size, size), np.uint8)
        kept = 0
        for place in range(start, stop):
            index = int(self.wanted[place])
            name = self.source.names[index]
            try:
                image = self.source.picture(index)
            except PictureError as error:
                skipped.append((place, name, str(error)))
                continue
            # Again, because some formats only show their true size when they are decoded.
            if reason := _fits(name, image.width, image.height, options):
                skipped.append((place, name, reason))
                continue
            pixels[kept] = prepare(image, options)
            kept += 1
        return Rows(stop, pixels[:kept], tuple(skipped))


_work: _Work | None = None


def _become(work: _Work) -> None:
    global _work
    _work = work
    # Ctrl-C reaches the whole group; the parent ends its workers itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _do(chunk: tuple[int, int]) -> Rows:
    assert _work is not None
    return _work(chunk)


def _fits(name: str, width: int, height: int, options: Options) -> str:
    """Why a picture is to be left out, or ""; what the options forbid is an error."""
    small = too_small(width, height, options)
    if small and options.small == "skip":
        return f"is {width} × {height} px, too small"
    reason = small or not_square(width, height, options)
    if reason:
        raise TrainingError(f"{printable(name)} {reason}.")
    return ""


def _with_channels(options: Options, grey: bool) -> Options:
    return Options(
        resolution=options.resolution,
        crop=options.crop,
        resize=options.resize,
        channels="gray" if grey else "rgb",
        background=options.background,
        small=options.small,
    )
