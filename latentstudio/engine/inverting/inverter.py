"""The inverter: pictures from outside to points of a generator.

Searches, fine tuning and first guesses have a thread each while they are worked on, in which the
newest order wins; steps are taken in the engine's thread, between requests. Importable without
torch.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from latentstudio.checkpoints.differences import Differences
from latentstudio.engine.cache import LRU
from latentstudio.engine.device import resolve_device
from latentstudio.engine.editing.lane import Task
from latentstudio.engine.editing.lanes import Lanes
from latentstudio.engine.editing.population import Store
from latentstudio.engine.inverting.search import Search
from latentstudio.engine.inverting.tune import Tune
from latentstudio.engine.inverting.values import REFINE, TUNE

if TYPE_CHECKING:
    from latentstudio.document.recipe import Recipe
    from latentstudio.engine.engine import Engine
    from latentstudio.engine.inverting.easel import Easel
    from latentstudio.engine.inverting.values import (
        Ended,
        Guess,
        Order,
        Pixels,
        Progress,
        Tuned,
        Tuning,
    )

_LANES = ("search", "tune", "guess")


class Inverter(Lanes):
    """Finds points whose pictures match given ones.

    Methods are for any thread and never block, but for :meth:`stop_all`. Callbacks come from
    other threads, with no lock held; they may call any method but wait for none. None comes after
    :meth:`stop_all`.

    Parameters
    ----------
    engine
        Draws.
    locate
        Content hash to file, as the engine's.
    on_begun
        The order, once its starts are being chosen.
    on_progress, on_ended
        A search. Each that is not replaced by another has one end, and one more for each
        refinement after it.
    on_error
        One sentence: why there is no guess, and no tuned generator.
    on_waiting
        What is being prepared, the share that is done, and seconds that are left.
    on_guess
        An encoder's first guess.
    on_tuning, on_tuned
        Fine tuning.
    cache
        Folder of what was read of generators' samples; None for the user's cache.
    differences
        Where noise and fine tuning are kept; None for the user's own folder.
    """

    def __init__(
        self,
        engine: Engine,
        locate: Callable[[str], Path | None],
        *,
        on_begun: Callable[[Order], None],
        on_progress: Callable[[Progress], None],
        on_ended: Callable[[Ended], None],
        on_error: Callable[[str], None],
        on_waiting: Callable[[str, float, float], None],
        on_guess: Callable[[Guess], None] = lambda _: None,
        on_tuning: Callable[[Tuning], None] = lambda _: None,
        on_tuned: Callable[[Tuned], None] = lambda _: None,
        cache: Path | None = None,
        differences: Differences | None = None,
    ) -> None:
        super().__init__(
            engine,
            _LANES,
            {
                "begun": on_begun,
                "moved": on_progress,
                "ended": on_ended,
                "error": on_error,
                "progress": on_waiting,  # as all who draw samples call it
                "guess": on_guess,
                "tuning": on_tuning,
                "tuned": on_tuned,
            },
        )
        self._locate, self._store = locate, Store(cache)
        self._differences = differences or Differences()
        self._easels: LRU[Easel] = LRU(2)
        self._search: Search | None = None
        self._tune: Tune | None = None

    def invert(self, order: Order) -> None:
        """Search for the point of a picture, in place of the search that is going on."""
        self._search = Search(self._ready, order, self._differences)
        self._lanes["search"].order(self._search.serve)

    def pause(self) -> None:
        """Take no further step for now."""
        self._steer("pause")

    def go_on(self) -> None:
        """Go on after :meth:`pause`."""
        self._steer("go_on")

    def stop(self) -> None:
        """End the search and the tuning where they stand; what they found is told."""
        self._steer("stop")
        if self._tune is not None:
            self._tune.stop()

    def refine(self, steps: int = REFINE) -> None:
        """Take so many small steps from the best so far, also after the end."""
        self._steer("refine", steps)

    def tune(self, recipe: Recipe, picture: Pixels, steps: int = TUNE) -> None:
        """Fit the generator around a recipe's point to a picture, as a small difference.

        Parameters
        ----------
        recipe
            Whose picture is nearly the wanted one; one with a difference is tuned further.
        picture
            uint8 [r, r, c].
        steps
            At most.
        """
        self._tune = Tune(self._ready, recipe, picture, steps, self._differences, self._locate)
        self._lanes["tune"].order(self._tune.serve)

    def first_guess(self, checkpoint: str, picture: Pixels) -> None:
        """Have the encoder look at a picture; nothing is told where there is none."""

        def work(task: Task) -> None:
            guess = self._ready(task, checkpoint).guess(picture)
            if guess is not None:
                task.tell("guess", guess)

        self._lanes["guess"].order(work)

    def _steer(self, how: str, steps: int = 0) -> None:
        """Tell the search, and work on it again where it had come to its end."""
        search = self._search
        if search is not None and search.steer(how, steps):
            self._lanes["search"].order(search.serve)
        self._lanes["search"].nudge()

    def _ready(self, task: Task, checkpoint: str) -> Easel:
        """What stands ready for a checkpoint; read at the first call."""
        from latentstudio.engine.inverting.easel import Easel

        device = resolve_device(task.device)
        return self._easels(
            checkpoint, lambda: Easel(checkpoint, self._locate, device, self._store)
        )
