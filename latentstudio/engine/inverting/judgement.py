"""What to think of an answer, in plain words: how near it is, what it takes, what comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from latentstudio.engine.inverting.values import Answer, Order, Space

SAME = 0.05  # distance up to which an eye calls two pictures the same
# Misfit above which a picture is none of the generator's: the freer the search, the nearer it comes
# to anything. Of bundled generators, unseen portraits end at .31 at most in w+, .41 in w and .58 in
# z, other pictures at .37, .53 and .61 at least, but for plain ones (bench_stranger.py).
STRANGE: dict[Space, float] = {"z": 0.6, "w": 0.47, "w+": 0.34}
RANDOM = 0.8  # distance from which a picture is hardly nearer than a random one
UNIT = "100 % off is as far as two random pictures are from each other; lower is better."
_EDITS = {
    "close to the generator's own": "Close to the generator's own pictures: edits should work as on"
    " those.",
    "at its edge": "At the edge of what the generator draws: small edits should work, large ones"
    " may break the picture.",
    "far outside": "Far outside of what the generator draws: edits may do something else here.",
}
_NEARER: dict[Space, str] = {
    "w+": "A search in w stays nearer to its own pictures.",
    "w": "A search in z, or fewer steps, stay nearer to its own pictures.",
    "z": "Fewer steps stay nearer to its own pictures.",
}


def off(distance: float) -> str:
    """A distance as a share of that between two random pictures, such as ``4.0 % off``."""
    return f"{100.0 * distance:.{0 if distance >= 0.1 else 1}f} % off"


def strange(answer: Answer) -> bool:
    """Whether the picture that was asked for is none of the generator's."""
    return answer.misfit > STRANGE[answer.vector.space]


def verdict(answer: Answer) -> str:
    """How near an answer is, what that number means, and what would bring it nearer."""
    words = f"{off(answer.distance)}: {UNIT}"
    if answer.distance > SAME and not strange(answer):
        words += " Fine\N{NON-BREAKING HYPHEN}tune brings it nearer."
    return words


def outlook(word: str, space: Space) -> str:
    """What edits will do to a point.

    Parameters
    ----------
    word
        How it lies, as :class:`~latentstudio.engine.inverting.values.Gauge` has it.
    space
        That it was found in.
    """
    return _EDITS[word] + (f" {_NEARER[space]}" if word == "far outside" else "")


def warning_of(order: Order, answer: Answer, finished: bool = True) -> str:
    """What to know before answers are used; empty where there is nothing to say.

    Parameters
    ----------
    order
        What was wanted.
    answer
        The one that misses it least.
    finished
        Whether the search came to its end: one that was stopped says nothing about the generator.
    """
    sentences = []
    if finished and strange(answer):
        sentences.append(
            f"The generator cannot make this picture: {_astray(answer.distance)}. Use it as a"
            " likeness at most, or choose a picture of the kind that the generator has learned,"
            " cropped as those were."
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


def _astray(distance: float) -> str:
    """How the best there is misses, of which the distance may know nothing: features are misled."""
    if distance > RANDOM:
        return f"the best it found is {off(distance)}, hardly nearer than a random picture"
    return (
        f"the best it found shows something alike ({off(distance)}), but pixel by pixel it is much"
        " farther away than with pictures that the generator knows"
    )
