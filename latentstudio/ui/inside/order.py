"""In which order channels stand. No Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from latentstudio.engine.editing.values import Answering
    from latentstudio.ui.inside.maps import Maps

Sort = Literal["number", "strength", "answer"]
MANY = 64  # channels that an answer tells of at most


def ordered(maps: Maps, sort: Sort, answer: Answering | None) -> tuple[int, ...]:
    """All channels; those that do not answer are the last of ``answer``."""
    if sort == "strength":
        falling = -maps.strength
    elif sort == "answer" and answer is not None and fits(answer, maps):
        falling = -np.abs(answer.correlation)
    else:
        return tuple(range(len(maps)))
    return tuple(int(channel) for channel in np.argsort(falling, kind="stable"))


def fits(answer: Answering, maps: Maps) -> bool:
    """Whether an answer is about these channels."""
    return answer.layer == maps.layer and len(answer.correlation) == len(maps)


def answer_words(answer: Answering, title: str) -> str:
    """How many channels answer, in one sentence."""
    told, among = len(answer.channels), len(answer.correlation)
    if not told:
        return f"None of the {among} channels answers to {title}."
    more = " or more" if MANY <= told < among else ""
    verb = "answers" if told == 1 else "answer"
    return f"{told}{more} of {among} channels {verb} to {title}."
