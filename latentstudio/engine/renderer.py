"""What the engine does with a recipe: model, latents, picture, frame. No thread of its own."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from latentstudio.engine.device import (
    import_torch,
    memory_room,
    resolve_device,
    settle_threads,
    thread_count,
)
from latentstudio.engine.frame import Frame
from latentstudio.engine.models import Model, Models, never
from latentstudio.engine.preview import EXACT, Way

if TYPE_CHECKING:
    from torch import Tensor

    from latentstudio.document.recipe import Recipe
    from latentstudio.generators.protocol import Generator

T = TypeVar("T")
PREVIEW_BUDGET = 0.030  # seconds: a faster generator needs no preview
PREVIEW_FROM = 128  # pixels: below, half the resolution shows nothing


class Renderer:
    """Recipes to frames on one device, one at a time. Imports torch on first use.

    Parameters
    ----------
    locate
        Content hash, of a checkpoint or a difference, to file; None when it is not here.
    device
        ``auto``, or a torch device.
    """

    def __init__(self, locate: Callable[[str], Path | None], device: str) -> None:
        self.device = device
        self.previews = True  # whether there are any
        self.models = Models(locate)
        self._resolved = False
        self._threads = thread_count()
        # The caller of Engine.render and the engine's thread take turns: they would only slow
        # each other down, and memory would have to hold both.
        self._turn = threading.Lock()

    def settle(self) -> None:
        """Import torch and decide on the device; EngineError when it is not here."""
        if not self._resolved:
            import_torch()
            self.device = resolve_device(self.device)
            self.models.bound(memory_room(self.device))
            self._resolved = True

    def model(self, key: str) -> Model:
        """The model of that key (see :class:`Models`), loaded if need be."""
        with self._turn:
            return self._model(key)

    def frame(
        self,
        recipe: Recipe,
        *,
        preview: bool = False,
        request: int = 0,
        size: int | None = None,
        superseded: Callable[[], bool] = never,
    ) -> Frame:
        """Draw a frame.

        Parameters
        ----------
        recipe
            What to draw.
        preview
            Whether less resolution or precision will do; used where an exact frame is slow.
        request
            Number to put on the frame.
        size
            Longest side in pixels of a thumbnail: averaged down if the picture is larger.
        superseded
            Asked between layers whether to give the frame up.

        Raises
        ------
        SupersededError
            Where it was given up.
        """
        from latentstudio.engine.render import to_pixels

        start = time.perf_counter()
        with self._turn:
            model = self._model(recipe.generator)
            settle_threads(self._threads)
            drawing = time.perf_counter()
            way = self._way(model, preview) if size is None else self._small(model, size)
            # Only for a preview that comes sooner: otherwise a drag would show nothing at all.
            sooner = way == model.previews.exact != self._way(model, True) and not preview
            model.superseded = superseded if sooner else never
            image = self._image(model, recipe, way)
            shown = image.shape[-1]
            if size is not None and shown > size:
                image = _shrink(image, size)
            pixels = to_pixels(image)
            end = time.perf_counter()
            if model.activations is None or model.activations.start == 0:
                model.previews.note(way, shown, end - drawing)
        coarse = way.precision != EXACT or image.shape[-1] != model.info.resolution
        return Frame(recipe, pixels, coarse, end - start, self.device, way.precision, request)

    def use(
        self,
        key: str,
        work: Callable[[Generator], T],
        superseded: Callable[[], bool] = never,
    ) -> T:
        """What ``work`` makes with a generator, in one turn, with as many threads as drawing.

        Raises
        ------
        SupersededError
            Where ``superseded``, asked between layers, said to give it up.
        """
        with self._turn:
            model = self._model(key)
            settle_threads(self._threads)
            model.superseded = superseded
            try:
                return work(model.generator)
            finally:
                model.superseded = never

    def free(self, key: str) -> None:
        """Memory ran out: keep nothing but one generator's weights."""
        import torch

        with self._turn:
            self.models.keep_only(key)
            gc.collect()
            if torch.cuda.is_available():
                torch.cuda.empty_cache()

    def _model(self, key: str) -> Model:
        self.settle()
        return self.models.get(key, self.device)

    def _way(self, model: Model, preview: bool) -> Way:
        if preview and self.previews and model.info.resolution >= PREVIEW_FROM:
            return model.previews.choose(PREVIEW_BUDGET)
        return model.previews.exact

    def _small(self, model: Model, size: int) -> Way:
        """For a thumbnail: where an exact picture is slow, one of twice the thumbnail's size."""
        exact = model.previews.exact
        if self._way(model, True) == exact or not model.generator.stops_early:
            return exact
        resolution = exact.resolution
        while resolution >= 4 * size:
            resolution //= 2
        return Way(resolution, EXACT)

    def _image(self, model: Model, recipe: Recipe, way: Way) -> Tensor:
        from latentstudio.engine.render import draw

        return draw(
            model.generator,
            recipe,
            memo=model.memo,
            axes=model.axes,
            max_resolution=None if way.resolution == model.info.resolution else way.resolution,
            precision=way.precision,
            reuse=model.activations,
            graphs=model.graphs,
        )


def _shrink(image: Tensor, size: int) -> Tensor:
    from torch.nn.functional import interpolate

    # Averaging what the eye will see: clamped first, as the full frame would be.
    small = interpolate(image[None].clamp(-1.0, 1.0), (size, size), mode="area")
    return small[0]
