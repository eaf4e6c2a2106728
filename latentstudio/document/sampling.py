"""A Sampling: which pictures are meant when a number is measured. A recipe without its point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from msgspec.structs import force_setattr
from numpy.typing import NDArray

from latentstudio.document.checks import MAX_LAYERS, MAX_SEED, real, whole
from latentstudio.document.edit import Bend, Edit
from latentstudio.document.recipe import (
    Cell,
    Mixing,
    Noise,
    Point,
    Recipe,
    Seed,
    Transform,
    Truncation,
)

MAX_SAMPLES = 1_000_000
# Uniform 32-bit numbers behind a sample: its seed, its partner's, and what decides on mixing,
# crossover and class. A new use appends; those before keep their values for ever.
_COLUMNS = 5
_STREAM = 5


class Sampling(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Pictures of random seeds under fixed settings: what FID, precision and recall speak of.

    Sample number i is the picture of one recipe, :meth:`recipe`, so that each can be opened in
    the studio. The first n samples are the same however many are drawn, and samplings that
    differ in settings alone are paired: number i has the same seeds in both.

    Attributes
    ----------
    checkpoint
        Content hash of the generator.
    truncation, noise, transform, edits, bends, difference
        As in :class:`~latentstudio.document.recipe.Recipe`. With ``random`` noise each sample has
        planes of its own, drawn from its own seed; ``noise.seed`` has no effect.
    label
        A class for all, or None: classes in the data's shares.
    mixing
        Probability, 0 to 1, that a sample listens to a second seed from a random layer on
        (style mixing, Karras et al. 2019, section 3.1). No effect where there is one row of ws.
    seed
        0 to 2**32 - 1: other seeds give independent samples.
    """

    checkpoint: str = ""
    truncation: Truncation = Truncation()
    noise: Noise = Noise()
    transform: Transform = Transform()
    label: int | None = None
    mixing: float = 0.0
    seed: int = 0
    edits: tuple[Edit, ...] = ()
    bends: tuple[Bend, ...] = ()
    difference: str = ""

    def __post_init__(self) -> None:
        force_setattr(self, "mixing", real(self.mixing, "sampling.mixing", 0.0, 1.0))
        force_setattr(self, "seed", whole(self.seed, "sampling.seed", MAX_SEED))

    @classmethod
    def of(
        cls, recipe: Recipe, *, seed: int = 0, mixing: float = 0.0, any_class: bool = False
    ) -> Sampling:
        """The settings of the picture on the screen, without its points and their mixing."""
        return cls(
            recipe.checkpoint,
            recipe.truncation,
            msgspec.structs.replace(recipe.noise, seed=0),
            recipe.transform,
            None if any_class else recipe.label,
            mixing,
            seed,
            recipe.edits,
            recipe.bends,
            recipe.difference,
        )

    @property
    def generator(self) -> str:
        """What draws them, as :attr:`~latentstudio.document.recipe.Recipe.generator`."""
        return f"{self.checkpoint}+{self.difference}" if self.difference else self.checkpoint

    def with_psi(self, psi: float) -> Sampling:
        """The same samples at another truncation."""
        return msgspec.structs.replace(
            self, truncation=msgspec.structs.replace(self.truncation, psi=psi)
        )

    def draws(
        self,
        start: int,
        stop: int,
        *,
        num_layers: int,
        num_classes: int = 0,
        class_shares: Sequence[float] = (),
    ) -> Draws:
        """What samples ``start`` to ``stop - 1`` are made from.

        Parameters
        ----------
        start, stop
            0 <= start <= stop <= :data:`MAX_SAMPLES`.
        num_layers, num_classes
            Of the generator.
        class_shares
            As many numbers as classes, at least 0: where ``label`` is None, classes are drawn in
            these shares. All alike when empty.

        Raises
        ------
        ValueError
            When the range or the shares are impossible.
        """
        if not 0 <= start <= stop <= MAX_SAMPLES:
            raise ValueError(f"samples {start} to {stop}: 0 to {MAX_SAMPLES} can be drawn")
        random = np.random.RandomState([self.seed, _STREAM])
        table = random.randint(0, 1 << 32, size=(stop, _COLUMNS), dtype=np.uint32)[start:]
        unit = table.astype(np.float64) / 2.0**32
        mixed = (unit[:, 2] < self.mixing) & (num_layers > 1)
        layer = 1 + (unit[:, 3] * max(1, num_layers - 1)).astype(np.int64)
        labels = self._labels(unit[:, 4], num_classes, class_shares)
        return Draws(
            table[:, 0].astype(np.int64),
            table[:, 1].astype(np.int64),
            np.where(mixed, layer, num_layers),
            labels,
        )

    def recipe(self, draws: Draws, index: int, num_layers: int) -> Recipe:
        """The recipe of one of the ``draws``: its picture is that sample's."""
        seed, crossover = int(draws.seeds[index]), int(draws.crossovers[index])
        points = (
            Point("A", Seed(seed)),
            Point("B", Seed(int(draws.partners[index]) if crossover < num_layers else 1)),
            Point("C", Seed(2)),
            Point("D", Seed(3)),
        )
        last = min(num_layers, MAX_LAYERS)
        noise = self.noise
        if noise.mode == "random":
            noise = msgspec.structs.replace(noise, seed=seed)
        return Recipe(
            checkpoint=self.checkpoint,
            points=points,
            label=None if draws.labels is None else int(draws.labels[index]),
            truncation=self.truncation,
            mixing=Mixing(tuple(Cell(layer, "B", 1.0) for layer in range(crossover, last))),
            noise=noise,
            transform=self.transform,
            edits=self.edits,
            bends=self.bends,
            difference=self.difference,
        )

    def _labels(
        self, unit: NDArray[np.float64], num_classes: int, class_shares: Sequence[float]
    ) -> NDArray[np.int64] | None:
        if num_classes == 0:
            return None
        if self.label is not None:
            if self.label >= num_classes:
                raise ValueError(f"class {self.label} is outside 0 to {num_classes - 1}")
            return np.full(len(unit), self.label, dtype=np.int64)
        shares = np.asarray(list(class_shares) or [1.0] * num_classes, dtype=np.float64)
        fits = len(shares) == num_classes and np.isfinite(shares).all()
        if not (fits and shares.min() >= 0.0 and shares.sum() > 0.0):
            raise ValueError(
                f"{list(class_shares)} are no shares of the generator's {num_classes} classes"
            )
        edges = np.cumsum(shares / shares.sum())[:-1]
        return edges.searchsorted(unit, side="right").astype(np.int64)


@dataclass(frozen=True, eq=False)
class Draws:
    """What some samples are made from, row by row.

    Attributes
    ----------
    seeds, partners
        int64 [n]: seeds of the point, and of the second point where there is mixing.
    crossovers
        int64 [n]: first layer that listens to the partner; the number of layers for none.
    labels
        int64 [n] class indices, or None without classes.
    """

    seeds: NDArray[np.int64]
    partners: NDArray[np.int64]
    crossovers: NDArray[np.int64]
    labels: NDArray[np.int64] | None

    def __len__(self) -> int:
        return len(self.seeds)
