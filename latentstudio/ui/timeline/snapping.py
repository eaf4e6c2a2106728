"""What catches the hand on the timeline: beats, keys, else the nearest frame. No Qt."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from latentstudio.document.timeline.timeline import Timeline


def snapped(timeline: Timeline, time: float, reach: float, *, also: Iterable[float] = ()) -> float:
    """The beat, or other time, within ``reach`` seconds, else the nearest frame.

    Parameters
    ----------
    timeline
        Whose beats and frames.
    time, reach
        Where the hand is, and how far a catch reaches, in seconds.
    also
        Further times that catch, such as marks.
    """
    catches = (beat.time for beat in timeline.beats)
    ends = (0.0, timeline.length)  # between two frames, perhaps
    near = min((*catches, *also, *ends), key=lambda t: abs(t - time))
    if abs(near - time) <= reach:
        return near
    return timeline.time(round(time * float(timeline.fps)))
