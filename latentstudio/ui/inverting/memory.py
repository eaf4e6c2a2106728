"""What a later start finds again: the settings of searches, and the last photograph as it was cut.

Kept for this user beside the autosaves, and in no session: a session is handed on, and where
somebody's photographs lie is nobody else's business.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal

from latentstudio.atomic import write_atomic
from latentstudio.ui.inverting.steps import Cut
from latentstudio.ui.inverting.wishes import Wishes

if TYPE_CHECKING:
    from latentstudio.ui.inverting.picture_source import PictureSource
    from latentstudio.ui.inverting.steps import Steps

FILE = "picture.json"
MAX_BYTES = 4 << 20
SETTLED = 500  # ms without a change after which it is written


class Remembered(msgspec.Struct, frozen=True):
    """The file.

    Attributes
    ----------
    wishes
        What a search is to do.
    photograph
        Path of the last one; empty where it was pasted.
    square
        What was cut from it: x, y, size and angle, as of :class:`~latentstudio.data.crop.Crop`.
    paint
        On the square, as :func:`~latentstudio.ui.inverting.mask.packed` gives it.
    """

    wishes: Wishes = Wishes()
    photograph: str = ""
    square: tuple[float, float, float, float] | None = None
    paint: bytes = b""


class Memory(QObject):
    """Follows photograph and steps, and writes what they are once the hand rests.

    Signals
    -------
    settled()
        :attr:`wishes` are others, and not by the hand.
    """

    settled = Signal()

    def __init__(self, source: PictureSource, steps: Steps, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._source, self._steps = source, steps
        self._file: Path | None = None
        self._kept = Remembered()
        self._recalled: Path | None = None  # being read, to be cut as it was
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(SETTLED)
        self._rest.timeout.connect(self._write)
        # After the steps have begun anew with the photograph.
        source.picture_changed.connect(self._on_picture)
        steps.changed.connect(self._on_steps)

    @property
    def wishes(self) -> Wishes:
        """As they were last wished."""
        return self._kept.wishes

    @property
    def folder(self) -> str:
        """Where the last photograph lay; empty where it was pasted."""
        return str(Path(self._kept.photograph).parent) if self._kept.photograph else ""

    def settle(self, folder: Path) -> None:
        """Say where things are kept, and read what is there."""
        self._file = folder / FILE
        self._kept = _read(self._file)
        self.settled.emit()

    def wish(self, wishes: Wishes) -> None:
        """Remember other settings."""
        self._keep(wishes=wishes)

    def recall(self) -> None:
        """Take the last photograph again, unless there is one by now."""
        path = Path(self._kept.photograph)
        if self._kept.photograph and self._source.intake is None and not self._source.reading:
            with suppress(OSError, ValueError):  # a folder that does not answer; no name at all
                if path.is_file():
                    self._recalled = path
                    self._source.take(path, path.name)

    def stop(self) -> None:
        """Write what is still to be written."""
        if self._rest.isActive():
            self._rest.stop()
            self._write()

    def _on_picture(self) -> None:
        path, recalled = self._source.path, self._recalled
        self._recalled = None
        if path is not None and path == recalled:
            self._steps.begin(self._cut())
        else:
            self._keep(photograph=str(path.absolute()) if path else "", square=None, paint=b"")
            # What was damaged or small about the last one says nothing of this one.
            self.wish(replace(self.wishes, kind="find"))
            self.settled.emit()

    def _cut(self) -> Cut:
        """What is remembered of the photograph that is there now, as far as it is sound."""
        from latentstudio.data.intake import Crop

        intake, crop = self._source.intake, self._source.crop
        if intake is not None and self._kept.square is not None:
            height, width = intake.pixels.shape[:2]
            with suppress(ValueError):
                crop = Crop(*self._kept.square).inside(width, height)
        return Cut(crop, self._kept.paint)

    def _on_steps(self) -> None:
        cut = self._steps.cut
        if cut.crop is not None and self._recalled is None:
            self._keep(square=msgspec.structs.astuple(cut.crop), paint=cut.paint)

    def _keep(self, **changes: object) -> None:
        kept = msgspec.structs.replace(self._kept, **changes)
        if kept != self._kept:
            self._kept = kept
            self._rest.start()

    def _write(self) -> None:
        if self._file is not None:
            with suppress(OSError, UnicodeError):
                self._file.parent.mkdir(parents=True, exist_ok=True)
                write_atomic(self._file, msgspec.json.encode(self._kept))


def _read(file: Path) -> Remembered:
    """What was written; nothing where the file is missing or damaged."""
    try:
        with file.open("rb") as stream:
            return msgspec.json.decode(stream.read(MAX_BYTES), type=Remembered)
    except (OSError, msgspec.MsgspecError, ValueError, RecursionError):
        return Remembered()
