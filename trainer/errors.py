"""What the trainer raises when it can say in one sentence what is wrong."""

from __future__ import annotations

from latentstudio.data.errors import DataError


class TrainingError(DataError):
    """A condition that a person can understand and act upon; its text is one sentence.

    Whoever catches :class:`DataError` catches what training and reading pictures raise.
    """


class NotFinite(TrainingError):  # noqa: N818 - named for what it says
    """A loss or a weight is no number any more; its text says which and when."""
