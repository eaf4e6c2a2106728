"""The morpher: a strip of the pictures on the way, how fast they change, and an even pace.

Each question has a thread of its own while it is worked on, in which the newest one wins;
pictures are drawn in the engine's thread, in slices. Importable without torch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from latentstudio.engine.cache import LRU
from latentstudio.engine.device import resolve_device
from latentstudio.engine.editing.lane import Task
from latentstudio.engine.editing.lanes import Lanes
from latentstudio.engine.morphing.values import STEPS, Curve, Pace, Strip

if TYPE_CHECKING:
    from latentstudio.document.recipe import Recipe
    from latentstudio.engine.engine import Engine
    from latentstudio.engine.morphing.values import Floats
    from latentstudio.engine.morphing.walk import Eye
    from latentstudio.generators.protocol import Generator

_QUESTIONS = ("strip", "curve", "pace")


class Morpher(Lanes):
    """Questions about the morph of a recipe.

    Methods are for any thread and never block, but for :meth:`stop_all`. Callbacks come from
    other threads, with no lock held; they may call any method but wait for none. None comes after
    :meth:`stop_all`.

    Parameters
    ----------
    engine
        Draws.
    locate
        Content hash to file, as the engine's: a checkpoint's file says which data it learned
        from, and so which classifier measures how its pictures change. Without one, pixels do.
    on_strip, on_curve, on_pace
        The answers, of the classes of these names; of a strip, each picture as it is drawn.
    on_progress
        What is going on, the share that is done, and seconds that are left while the hand rests.
    on_error
        One sentence: why there is no answer.
    """

    def __init__(
        self,
        engine: Engine,
        locate: Callable[[str], Path | None],
        *,
        on_pace: Callable[[Pace], None],
        on_progress: Callable[[str, float, float], None],
        on_error: Callable[[str], None],
        on_strip: Callable[[Strip], None] = lambda _: None,
        on_curve: Callable[[Curve], None] = lambda _: None,
    ) -> None:
        super().__init__(
            engine,
            _QUESTIONS,
            {
                "strip": on_strip,
                "curve": on_curve,
                "pace": on_pace,
                "progress": on_progress,
                "error": on_error,
            },
        )
        self._locate = locate
        self._eyes: LRU[Eye] = LRU(2)

    def strip(self, recipe: Recipe, count: int, size: int) -> None:
        """Draw ``count`` pictures, 2 or more, of at most ``size`` px at equally spaced t."""

        def work(task: Task) -> None:
            from latentstudio.engine.morphing.walk import Walk

            walk, left = Walk(recipe), coarse_first(count)
            wanted = next(left)

            def step(generator: Generator) -> bool:
                nonlocal wanted
                t = wanted / (count - 1)
                pixels = walk.small(generator, t, size)
                task.tell("strip", Strip(recipe, count, wanted, t, pixels))
                following = next(left, None)
                wanted = wanted if following is None else following
                return following is not None

            task.slices(recipe.generator, step)

        self._lanes["strip"].order(work)

    def curve(self, recipe: Recipe, n: int = STEPS) -> None:
        """Measure ``n`` steps along the morph as it is paced."""

        def work(task: Task) -> None:
            import numpy as np

            from latentstudio.engine.editing.population import paced
            from latentstudio.engine.morphing.walk import Walk
            from latentstudio.metrics.path_speed import step_lengths

            eye = self._eye(recipe, task.device)
            walk, times = Walk(recipe, eye), np.linspace(0.0, 1.0, n + 1)
            vectors: list[Floats] = []
            local: list[Floats] = []

            def look(generator: Generator, start: int, stop: int) -> None:
                seen, speeds = walk.vectors_and_speeds(generator, times[start:stop].tolist())
                vectors.append(seen)
                local.append(speeds)

            paced(task, recipe.generator, 0, n + 1, look, "Measuring the way")
            seen = np.concatenate(vectors)
            direct = float(np.linalg.norm(seen[-1] - seen[0]))
            steps, speeds = step_lengths(seen), np.concatenate(local)
            curve = Curve(recipe, times, steps, speeds, direct, eye.unit, eye.name)
            task.tell("curve", curve)

        self._lanes["curve"].order(work)

    def pace(self, recipe: Recipe, n: int = STEPS) -> None:
        """Find the course along which the picture changes at a constant speed, in ``n`` steps."""

        def work(task: Task) -> None:
            import numpy as np

            from latentstudio.engine.editing.population import paced
            from latentstudio.engine.morphing.walk import Walk
            from latentstudio.metrics.path_speed import constant_pace

            eye = self._eye(recipe, task.device)
            walk = Walk(unpaced(recipe), eye)

            def look(positions: Sequence[float]) -> Floats:
                vectors: list[Floats] = []

                def part(generator: Generator, start: int, stop: int) -> None:
                    vectors.append(walk.vectors(generator, positions[start:stop]))

                paced(task, recipe.generator, 0, len(positions), part, "Finding an even pace")
                return np.concatenate(vectors)

            found = constant_pace(look, n)
            course = msgspec.structs.replace(walk.morph.course, pace=found.pace)
            task.tell("pace", Pace(recipe, course, found.before, found.after, eye.name))

        self._lanes["pace"].order(work)

    def _eye(self, recipe: Recipe, device: str) -> Eye:
        from latentstudio.engine.morphing.walk import eye_for

        checkpoint = recipe.checkpoint
        return self._eyes(
            checkpoint, lambda: eye_for(self._locate(checkpoint), resolve_device(device))
        )


def unpaced(recipe: Recipe) -> Recipe:
    """The recipe whose morph goes by positions; layers with a t of their own stay in place."""
    morph = recipe.morph
    if morph is None:
        return recipe
    position = morph.course.position
    own = tuple(None if t is None else position(t) for t in morph.layers)
    course = msgspec.structs.replace(morph.course, pace=())
    return msgspec.structs.replace(
        recipe, morph=msgspec.structs.replace(morph, course=course, layers=own)
    )


def coarse_first(count: int) -> Iterator[int]:
    """0 to ``count`` - 1, each once: both ends, the middle, the quarters, and so on."""
    if count < 2:
        raise ValueError(f"a strip of {count} pictures has no two ends: ask for 2 or more")
    last, parts = count - 1, 1
    seen: set[int] = set()
    while len(seen) < count:
        for i in range(parts + 1):
            index = round(i * last / parts)
            if index not in seen:
                seen.add(index)
                yield index
        parts *= 2
