"""What will come out, how far it is, and where it went: one line each. No Qt."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from latentstudio.ui.bench.setup import time_words

if TYPE_CHECKING:
    from latentstudio.export.film.plan import Plan
    from latentstudio.export.film.write import Progress


def outcome(plan: Plan, seconds: float | None) -> str:
    """Such as ``10.0 s, 300 frames, 1080 × 1080, about 12 s to draw``.

    Parameters
    ----------
    plan
        Of the film.
    seconds
        That a frame takes; None while that is not known.
    """
    settings, total = plan.settings, plan.total
    drawn = len(plan.frames)
    size = "{} × {}".format(*settings.size)
    if settings.format == "sheet":
        parts = [f"{total} of {plan.timeline.frames:,} frames", f"{size} each"]
    else:
        what = "pictures" if settings.format == "png" else "frames"
        parts = [f"{float(total / plan.timeline.fps):.1f} s", f"{total:,} {what}", size]
    if seconds is not None:
        parts.append(f"about {time_words(seconds * drawn)} to draw")
    return ", ".join(parts)


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
