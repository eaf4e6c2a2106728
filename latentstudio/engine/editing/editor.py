"""The editor: attributes of the picture on the screen, edits by gradient, directions, leakage.

Every kind of question has a thread of its own while it is worked on, in which the newest one
wins; pictures are drawn in the engine's thread, in slices. Importable without torch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from latentstudio.checkpoints.bundled import bundled_features
from latentstudio.checkpoints.header import glance
from latentstudio.engine.device import resolve_device
from latentstudio.engine.editing.lane import Task
from latentstudio.engine.editing.lanes import Lanes
from latentstudio.engine.editing.run import Run
from latentstudio.engine.editing.values import LEAKAGE
from latentstudio.engine.errors import EngineError

if TYPE_CHECKING:
    from latentstudio.document.direction import Direction
    from latentstudio.document.recipe import Recipe
    from latentstudio.engine.editing.desk import Desk
    from latentstudio.engine.editing.values import (
        Activations,
        Answering,
        Ended,
        FitRequest,
        Fitted,
        Goal,
        Known,
        Leakage,
        Reading,
        Step,
    )
    from latentstudio.engine.engine import Engine

_LANES = ("known", "reading", "run", "fit", "leakage", "activations", "answering")


class Editor(Lanes):
    """Questions about attributes, and edits by them.

    Methods are for any thread and never block, but for :meth:`stop`. Callbacks come from other
    threads, with no lock held; they may call any method but wait for none. None comes after
    :meth:`stop`.

    Parameters
    ----------
    engine
        Draws.
    locate
        Content hash to file, as the engine's: a checkpoint's file says which data it learned
        from, and so which bundled classifier reads its pictures.
    on_known
        A :class:`~latentstudio.engine.editing.values.Known` once enough samples are read, and
        anew when it is better founded.
    on_reading, on_step, on_ended, on_fitted, on_leakage, on_activations, on_answering
        The answers, of the classes of these names. Each run that is not replaced by another has
        one end.
    on_progress
        What is going on, the share that is done, and seconds that are left while the hand rests.
    on_error
        One sentence: why there is no answer.
    cache
        Folder of what outlives the session; None for the user's cache.
    """

    def __init__(
        self,
        engine: Engine,
        locate: Callable[[str], Path | None],
        *,
        on_known: Callable[[Known], None],
        on_reading: Callable[[Reading], None],
        on_step: Callable[[Step], None],
        on_ended: Callable[[Ended], None],
        on_fitted: Callable[[Fitted], None],
        on_leakage: Callable[[Leakage], None],
        on_progress: Callable[[str, float, float], None],
        on_error: Callable[[str], None],
        on_activations: Callable[[Activations], None] = lambda _: None,
        on_answering: Callable[[Answering], None] = lambda _: None,
        cache: Path | None = None,
    ) -> None:
        super().__init__(
            engine,
            _LANES,
            {
                "known": on_known,
                "reading": on_reading,
                "step": on_step,
                "ended": on_ended,
                "fitted": on_fitted,
                "leakage": on_leakage,
                "progress": on_progress,
                "error": on_error,
                "activations": on_activations,
                "answering": on_answering,
            },
        )
        self._locate, self._cache = locate, cache
        self._desk: Desk | None = None
        self._run: Run | None = None

    def open(self, checkpoint: str, classifier: Path | None = None) -> None:
        """Learn what a classifier reads in a generator's samples.

        Parameters
        ----------
        checkpoint
            Content hash.
        classifier
            Its file; None for the bundled one of the data that the generator learned from, or
            else of the portraits.
        """
        self._desk = None
        for name in _LANES:
            if name != "reading":  # which waits for what is opened
                self._lanes[name].cancel()

        def work(task: Task) -> None:
            from latentstudio.engine.editing.desk import Desk
            from latentstudio.engine.editing.population import Store, learn

            path = classifier or self._bundled(checkpoint)
            store = Store(self._cache)
            desk = Desk(checkpoint, path, resolve_device(task.device), store)
            task.once(checkpoint, desk.check)

            def told() -> None:
                known = desk.learned()
                task.check()
                self._desk = desk
                task.tell("known", known)
                self._lanes["reading"].nudge()

            learn(task, desk, store, told)

        self._lanes["known"].order(work)

    def read(self, recipe: Recipe) -> None:
        """Read the attributes of a recipe's exact picture, once the hand rests."""

        def work(task: Task) -> None:
            task.wait(lambda: self._open_for(recipe.checkpoint) is not None)
            desk = self._open_for(recipe.checkpoint)
            if desk is not None:  # something else may have been opened in the very moment
                outputs = task.once(recipe.generator, partial(desk.picture, recipe=recipe))
                task.tell("reading", desk.reading(recipe, outputs))

        self._lanes["reading"].order(work)

    def drive(self, recipe: Recipe, goal: Goal) -> None:
        """Move a recipe's latents until an attribute stands where the goal says."""
        self._run = Run(self._need, recipe, goal)
        self._lanes["run"].order(self._run.serve)

    def pause(self) -> None:
        """Take no further step for now."""
        self._steer("pause")

    def go_on(self) -> None:
        """Go on after :meth:`pause`, or after the end of a run."""
        self._steer("go_on")

    def reverse(self) -> None:
        """Go on in the other direction: the goal is mirrored at the start."""
        self._steer("reverse")

    def stop_run(self) -> None:
        """End the run where it stands."""
        self._steer("stop")

    def fit(self, request: FitRequest) -> None:
        """Find a direction."""

        def work(task: Task) -> None:
            from latentstudio.engine.editing.fitting import fit

            fit(task, self._need(), request)

        self._lanes["fit"].order(work)

    def leakage(self, recipe: Recipe, key: str, n: int = LEAKAGE) -> None:
        """Measure what the edit or the bends with a key in a recipe move, over ``n`` samples."""

        def work(task: Task) -> None:
            from latentstudio.engine.editing.leakage import leak

            leak(task, self._need(recipe.checkpoint), recipe, key, n)

        self._lanes["leakage"].order(work)

    def matrix(self, checkpoint: str, directions: Sequence[Direction], n: int = LEAKAGE) -> None:
        """Measure what amount 1 of each direction moves, one after the other."""

        def work(task: Task) -> None:
            from latentstudio.engine.editing.leakage import matrix

            matrix(task, self._need(checkpoint), directions, n)

        self._lanes["leakage"].order(work)

    def activations(self, recipe: Recipe, layer: int) -> None:
        """Look at what a layer carries while a recipe is drawn."""

        def work(task: Task) -> None:
            from latentstudio.engine.editing.inside import activate

            activate(task, self._open_for(recipe.checkpoint), recipe, layer)

        self._lanes["activations"].order(work)

    def answering(self, attribute: str, value: str, layer: int) -> None:
        """Find the channels of a layer that answer to an attribute."""

        def work(task: Task) -> None:
            from latentstudio.engine.editing.inside import answer

            answer(task, self._need(), attribute, value, layer)

        self._lanes["answering"].order(work)

    stop = Lanes.stop_all  # a run alone: stop_run

    def _bundled(self, checkpoint: str) -> Path:
        path = self._locate(checkpoint)
        data = glance(path).data.get("name", "") if path is not None else ""
        found = bundled_features(str(data)) or bundled_features("portraits")
        if found is None:
            raise EngineError(
                "The bundled classifier is missing: install latentstudio again, or choose a"
                " classifier of your own"
            )
        return found

    def _steer(self, how: str) -> None:
        """Tell the run, and work on it again where it had come to its end."""
        run = self._run
        if run is not None and run.steer(how):
            self._lanes["run"].order(run.serve)
        self._lanes["run"].nudge()

    def _open_for(self, checkpoint: str) -> Desk | None:
        desk = self._desk
        return desk if desk is not None and desk.checkpoint == checkpoint else None

    def _need(self, checkpoint: str | None = None) -> Desk:
        """What is known of a checkpoint, None being the one that is open; else one sentence."""
        desk = self._desk if checkpoint is None else self._open_for(checkpoint)
        if desk is None:
            raise ValueError(
                "What this generator shows is not known yet: wait until its samples are read"
            )
        return desk
