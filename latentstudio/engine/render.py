"""Generator and recipe to pixels. Pure: what it keeps is handed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from latentstudio.latents.compose import AxesOf, Memo, compose
from latentstudio.latents.samples import settings_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from latentstudio.document.recipe import Recipe
    from latentstudio.engine.graphs import Graphs
    from latentstudio.generators.protocol import Generator
    from latentstudio.generators.reuse import Activations

_STRIP = 1 << 16  # pixels
_OPAQUE = -0x1000000  # 0xFF in the fourth byte of an int32; machines here are little-endian


def draw(
    generator: Generator,
    recipe: Recipe,
    *,
    memo: Memo | None = None,
    axes: AxesOf | None = None,
    max_resolution: int | None = None,
    precision: str = "float32",
    reuse: Activations | None = None,
    graphs: Graphs | None = None,
) -> Tensor:
    """Draw a recipe.

    Parameters
    ----------
    generator
        On any device.
    recipe
        One that fits the generator.
    memo, axes
        See :func:`~latentstudio.latents.compose.compose`.
    max_resolution
        Stop there, for a preview, where the family can.
    precision
        Name of a torch dtype: float32, or a reduced one for a preview.
    reuse
        For families that can restart behind what is unchanged.
    graphs
        On CUDA.

    Returns
    -------
    Tensor
        float32 [channels, H, W], nominally in [-1, 1], unclamped. Always from a batch of one:
        larger batches may round differently.

    Raises
    ------
    RecipeError
        When the recipe does not fit.
    """
    with torch.inference_mode():
        ws = compose(generator, recipe, memo, axes)
        settings = settings_of(generator, recipe)
        settings["max_resolution"] = max_resolution
        if reuse is not None:
            settings["reuse"] = reuse

        def synthesize(latents: Tensor) -> Tensor:
            dtype: torch.dtype = getattr(torch, precision)
            with torch.autocast(latents.device.type, dtype, enabled=dtype != torch.float32):
                return generator.synthesize(latents, **settings)

        # Seeded planes come from the CPU, and a matrix is read there: a graph can hold neither;
        # and bends are for trying out.
        noise = recipe.noise
        drawn = noise.mode == "random" or noise.turn % 1.0 != 0.0
        own = drawn or generator.has_transform or bool(recipe.bends)
        if graphs is None or own:
            return synthesize(ws)[0]
        return graphs(generator, (precision, repr(settings)), ws, synthesize)[0]


@torch.inference_mode()
def to_pixels(image: Tensor) -> NDArray[np.uint8]:
    """Round a picture to bytes, on its device.

    ``(x + 1) * 127.5``, rounded to the nearest (ties to even) and clamped to 0 to 255. Grey is
    repeated into red, green and blue; of RGBA the alpha is left out, as a frame is opaque.

    Parameters
    ----------
    image
        float [channels, H, W] with 1, 3 or 4 channels; nominally in [-1, 1].

    Returns
    -------
    ndarray
        uint8 [H, W, 4], C-contiguous: R, G, B, 255. A new buffer each time.
    """
    height, width = image.shape[1:]
    packed = torch.empty((height, width), dtype=torch.int32, device=image.device)
    # On a CPU in strips that stay in its cache, which is worth a factor of two at 1024 px.
    rows = max(1, _STRIP // width) if image.device.type == "cpu" else height
    for top in range(0, height, rows):
        strip = image[:3, top : top + rows].add(1.0).mul_(127.5).round_().clamp_(0.0, 255.0)
        red, green, blue = strip if len(strip) == 3 else (strip[0],) * 3
        # Three bytes side by side are 24 bits, which a float32 holds exactly: one conversion
        # to integers in place of three strided ones, the slowest part otherwise.
        packed[top : top + rows] = red.add(green, alpha=256.0).add_(blue, alpha=65536.0)
    packed.bitwise_or_(_OPAQUE)
    return _fetch(packed).numpy().view("u1").reshape(height, width, 4)


def _fetch(packed: Tensor) -> Tensor:
    """A copy on the CPU."""
    if packed.device.type != "cuda":
        return packed.cpu()
    # Pageable memory would be copied twice, piece by piece.
    pinned = torch.empty(packed.shape, dtype=packed.dtype, pin_memory=True)
    pinned.copy_(packed, non_blocking=True)
    torch.cuda.current_stream(packed.device).synchronize()
    return pinned
