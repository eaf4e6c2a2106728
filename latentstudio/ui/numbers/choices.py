"""What the person chose to measure: plain data."""

from __future__ import annotations

from pathlib import Path

import msgspec

from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.checkpoints.header import glance

BUNDLED = "portraits"
BUNDLED_TITLE = "Portraits (bundled)"
TARGETS = (500, 1_000, 2_000, 5_000, 10_000, 50_000)


class Choices(msgspec.Struct, frozen=True):
    """Everything about a measurement that is not in the recipe.

    Attributes
    ----------
    data
        The reals: a name that is bundled, or a path; "" while unknown.
    features
        The feature space, by a name that ``metrics.spaces`` knows, or a file.
    target
        Samples after which a measurement is settled.
    seed
        Of the samples.
    mixing
        Probability of style mixing, 0 to 1.
    any_class
        All classes in the data's shares, or the recipe's class alone.
    """

    data: str = ""
    features: str = "auto"
    target: int = 2_000
    seed: int = 0
    mixing: float = 0.0
    any_class: bool = True


def data_title(spec: str) -> str:
    """A data set's name for people."""
    return BUNDLED_TITLE if spec == BUNDLED else Path(spec).name


def known_data(path: Path | None) -> str:
    """Where a checkpoint file says what it was trained on, and that is bundled: its spec."""
    try:
        name = glance(path).data.get("name") if path is not None else None
    except CheckpointError:
        return ""
    return BUNDLED if name == BUNDLED else ""
