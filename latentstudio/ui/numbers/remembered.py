"""What was chosen to be measured, kept across starts."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import msgspec

from latentstudio.atomic import write_atomic
from latentstudio.ui.numbers.choices import Choices

MOST = 64  # checkpoints whose data are remembered
MAX_BYTES = 1 << 20


class Remembered(msgspec.Struct, frozen=True):
    """The choices, and the data chosen for each checkpoint by its hash, the latest last."""

    choices: Choices = Choices()
    data: dict[str, str] = {}


def recall(file: Path) -> Remembered:
    """Read what was remembered; nothing where the file is missing or damaged."""
    try:
        with file.open("rb") as stream:
            return msgspec.json.decode(stream.read(MAX_BYTES), type=Remembered)
    except (OSError, msgspec.MsgspecError, ValueError, RecursionError):
        return Remembered()


def remember(file: Path, choices: Choices, data: dict[str, str]) -> None:
    """Write it, whole or not at all; in a folder that cannot be written nothing is kept."""
    kept = Remembered(choices, dict(list(data.items())[-MOST:]))
    with suppress(OSError, UnicodeError):
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(file, msgspec.json.encode(kept))


def is_gone(spec: str) -> bool:
    """Whether this is a path (and no name of ours) to what is there no more."""
    try:
        return Path(spec).is_absolute() and not Path(spec).exists()
    except (OSError, ValueError):
        return True  # such as a network folder that does not answer
