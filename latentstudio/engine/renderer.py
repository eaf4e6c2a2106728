"""What the engine does with a recipe: model, latents, picture, frame. No thread of its own."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from latentstudio.engine.device import (
    import_torch,
    resolve_device,
    settle_threads,
    thread_count,
)
from latentstudio.engine.frame import Frame
from latentstudio.engine.models import Model, Models

if TYPE_CHECKING:
    from torch import Tensor

    from latentstudio.document.recipe import Recipe

PRECISION = "float32"
PREVIEW_BUDGET = 0.030  # seconds: a faster generator needs no preview
PREVIEW_FROM = 128  # pixels: below, half the resolution shows nothing


class Renderer:
    """Recipes to frames on one device, one at a time. Imports torch on first use.

    Parameters
    ----------
    locate
        Content hash to file, or None when it is not here.
    device
        ``auto``, or a torch device.
    """

    def __init__(self, locate: Callable[[str], Path | None], device: str) -> None:
        self.device = device
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
            self._resolved = True

    def model(self, content_hash: str) -> Model:
        """The model of that hash, loaded if need be."""
        with self._turn:
            return self._model(content_hash)

    def frame(
        self,
        recipe: Recipe,
        *,
        preview: bool = False,
        request: int = 0,
        size: int | None = None,
    ) -> Frame:
        """Draw a frame.

        Parameters
        ----------
        recipe
            What to draw.
        preview
            Whether half the resolution will do; used where an exact frame is slow.
        request
            Number to put on the frame.
        size
            Longest side in pixels of a thumbnail: averaged down if the picture is larger.
        """
        from latentstudio.engine.render import to_pixels

        start = time.perf_counter()
        with self._turn:
            model = self._model(recipe.checkpoint)
            settle_threads(self._threads)
            drawing = time.perf_counter()
            image = self._image(model, recipe, preview)
            if size is not None and image.shape[-1] > size:
                image = _shrink(image, size)
            pixels = to_pixels(image)
            end = time.perf_counter()
            coarse = image.shape[-1] != model.info.resolution
            if not coarse:
                model.exact_seconds = min(model.exact_seconds, end - drawing)
        return Frame(recipe, pixels, coarse, end - start, self.device, PRECISION, request)

    def free(self, content_hash: str) -> None:
        """Memory ran out: keep nothing but one generator's weights."""
        import torch

        with self._turn:
            self.models.keep_only(content_hash)
            gc.collect()
            if torch.cuda.is_available():
                torch.cuda.empty_cache()

    def _model(self, content_hash: str) -> Model:
        self.settle()
        return self.models.get(content_hash, self.device)

    def _image(self, model: Model, recipe: Recipe, preview: bool) -> Tensor:
        from latentstudio.engine.render import draw

        resolution = model.info.resolution
        slow = resolution >= PREVIEW_FROM and PREVIEW_BUDGET < model.exact_seconds < inf
        limit = resolution // 2 if preview and slow else None
        return draw(model.generator, recipe, memo=model.memo, axes=model.axes, max_resolution=limit)


def _shrink(image: Tensor, size: int) -> Tensor:
    from torch.nn.functional import interpolate

    # Averaging what the eye will see: clamped first, as the full frame would be.
    small = interpolate(image[None].clamp(-1.0, 1.0), (size, size), mode="area")
    return small[0]
