"""Directions in words: amounts, layers, what was found how, and what it leaks. No Qt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from latentstudio.data.attributes import title
from latentstudio.ui.describe import DOT
from latentstudio.ui.editing.leaks import Bar
from latentstudio.ui.editing.traits import plain

if TYPE_CHECKING:
    from latentstudio.document.direction import Direction, Leak

METHODS = {
    "ridge": "ridge regression",
    "logistic": "logistic regression",
    "svm": "support vector machine",
    "difference": "difference of two groups",
    "principal": "principal component",
    "sefa": "SeFa",
    "style": "style channel",
    "gradient": "classifier gradient",
}


def signed(value: float, decimals: int = 2) -> str:
    """``+1.20``, ``−0.50``, ``0``."""
    text = f"{value:+.{decimals}f}".replace("-", "−")
    return text if text.strip("+−0.") else "0"


def column_words(attribute: str, value: str) -> str:
    """``Smile``, or ``Glasses: round``."""
    return f"{title(attribute)}: {plain(value)}" if value else title(attribute)


def direction_tip(direction: Direction) -> str:
    """How it was found, and how good it is, in a few lines."""
    lines = [METHODS[direction.method].capitalize()]
    if direction.samples:
        lines[0] += f" over {direction.samples:,} pictures"
    if direction.attribute:
        lines.append(f"For {column_words(direction.attribute, direction.value)}")
    if direction.kept:
        lines.append("Holds " + ", ".join(map(title, direction.kept)))
    if direction.score is not None:
        lines.append(f"Cross-validated {direction.score_kind} {direction.score:.2f}")
    if direction.notes:
        lines.append(direction.notes)
    return "\n".join(lines)


def leak_bars(direction: Direction, leaks: Sequence[Leak] = ()) -> tuple[Bar, ...]:
    """What it moves beside its own attribute: the largest change of each, the largest first."""
    most: dict[str, Bar] = {}
    for leak in leaks or direction.leakage:
        name = leak.attribute
        if name == direction.attribute:
            continue
        label, held = column_words(name, leak.value), name in direction.kept
        bar = Bar(name, label, None, leak.mean, (leak.low, leak.high), held)
        if name not in most or bar.size > most[name].size:
            most[name] = bar
    return tuple(sorted(most.values(), key=lambda bar: -bar.size))


def found(directions: Sequence[Direction], words: str) -> list[Direction]:
    """Those that a search means: every word is somewhere in what they are called."""
    wanted = words.casefold().split()
    return [d for d in directions if all(word in _called(d) for word in wanted)]


def _called(direction: Direction) -> str:
    parts = (direction.name, direction.attribute, direction.value, METHODS[direction.method])
    return DOT.join((*parts, direction.notes)).casefold()
