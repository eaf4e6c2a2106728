"""The numbers of one checkpoint, and the file beside it that holds them."""

from __future__ import annotations

from pathlib import Path

import msgspec

from latentstudio.atomic import write_atomic
from latentstudio.checkpoints.store import load_generator
from latentstudio.metrics.path_length import PathLength
from latentstudio.metrics.quality import Quality
from trainer.errors import TrainingError
from trainer.readings import Reading
from trainer.references import Distance


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """All numbers of one checkpoint; JSON beside it, read by its card."""

    checkpoint: str
    content_hash: str
    data: str
    quality: Quality
    references: tuple[Distance, ...]
    readings: tuple[Reading, ...]
    path_lengths: tuple[PathLength, ...]


def assessment_path(checkpoint: Path) -> Path:
    """Where a checkpoint's assessment lies: ``NAME-quality.json`` beside it."""
    return checkpoint.with_name(f"{checkpoint.stem}-quality.json")


def write_assessment(checkpoint: Path, found: Assessment) -> Path:
    """Write the numbers beside their checkpoint, whole or not at all; the file's path."""
    path = assessment_path(checkpoint)
    write_atomic(path, msgspec.json.format(msgspec.json.encode(found)))
    return path


def read_assessment(checkpoint: Path) -> Assessment | None:
    """The assessment of exactly this checkpoint, or None where there is none.

    Raises
    ------
    TrainingError
        If the file is not one that :func:`write_assessment` wrote.
    """
    path = assessment_path(checkpoint)
    if not path.exists():
        return None
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Assessment)
    except msgspec.DecodeError as error:
        raise TrainingError(
            f"{path} cannot be read ({error}): write it anew with latentstudio-train measure."
        ) from error
    return found if found.content_hash == load_generator(checkpoint).content_hash else None
