"""What can go wrong in the engine, each as one sentence. No torch."""

from __future__ import annotations

from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.data.errors import DataError
from latentstudio.document.recipe import RecipeError


class EngineError(RuntimeError):
    """The engine cannot do what was asked: the message is one sentence."""


class SupersededError(Exception):
    """A newer request waits: what was being drawn is given up, and nobody is told."""


def out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out, of the machine or of the device."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and (
        "out of memory" in text or "not enough memory" in text
    )


def sentence(error: BaseException, device: str) -> str:
    """One sentence for the person at the screen."""
    if isinstance(error, (EngineError, RecipeError, CheckpointError, DataError)):
        return str(error)
    if out_of_memory(error):
        return (
            f"There was not enough memory on {device} to draw this: close other programs, or open"
            " a smaller checkpoint"
        )
    if isinstance(error, OSError):
        return f"{error.filename or 'A file'} cannot be used: {error.strerror or error}"
    lines = str(error).strip().splitlines()
    text = lines[0][:300] if lines else "no message"
    return f"This could not be drawn ({type(error).__name__}: {text})"


def unmeasured(error: BaseException, device: str) -> str:
    """One sentence on why there are no numbers: what the metrics refuse, they say themselves."""
    if isinstance(error, ValueError) and str(error):
        return str(error)
    return sentence(error, device).replace("drawn", "measured").replace("draw", "measure")
