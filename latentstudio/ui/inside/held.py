"""The bends that a recipe holds, those of one slider together. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from latentstudio.document.edit import Bend
from latentstudio.ui.describe import DOT
from latentstudio.ui.inside.kinds import KINDS, bend_key, channel_words

if TYPE_CHECKING:
    from latentstudio.document.recipe import Recipe
    from latentstudio.generators.info import GeneratorInfo


@dataclass(frozen=True)
class Held:
    """Bends that belong together, and the place of the first among a recipe's bends."""

    bends: tuple[Bend, ...]
    place: int

    @property
    def name(self) -> str:
        """For people."""
        return self.bends[0].name or KINDS[self.bends[0].kind].title

    @property
    def amount(self) -> float:
        """Of the first one."""
        return self.bends[0].amount

    def words(self, info: GeneratorInfo | None) -> str:
        """Kind, layers and channels: ``Scale · b16.conv1 · 7, 12``."""
        layers = sorted({bend.layer for bend in self.bends})
        named = info is not None and layers[-1] < len(info.layers)
        where = f"{len(layers)} layers"
        if len(layers) == 1:
            where = info.layers[layers[0]].name if named and info else f"layer {layers[0]}"
        numbers = sorted({channel for bend in self.bends for channel in bend.channels})
        kinds = dict.fromkeys(KINDS[bend.kind].title for bend in self.bends)
        return DOT.join([", ".join(kinds), where, channel_words(numbers, 6)])


def held(recipe: Recipe) -> dict[str, Held]:
    """Everything that bends a recipe, in order."""
    found: dict[str, Held] = {}
    for place, bend in enumerate(recipe.bends):
        identity = _identity(bend)
        before = found.get(identity, Held((), place))
        found[identity] = Held((*before.bends, bend), before.place)
    return found


def holding(recipe: Recipe, identity: str, kept: Held | None) -> Recipe:
    """The recipe with these bends in the place of those of the same identity, or without."""
    rest = [bend for bend in recipe.bends if _identity(bend) != identity]
    if kept is not None:
        rest[kept.place : kept.place] = kept.bends
    return msgspec.structs.replace(recipe, bends=tuple(rest))


def _identity(bend: Bend) -> str:
    return bend.key or bend_key(bend.layer, bend.kind, bend.channels)
