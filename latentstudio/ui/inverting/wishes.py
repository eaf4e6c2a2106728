"""What a search is to do, as the panel's controls say it. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from latentstudio.engine.inverting.values import STARTS, STEPS, Order, Space

if TYPE_CHECKING:
    from latentstudio.document.recipe import Recipe
    from latentstudio.engine.inverting.values import Pixels

Kind = Literal["find", "enlarge", "repair"]
ANSWERS = 4


@dataclass(frozen=True)
class Wishes:
    """A search.

    Attributes
    ----------
    kind
        ``find``: the point whose picture is most like the photograph. ``enlarge``: points whose
        pictures are like it when shrunk. ``repair``: like it outside of a painted mask.
    space
        Where it searches.
    starts, steps
        How many points set out, and how often they move.
    noise
        Whether the noise planes are searched, too.
    small
        For ``enlarge``: the picture's real height and width in pixels.
    answers
        For ``enlarge`` and ``repair``: how many different ones.
    """

    kind: Kind = "find"
    space: Space = "w+"
    starts: int = STARTS
    steps: int = STEPS
    noise: bool = False
    small: int = 16
    answers: int = ANSWERS

    def order(self, recipe: Recipe, picture: Pixels, name: str, mask: Pixels | None) -> Order:
        """The order for a picture, uint8 [r, r, c], in the generator of a recipe."""
        one = self.kind == "find"
        return Order(
            checkpoint=recipe.checkpoint,
            picture=picture,
            name=name,
            space=self.space,
            starts=max(self.starts, 1 if one else self.answers),
            steps=self.steps,
            noise=self.noise,
            label=recipe.label,
            mask=mask if self.kind == "repair" else None,
            small=self.small if self.kind == "enlarge" else None,
            answers=1 if one else self.answers,
        )


def small_sizes(resolution: int) -> tuple[int, ...]:
    """Sizes to enlarge from: halves of the generator's, down to 4 px."""
    return tuple(resolution >> i for i in range(1, resolution.bit_length()) if resolution >> i >= 4)
