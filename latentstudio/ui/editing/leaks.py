"""What an edit moved beside what it was to move: one bar for each attribute."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from latentstudio.ui.editing.traits import Trait, number

if TYPE_CHECKING:
    from latentstudio.document.direction import Leak

LOUD = 0.5  # standard deviations from which a leak is called one


@dataclass(frozen=True)
class Bar:
    """One attribute's change, in standard deviations over the generator's pictures.

    Attributes
    ----------
    attribute, label
        Whose, and for people.
    change
        Of the picture on the screen; None while unknown.
    mean, interval
        Over samples, with its 95% interval; None while unknown.
    held
        Whether the edit was told to leave it alone.
    """

    attribute: str
    label: str
    change: float | None
    mean: float | None
    interval: tuple[float, float] | None
    held: bool

    @property
    def size(self) -> float:
        """What bars are sorted by: over samples where that is known, else on this picture."""
        return abs((self.mean if self.mean is not None else self.change) or 0.0)

    @property
    def sure(self) -> bool:
        """Whether it is more than chance among the samples (one picture has none)."""
        return self.interval is None or not self.interval[0] <= 0.0 <= self.interval[1]

    @property
    def loud(self) -> bool:
        """Whether it is called a leak."""
        return self.size >= LOUD and self.sure

    @property
    def sentence(self) -> str:
        """All that is known of it."""
        parts = []
        if self.change is not None:
            parts.append(f"this picture {sigmas(self.change)}")
        if self.mean is not None and self.interval is not None:
            low, high = (number(end) for end in self.interval)
            parts.append(f"mean over samples {sigmas(self.mean)} (95% {low} to {high})")
        return f"{self.label}: {', '.join(parts)}" + (", held" if self.held else "")


def bars(
    traits: Mapping[str, Trait],
    target: str,
    held: Collection[str],
    changes: Sequence[float] | None,
    leaks: Sequence[Leak] | None,
) -> tuple[Bar, ...]:
    """The largest change of each attribute but the target, the largest first.

    Parameters
    ----------
    traits
        All attributes by name.
    target
        What was to move; its other classes move with it.
    held
        Names of those that were to stay.
    changes
        Of this picture, one a column.
    leaks
        Over samples, one a column.
    """
    found = []
    for name, trait in traits.items():
        if name == target:
            continue
        each = [_bar(trait, k, i, name in held, changes, leaks)
                for k, i in enumerate(trait.columns)]  # fmt: skip
        found.append(max(each, key=lambda bar: bar.size))
    return tuple(sorted(found, key=lambda bar: bar.size, reverse=True))


def _bar(
    trait: Trait,
    place: int,
    column: int,
    held: bool,
    changes: Sequence[float] | None,
    leaks: Sequence[Leak] | None,
) -> Bar:
    label = trait.label(trait.values[place] if trait.values else "")
    change = None if changes is None else float(changes[column])
    if leaks is None:
        return Bar(trait.name, label, change, None, None, held)
    leak = leaks[column]
    return Bar(trait.name, label, change, leak.mean, (leak.low, leak.high), held)


def worst(found: Sequence[Bar]) -> Bar | None:
    """The largest of those that are not held yet."""
    return max((bar for bar in found if not bar.held), key=lambda bar: bar.size, default=None)


def verdict(found: Sequence[Bar], n: int) -> str:
    """One sentence about the worst."""
    most = max(found, key=lambda bar: bar.size, default=None)
    if most is None:
        return ""
    value = most.mean if most.mean is not None else most.change or 0.0
    where = f"over {n:,} samples" if most.mean is not None else "in this picture"
    if most.size < 0.1:
        return f"Nothing else moved by more than 0.1 σ {where}."
    held = ", although it is held" if most.held else ""
    if not most.sure:
        return f"{most.label} may have moved: {sigmas(value)} {where}, too few to be sure{held}."
    if not most.loud:
        return f"Clean {where}: at most {most.label} moved, {sigmas(value)}{held}."
    return f"{most.label} moved along: {sigmas(value)} {where}{held}."


def sigmas(value: float) -> str:
    """``+0.82 σ``."""
    return f"{number(value)} σ"
