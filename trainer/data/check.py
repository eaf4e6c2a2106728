"""Whether pictures can be trained on, and what is wrong with those that cannot."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from tqdm import tqdm

from latentstudio.data.cached import CacheSource
from latentstudio.data.decode import PictureError
from latentstudio.data.errors import printable
from latentstudio.data.layout import content_hash
from latentstudio.data.source import Source
from trainer.data.build import NAMED

SMALLEST = 8
SIZES = tuple(2**k for k in range(3, 13))


@dataclass
class Findings:
    """What was found.

    Attributes
    ----------
    total
        Pictures looked at, good and bad.
    sizes, modes
        How many good pictures have a size (width, height; upright) and a mode after decoding.
    damaged
        Name and reason of the bad ones.
    duplicates
        Names of pictures that repeat the pixels of an earlier one, and that one's name.
    complaints
        Sentences about the whole that make it unusable.
    """

    total: int = 0
    sizes: Counter[tuple[int, int]] = field(default_factory=Counter)
    modes: Counter[str] = field(default_factory=Counter)
    damaged: list[tuple[str, str]] = field(default_factory=list)
    duplicates: list[tuple[str, str]] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @property
    def good(self) -> int:
        """Pictures that can be decoded."""
        return sum(self.sizes.values())

    def at_least(self, side: int) -> int:
        """Good pictures whose shorter side has so many pixels."""
        return sum(n for (w, h), n in self.sizes.items() if min(w, h) >= side)

    @property
    def resolution(self) -> int:
        """Greatest power of two from 8 that every good picture reaches; 0 if there is none."""
        return max((s for s in SIZES if self.good and self.at_least(s) == self.good), default=0)

    @property
    def usable(self) -> bool:
        """Whether a training can begin, perhaps without the smallest or damaged pictures."""
        return not self.complaints and self.at_least(SMALLEST) > 0


def examine(source: Source, progress: bool = True) -> Findings:
    """Decode every picture of a source.

    Parameters
    ----------
    source
        Where from.
    progress
        Whether to show a bar with the time left.
    """
    found = Findings(total=len(source.names))
    first: dict[bytes, str] = {}
    for index, name in enumerate(tqdm(source.names, "checking", unit="img", disable=not progress)):
        try:
            image = source.picture(index)
        except PictureError as error:
            found.damaged.append((name, str(error)))
            continue
        found.sizes[image.size] += 1
        found.modes[image.mode] += 1
        digest = hashlib.sha256(f"{image.mode} {image.size}".encode())
        digest.update(image.tobytes())
        earlier = first.setdefault(digest.digest(), name)
        if earlier is not name:
            found.duplicates.append((name, earlier))
    if isinstance(source, CacheSource):
        written = source.info.get("sha256")
        if written and written != content_hash(source.images):
            found.complaints.append(
                "images.npy is not what dataset.json describes (its sha256 differs): build it anew."
            )
    return found


def describe(source: Source, found: Findings) -> Iterator[str]:
    """The findings, line by line, for a person."""
    yield f"{source.name}: {found.good} of {found.total} pictures can be read."
    if source.note:
        yield source.note
    yield from _named("damaged", [f"{printable(n)} {reason}" for n, reason in found.damaged])
    if found.sizes:
        yield "Sizes: " + _top({f"{w} × {h}": n for (w, h), n in found.sizes.items()})
        yield "Modes: " + _top(dict(found.modes))
        odd = sum(n for (w, h), n in found.sizes.items() if w != h)
        if odd:
            yield f"Not square: {odd}; --crop center cuts out their middle."
    yield from _named(
        "duplicates", [f"{printable(n)} repeats {printable(o)}" for n, o in found.duplicates]
    )
    yield from _labels(source)
    yield from found.complaints
    yield _verdict(found)


def _verdict(found: Findings) -> str:
    if not found.usable:
        return "Not usable."
    if not found.resolution:
        small = found.good - found.at_least(SMALLEST)
        return f"Usable with --small skip: {small} pictures are smaller than {SMALLEST} px."
    more = [
        f"{side} px with {found.at_least(side) / found.good:.0%}"
        for side in SIZES
        if side > found.resolution and found.at_least(side) > 0
    ]
    rest = f" With --small skip also {', '.join(more)} of the pictures." if more else ""
    return f"Usable up to {found.resolution} px.{rest}"


def _labels(source: Source) -> Iterator[str]:
    if not source.labels.attributes:
        yield "No labels."
    for a in source.labels.attributes:
        values = source.labels.values[a.name]
        if a.kind == "continuous":
            yield f"{a.name}: {values.min():.3g} to {values.max():.3g}, mean {values.mean():.3g}"
            continue
        counts = np.bincount(values, minlength=len(a.values))
        named = {printable(v): int(n) for v, n in zip(a.values, counts, strict=True)}
        yield f"{a.name} ({len(a.values)} classes): {_top(named)}"


def _top(counts: dict[str, int]) -> str:
    """The most frequent ones with their shares."""
    total = max(sum(counts.values()), 1)
    ranked = sorted(counts.items(), key=lambda item: -item[1])
    shown = [f"{key} {n} ({n / total:.1%})" for key, n in ranked[:20]]
    return ", ".join(shown) + (f", and {len(ranked) - 20} more" if len(ranked) > 20 else "")


def _named(what: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield f"{len(lines)} {what}:"
        yield from (f"  {line}" for line in lines[:NAMED])
    if len(lines) > NAMED:
        yield f"  and {len(lines) - NAMED} more"
