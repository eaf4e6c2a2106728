"""The shelf: unsaved sessions that another one took the place of."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from pathlib import Path

from latentstudio.document.session import SUFFIX, Session, save_session

KEPT = 50


class Shelf:
    """A folder of sessions by date; the oldest go once there are more than fifty.

    Parameters
    ----------
    folder
        Common to all studios of the user; made when first needed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def holds(self, path: Path) -> bool:
        """Whether a session file lies here: it is nobody's own place to save to."""
        return path.absolute().parent == self._folder.absolute()

    def put(self, session: Session, name: str, when: datetime) -> Path:
        """Keep a session.

        Parameters
        ----------
        session
            What to keep.
        name
            What a person called it; the file is called by that and the time.
        when
            Local time.

        Returns
        -------
        Path
            Of the file.

        Raises
        ------
        latentstudio.atomic.SaveError, OSError
            It could not be written.
        """
        path = self.place(name, when)
        save_session(path, session.state, session.view, session.checkpoints)
        self._thin()
        return path

    def place(self, name: str, when: datetime) -> Path:
        """A free path of that name and time; arguments and errors as in :meth:`put`."""
        self._folder.mkdir(parents=True, exist_ok=True)
        stem = f"{name} {when:%Y-%m-%d %H.%M.%S}"
        path, count = self._folder / f"{stem}{SUFFIX}", 1
        while path.exists():
            count += 1
            path = self._folder / f"{stem} ({count}){SUFFIX}"
        return path

    def _thin(self) -> None:
        with suppress(OSError):
            files = sorted(self._folder.glob(f"*{SUFFIX}"), key=lambda path: path.stat().st_mtime)
            for path in files[:-KEPT]:
                path.unlink()
