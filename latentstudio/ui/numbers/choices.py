"""What the person chose to measure: plain data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta

from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.checkpoints.header import glance
from latentstudio.document.recipe import MAX_SEED

BUNDLED = "portraits"
BUNDLED_TITLE = "Portraits (bundled)"
Target = Literal[500, 1_000, 2_000, 5_000, 10_000, 50_000]
TARGETS: tuple[Target, ...] = get_args(Target)


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
    target: Target = 2_000
    seed: Annotated[int, Meta(ge=0, le=MAX_SEED)] = 0
    mixing: Annotated[float, Meta(ge=0.0, le=1.0)] = 0.0
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
