"""Autosave and recovery: what a crash leaves behind, the next start finds.

Each running studio writes its session to a file of its own in a common folder and holds a lock
beside it. A clean end removes both. A file whose lock nobody holds belongs to a studio that
crashed. There are no threads or timers here: the window brings the clock.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from platformdirs import user_state_path

from latentstudio.atomic import SaveError, write_atomic
from latentstudio.document.lock import FileLock
from latentstudio.document.session import (
    SUFFIX,
    Session,
    SessionError,
    load_session,
    session_to_json,
)


@dataclass(frozen=True, slots=True)
class Recovery:
    """A session that a crash left behind: its file, and when it was last written (UTC)."""

    path: Path
    when: datetime


def default_folder() -> Path:
    """Where autosaved sessions live for this user."""
    return user_state_path("latentstudio", appauthor=False) / "autosave"


class Autosave:
    """One running studio's autosave.

    Parameters
    ----------
    folder
        Common to all studios of the user; made when first needed.
    interval
        Seconds between two saves, at least.
    quiet
        Seconds without a change before a save, so that no drag ever waits for the disk. A hand
        that never rests is saved every ten intervals all the same.

    Attributes
    ----------
    problems
        Sentences about recovery files that could not be read; each is told once, and the file
        is set aside under the ending ``.damaged``.
    """

    def __init__(
        self, folder: Path | None = None, *, interval: float = 5.0, quiet: float = 1.0
    ) -> None:
        self._folder = folder if folder is not None else default_folder()
        self._path = self._folder / f"{os.getpid()}-{secrets.token_hex(4)}{SUFFIX}"
        self._interval = interval
        self._quiet = quiet
        self._first: float | None = None
        self._latest = 0.0
        self._saved: float | None = None
        self._lock: FileLock | None = None
        self._taken: dict[Path, FileLock] = {}
        self.problems: list[str] = []

    @property
    def path(self) -> Path:
        """Where this studio saves: its own recovery file, there only after the first save."""
        return self._path

    def changed(self, now: float) -> None:
        """Note that the session has changed. ``now``: seconds on any clock that only grows."""
        self._latest = now
        if self._first is None:
            self._first = now

    def due(self, now: float) -> bool:
        """Whether to call :meth:`save` now."""
        if self._first is None:
            return False
        if self._saved is not None and now - self._saved < self._interval:
            return False
        return now - self._latest >= self._quiet or now - self._first >= 10 * self._interval

    def save(self, session: Session, now: float) -> None:
        """Write the session to this studio's recovery file.

        Raises
        ------
        latentstudio.atomic.SaveError
            One sentence. The next try comes due after another interval.
        """
        self._saved = now
        data = session_to_json(session)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            if self._lock is None:
                self._lock = FileLock(_lock_path(self._path))
        except OSError as error:
            raise SaveError(
                f"autosave is off: the folder {self._folder} cannot be used ({error.strerror})"
            ) from error
        write_atomic(self._path, data)
        self._first = None
        self._forget_taken()  # what was recovered is now safe under this studio's own name

    def finish(self) -> None:
        """End cleanly: this studio's recovery file is no longer needed."""
        self._first = None
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
        if self._lock is not None:
            self._lock.release()
            self._lock = None
        self._forget_taken()

    def recoverable(self) -> list[Recovery]:
        """Return the sessions of crashed studios, newest first; never those of running ones."""
        found = []
        for path in self._others():
            try:
                lock = FileLock(_lock_path(path))
            except OSError:
                continue  # a running studio's, or a folder where nothing may be written
            try:
                when = datetime.fromtimestamp(path.stat().st_mtime, UTC)
                load_session(path)
                found.append(Recovery(path, when))
            except SessionError as error:
                self.problems.append(f"a session left by a crash cannot be recovered: {error}")
                with suppress(OSError):
                    path.replace(path.with_suffix(".damaged"))
            except OSError:
                pass  # only a lock was left, or it was recovered elsewhere in this moment
            finally:
                lock.release()
        return sorted(found, key=lambda recovery: recovery.when, reverse=True)

    def take(self, recovery: Recovery) -> Session:
        """Open a recovered session as this studio's own.

        Its file stays until this studio has saved the session under its own name.

        Raises
        ------
        SessionError
            One sentence, also when another studio took it first.
        """
        session = self._claim(recovery)
        self.changed(self._latest)
        return session

    def discard(self, recovery: Recovery) -> None:
        """Remove a recovered session that the person does not want."""
        with suppress(SessionError):
            self._claim(recovery)
            self._forget_taken()

    def _claim(self, recovery: Recovery) -> Session:
        path = recovery.path
        try:
            lock = FileLock(_lock_path(path))
        except OSError as error:
            raise SessionError(f"{path} was opened by another studio just now") from error
        try:
            session = load_session(path)
        except SessionError:
            lock.release()
            raise
        self._taken[path] = lock
        return session

    def _forget_taken(self) -> None:
        for path, lock in self._taken.items():
            with suppress(OSError):
                path.unlink(missing_ok=True)
            lock.release()
        self._taken.clear()

    def _others(self) -> list[Path]:
        with suppress(OSError):
            names = (*self._folder.glob("*" + SUFFIX), *self._folder.glob("*.lock"))
            sessions = {path.with_suffix(SUFFIX) for path in names}
            return sorted(sessions - {self._path, *self._taken})
        return []


def _lock_path(session: Path) -> Path:
    return session.with_suffix(".lock")
