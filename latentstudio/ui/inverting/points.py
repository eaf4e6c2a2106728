"""What was found as a point of a recipe. No Qt."""

from __future__ import annotations

from latentstudio.document.recipe import POINT_NAMES, Point, Recipe
from latentstudio.document.vector import Vector

# Parts of the recipe that change the picture of a point, by their names for people.
AROUND = {
    "truncation": "truncation", "mixing": "style mixing", "noise": "noise", "edits": "edits",
    "transform": "the transform", "bends": "bends",
}  # fmt: skip


def with_vector(now: Recipe, vector: Vector, point: str = "A", difference: str = "") -> Recipe:
    """A recipe that shows a vector as a point, and has nothing that would change its picture."""
    plain = Recipe(now.checkpoint, now.points, label=now.label, difference=difference)
    return plain.with_point(Point(point, vector)).showing(point)


def next_of(recipe: Recipe) -> str:
    """The point to put a picture into: A or B, the first that holds none yet; empty if both do."""
    free = (n for n in POINT_NAMES[:2] if not isinstance(recipe.point(n).base, Vector))
    return next(free, "")


def what_was_reset(before: Recipe, after: Recipe, point: str) -> str:
    """What had to go so that a picture is seen, and what came; empty when nothing did."""
    changed = [n for key, n in AROUND.items() if getattr(before, key) != getattr(after, key)]
    words = []
    if after.difference and after.difference != before.difference:
        words.append(f"{point} shows the picture with the fine tuning or noise that belongs to it.")
    if changed:
        words.append(f"Reset, so that {point} looks as it was found: {', '.join(changed)}.")
    if before.difference and before.difference != after.difference:
        words.append("The fine tuning or noise of the picture before is off; undo brings it back.")
    return " ".join(words)
