"""What the values of a recipe are checked with."""

from __future__ import annotations

import math
import operator

MAX_SEED = 2**32 - 1
MAX_LAYERS = 1024
MAX_NAME = 200  # characters


class RecipeError(ValueError):
    """A recipe that cannot be: the message is one sentence that names the field."""


def printable(text: str, most: int = 200) -> str:
    """A message about what came from outside, on one line, without control characters."""
    clean = "".join(c if c.isprintable() else "?" for c in text[:most])
    return clean if len(text) <= most else clean[:-1] + "…"


def check(condition: bool, sentence: str) -> None:
    """Raise the sentence unless the condition holds."""
    if not condition:
        raise RecipeError(sentence)


def real(value: float, field: str, low: float, high: float) -> float:
    """Check the range, and give equal numbers one spelling: 1 and True become 1.0, -0.0 is 0.0."""
    check(
        math.isfinite(value) and low <= value <= high,
        f"{field} is {value}; it must lie between {low:g} and {high:g}",
    )
    return float(value) + 0.0


def whole(value: int, field: str, high: int) -> int:
    """Check a whole number of 0 or more; numpy's integers become Python's."""
    value = operator.index(value)
    check(0 <= value <= high, f"{field} is {value}; it must be 0 to {high}")
    return int(value)


def digest(value: str, field: str) -> None:
    """Check that it is a sha256 in hex, or empty."""
    check(
        value == "" or (len(value) == 64 and set(value) <= set("0123456789abcdef")),
        f"{field} is not a sha256 in hex",
    )


def text(value: str, field: str, most: int = MAX_NAME) -> None:
    """Check that it is one printable line of at most ``most`` characters."""
    check(
        len(value) <= most and value.isprintable(),
        f"{field} must be one printable line of at most {most} characters",
    )


def layers(first: int, stop: int | None, field: str) -> tuple[int, int | None]:
    """Check a range of layers, ``first`` to ``stop - 1``; None is the last."""
    first = whole(first, f"{field}.first", MAX_LAYERS - 1)
    if stop is not None:
        stop = whole(stop, f"{field}.stop", MAX_LAYERS)
        check(first < stop, f"{field}.stop is {stop}; it must be above first, {first}")
    return first, stop
