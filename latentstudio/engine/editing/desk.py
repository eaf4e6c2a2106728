"""What the editor knows while a generator and a classifier are open."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from latentstudio.document.sampling import Sampling
from latentstudio.engine.cache import LRU
from latentstudio.engine.editing.values import SAMPLES, Known, Reading
from latentstudio.engine.errors import EngineError
from latentstudio.engine.live.rows import Rows
from latentstudio.engine.render import draw
from latentstudio.latents.principal import PrincipalAxes, principal_axes
from latentstudio.latents.samples import draws_of, sample_images, sample_ws
from latentstudio.metrics.scores import (
    Population,
    columns_of,
    difference,
    find,
    readings,
    scores,
)
from latentstudio.metrics.spaces.classifier_store import load_classifier

if TYPE_CHECKING:
    from collections.abc import Callable

    from latentstudio.document.recipe import Recipe
    from latentstudio.engine.editing.population import Outputs, Store
    from latentstudio.engine.editing.values import Floats, Space
    from latentstudio.generators.protocol import Generator

_MOST = 60_000.0  # what float16 holds; no sensible output comes near


class Desk:
    """A generator's samples as a classifier reads them.

    Parameters
    ----------
    checkpoint
        Content hash of the generator.
    path
        Of the classifier.
    device
        Where to compute.
    store
        Where outputs outlive the session.

    Attributes
    ----------
    outputs
        float16 [n, outputs] of the generator's first samples, at psi 1.
    codes
        float64 [m, d], m at most n: where these samples lie; see
        :mod:`~latentstudio.engine.editing.codes`.
    means
        By layer, of samples: each channel's mean, and the outputs.
    known
        What can be said by them; None while they are too few.
    has_mapping, dim
        Of the generator, and of its codes, once it was checked.
    """

    def __init__(self, checkpoint: str, path: Path, device: str, store: Store) -> None:
        self.checkpoint = checkpoint
        self.classifier, header = load_classifier(path, device)
        self.name, self.classifier_hash = header.name, header.content_hash
        if self.classifier.pretext:
            raise EngineError(
                f"{path} reads made-up attributes alone, which were learned in place of labels:"
                " choose a classifier that was trained with labels"
            )
        self.columns = columns_of(self.classifier.attributes)
        self.outputs, self.codes = Rows(), Rows()
        kept = store.load(checkpoint, self.classifier_hash, self.classifier.slices[-1].stop)
        if kept is not None:
            self.outputs.append(kept)
        self.known: Known | None = None
        self.has_mapping, self.dim = True, 0
        self.means: LRU[tuple[Rows, Rows]] = LRU(8)
        self._axes: LRU[PrincipalAxes] = LRU(8)
        self._placed: LRU[tuple[Tensor, Tensor]] = LRU(2)

    def check(self, generator: Generator) -> None:
        """EngineError, one sentence, when the classifier is for other pictures."""
        wanted, found = self.classifier, generator
        if wanted.resolution > found.resolution:
            raise EngineError(
                f"The classifier {self.name} reads pictures of {wanted.resolution} px, and this"
                f" generator draws {found.resolution} px: choose a classifier for its pictures"
            )
        if wanted.channels == 3 and found.channels == 1:
            raise EngineError(
                f"The classifier {self.name} reads colour pictures, and this generator draws grey"
                " ones: choose a classifier for its pictures"
            )
        self.has_mapping = generator.has_mapping
        self.dim = generator.w_dim if generator.has_mapping else generator.z_dim

    def see(self, generator: Generator, sampling: Sampling, start: int, stop: int) -> Tensor:
        """The heads' outputs, float32 [n, outputs] on the CPU, of samples from ``start`` on.

        Raises
        ------
        EngineError
            When the sampling does not fit the generator, or an output is no number.
        """
        draws = draws_of(generator, sampling, start, stop)
        return self.look(sample_images(generator, sampling, draws))

    def picture(self, generator: Generator, recipe: Recipe) -> Tensor:
        """The heads' outputs [1, outputs] of a recipe's exact picture; RecipeError, too."""
        return self.look(draw(generator, recipe, axes=self.axes(generator))[None])

    def axes(self, generator: Generator) -> Callable[[int | None], PrincipalAxes]:
        """Principal axes by class, worked out once."""
        return lambda label: self._axes(label, lambda: principal_axes(generator, label=label))

    def placed(self, generator: Generator, space: Space) -> tuple[Tensor, Tensor]:
        """Where samples lie in z or w [n, d], and their standings [n, c]; worked out once."""
        kind = "z" if space == "z" else "w"

        def work() -> tuple[Tensor, Tensor]:
            n = self.outputs.n
            draws = draws_of(generator, Sampling(self.checkpoint), 0, n)
            with torch.no_grad():
                codes = (
                    generator.sample_seeds(draws.seeds.tolist())
                    if kind == "z"
                    else sample_ws(generator, draws)[:, 0]
                )
            standing = self.standing(self.outputs.view(0, n))
            return codes, torch.from_numpy(standing).to(codes)

        return self._placed((kind, self.outputs.n), work)

    def look(self, images: Tensor) -> Tensor:
        """The heads' outputs of pictures, on the CPU."""
        with torch.inference_mode():
            outputs: Tensor = self.classifier(images).cpu()
        if not outputs.isfinite().all():
            raise EngineError(
                "A picture holds values that are no numbers (NaN or infinity), so nothing can be"
                " read in it: choose another setting or another snapshot of the generator"
            )
        return torch.clamp(outputs, -_MOST, _MOST)

    def readings(self, outputs: Tensor | Outputs) -> Floats:
        """What people read [n, c]."""
        return _floats(readings(self.classifier, self._here(outputs)))

    def scores(self, outputs: Tensor | Outputs) -> Floats:
        """What gradients drive [n, c]."""
        return _floats(scores(self.classifier, self._here(outputs)))

    def standing(self, outputs: Tensor | Outputs) -> Floats:
        """Scores in standard deviations from the mean [n, c]."""
        population = self.population
        moved = difference(self.columns, population.score_mean[None], self.scores(outputs))
        return moved / self.score_sd

    def standings(self, column: int, n: int) -> Floats:
        """Of the first ``n`` samples [n]; of a hue the short way from the mean direction."""
        return self.standing(self.outputs.view(0, n))[:, column]

    def reading(self, recipe: Recipe, outputs: Tensor) -> Reading:
        """Of a recipe's picture with these outputs [1, outputs]."""
        return Reading(recipe, self.readings(outputs)[0], self.standing(outputs)[0])

    @property
    def population(self) -> Population:
        """The distribution of the columns; :attr:`known` is there."""
        assert self.known is not None
        return self.known.population

    @property
    def score_sd(self) -> Floats:
        """[c]: what a score is divided by; 1 where it never varies."""
        sd = self.population.score_sd
        return np.where(sd > 1e-6, sd, 1.0)

    def learned(self) -> Known:
        """Say what the samples by now tell; at least 2."""
        outputs = self.outputs.view()
        population = Population.of(self.columns, self.readings(outputs), self.scores(outputs))
        self.known = Known(
            self.checkpoint,
            self.name,
            self.classifier_hash,
            self.classifier.attributes,
            self.columns,
            population,
            len(outputs),
            len(outputs) >= SAMPLES,
        )
        return self.known

    def column(self, attribute: str, value: str) -> int:
        """Index of what is to be moved; ValueError, one sentence, where that cannot be."""
        i = find(self.columns, attribute, value)
        if not self.population.shows(i):
            raise ValueError(
                f"This generator hardly shows {self.columns[i].title}, so nothing can be moved"
                " towards it: choose another attribute or another checkpoint"
            )
        return i

    def held(self, kept: tuple[str, ...], target: int | None) -> tuple[int, ...]:
        """Indices of the columns of kept attributes that the generator shows.

        Raises
        ------
        ValueError
            One sentence: an attribute that is not read, or that is itself to be moved.
        """
        names = {attribute.name for attribute in self.classifier.attributes}
        for name in kept:
            if name not in names:
                raise ValueError(f"the classifier does not read {name}: take it off the kept ones")
        column = None if target is None else self.columns[target]
        if column is not None and column.attribute in kept:
            raise ValueError(
                f"{column.title} is to move and to be kept: take it off the kept ones, or choose"
                " another attribute"
            )
        return tuple(
            i
            for i, each in enumerate(self.columns)
            if each.attribute in kept and self.population.shows(i)
        )

    def _here(self, outputs: Tensor | Outputs) -> Tensor:
        """On the classifier's device, as float32."""
        if not isinstance(outputs, Tensor):
            outputs = torch.from_numpy(outputs.astype(np.float32))
        return outputs.to(self.classifier.heads.weight.device)


def _floats(values: Tensor) -> Floats:
    return values.detach().cpu().numpy().astype(np.float64)
