"""Saving: sessions and pictures, and what must survive without being asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from latentstudio.atomic import SaveError
from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.document.document import State
from latentstudio.document.recipe import Recipe, Seed
from latentstudio.document.session import SUFFIX, Session, save_session
from latentstudio.ui.home import Home
from latentstudio.ui.wording import sentence

if TYPE_CHECKING:
    from latentstudio.checkpoints.catalogue import Catalogue
    from latentstudio.document.recents import Recents
    from latentstudio.engine.frame import Frame
    from latentstudio.ui.errorbar import ErrorBar
    from latentstudio.ui.keeping import Keeper
    from latentstudio.ui.studio import Studio

TICK = 1000  # ms between looks at the autosave clock
ASIDE = "The unsaved session before is kept under File, Open recent: {}."


class Saver(QObject):
    """Knows which file the session belongs to, and whether it is newer than the file.

    Signals
    -------
    title_changed()
        The path or the modified mark changed.
    turned(dict)
        Another session came by New, undo or redo: the view that it is to have.
    """

    title_changed = Signal()
    turned = Signal(dict)

    def __init__(
        self,
        studio: Studio,
        catalogue: Catalogue,
        recents: Recents,
        bar: ErrorBar,
        keeper: Keeper,
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
        self._keeper = keeper
        self._home = Home(saved=studio.document.state)
        self._first_view = view()
        self._doors: list[tuple[State, Home]] = []  # states on either side of a New
        self._picture: Path | None = None
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
    def home(self) -> Home:
        """The file that the session belongs to."""
        return self._home

    @property
    def path(self) -> Path | None:
        """The session's file."""
        return self._home.path

    @property
    def modified(self) -> bool:
        """Whether the session differs from its file (or from how it began)."""
        return self._studio.document.state is not self._home.saved

    def _on_history(self) -> None:
        self._keeper.changed()
        for state, home in self._doors:
            if state is self._studio.document.state and home is not self._home:
                self._home.view, self._home = self._view(), home
                self.turned.emit(home.view)
        self.title_changed.emit()

    def session(self) -> Session:
        """All that a session file holds."""
        state = self._studio.document.state
        recipes = (state.recipe, state.timeline.base, *(kept.recipe for kept in state.gallery))
        hashes = {recipe.checkpoint for recipe in recipes}
        paths = {one: self._catalogue.locate(one) for one in sorted(hashes) if one}
        return Session(state, self._view(), {k: str(p) for k, p in paths.items() if p})

    def _unasked(self) -> Session:
        """As :meth:`session`, and which file it belongs to."""
        session = self.session()
        return Session(session.state, session.view | self._home.packed(), session.checkpoints)

    # -- sessions ------------------------------------------------------------------------

    def begin(self) -> None:
        """A new session with the same generator; undo brings the one before back.

        What was not saved of that one is put aside, too: the history ends with the program.
        """
        self._bar.clear()
        if not self.leave():
            return
        document, left = self._studio.document, self._home
        before = document.state
        left.view, self._home = self._view(), Home()
        document.begin("New session", State(Recipe(checkpoint=before.recipe.checkpoint)))
        self._home.settle(None, document.state)
        if document.state is not before:
            self._doors += [(before, left), (document.state, self._home)]
        self.turned.emit(self._first_view)
        self.title_changed.emit()

    def leave(self) -> bool:
        """Put aside what is not saved, before another session takes its place; False: it failed."""
        if self.modified:
            try:
                path = self._keeper.put_aside(self._unasked(), self._home.name)
            except OSError as error:  # a SaveError is one, too
                self._bar.say(sentence(error))
                return False
            self._bar.say(ASIDE.format(path.stem), kind="notice")
        return True

    def take(self, session: Session, path: Path | None) -> None:
        """A session was opened; ``path`` is None for one that was kept without being asked."""
        self._doors.clear()
        if path is not None and not self._keeper.holds(path):
            self._home = Home()
            self._home.settle(path, self._studio.document.state)
            self._studio.folders.used("session", path)
        else:
            self._home = Home.unpacked(session.view)
            self._keeper.took(session)
            self._keeper.changed()
            if self._home.trouble:
                self._bar.say(self._home.trouble)
        self.title_changed.emit()

    def save(self) -> None:
        """Save the session to its file; ask for one the first time, or if it is another's now."""
        if self.path is None or self._home.overtaken:
            self.save_as()
        else:
            self._write_session(self.path)

    def save_as(self) -> None:
        """Ask where, and save the session there."""
        proposal = self._studio.folders.beside(str(self.path or f"untitled{SUFFIX}"), "session")
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
        self._studio.folders.used("session", path)
        self._home.settle(path, session.state)
        self.title_changed.emit()

    # -- pictures ------------------------------------------------------------------------

    def save_picture(self) -> None:
        """Ask where, then write the exact frame as soon as there is one."""
        if self._studio.frame is None:
            self._bar.say("There is no picture to save yet.", kind="notice")
            return
        proposal = self._studio.folders.beside(self._proposal(), "picture")
        name = self.ask("Save picture", proposal, "PNG pictures (*.png)")
        if name:
            path = Path(name)
            self._studio.folders.used("picture", path)
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
        if self._keeper.due:
            try:
                self._keeper.save(self._unasked())
            except SaveError as error:
                self._bar.say(sentence(error))

    def finish(self) -> None:
        """A clean end: unsaved work goes where the next start finds it."""
        self._timer.stop()
        self._studio.document.history_changed.disconnect(self._on_history)
        self._keeper.finish(self._unasked() if self.modified else None)


def differences_of(state: State) -> set[str]:
    """Content hashes of the fine tunings that a session needs."""
    recipes = [state.recipe, state.timeline.base, *(kept.recipe for kept in state.gallery)]
    hashes = {recipe.difference for recipe in recipes}
    track = state.timeline.track("difference")
    if track is not None:
        hashes |= {str(key.value) for key in track.keys}
    return hashes - {""}
