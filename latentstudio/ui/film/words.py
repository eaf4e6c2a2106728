"""What will come out, how far it is, and where it went: one line each. No Qt."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from latentstudio.document.timeline.file import SUFFIX
from latentstudio.ui.bench.setup import time_words
from latentstudio.ui.film.formats import ending

if TYPE_CHECKING:
    from latentstudio.export.film.plan import Plan
    from latentstudio.export.film.write import Progress


MEGA, GIGA = 10**6, 10**9
LEAST_STILL = 0.1  # s at the end that are worth a word
GIF_UNIT = 100  # parts of a second that a GIF counts in


def outcome(plan: Plan, seconds: float | None, weight: float | None = None) -> str:
    """Such as ``10.0 s, 300 frames, 1080 × 1080, about 12 MB, about 12 s to draw``.

    Parameters
    ----------
    plan
        Of the film.
    seconds
        That a frame takes; None while that is not known.
    weight
        Bytes per picture; None while that is not known.
    """
    settings, total = plan.settings, plan.total
    drawn = len(plan.frames)
    size = "{} × {}".format(*settings.size)
    if settings.format == "sheet":
        parts = [f"{total} of {plan.timeline.frames:,} frames", f"{size} each"]
    else:
        what = "pictures" if settings.format == "png" else "frames"
        parts = [f"{float(total / plan.timeline.fps):.1f} s", f"{total:,} {what}", size]
    if weight is not None:
        parts.append(f"about {size_words(weight * total)}")
    if seconds is not None:
        parts.append(f"about {time_words(seconds * drawn)} to draw")
    return ", ".join(parts)


def size_words(size: float) -> str:
    """Such as ``11.6 MB``."""
    if size >= GIGA:
        return f"{size / GIGA:.1f} GB"
    return f"{size / MEGA:.1f} MB" if size >= MEGA / 10 else f"{max(1.0, size / 1000):.0f} kB"


def notes(plan: Plan) -> list[str]:
    """What is not quite as one might think, and what comes beside the film: sentences."""
    beside = f"Its timeline comes beside it, as NAME{ending(plan.settings.format)}{SUFFIX}."
    return [*filter(None, (plan.settings.note, gif_words(plan), still_words(plan))), beside]


def gif_words(plan: Plan) -> str:
    """How a GIF plays a rate that it does not know; else empty."""
    fps = plan.timeline.fps
    if plan.settings.format != "gif" or GIF_UNIT % fps == 0:
        return ""
    short = int(GIF_UNIT / fps)
    return (
        f"A GIF counts in hundredths of a second: frames stay {short} or {short + 1} of them in"
        f" turn, {float(fps):.4g} fps on average, and some programs call that"
        f" {GIF_UNIT / short:.1f}. 20, 25 and 50 fps are even."
    )


def still_words(plan: Plan) -> str:
    """How long nothing moves at the end, after the last key; empty where something does."""
    timeline = plan.timeline
    keys = [key.time for track in timeline.tracks for key in track.keys]
    last, end = max((*keys, *timeline.marks), default=0.0), timeline.length
    moves = timeline.loop != "once" or timeline.walks or timeline.pulses
    if moves or end - last < LEAST_STILL:
        return ""
    return f"The last {end - last:.1f} s stand still: the last key lies at {last:.1f} s."


def progress_words(news: Progress) -> str:
    """Such as ``Frame 120 of 300, about 40 s left``."""
    if news.done == news.total:
        return "Finishing the file …"
    left = news.seconds_left
    tail = "" if left is None else f", about {time_words(left)} left"
    return f"Frame {news.done:,} of {news.total:,}{tail}"


def saved_words(path: Path) -> str:
    """What to say of a film that is there."""
    return f"Saved {path.name}"
