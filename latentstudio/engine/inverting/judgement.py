"""Whether a generator can make a picture at all, in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from latentstudio.engine.inverting.values import Order

STRANGE = 0.8  # misfit above which the picture is none of the generator's


def warning_of(order: Order, misfit: float, finished: bool = True) -> str:
    """What to know before an answer is used; empty where there is nothing to say.

    Parameters
    ----------
    order
        What was wanted.
    misfit
        How far the best answer is from it, 1 being the distance between two random pictures of
        the generator.
    finished
        Whether the search came to its end: one that was stopped says nothing about the generator.
    """
    sentences = []
    if finished and misfit > STRANGE:
        sentences.append(
            f"The generator cannot make this picture: its best try is still {misfit:.0%} as far"
            " from it as two random pictures are from each other. Use it as a likeness at most, or"
            " choose a picture of the kind that the generator has learned, cropped as those were."
        )
    if order.small is not None:
        sentences.append(
            f"Everything finer than the {order.small} × {order.small} pixels given is invented: it"
            " shows what is common in the pictures that the generator learned from, with all their"
            " bias, and not what was there. Nobody can be recognised by it."
        )
    if order.mask is not None:
        sentences.append(
            "What stands in the place of the unknown parts is invented: it shows what is common in"
            " the pictures that the generator learned from, with all their bias, and not what was"
            " there."
        )
    return " ".join(sentences)
