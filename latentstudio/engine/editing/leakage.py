"""What an edit moves, over samples: the same ones without and with it, more and more of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

from latentstudio.document.recipe import Recipe
from latentstudio.document.sampling import Sampling
from latentstudio.engine.editing.population import paced
from latentstudio.engine.editing.values import Leakage
from latentstudio.engine.live.rows import Rows
from latentstudio.metrics.scores import difference, leaks

if TYPE_CHECKING:
    from latentstudio.document.direction import Direction, Leak
    from latentstudio.engine.editing.desk import Desk
    from latentstudio.engine.editing.lane import Task
    from latentstudio.engine.editing.values import Floats
    from latentstudio.generators.protocol import Generator

FIRST = 16  # samples behind the first answer
TELLING = 0.15  # seconds between two answers


class Moved:
    """What a classifier says of the same samples without and with something.

    Parameters
    ----------
    desk
        Of the generator.
    bare, edited
        The samples' settings without and with it.
    before
        Outputs without it, where they are known already; grows.
    """

    def __init__(
        self, desk: Desk, bare: Sampling, edited: Sampling, before: Rows | None = None
    ) -> None:
        self._desk, self._bare, self._edited = desk, bare, edited
        self._before = Rows() if before is None else before
        self._after = Rows()

    @property
    def generator(self) -> str:
        """What draws them: both alike."""
        return self._edited.generator

    @property
    def n(self) -> int:
        """How many samples are complete."""
        return self._after.n

    def draw(self, generator: Generator, start: int, stop: int) -> None:
        """See the next samples, ``start`` to ``stop - 1``."""
        for rows, sampling in ((self._before, self._bare), (self._after, self._edited)):
            if rows.n < stop:
                rows.append(self._desk.see(generator, sampling, rows.n, stop).numpy())

    def leaks(self) -> tuple[Leak, ...]:
        """What moved, one a column."""
        desk = self._desk
        before, after = (desk.readings(rows.view(0, self.n)) for rows in self._both)
        return leaks(desk.columns, desk.population, before, after)

    def gain(self) -> Floats:
        """[c]: mean change of the scores, in standard deviations."""
        desk = self._desk
        before, after = (desk.scores(rows.view(0, self.n)) for rows in self._both)
        moved: Floats = difference(desk.columns, before, after).mean(axis=0) / desk.score_sd
        return moved

    @property
    def _both(self) -> tuple[Rows, Rows]:
        return self._before, self._after


def leak(task: Task, desk: Desk, recipe: Recipe, key: str, n: int) -> None:
    """Tell what the edit or the bends with a key move, over samples with the recipe's settings."""
    amounts = [edit.amount for edit in recipe.edits if edit.key == key]
    amounts += [bend.amount for bend in recipe.bends if bend.key == key]
    if not amounts:
        raise ValueError("This picture has no such edit any more: move its slider first")
    bare = msgspec.structs.replace(
        recipe, edits=tuple(edit for edit in recipe.edits if edit.key != key)
    ).with_bends(key, ())
    before, after = task.once(
        recipe.generator,
        lambda generator: [
            desk.readings(desk.picture(generator, each))[0] for each in (bare, recipe)
        ],
    )
    moved = Moved(desk, Sampling.of(bare), Sampling.of(recipe))

    def answer(leaks: tuple[Leak, ...]) -> Leakage:
        return Leakage(key, amounts[0], moved.n, n, desk.columns, before, after, leaks)

    stream(task, desk, moved, n, answer, "Measuring what else moves")


def matrix(task: Task, desk: Desk, directions: Sequence[Direction], n: int) -> None:
    """Tell what amount 1 of each direction moves."""
    before = Rows()
    edited = [applied(desk, direction) for direction in directions]  # or a sentence, at once
    for direction, sampling in zip(directions, edited, strict=True):
        moved = Moved(desk, Sampling(desk.checkpoint), sampling, before)

        def answer(
            leaks: tuple[Leak, ...], direction: Direction = direction, moved: Moved = moved
        ) -> Leakage:
            return Leakage(direction.key, 1.0, moved.n, n, desk.columns, None, None, leaks)

        stream(task, desk, moved, n, answer, f"Measuring {direction.name}")


def applied(desk: Desk, direction: Direction) -> Sampling:
    """Samples with amount 1 of a direction, at psi 1; RecipeError when it is of others."""
    return Sampling.of(direction.applied(Recipe(desk.checkpoint), 1.0))


def stream(
    task: Task,
    desk: Desk,
    moved: Moved,
    n: int,
    answer: Callable[[tuple[Leak, ...]], Leakage],
    title: str,
) -> None:
    """Draw ``n`` samples and tell what they say, now and then and in the end."""
    told = 0.0

    def draw(generator: Generator, start: int, stop: int) -> None:
        nonlocal told
        moved.draw(generator, start, stop)
        now = time.monotonic()
        if stop == n or (stop >= FIRST and now >= told + TELLING):
            told = now
            task.tell("leakage", answer(moved.leaks()))

    paced(task, moved.generator, 0, n, draw, title)
