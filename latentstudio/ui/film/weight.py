"""How large the file will be: a few frames encoded, away from the window."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QObject, Signal

from latentstudio.ui.reading import Reader

if TYPE_CHECKING:
    from latentstudio.engine.frame import Frame
    from latentstudio.export.film.settings import FilmSettings

APART = ("gif", "webp", "png")  # each picture for itself; others keep what changes alone
RATE = 10


class Weight(QObject):
    """Estimates bytes per picture by writing a tiny film of the frames at hand.

    Signals
    -------
    changed()
        :attr:`bytes` are known, or no more.

    Attributes
    ----------
    bytes
        Per picture; None until they are known, and for formats whose pictures lean on each other.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.bytes: float | None = None
        self._asked: tuple[FilmSettings, tuple[int, ...]] | None = None
        self._reader = Reader(self)

    def weigh(self, frames: Sequence[Frame], settings: FilmSettings) -> None:
        """Estimate for these frames and settings, unless that is known."""
        asked = (settings, tuple(id(frame) for frame in frames))
        if asked != self._asked:
            self._asked, self.bytes = asked, None
            self._reader.cancel()
            if frames and settings.format in APART:
                self._reader.read(partial(per_picture, list(frames), settings), self._on_weighed)

    def stop(self) -> None:
        """Wait for what is being weighed (the studio is going)."""
        self._reader.stop()

    def _on_weighed(self, weighed: float | Exception) -> None:
        # An error is told where it matters: when the film is made.
        self.bytes = None if isinstance(weighed, Exception) else weighed
        self.changed.emit()


def per_picture(frames: Sequence[Frame], settings: FilmSettings) -> float:
    """Bytes that a picture takes, as the mean over a film of nothing but these frames."""
    from latentstudio.document.timeline.timeline import Timeline
    from latentstudio.export.film.recorder import sidecar
    from latentstudio.export.film.write import write_film

    timeline = Timeline(length=len(frames) / RATE, rate=(RATE, 1))
    left = iter(frames)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "film")
        once = msgspec.structs.replace(settings, repeat=1)
        write_film(path, timeline, once, lambda _recipe: next(left))
        sidecar(path).unlink()
        files = [file for file in path.parent.rglob("*") if file.is_file()]
        return sum(file.stat().st_size for file in files) / len(frames)
