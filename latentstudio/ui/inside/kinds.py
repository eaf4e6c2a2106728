"""The kinds of bends as the panel offers them, and bends made of chosen channels. No Qt."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from latentstudio.document.edit import Bend, BendKind

if TYPE_CHECKING:
    from latentstudio.document.recipe import Recipe
    from latentstudio.generators.info import GeneratorInfo

NO_STYLES = "Style bends need a StyleGAN: {family} has no styles."
OWN_STYLE = "Added to the factors with which the style scales this layer's own channels."
STYLE_BEFORE = (
    "Added to the style, which scales what comes into this layer: the numbers are those of the"
    " channels of the layer before."
)
FAMILIES = {"dcgan": "DCGAN", "progan": "ProGAN"}


@dataclass(frozen=True)
class Kind:
    """One kind of bend.

    Attributes
    ----------
    name, title, tip
        As :class:`~latentstudio.document.edit.Bend` calls it, for people, and what it does.
    low, high, step, decimals, marks, suffix
        Of its slider.
    neutral
        The amount that does nothing; None where every amount does something.
    """

    name: BendKind
    title: str
    tip: str
    low: float
    high: float
    neutral: float | None
    step: float = 0.01
    decimals: int = 2
    marks: tuple[float, ...] = ()
    suffix: str = ""

    @property
    def rest(self) -> float:
        """Where the slider stands while there is no such bend."""
        return 0.0 if self.neutral is None else self.neutral


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("scale", "Scale", "0 ablates, −1 inverts, 1 leaves them",
             -2.0, 2.0, 1.0, marks=(-1.0, 0.0, 1.0), suffix=" ×"),
        Kind("style", "Style", OWN_STYLE, -5.0, 5.0, 0.0, 0.05, marks=(0.0,)),
        Kind("threshold", "Threshold", "What lies above becomes 1, all else 0",
             -2.0, 2.0, None, marks=(0.0,)),
        Kind("move_x", "Move right", "To the right, in shares of the map; zeros come in",
             -0.5, 0.5, 0.0, 0.005, marks=(0.0,)),
        Kind("move_y", "Move down", "Down, in shares of the map; zeros come in",
             -0.5, 0.5, 0.0, 0.005, marks=(0.0,)),
        Kind("rotate", "Rotate", "Degrees counter-clockwise about the middle",
             -180.0, 180.0, 0.0, 1.0, 0, (-90.0, 0.0, 90.0), "°"),
        Kind("zoom", "Zoom", "Enlarged about the middle; 1 leaves it",
             0.25, 3.0, 1.0, marks=(1.0, 2.0), suffix=" ×"),
        Kind("flip", "Flip", "1: left and right change places", 0.0, 1.0, 0.0, 10.0, 0),
        Kind("erode", "Erode", "The minimum within this radius, in shares of the map: what is"
             " bright shrinks", 0.0, 0.25, 0.0, 0.005, 3),
        Kind("dilate", "Dilate", "The maximum within this radius, in shares of the map: what is"
             " bright grows", 0.0, 0.25, 0.0, 0.005, 3),
    )
}  # fmt: skip


def refusal(kind: str, info: GeneratorInfo) -> str:
    """Why a generator cannot be bent so; "" where it can."""
    if kind != "style" or info.family.startswith("stylegan"):
        return ""
    return NO_STYLES.format(family=FAMILIES.get(info.family, info.family))


def kind_tip(kind: Kind, info: GeneratorInfo | None) -> str:
    """What a bend does in this generator: only StyleGAN's first version styles its outputs."""
    styled_before = kind.name == "style" and info is not None and info.family != "stylegan"
    return STYLE_BEFORE if styled_before else kind.tip


def bend_key(layer: int, kind: str, channels: Sequence[int]) -> str:
    """What identifies a bend that was made of these channels (none: of all)."""
    digest = hashlib.sha256(",".join(map(str, channels)).encode()).hexdigest()[:12]
    return f"bend:{layer}:{kind}:{digest if channels else 'all'}"


def made(kind: str, layer: int, channels: tuple[int, ...], amount: float, where: str) -> Bend:
    """A bend of channels (none: of all) of the layer called ``where``."""
    name = f"{KINDS[kind].title} {channel_words(channels, 2)} of {where}"
    return Bend(layer, channels, KINDS[kind].name, amount, bend_key(layer, kind, channels), name)


def amount_in(recipe: Recipe, key: str) -> float | None:
    """How far a recipe bends there; None where it does not."""
    return next((bend.amount for bend in recipe.bends if bend.key == key), None)


def channel_words(channels: Sequence[int], most: int = 3) -> str:
    """``7, 12, 40 + 5`` for channels in order; ``all`` for none."""
    if not channels:
        return "all"
    more = f" + {len(channels) - most}" if len(channels) > most else ""
    return ", ".join(map(str, channels[:most])) + more
