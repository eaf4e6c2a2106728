"""What survives without being asked: the session left open, that of a crash, those put aside."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from latentstudio.document.autosave import Autosave, Recovery
from latentstudio.document.session import SUFFIX, Session, SessionError, load_session, save_session
from latentstudio.document.shelf import Shelf

if TYPE_CHECKING:
    from latentstudio.document.recents import Recents


class Keeper:
    """Files of unsaved work in the user's state folder.

    Parameters
    ----------
    folder
        The state folder.
    recents
        Where sessions put aside are found again.
    """

    def __init__(self, folder: Path, recents: Recents) -> None:
        self._last = folder / f"last{SUFFIX}"
        self._left: Session | None = None  # read from there, and not yet safe elsewhere
        self._taken = False
        self._autosave = Autosave(folder / "autosave")
        self._shelf = Shelf(folder / "kept")
        self._recents = recents

    # -- while it runs -------------------------------------------------------------------

    def changed(self) -> None:
        """The session has changed."""
        self._autosave.changed(time.monotonic())

    @property
    def due(self) -> bool:
        """Whether to call :meth:`save` now."""
        return self._autosave.due(time.monotonic())

    def save(self, session: Session) -> None:
        """Write the recovery file (SaveError: it cannot be)."""
        self._autosave.save(session, time.monotonic())
        self._forget_left()

    def put_aside(self, session: Session, name: str) -> Path:
        """Keep a session that another takes the place of, among the recent ones (OSError)."""
        path = self._shelf.put(session, Path(name).stem, datetime.now())
        self._recents.add("sessions", path)
        return path

    def holds(self, path: Path) -> bool:
        """Whether a session was put aside here, and is no file of the person's."""
        return self._shelf.holds(path)

    # -- the next start ------------------------------------------------------------------

    def left_open(self) -> Session | None:
        """What was unsaved at the last close; None if nothing was."""
        try:
            self._left = load_session(self._last) if self._last.is_file() else None
        except SessionError:
            self._left = None
        return self._left

    def took(self, session: Session) -> None:
        """A session is in the window now; its file stays until it is safe under another name."""
        self._taken = self._taken or session is self._left

    def crashed(self) -> tuple[Recovery | None, list[str]]:
        """The newest session that a crash left behind, and sentences about damaged ones."""
        found = self._autosave.recoverable()
        problems = [f"{problem}." for problem in self._autosave.problems]
        self._autosave.problems.clear()
        return (found[0] if found else None), problems

    def take(self, recovery: Recovery) -> Session:
        """Open a crashed session as this studio's own (SessionError if it is gone)."""
        return self._autosave.take(recovery)

    def decline(self, recovery: Recovery, name: str) -> Path:
        """Put a crashed session aside (SessionError, OSError: it stays where it is)."""
        path = self.put_aside(load_session(recovery.path), name)
        self._autosave.discard(recovery)
        return path

    # -- the end -------------------------------------------------------------------------

    def finish(self, session: Session | None) -> None:
        """A clean end: unsaved work, if there is any, goes where the next start finds it.

        Where it cannot be written the recovery file, if there is one, is the last copy and stays.
        """
        try:
            if session is not None:
                self._make_room()
                self._last.parent.mkdir(parents=True, exist_ok=True)
                save_session(self._last, session.state, session.view, session.checkpoints)
            else:
                self._forget_left()
        except OSError:
            return
        self._autosave.finish()

    def _make_room(self) -> None:
        """Of a session left open earlier that never came into the window, nothing is lost."""
        if not self._taken and self._last.is_file():
            place = self._shelf.place("left open", datetime.now())
            self._last.replace(place)
            self._recents.add("sessions", place)

    def _forget_left(self) -> None:
        if self._taken:
            self._last.unlink(missing_ok=True)
            self._left, self._taken = None, False
