"""A morph as a stretch of the timeline. No Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from latentstudio.document.timeline.fitting import fitted
from latentstudio.document.timeline.timeline import Timeline

if TYPE_CHECKING:
    from latentstudio.document.recipe import Recipe

SECONDS = 3.0  # that a morph takes
PAUSE = 1.0  # s between what the timeline has and the morph
_replace = msgspec.structs.replace


def with_morph(timeline: Timeline, recipe: Recipe) -> tuple[Timeline, Recipe]:
    """Put a recipe's morph behind what a timeline has; in place of another generator's film.

    Returns
    -------
    Timeline, Recipe
        With two keys more, and the recipe at the first of them.
    """
    assert recipe.morph is not None
    first, last = (_replace(recipe, morph=_replace(recipe.morph, t=t)) for t in (0.0, 1.0))
    if not timeline.marks or timeline.base.checkpoint != recipe.checkpoint:
        timeline, begin = Timeline(), 0.0
    else:
        begin = timeline.marks[-1] + PAUSE
    longer = timeline.with_mark(begin, first).with_mark(begin + SECONDS, last)
    return fitted(timeline, longer), first
