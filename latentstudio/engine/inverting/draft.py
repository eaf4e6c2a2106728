"""Where a search begins: the encoder's guess, and the best of many samples."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from latentstudio.document.recipe import Recipe
from latentstudio.engine.inverting.values import Space
from latentstudio.engine.live.study import Pace
from latentstudio.latents.inversion.projector import Projector
from latentstudio.latents.samples import settings_of
from latentstudio.metrics.matching import ROUNDING

if TYPE_CHECKING:
    from latentstudio.document.vector import Vector
    from latentstudio.engine.inverting.easel import Easel
    from latentstudio.engine.inverting.values import Order, Origin, Pixels
    from latentstudio.generators.protocol import Generator
    from latentstudio.latents.principal import PrincipalAxes

RANDOM = 32  # samples, whose distances from each other are the unit of all distances
NEAR, FAR = 64, 224  # further samples that are tried: near ones, or any where none is known
PATIENCE = 2.0  # seconds for them: a large generator tries fewer
LEAST_SMALL = 4  # pixels
_STREAM = 7  # apart from other uses of the same seed


class Draft:
    """What is tried before a search, and the search that comes of it.

    Parameters
    ----------
    easel
        Of the generator.
    order
        What is wanted.

    Attributes
    ----------
    order
        What is wanted.
    matching
        The loss.
    origins
        Of the starts.
    """

    def __init__(self, easel: Easel, order: Order) -> None:
        self._easel, self.order = easel, order
        self.matching = easel.matching(order.picture, order.mask, order.small)
        self._pixels = easel.matching(order.picture, order.mask, order.small, features=False)
        self._usual: tuple[float, float] = (1.0, 1.0)  # distance of random pictures, by both
        self.origins: tuple[Origin, ...] = ()
        whole = order.mask is None and order.small is None
        seeds = np.random.RandomState([order.seed, _STREAM]).randint(0, 1 << 32, RANDOM + FAR)
        self._seeds = [int(seed) for seed in seeds]
        # Of a conditional generator other classes were read, and a damaged picture is read amiss.
        near = easel.nearest(order.picture, NEAR) if whole and order.label is None else []
        if near:
            self._seeds[RANDOM:] = near
        self._guess = easel.guess(order.picture) if whole and order.warm else None
        self._losses: list[float] = []
        self._pictures: list[Tensor] = []
        self._pace, self._spent = Pace(), 0.0

    def step(self, generator: Generator) -> bool:
        """Try some samples; whether there are more to try."""
        n, begun = len(self._losses), time.monotonic()
        random = n < RANDOM
        most = RANDOM if random else len(self._seeds)
        seeds = self._seeds[n : min(n + self._pace.batch, most)]
        with torch.no_grad():
            ws = generator.map(generator.sample_seeds(seeds), self._labels(generator, len(seeds)))
            images = generator.synthesize(ws, **self._settings(generator))
            self._losses += self.matching(images).tolist()
        seconds = time.monotonic() - begun
        self._pace.note(len(seeds), seconds)
        self._spent += seconds
        if random:
            self._pictures += images
        tired = self._spent > PATIENCE and len(self._losses) >= max(2, self.order.starts)
        return len(self._losses) < len(self._seeds) and not tired

    def begin(self, generator: Generator) -> Projector:
        """The search from the best of what was tried."""
        order = self.order
        pictures = torch.stack(self._pictures)
        by_features, by_pixels = (m.usual(pictures) for m in (self.matching, self._pixels))
        self._usual = max(by_features, 1e-6), max(by_pixels, 1e-6)
        self._pictures.clear()
        space: Space = order.space if generator.has_mapping else "z"
        starts, origins = self._starts(generator, space)
        self.origins = tuple(origins)
        return Projector(
            generator,
            starts,
            space,
            self.matching,
            residuals=self.matching.residuals,
            steps=order.steps,
            answers=min(order.answers, len(starts)),
            label=self._labels(generator, 1),
            settings=self._settings(generator),
            optimise_noise=order.noise,
            axes=self.axes(generator),
            seed=order.seed,
            enough=ROUNDING,
        )

    def axes(self, generator: Generator) -> PrincipalAxes | None:
        """Principal axes of w, for the class that is wanted."""
        label = (self.order.label or 0) if generator.num_classes else None
        return self._easel.axes(generator, label)

    def distance(self, image: Tensor) -> float:
        """Feature distance of a picture [c, H, W], as a share of two random pictures' one."""
        return float(self.matching.distance(image[None])[0]) / self._usual[0]

    def misfit(self, image: Tensor) -> float:
        """The worse of its distance and that of its pixels, as a share of random pictures' one.

        Features alone can be led astray: a search finds points that read like anything.
        """
        by_pixels = float(self._pixels.distance(image[None])[0]) / self._usual[1]
        return max(self.distance(image), by_pixels)

    def _starts(self, generator: Generator, space: Space) -> tuple[Tensor, list[Origin]]:
        """Latents [k, ...] of the space, and where they are from."""
        order, wanted = self.order, max(self.order.starts, self.order.answers, 1)
        given: list[tuple[Vector, Origin]] = []
        if order.near is not None:
            given.append((order.near, "point"))
        if self._guess is not None and (space != "z" or self._guess.vector.space == "z"):
            given.append((self._guess.vector, "encoder"))
        rows = [self._entered(generator, vector, space) for vector, _ in given[:wanted]]
        origins = [origin for _, origin in given[:wanted]]
        tried = len(self._losses)
        best = np.argsort(self._losses, kind="stable") if order.warm else np.arange(tried)
        seeds = [self._seeds[i] for i in best[: wanted - len(rows)]]
        if seeds:
            z = generator.sample_seeds(seeds)
            rows.append(z if space == "z" else self._mapped(generator, z))
            origins += ["sample" if order.warm else "seed"] * len(seeds)
        return torch.cat(rows), origins

    def _entered(self, generator: Generator, vector: Vector, space: Space) -> Tensor:
        """A point as a row of the space; ValueError, one sentence, where it has none."""
        values = torch.from_numpy(vector.values()).to(generator.device)
        if space == "z":
            if vector.space != "z" and generator.has_mapping:
                raise ValueError(
                    f"The point to begin at is given in {vector.space} and has no z: search in w"
                )
            return values.reshape(1, -1)
        if vector.space == "z":
            return self._mapped(generator, values[None])
        return values.expand(1, generator.num_layers, -1)

    def _mapped(self, generator: Generator, z: Tensor) -> Tensor:
        with torch.no_grad():
            return generator.map(z, self._labels(generator, len(z)))

    def _labels(self, generator: Generator, n: int) -> Tensor:
        """Passed over by a generator without classes."""
        return torch.full((n,), self.order.label or 0, device=generator.device)

    def _settings(self, generator: Generator) -> dict[str, Any]:
        """As a plain recipe draws."""
        return settings_of(generator, Recipe())


def check_order(generator: Generator, order: Order) -> None:
    """ValueError, one sentence, for a picture, mask or size that is not the generator's."""
    r, channels = generator.resolution, 1 if generator.channels == 1 else 3
    if order.picture.shape != (r, r, channels):
        raise ValueError(
            f"The picture has the shape {list(order.picture.shape)}, and this generator draws"
            f" {[r, r, channels]}: crop it again"
        )
    if order.mask is not None:
        _check_mask(order.mask, r)
    if order.small is not None and not LEAST_SMALL <= order.small <= r:
        raise ValueError(
            f"A picture of {order.small} px cannot be enlarged: choose {LEAST_SMALL} to {r} px"
        )


def _check_mask(mask: Pixels, r: int) -> None:
    if mask.shape != (r, r):
        raise ValueError(f"The mask has the shape {list(mask.shape)}, not {[r, r]}: paint it anew")
    if not mask.any():
        raise ValueError("The mask keeps nothing of the picture: leave some of it unpainted")
