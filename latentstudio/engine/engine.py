"""The engine: one thread that turns the newest recipe into a frame. Importable without torch."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from latentstudio.engine.errors import EngineError, SupersededError, out_of_memory, sentence
from latentstudio.engine.job import Job
from latentstudio.engine.mailbox import Mailbox, Request
from latentstudio.engine.models import never
from latentstudio.engine.renderer import Renderer

if TYPE_CHECKING:
    from latentstudio.document.recipe import Recipe
    from latentstudio.engine.frame import Frame
    from latentstudio.generators.info import GeneratorInfo
    from latentstudio.generators.protocol import Generator

log = logging.getLogger(__name__)


def _ignore(_state: str) -> None:
    pass


class Engine:
    """Draw recipes: the newest request first, background jobs in between.

    Callbacks come from the engine's thread, with no lock held, and may call any method but
    wait for none. An exception, running out of memory included, reaches ``on_error`` as one
    sentence, and the thread lives on.

    Parameters
    ----------
    locate
        Content hash, of a checkpoint or a difference from one, to file; None when it is not here.
    device
        ``auto`` (the first of cuda, mps and cpu that is here) or a torch device.
    on_frame
        Each finished frame, in order of its request number.
    on_error
        One sentence, and the recipe that it is about.
    on_model
        The facts of the generator, before its first frame and whenever it changes.
    on_state
        ``starting`` (torch is being imported), ``loading`` (a checkpoint), ``ready``,
        ``stopped``.
    """

    def __init__(
        self,
        locate: Callable[[str], Path | None],
        *,
        device: str = "auto",
        on_frame: Callable[[Frame], None],
        on_error: Callable[[str, Recipe | None], None],
        on_model: Callable[[GeneratorInfo], None],
        on_state: Callable[[str], None] = _ignore,
    ) -> None:
        self._renderer = Renderer(locate, device)
        self._mailbox = Mailbox()
        self._on_frame, self._on_error = on_frame, on_error
        self._on_model, self._on_state = on_model, on_state
        self._shown = ""  # key of the generator that the last frame was of
        self._thread = threading.Thread(target=self._serve, name="engine", daemon=True)

    @property
    def device(self) -> str:
        """Where pictures are drawn; what was asked for until torch is in."""
        return self._renderer.device

    def start(self) -> None:
        """Start the thread: it imports torch, then serves."""
        self._thread.start()

    def request(self, recipe: Recipe, *, preview: bool = False) -> int:
        """Ask for a frame; a request that still waits is dropped. Never blocks.

        Parameters
        ----------
        recipe
            What to draw.
        preview
            Whether less resolution or precision will do where an exact frame would be slow (the
            frame says which it is). Ask for an exact one when the hand comes to rest.

        Returns
        -------
        int
            Number of the request; a later request has a larger one.
        """
        return self._mailbox.put(recipe, preview)

    def set_previews(self, on: bool) -> None:
        """Whether requests for a preview get one; exact frames otherwise. From any thread."""
        self._renderer.previews = on

    def submit(self, job: Job) -> None:
        """Have background work done between requests; jobs take turns, slice by slice."""
        if not self._mailbox.submit(job):
            self._drop(job)

    def thumbnail(self, recipe: Recipe, size: int, done: Callable[[Frame], None]) -> Job:
        """Draw a small picture in the background.

        Parameters
        ----------
        recipe
            What to draw.
        size
            Longest side in pixels; a smaller picture stays as it is.
        done
            Gets the frame (marked as a preview where it was averaged down).

        Returns
        -------
        Job
            To cancel it with.
        """

        def work(_draw: Any) -> Iterator[float]:
            frame = self._renderer.frame(recipe, size=size)
            if not job.cancelled:
                done(frame)
            yield 1.0

        job = Job(work, title="Thumbnail", failed=lambda text: self._on_error(text, recipe))
        self.submit(job)
        return job

    def study(
        self,
        key: str,
        step: Callable[[Generator], bool],
        *,
        done: Callable[[], None],
        failed: Callable[[str], None],
        quiet: bool = True,
    ) -> Job:
        """Work with a generator in the background.

        Parameters
        ----------
        key
            Which generator: :attr:`~latentstudio.document.recipe.Recipe.generator`.
        step
            One slice of about a frame's time, from the engine's thread; whether there is more.
        done, failed
            Called at the end: with nothing, or with one sentence when the work raised.
        quiet
            Only while the hand rests: when a request arrives during a slice, it ends between
            layers in a :class:`~latentstudio.engine.errors.SupersededError` and is called again
            later. Otherwise whole slices take turns with requests.

        Returns
        -------
        Job
            To cancel it with.
        """
        superseded = (lambda: self._mailbox.request_waits) if quiet else never

        def work(_draw: Any) -> Iterator[float]:
            more = True
            while more:
                with suppress(SupersededError):
                    more = self._renderer.use(key, step, superseded)
                yield 0.0

        job = Job(work, title="Numbers", done=done, failed=failed, quiet=quiet)
        self.submit(job)
        return job

    def render(self, recipe: Recipe) -> Frame:
        """Draw an exact frame now, in the calling thread; needs no :meth:`start`.

        Raises
        ------
        EngineError, RecipeError, CheckpointError
            One sentence each; memory that ran out is an EngineError.
        """
        try:
            return self._renderer.frame(recipe)
        except Exception as error:
            if not out_of_memory(error):
                raise
            self._renderer.free(recipe.generator)
            raise EngineError(sentence(error, self.device)) from error

    def stop(self) -> None:
        """End the thread and wait for it; jobs that are left are cancelled."""
        for job in self._mailbox.close():
            self._drop(job)
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join()

    def _serve(self) -> None:
        self._tell(self._on_state, "starting")
        if self._prepare():
            self._tell(self._on_state, "ready")
            while not self._mailbox.closed:
                task = self._mailbox.take()
                if isinstance(task, Request):
                    self._answer(task)
                elif task is not None and self._step(task):
                    self.submit(task)
        self._tell(self._on_state, "stopped")

    def _prepare(self) -> bool:
        try:
            self._renderer.settle()
        except EngineError as error:
            self._tell(self._on_error, f"{error}; drawing on the cpu", None)
            self._renderer.device = "cpu"
        except Exception as error:  # whatever a broken installation of torch raises
            log.debug("torch cannot be imported", exc_info=error)
            self._tell(self._on_error, f"torch could not be imported ({error}): reinstall it", None)
            return False
        return True

    def _answer(self, request: Request) -> None:
        recipe = request.recipe
        try:
            self._announce(recipe.generator)
            frame = self._renderer.frame(
                recipe,
                preview=request.preview,
                request=request.number,
                superseded=lambda: self._mailbox.preview_waits,
            )
        except SupersededError:
            pass
        except Exception as error:
            self._fail(error, recipe)
        else:
            self._tell(self._on_frame, frame)

    def _announce(self, key: str) -> None:
        """Say which checkpoint the next frame is of, if that is news."""
        if key == self._shown:
            return
        loading = key not in self._renderer.models
        if loading:
            self._tell(self._on_state, "loading")
        try:
            info = self._renderer.model(key).info
        finally:
            if loading:
                self._tell(self._on_state, "ready")
        before, self._shown = self._shown, key
        if before.partition("+")[0] != info.content_hash:  # a tuned copy has the same facts
            self._tell(self._on_model, info)

    def _step(self, job: Job) -> bool:
        """One slice of a job; whether there is more."""
        try:
            return job.step(self._renderer.frame)
        except Exception as error:
            self._fail(error, None, job.failed)
            return False

    def _drop(self, job: Job) -> None:
        """Cancel a job that the thread will not take again, and let its work clean up."""
        job.cancel()
        self._step(job)

    def _fail(
        self,
        error: Exception,
        recipe: Recipe | None,
        failed: Callable[[str], None] | None = None,
    ) -> None:
        text = sentence(error, self.device)
        log.debug("%s", text, exc_info=error)
        if out_of_memory(error):
            error.__traceback__ = None  # it holds the tensors of the failed frame
            self._renderer.free(recipe.generator if recipe else self._shown)
        if failed is None:
            self._tell(self._on_error, text, recipe)
        else:
            self._tell(failed, text)

    def _tell(self, callback: Callable[..., None], *values: object) -> None:
        """Call back; an exception there is the caller's, and must not end the thread."""
        try:
            callback(*values)
        except Exception:
            log.exception("a callback of the engine raised")
