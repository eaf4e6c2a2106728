"""Saving: sessions and pictures, and what must survive without being asked."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from latentstudio.atomic import SaveError
from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.document.autosave import Autosave, Recovery
from latentstudio.document.document import State
from latentstudio.document.recipe import Seed
from latentstudio.document.session import SUFFIX, Session, SessionError, load_session, save_session
from latentstudio.ui.wording import sentence

if TYPE_CHECKING:
    from latentstudio.checkpoints.catalogue import Catalogue
    from latentstudio.document.recents import Recents
    from latentstudio.engine.frame import Frame
    from latentstudio.ui.errorbar import ErrorBar
    from latentstudio.ui.studio import Studio

TICK = 1000  # ms between looks at the autosave clock


class Saver(QObject):
    """Knows which file the session belongs to, and whether it is newer than the file.

    Signals
    -------
    title_changed()
        The path or the modified mark changed.
    """

    title_changed = Signal()

    def __init__(
        self,
        studio: Studio,
        catalogue: Catalogue,
        recents: Recents,
        bar: ErrorBar,
        state_folder: Path,
        view: Callable[[], dict[str, Any]],
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._studio = studio
        self._catalogue = catalogue
        self._recents = recents
        self._bar = bar
        self._view = view
        self._window = window
        self._last = state_folder / f"last{SUFFIX}"
        self._autosave = Autosave(state_folder / "autosave")
        self._saved: State | None = studio.document.state
        self._picture: Path | None = None
        self.path: Path | None = None
        # Tests answer here instead of in a modal dialog.
        self.ask: Callable[[str, str, str], str] = self._ask
        studio.document.history_changed.connect(self._on_history)
        self._timer = QTimer(self)
        self._timer.setInterval(TICK)
        self._timer.timeout.connect(self.tick)
        self._timer.start()

    def _ask(self, title: str, proposal: str, what: str) -> str:
        return QFileDialog.getSaveFileName(self._window, title, proposal, what)[0]

    @property
    def modified(self) -> bool:
        """Whether the session differs from its file (or from how it began)."""
        return self._studio.document.state is not self._saved

    def settle(self, path: Path | None) -> None:
        """The present state is that of ``path`` (None: of no file)."""
        self.path, self._saved = path, self._studio.document.state
        self.title_changed.emit()

    def mark_modified(self) -> None:
        """The present state is in no file yet (it was restored)."""
        self._saved = None
        self._autosave.changed(time.monotonic())
        self.title_changed.emit()

    def _on_history(self) -> None:
        self._autosave.changed(time.monotonic())
        self.title_changed.emit()

    def session(self) -> Session:
        """All that a session file holds."""
        state = self._studio.document.state
        recipes = (state.recipe, state.timeline.base, *(kept.recipe for kept in state.gallery))
        hashes = {recipe.checkpoint for recipe in recipes}
        paths = {one: self._catalogue.locate(one) for one in sorted(hashes) if one}
        return Session(state, self._view(), {k: str(p) for k, p in paths.items() if p})

    # -- sessions ------------------------------------------------------------------------

    def save(self) -> None:
        """Save the session to its file; ask for one the first time."""
        if self.path is None:
            self.save_as()
        else:
            self._write_session(self.path)

    def save_as(self) -> None:
        """Ask where, and save the session there."""
        proposal = str(self.path or f"untitled{SUFFIX}")
        name = self.ask("Save session", proposal, f"Sessions (*{SUFFIX})")
        if name:
            path = Path(name)
            self._write_session(path if path.suffix else path.with_suffix(SUFFIX))

    def _write_session(self, path: Path) -> None:
        session = self.session()
        try:
            save_session(path, session.state, session.view, session.checkpoints)
            self._studio.differences.copy_beside(path, differences_of(session.state))
        except (SaveError, CheckpointError) as error:
            self._bar.say(sentence(error))
            return
        self._recents.add("sessions", path)
        self.settle(path)

    # -- pictures ------------------------------------------------------------------------

    def save_picture(self) -> None:
        """Ask where, then write the exact frame as soon as there is one."""
        if self._studio.frame is None:
            self._bar.say("There is no picture to save yet.", kind="notice")
            return
        name = self.ask("Save picture", self._proposal(), "PNG pictures (*.png)")
        if name:
            path = Path(name)
            self._picture = path if path.suffix.lower() == ".png" else Path(f"{path}.png")
            self._studio.when_exact(self._write_picture)

    def _proposal(self) -> str:
        recipe, info = self._studio.document.recipe, self._studio.document.info
        base = recipe.point(self._studio.document.active).base
        what = f"seed{base.value}" if isinstance(base, Seed) else "point"
        return f"{(info.name if info else '') or 'picture'}-{what}.png"

    def _write_picture(self, frame: Frame) -> None:
        from latentstudio.export.picture import save_png

        path, self._picture = self._picture, None
        if path is None:
            return
        try:
            save_png(path, frame)
        except OSError as error:
            self._bar.say(sentence(error))
            return
        self._bar.say(
            f"Saved {path.name}; dropping it on the window brings all of this back.",
            kind="notice",
        )

    # -- never forgets -------------------------------------------------------------------

    def tick(self) -> None:
        """Autosave, if it is time."""
        now = time.monotonic()
        if self._autosave.due(now):
            try:
                self._autosave.save(self.session(), now)
            except SaveError as error:
                self._bar.say(sentence(error))

    def crashed(self) -> Recovery | None:
        """The newest session that a crash left behind."""
        found = self._autosave.recoverable()
        for problem in self._autosave.problems:
            self._bar.say(f"{problem}.")
        self._autosave.problems.clear()
        return found[0] if found else None

    def take(self, recovery: Recovery) -> Session:
        """Open a crashed session as this studio's own (SessionError if it is gone)."""
        return self._autosave.take(recovery)

    def discard(self, recovery: Recovery) -> None:
        """Forget a crashed session."""
        self._autosave.discard(recovery)

    def left_open(self) -> Session | None:
        """What was unsaved at the last close; None if nothing was."""
        try:
            return load_session(self._last) if self._last.is_file() else None
        except SessionError:
            return None

    def forget_left_open(self) -> None:
        """The session left open has been taken over, or is not wanted."""
        self._last.unlink(missing_ok=True)

    def finish(self) -> None:
        """A clean end: unsaved work goes where the next start finds it."""
        self._timer.stop()
        self._studio.document.history_changed.disconnect(self._on_history)
        if self.modified:
            session = self.session()
            try:
                self._last.parent.mkdir(parents=True, exist_ok=True)
                save_session(self._last, session.state, session.view, session.checkpoints)
            except OSError:
                # The recovery file, if there is one, is the last copy: leave it.
                return
        self._autosave.finish()


def differences_of(state: State) -> set[str]:
    """Content hashes of the fine tunings that a session needs."""
    recipes = [state.recipe, state.timeline.base, *(kept.recipe for kept in state.gallery)]
    hashes = {recipe.difference for recipe in recipes}
    track = state.timeline.track("difference")
    if track is not None:
        hashes |= {str(key.value) for key in track.keys}
    return hashes - {""}
