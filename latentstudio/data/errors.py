"""What the data room raises when it can say in one sentence what is wrong."""

from __future__ import annotations


class DataError(Exception):
    """Pictures or labels that cannot be used; its text is one sentence.

    The sentence names the file or folder, says what is wrong with it and what to do.
    """


def printable(text: str, limit: int = 120) -> str:
    """A name or message from outside, on one line, without control characters."""
    clean = "".join(c if c.isprintable() else "?" for c in text.strip().split("\n", 1)[0])
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"
