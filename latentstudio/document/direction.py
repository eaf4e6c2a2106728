"""A direction: a slider of one's own, as a small file that can be kept and shared."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Literal

import msgspec
from msgspec.structs import force_setattr

from latentstudio.document.checks import RecipeError, check, layers, real, text, whole
from latentstudio.document.edit import Bend, Edit
from latentstudio.document.recipe import Recipe
from latentstudio.document.vector import Vector

VERSION = 1
MAX_LEAKS = 1024
MAX_LEAK = 1e6  # standard deviations
MAX_BENDS = 64

Method = Literal["ridge", "logistic", "svm", "difference", "principal", "sefa", "style", "gradient"]


class Leak(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one unit of a direction does to an attribute, in standard deviations over samples.

    Attributes
    ----------
    attribute, value
        Such as ``glasses`` and ``round``; value "" for a number.
    mean, low, high
        Mean over samples, and its 95% interval.
    size
        Mean magnitude over samples, at least |mean|.
    """

    attribute: str
    value: str
    mean: float
    low: float
    high: float
    size: float

    def __post_init__(self) -> None:
        for field in ("attribute", "value"):
            text(getattr(self, field), f"leakage.{field}")
        for field in ("mean", "low", "high", "size"):
            value = real(getattr(self, field), f"leakage.{field}", -MAX_LEAK, MAX_LEAK)
            force_setattr(self, field, value)


class Direction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A way to move every point of one generator.

    Attributes
    ----------
    name
        For people.
    checkpoint
        Content hash of the generator it belongs to.
    vector
        Displacement for amount 1 (see :class:`~latentstudio.document.edit.Edit`), or None.
    channels
        For a direction through style channels: bends of kind ``style`` for amount 1; keys and
        names empty.
    first, stop
        Layers it is applied to until told otherwise.
    unit
        What amount 1 is, such as ``1 σ of smile``.
    low, high
        Ends of its slider.
    method
        How it was found.
    attribute, value
        What it is to move; "" where nobody said.
    classifier
        Content hash of the classifier that read the attribute; "" for none.
    kept
        Attributes that it was made not to move.
    samples
        How many pictures it was fitted to.
    score, score_kind
        Cross-validated agreement with what it is to move, and what that number is, such as ``R²``
        or ``AUC``; None and "" where there is none.
    leakage, leakage_samples
        What it moves beside, per unit, and over how many samples that was measured.
    notes
        Free; one line.
    """

    name: str
    checkpoint: str
    vector: Vector | None = None
    channels: tuple[Bend, ...] = ()
    first: int = 0
    stop: int | None = None
    unit: str = ""
    low: float = -3.0
    high: float = 3.0
    method: Method = "difference"
    attribute: str = ""
    value: str = ""
    classifier: str = ""
    kept: tuple[str, ...] = ()
    samples: int = 0
    score: float | None = None
    score_kind: str = ""
    leakage: tuple[Leak, ...] = ()
    leakage_samples: int = 0
    notes: str = ""
    version: int = VERSION

    def __post_init__(self) -> None:
        for field in ("name", "unit", "attribute", "value", "score_kind", "classifier"):
            text(getattr(self, field), f"direction.{field}")
        text(self.notes, "direction.notes", 2000)
        check(self.name != "", "direction.name is empty")
        fits = len(self.checkpoint) == 64 and set(self.checkpoint) <= set("0123456789abcdef")
        check(fits, "direction.checkpoint is not a sha256 in hex")
        check(
            (self.vector is None) == bool(self.channels),
            "a direction has either a vector or channels",
        )
        check(
            all((b.kind, b.key, b.name) == ("style", "", "") for b in self.channels),
            "direction.channels must be bends of the kind style, without keys and names",
        )
        count = len(self.channels)
        check(count <= MAX_BENDS, f"direction.channels has {count}; {MAX_BENDS} are the most")
        first, stop = layers(self.first, self.stop, "direction")
        force_setattr(self, "first", first)
        force_setattr(self, "stop", stop)
        force_setattr(self, "low", real(self.low, "direction.low", -100.0, 100.0))
        force_setattr(self, "high", real(self.high, "direction.high", -100.0, 100.0))
        check(self.low < self.high, "direction.low must be below direction.high")
        for field in ("samples", "leakage_samples"):
            force_setattr(self, field, whole(getattr(self, field), f"direction.{field}", 2**31))
        if self.score is not None:
            force_setattr(self, "score", real(self.score, "direction.score", -1e6, 1e6))
        for name in self.kept:
            text(name, "direction.kept")
        check(
            len(self.leakage) <= MAX_LEAKS, f"direction.leakage has more than {MAX_LEAKS} entries"
        )
        check(
            self.version == VERSION,
            f"version is {self.version}; this latentstudio reads direction version {VERSION}"
            + (": update latentstudio" if self.version > VERSION else ""),
        )

    @property
    def key(self) -> str:
        """What identifies it in a recipe: 16 hex digits over what it does, whatever its name."""
        return _digest(self.checkpoint, self.vector, self.channels)

    def amount(self, recipe: Recipe) -> float:
        """How far a recipe stands along it."""
        for edit in recipe.edits:
            if edit.key == self.key:
                return edit.amount
        unit = next((bend.amount for bend in self.channels if bend.amount), 1.0)
        layer = next((bend.layer for bend in self.channels if bend.amount), -1)
        for bend in recipe.bends:
            if bend.key == self.key and bend.layer == layer:
                return bend.amount / unit
        return 0.0

    def layers_in(self, recipe: Recipe) -> tuple[int, int | None]:
        """Which layers a recipe applies it to."""
        for edit in recipe.edits:
            if edit.key == self.key:
                return edit.first, edit.stop
        return self.first, self.stop

    def applied(
        self, recipe: Recipe, amount: float, layers: tuple[int, int | None] | None = None
    ) -> Recipe:
        """The recipe with this much of it, in place of what it had; 0 takes it away.

        Parameters
        ----------
        recipe
            Of the same checkpoint.
        amount
            In units of the direction.
        layers
            First and stop; None leaves them as they are. No effect on channels.

        Raises
        ------
        RecipeError
            For a recipe of another checkpoint, or one that has no room for another edit.
        """
        if recipe.checkpoint != self.checkpoint:
            raise RecipeError(
                f"the direction {self.name} belongs to the checkpoint {self.checkpoint[:8]}…, not"
                f" to {recipe.checkpoint[:8] or 'none'}…: open that checkpoint first"
            )
        if self.vector is not None:
            first, stop = layers or self.layers_in(recipe)
            edit = Edit(self.key, self.name, self.vector, amount, first, stop)
            return recipe.with_edit(edit)
        bends = tuple(
            Bend(b.layer, b.channels, "style", b.amount * amount, self.key, self.name)
            for b in self.channels
        )
        return recipe.with_bends(self.key, bends if amount else ())


@lru_cache(maxsize=256)  # asked for at every move of a slider
def _digest(checkpoint: str, vector: Vector | None, channels: tuple[Bend, ...]) -> str:
    does = (checkpoint, vector, channels)
    return hashlib.sha256(msgspec.json.encode(does)).hexdigest()[:16]
