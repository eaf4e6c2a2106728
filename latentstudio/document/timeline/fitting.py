"""How long a film is: up to its last key, unless a hand has set another length."""

from __future__ import annotations

import msgspec

from latentstudio.document.timeline.timeline import LEAST_SECONDS, Timeline


def end_of(timeline: Timeline) -> float:
    """Where its keys would end a film, in seconds.

    At the last of them; a loop takes as long to come back to the first as its last step took.
    One key alone has the default length.
    """
    marks = timeline.marks
    if len(marks) < 2:
        return max(Timeline().length, *marks, 0.0)
    back = marks[-1] - marks[-2] if timeline.loop == "loop" else 0.0
    return max(LEAST_SECONDS, marks[-1] + back)


def fitted(before: Timeline, after: Timeline) -> Timeline:
    """A changed timeline, as long as its keys ask for.

    A length that a hand has set stays; but no key, and no way back in a loop, is cut off.
    """
    kept = (after.marks, after.loop) == (before.marks, before.loop)
    if kept or after.length != before.length:
        return after
    if before.length == end_of(before) or _cut_off(after):
        return msgspec.structs.replace(after, length=end_of(after))
    return after


def _cut_off(timeline: Timeline) -> bool:
    """Whether its last key lies beyond the end; that of a loop, at the end or beyond."""
    last = max(timeline.marks, default=0.0)
    loops = timeline.loop == "loop" and len(timeline.marks) > 1
    return last >= timeline.length if loops else last > timeline.length
