"""The way that an edit by gradient has gone, to walk along afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from latentstudio.engine.editing.values import Reading

if TYPE_CHECKING:
    from latentstudio.document.recipe import Recipe
    from latentstudio.engine.editing.values import Goal, Step


def key_of(goal: Goal) -> str:
    """The key of a goal's edit in a recipe: the same attribute and space, the same edit."""
    return f"gradient:{goal.attribute}:{goal.space}"


def attribute_of(key: str) -> str:
    """What an edit with this key drives; "" for other edits."""
    kind, _, rest = key.partition(":")
    return rest.rpartition(":")[0] if kind == "gradient" else ""


class Way:
    """The steps of one edit from where it began.

    Attributes
    ----------
    key
        Of the edit.
    start
        The recipe that it began with.
    before
        What that picture showed; None until it is known.
    steps
        Each puts its edit into ``start``.
    """

    def __init__(self, key: str, start: Recipe) -> None:
        self.key, self.start = key, start
        self.before: Reading | None = None
        self.steps: list[Step] = []
        self._recipes = [start]

    @property
    def seconds(self) -> float:
        """That all steps took."""
        return sum(step.seconds for step in self.steps)

    def append(self, step: Step, recipe: Recipe) -> None:
        """One step more, and the recipe with it."""
        self.steps.append(step)
        self._recipes.append(recipe)

    def recipe(self, place: int) -> Recipe:
        """After ``place`` steps; 0 is the start."""
        return self._recipes[place]

    def reading(self, place: int) -> Reading | None:
        """Of the picture after ``place`` steps; None where the start has not been read."""
        if place == 0:
            return self.before
        step = self.steps[place - 1]
        return Reading(self._recipes[place], step.readings, step.standing)

    def place(self, recipe: Recipe) -> int | None:
        """After how many steps this recipe was reached; None when it is not on the way."""
        places = range(len(self._recipes) - 1, -1, -1)
        return next((i for i in places if self._recipes[i] == recipe), None)

    def cut(self, place: int) -> None:
        """Forget what came after ``place`` steps."""
        del self.steps[place:], self._recipes[place + 1 :]
