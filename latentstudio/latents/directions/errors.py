"""The error of this folder."""

from __future__ import annotations


class DirectionError(ValueError):
    """A direction that cannot be found: the message is one sentence."""
