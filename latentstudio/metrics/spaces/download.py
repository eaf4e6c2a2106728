"""Bring a file of known length over the network, going on where the last attempt broke off."""

from __future__ import annotations

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import NamedTuple

from latentstudio.checkpoints.errors import reason
from latentstudio.metrics.spaces.known_weights import FetchCancelledError, KnownFile, SpaceError

_CHUNK = 1 << 18  # bytes at a time
_PATIENCE = 30.0  # seconds without a byte
_INTERVAL = 0.1  # seconds between two reports


class Received(NamedTuple):
    """How far a download is: bytes, bytes in all, and seconds left."""

    done: int
    total: int
    seconds_left: float


Progress = Callable[[Received], None]


def download(
    known: KnownFile,
    part: Path,
    progress: Progress | None = None,
    cancel: threading.Event | None = None,
) -> str:
    """Fill ``part`` up to the length of a known file; its content is not looked at.

    Parameters
    ----------
    known
        Its addresses are tried in turn.
    part
        Grows; begun by an earlier call or absent.
    progress, cancel
        As in :func:`~latentstudio.metrics.spaces.weights.fetch`.

    Returns
    -------
    str
        The address that the last byte came from.

    Raises
    ------
    SpaceError
        When no address gives the file.
    FetchCancelledError
        When ``cancel`` was set.
    OSError
        When ``part`` cannot be written.
    """
    why = ""
    for url in known.urls:
        try:
            _receive(url, known, part, progress, cancel)
        except _NetworkError as error:
            why = str(error)
        else:
            return url
    raise SpaceError(
        f"The {known.title} cannot be fetched ({why}): try again later, or put {known.urls[0]}"
        f" into {part.parent}"
    )


def _receive(
    url: str,
    known: KnownFile,
    part: Path,
    progress: Progress | None,
    cancel: threading.Event | None,
) -> None:
    """Append what is missing; a server that cannot go on from there starts over."""
    begun = part.stat().st_size if part.exists() else 0
    if begun == known.size:
        return
    headers = {"User-Agent": "latentstudio"}
    if begun < known.size:
        headers["Range"] = f"bytes={begun}-"
    with _network():
        response = urllib.request.urlopen(
            urllib.request.Request(url, headers=headers), timeout=_PATIENCE
        )
    with response:
        goes_on = response.headers.get("Content-Range", "").startswith(f"bytes {begun}-")
        begun = begun if goes_on else 0
        have, start, told = begun, time.monotonic(), 0.0
        with part.open("ab" if goes_on else "wb") as file:
            while have < known.size:
                if cancel is not None and cancel.is_set():
                    raise FetchCancelledError(
                        f"Fetching the {known.title} was stopped at {have / known.size:.0%}: fetch"
                        " it again to go on from there"
                    )
                with _network():
                    chunk = response.read1(min(_CHUNK, known.size - have))
                    if not chunk:
                        raise ConnectionError(f"the connection ended at {have / known.size:.0%}")
                file.write(chunk)
                have += len(chunk)
                now = time.monotonic()
                if progress is not None and (have == known.size or now - told >= _INTERVAL):
                    told = now
                    left = (known.size - have) * (now - start) / (have - begun)
                    progress(Received(have, known.size, left))


class _NetworkError(Exception):
    """The network's fault, not the disk's; its text fits into brackets."""


@contextmanager
def _network() -> Iterator[None]:
    try:
        yield
    except urllib.error.HTTPError as error:
        error.close()
        raise _NetworkError(f"the server says {error.code} {error.reason}") from error
    except urllib.error.URLError as error:
        cause = error.reason
        text = reason(cause) if isinstance(cause, OSError) else str(cause)
        raise _NetworkError(text) from error
    except (OSError, HTTPException) as error:
        text = reason(error) if isinstance(error, OSError) else type(error).__name__
        raise _NetworkError(text) from error
