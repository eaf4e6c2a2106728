"""Errors as sentences for the bar."""

from __future__ import annotations


def sentence(error: Exception | str) -> str:
    """The words of an error with a capital and a full stop; a file's name keeps its letters."""
    text = str(error).strip()
    first = text.split(" ", 1)[0]
    if first.isalpha():
        text = text[0].upper() + text[1:]
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."
