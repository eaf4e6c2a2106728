"""What the hand does to bends, as undoable changes of the document."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from latentstudio.document.checks import RecipeError
from latentstudio.document.direction import Direction
from latentstudio.ui.inside.held import Held, held, holding
from latentstudio.ui.inside.kinds import KINDS, made
from latentstudio.ui.wording import sentence

if TYPE_CHECKING:
    from latentstudio.document.edit import Bend
    from latentstudio.document.recipe import Recipe
    from latentstudio.ui.panels.context import PanelContext


class Deeds:
    """Bends are made, moved, switched off for a while, taken away, kept as sliders.

    Attributes
    ----------
    off
        Those that are switched off: not in the recipe, but not forgotten.
    """

    def __init__(self, studio: PanelContext) -> None:
        self._studio, self._document = studio, studio.document
        self.off: dict[str, Held] = {}

    def sliders(self) -> dict[str, tuple[Direction, float]]:
        """The directions among the bends, and how far each is applied, or was before it was off."""
        recipe, found = self._document.recipe, {}
        for key, its in (held(recipe) | self.off).items():
            direction = self._studio.library.get(key)
            if direction is not None:
                alone = msgspec.structs.replace(recipe, bends=its.bends)
                found[key] = direction, direction.amount(alone)
        return found

    def bend(
        self, kind: str, layer: int, channels: tuple[int, ...], amount: float, merge: str
    ) -> None:
        """Bend channels (none: all) of a layer that far; the neutral amount is no bend at all."""
        info = self._document.info
        where = info.layers[layer].name if info is not None else f"layer {layer}"
        one = made(kind, layer, channels, amount, where)
        bends = () if amount == KINDS[kind].neutral else (one,)
        self.off.pop(one.key, None)
        label = f"Bend: {KINDS[kind].title.lower()}"
        self._change(label, lambda recipe: recipe.with_bends(one.key, bends), merge)

    def move(self, key: str, amount: float, merge: str) -> None:
        """Bend one of the list that far."""
        its = held(self._document.recipe).get(key)
        if its is None:
            return
        direction = self._studio.library.get(key)
        bends = its.bends if direction is None else direction.channels
        factors = [amount if direction is None else amount * bend.amount for bend in bends]
        far = tuple(
            msgspec.structs.replace(bend, amount=factor, key=its.bends[0].key, name=its.name)
            for bend, factor in zip(bends, factors, strict=True)
        )
        self._hold(f"Bend: {its.name}", key, Held(far, its.place), merge)

    def switch(self, key: str, on: bool) -> None:
        """Switch one off, or on again in its place."""
        its = self.off.pop(key, None) if on else held(self._document.recipe).get(key)
        if its is None:
            return
        if not on:
            self.off[key] = its
        self._hold(f"{its.name} {'on' if on else 'off'}", key, its if on else None)

    def remove(self, key: str) -> None:
        """Take one away, or forget one that is switched off."""
        its = held(self._document.recipe).get(key)
        if its is not None:
            self._hold(f"Remove {its.name}", key, None)

    def clear(self) -> None:
        """Take all away."""
        self.off.clear()
        self._change("Remove all bends", lambda recipe: msgspec.structs.replace(recipe, bends=()))

    def keep(self, bend: Bend) -> None:
        """Keep a style bend as a slider, which holds it from now on: amount 1 is what it is."""
        style = msgspec.structs.replace(bend, key="", name="")
        direction = Direction(
            bend.name,
            self._document.recipe.checkpoint,
            channels=(style,),
            unit=f"{bend.amount:+.2f} in the style".replace("-", "−"),
            method="style",
        )
        try:
            direction = self._studio.library.add(direction)
        except (ValueError, OSError) as error:
            self._studio.tell(sentence(error))
            return
        self._change(
            "Slider", lambda recipe: direction.applied(recipe.with_bends(bend.key, ()), 1.0)
        )
        self._studio.tell(f"{direction.name} is among your sliders now.")

    def _hold(self, label: str, key: str, its: Held | None, merge: str | None = None) -> None:
        self._change(label, lambda recipe: holding(recipe, key, its), merge)

    def _change(
        self, label: str, made_of: Callable[[Recipe], Recipe], merge: str | None = None
    ) -> None:
        """One undoable step; a recipe that cannot be is told of."""
        try:
            recipe = made_of(self._document.recipe)
        except RecipeError as error:
            self._studio.tell(sentence(error))
            return
        self._document.change(label, recipe=recipe, merge=merge)
