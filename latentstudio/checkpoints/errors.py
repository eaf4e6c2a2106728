"""What the checkpoint room raises when it can say in one sentence what is wrong."""

from __future__ import annotations


class CheckpointError(ValueError):
    """A checkpoint that cannot be read or written; its text is one sentence.

    The sentence names the file, says what is wrong with it and what to do.
    """


def quoted(text: str, limit: int = 80) -> str:
    """Quote a string from an untrusted file, escaped and cut to ``limit`` characters."""
    return repr(text if len(text) <= limit else text[: limit - 1] + "…")


def reason(error: OSError) -> str:
    """Return what the operating system says, such as ``No space left on device``."""
    return error.strerror or str(error) or type(error).__name__


def first_line(error: Exception) -> str:
    """Return the first line of what an error says: printable, of at most 200 characters."""
    line = (str(error).splitlines() or [type(error).__name__])[0][:200]
    return "".join(c if c.isprintable() else "?" for c in line)
