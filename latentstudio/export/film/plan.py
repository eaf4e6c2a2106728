"""What is shown when: a timeline and settings, worked out."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from latentstudio.document.timeline.file import timeline_to_json
from latentstudio.document.timeline.timeline import Timeline
from latentstudio.export.film.errors import FilmError
from latentstudio.export.film.settings import FilmSettings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from latentstudio.document.recipe import Recipe

MAX_GIF_RATE = 50  # players slow faster ones down to 10


class Picture(NamedTuple):
    """A picture of the film: uint8 [H, W, 3] in the film's size, and the recipe it shows."""

    pixels: NDArray[np.uint8]
    recipe: Recipe


class Plan:
    """A film to be made.

    Parameters
    ----------
    timeline
        Of the film.
    settings
        What it is to be.

    Raises
    ------
    FilmError
        One sentence: the format cannot hold it.
    """

    def __init__(self, timeline: Timeline, settings: FilmSettings) -> None:
        if settings.format == "gif" and timeline.fps > MAX_GIF_RATE:
            raise FilmError(
                f"a GIF plays at most {MAX_GIF_RATE} frames a second, and the timeline has"
                f" {float(timeline.fps):g}: choose a lower rate or another format"
            )
        self.timeline = timeline
        self.settings = settings

    @property
    def text(self) -> bytes:
        """The timeline as the film carries it."""
        return timeline_to_json(self.timeline)

    @property
    def rounds(self) -> int:
        """How often the pictures themselves are repeated."""
        return max(1, self.settings.repeat) if self.settings.format in ("mp4", "webm") else 1

    @property
    def frames(self) -> list[int]:
        """Numbers of the timeline's frames that one round shows."""
        count = self.timeline.frames
        if self.settings.format != "sheet":
            return list(range(count))
        shown = min(count, self.settings.pictures)
        return [i * (count - 1) // max(1, shown - 1) for i in range(shown)]

    @property
    def total(self) -> int:
        """How many pictures the film has, all rounds counted."""
        return len(self.frames) * self.rounds

    def durations(self, unit: int) -> Iterator[int]:
        """How long each picture stays, in whole parts of ``unit`` to the second.

        Rounded so that no picture begins more than half a part from its time, however long the
        film is.
        """
        step = Fraction(unit) / self.timeline.fps
        for i in range(self.total):
            yield round((i + 1) * step) - round(i * step)
