"""Pictures along a recipe's morph, and what a feature space sees in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from latentstudio.checkpoints.bundled import bundled_features
from latentstudio.checkpoints.header import glance
from latentstudio.document.recipe import RecipeError
from latentstudio.engine.cache import LRU
from latentstudio.engine.render import draw, to_pixels
from latentstudio.latents.compose import compose
from latentstudio.latents.principal import PrincipalAxes, principal_axes
from latentstudio.latents.samples import settings_of
from latentstudio.metrics.path_speed import EPSILON, local_path_lengths, pixel_pyramid
from latentstudio.metrics.spaces.classifier_store import load_classifier
from latentstudio.metrics.spaces.precision import full_precision

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from latentstudio.document.recipe import Recipe
    from latentstudio.engine.morphing.values import Floats
    from latentstudio.generators.protocol import Generator
    from latentstudio.metrics.path_length import Embedding

_POINTS = 64  # mapped points kept while one morph is looked at


@dataclass(frozen=True, eq=False)
class Eye:
    """A feature space.

    Attributes
    ----------
    name
        For people.
    embed
        Pictures [n, c, H, W] in [-1, 1] to vectors.
    unit
        Distance of two independent pictures of the data set; None where that is not known.
    device
        Where pictures are to be; None for anywhere.
    """

    name: str
    embed: Embedding
    unit: float | None = None
    device: torch.device | None = None


def eye_for(path: Path | None, device: str) -> Eye:
    """The bundled classifier of the data that a checkpoint learned from, or else pixels.

    Parameters
    ----------
    path
        Of the checkpoint; None where it is not here.
    device
        Where to compute.
    """
    header = None if path is None else glance(path)
    file = None if header is None else bundled_features(str(header.data.get("name", "")))
    if header is None or file is None:
        return Eye("pixels", pixel_pyramid)
    classifier, facts = load_classifier(file, device)
    info = header.info
    if classifier.resolution > info.resolution or classifier.channels > info.channels:
        return Eye("pixels", pixel_pyramid)
    # Its dimensions have variance 1 over the data.
    unit = float(np.sqrt(2.0 * classifier.dim))
    return Eye(facts.name, classifier.embed, unit, torch.device(device))


class Walk:
    """A recipe's morph from t 0 to t 1.

    Parameters
    ----------
    recipe
        One with a morph.
    eye
        What looks at its pictures; None for pictures alone.

    Raises
    ------
    RecipeError
        Without a morph.
    """

    def __init__(self, recipe: Recipe, eye: Eye | None = None) -> None:
        if recipe.morph is None:
            raise RecipeError("This picture is no morph: choose two points to go between")
        self.recipe, self.morph, self._eye = recipe, recipe.morph, eye
        self._memo: LRU[Tensor] = LRU(_POINTS)
        self._axes: LRU[PrincipalAxes] = LRU(1)

    def at(self, t: float) -> Recipe:
        """The recipe at a time."""
        return msgspec.structs.replace(self.recipe, morph=msgspec.structs.replace(self.morph, t=t))

    def small(self, generator: Generator, t: float, size: int) -> NDArray[np.uint8]:
        """Pixels uint8 [h, w, 4] of the picture at a time, its side at most ``size``."""
        enough = generator.resolution
        while generator.stops_early and enough >= 4 * size:
            enough //= 2
        image = draw(
            generator,
            self.at(t),
            memo=self._memo,
            axes=self._axes_of(generator),
            max_resolution=None if enough == generator.resolution else enough,
        )
        if image.shape[-1] > size:  # averaging what the eye will see, clamped as on a screen
            image = interpolate(image[None].clamp(-1.0, 1.0), (size, size), mode="area")[0]
        return to_pixels(image)

    def vectors(self, generator: Generator, times: Sequence[float]) -> Floats:
        """Feature vectors float64 [n, d] of the pictures at times."""
        assert self._eye is not None
        with torch.inference_mode(), full_precision():
            return _floats(self._eye.embed(self._pictures(generator, times)))

    def vectors_and_speeds(
        self, generator: Generator, times: Sequence[float]
    ) -> tuple[Floats, Floats]:
        """:meth:`vectors`, and the perceptual path length at each time [n]."""
        assert self._eye is not None
        embed = self._eye.embed
        near = [t + EPSILON if t < 0.5 else t - EPSILON for t in times]
        with torch.inference_mode(), full_precision():
            begins, ends = (self._pictures(generator, each) for each in (times, near))
            return _floats(embed(begins)), local_path_lengths(begins, ends, embed)

    def _pictures(self, generator: Generator, times: Sequence[float]) -> Tensor:
        """Pictures [n, c, H, W] at times, on the eye's device."""
        recipe, axes = self.recipe, self._axes_of(generator)
        ws = torch.cat([compose(generator, self.at(t), self._memo, axes) for t in times])
        # One stream of random planes would give every picture of a batch its own.
        seeds = [recipe.noise.seed] * len(times) if recipe.noise.mode == "random" else None
        images = generator.synthesize(ws, **settings_of(generator, recipe, seeds))
        device = None if self._eye is None else self._eye.device
        return images if device is None else images.to(device)

    def _axes_of(self, generator: Generator) -> Callable[[int | None], PrincipalAxes]:
        return lambda label: self._axes(label, lambda: principal_axes(generator, label=label))


def _floats(values: Tensor) -> Floats:
    return values.cpu().numpy().astype(np.float64)
