"""Measurements that were made, kept across starts. Imports torch: load it in a thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from latentstudio.atomic import write_atomic
from latentstudio.document.sampling import Sampling
from latentstudio.metrics.quality import Quality

KEPT = 200  # measurements that are not pinned
PINNED = 50
FAMILIES = 16  # curves of this session that a pin may still take along
MAX_BYTES = 32 << 20
MAX_NOTE = 500


class Entry(msgspec.Struct, frozen=True):
    """One settled measurement.

    Attributes
    ----------
    quality
        The numbers, with what they were measured on.
    name
        Of the checkpoint.
    real, space
        Data and features as they were asked for: what the command line takes.
    when
        Moment of the measurement, UTC.
    pinned, note
        Kept for ever, and why.
    curve
        The same samples over ψ, from the time of pinning; empty where they were not known.
    """

    quality: Quality
    name: str = ""
    real: str = ""
    space: str = "auto"
    when: datetime = datetime.fromtimestamp(0, UTC)
    pinned: bool = False
    note: str = ""
    curve: tuple[Quality, ...] = ()


def _setting(quality: Quality) -> tuple[str, str, int, Sampling | None]:
    """What two measurements of one and the same thing share."""
    return quality.features_hash, quality.data_hash, quality.n, quality.sampling


def _family(quality: Quality) -> tuple[str, str, Sampling | None]:
    """What the points of one curve share."""
    sampling = quality.sampling.with_psi(0.0) if quality.sampling is not None else None
    return quality.features_hash, quality.data_hash, sampling


class History:
    """Entries, newest first, in a JSON file.

    Parameters
    ----------
    file
        None, or one that cannot be written, makes the list live in memory alone; a damaged one
        counts as empty and is put aside as ``.damaged``.
    now
        The clock.
    """

    def __init__(self, file: Path | None = None, now: Callable[[], datetime] | None = None) -> None:
        self._file = file
        self._now = now or _utc
        self._curves: dict[tuple[str, str, Sampling | None], tuple[Quality, ...]] = {}
        self.entries: tuple[Entry, ...] = self._read()

    def keep(self, quality: Quality, name: str, real: str = "", space: str = "auto") -> bool:
        """Put a measurement first (see :class:`Entry`); False when it is there already."""
        same = [e for e in self.entries if _setting(e.quality) == _setting(quality)]
        if same and same[0].quality == quality:
            return False
        # Measured again, a setting has one line; a pinned one keeps its numbers.
        others = [e for e in self.entries if e not in same or e.pinned]
        self._put([Entry(quality, name, real, space, self._now()), *others])
        return True

    def remember(self, curve: Sequence[Quality]) -> None:
        """Hold a curve over ψ in memory, for measurements of it that are pinned later."""
        if curve:
            key = _family(curve[0])
            self._curves.pop(key, None)
            self._curves[key] = tuple(curve)
            while len(self._curves) > FAMILIES:
                del self._curves[next(iter(self._curves))]

    def pin(self, entry: Entry, pinned: bool = True) -> None:
        """Keep an entry for ever, with its curve, or no longer."""
        curve = self._curves.get(_family(entry.quality), entry.curve) if pinned else ()
        self._replace(entry, pinned=pinned, curve=curve)

    def annotate(self, entry: Entry, note: str) -> None:
        """Write a note on an entry."""
        self._replace(entry, note=note.strip()[:MAX_NOTE])

    def remove(self, entry: Entry) -> None:
        """Forget an entry."""
        self._put([e for e in self.entries if e is not entry])

    def _replace(self, entry: Entry, **changes: object) -> None:
        changed = msgspec.structs.replace(entry, **changes)
        self._put([changed if e is entry else e for e in self.entries])

    def _put(self, entries: list[Entry]) -> None:
        pinned = [e for e in entries if e.pinned][:PINNED]
        loose = [e for e in entries if not e.pinned][:KEPT]
        keep = {id(e) for e in (*pinned, *loose)}
        self.entries = tuple(e for e in entries if id(e) in keep)
        if self._file is not None:
            with suppress(OSError):
                self._file.parent.mkdir(parents=True, exist_ok=True)
                write_atomic(self._file, msgspec.json.encode(self.entries))

    def _read(self) -> tuple[Entry, ...]:
        if self._file is None:
            return ()
        try:
            with self._file.open("rb") as stream:
                return msgspec.json.decode(stream.read(MAX_BYTES), type=tuple[Entry, ...])
        except OSError:
            return ()
        except (msgspec.MsgspecError, ValueError, RecursionError):
            with suppress(OSError):
                self._file.replace(self._file.with_name(f"{self._file.name}.damaged"))
            return ()


def _utc() -> datetime:
    return datetime.now(UTC)
