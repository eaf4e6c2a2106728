"""Opening: checkpoints, sessions, recipes and pictures, from menu, drop and command line."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from latentstudio.checkpoints.differences import beside
from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.checkpoints.header import glance, read_header
from latentstudio.document.codec import MAX_BYTES, recipe_from_json
from latentstudio.document.film_text import read_film_timeline
from latentstudio.document.png import read_recipe
from latentstudio.document.recipe import RecipeError
from latentstudio.document.session import Session, load_session
from latentstudio.document.timeline.file import read_timeline
from latentstudio.engine.errors import sentence as told
from latentstudio.ui.reading import Reader, attempt
from latentstudio.ui.recognise import recognise, takes_a_while
from latentstudio.ui.wording import sentence

if TYPE_CHECKING:
    from latentstudio.checkpoints.catalogue import Catalogue
    from latentstudio.checkpoints.header import Header
    from latentstudio.document.recents import Recents
    from latentstudio.document.recipe import Recipe
    from latentstudio.document.timeline.timeline import Timeline
    from latentstudio.ui.errorbar import ErrorBar
    from latentstudio.ui.folders import Kind
    from latentstudio.ui.studio import Studio

PHOTOS = "*.jpg *.jpeg *.png *.webp *.gif *.bmp *.tif *.tiff *.avif *.heic"
FILMS = "*.mp4 *.webm *.gif *.webp *.timeline.json"
CHECKPOINTS = "*.safetensors *.pkl *.pt *.pth"
FILTER = (
    f"All that opens ({CHECKPOINTS} *.latents *.json {PHOTOS} *.mp4 *.webm);;"
    f"Checkpoints ({CHECKPOINTS});;Sessions (*.latents);;Pictures ({PHOTOS});;"
    f"Films and timelines ({FILMS});;All files (*)"
)
FOLDERS: dict[str, Kind] = {
    "checkpoint": "checkpoint",
    "film": "film",
    "timeline": "film",
}  # else among the pictures
PATIENCE = 200  # ms of reading before it is worth a word


class Opener(QObject):
    """Opens files; whatever fails, the session on the screen stays as it was.

    Signals
    -------
    opened(Path | None, Session | None)
        After success; a session comes with its path, anything else with None.
    photo(Path), photos(list)
        A picture that was not made here, or several, to be searched for in the generator.
    film()
        A timeline was opened.
    """

    opened = Signal(object, object)
    photo = Signal(object)
    photos = Signal(list)
    film = Signal()

    def __init__(
        self,
        studio: Studio,
        catalogue: Catalogue,
        recents: Recents,
        bar: ErrorBar,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._studio = studio
        self._catalogue = catalogue
        self._recents = recents
        self._bar = bar
        self._window = window
        self._wanted: tuple[str, Callable[[], None]] | None = None
        self.reader = Reader(self)
        self._note = ""
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(PATIENCE)
        self._soon.timeout.connect(self._say_reading)
        # Asked before another session takes the place of this one; False: it must not.
        self.leave: Callable[[], bool] = lambda: True
        # Tests answer here instead of in a modal dialog.
        self.ask: Callable[[str, str, str], str] = self._ask

    def _ask(self, title: str, folder: str, what: str) -> str:
        return QFileDialog.getOpenFileName(self._window, title, folder, what)[0]

    def choose(self) -> None:
        """Ask for a file and open it."""
        path = self.ask("Open", self._studio.folders.of(), FILTER)
        if path:
            self.open(path)

    def open_dropped(self, paths: list[str]) -> None:
        """Open the first, and say so if there were more; photographs are all taken, in turn."""
        if len(paths) > 1 and all(_is_photo(Path(path)) for path in paths):
            self._bar.clear()
            self.photos.emit([Path(path).absolute() for path in paths])
            return
        self.open(paths[0])
        if len(paths) > 1 and not self._bar.sentence:
            name = Path(paths[0]).name
            self._bar.say(f"Only {name} was taken; drop one file at a time.", kind="notice")

    def open(self, name: str | Path) -> None:
        """Open a file by what it contains; one sentence, if it cannot be.

        Reading another program's checkpoint takes a second or so and goes on in the background;
        what it ends in is said then. Opening anything else meanwhile takes its place.
        """
        path = Path(name).absolute()
        self.cancel()
        self._bar.clear()
        self._wanted = None
        try:
            kind = recognise(path)
            if kind != "session":  # the saver knows where those of the person lie
                self._studio.folders.used(FOLDERS.get(kind, "picture"), path)
            if kind == "checkpoint":
                self.open_checkpoint(path)
            elif kind == "session":
                self._open_session(load_session(path), path)
            elif kind == "photo":
                self.photo.emit(path)
            elif kind == "film":
                self.take_timeline(read_film_timeline(path), f"Open {path.name}")
            elif kind == "timeline":
                self.take_timeline(read_timeline(path), f"Open {path.name}")
            elif kind == "picture":
                with path.open("rb") as file:
                    self.take_recipe(read_recipe(file, path.name), f"Open {path.name}")
            else:
                with path.open("rb") as file:
                    recipe = recipe_from_json(file.read(MAX_BYTES + 1), path.name)
                self.take_recipe(recipe, f"Open {path.name}")
        except (ValueError, OSError) as error:
            # Each reader raises its own ValueError with one sentence.
            self._bar.say(sentence(error))

    def cancel(self) -> None:
        """Forget what is being read in the background."""
        self._soon.stop()
        self.reader.cancel()

    def stop(self) -> None:
        """As :meth:`cancel`, and wait until nothing is read any more (the window is going)."""
        self._soon.stop()
        self.reader.stop()

    def _read(
        self,
        paths: Iterable[Path],
        work: Callable[[], Any],
        then: Callable[[Any], None],
        failed: Callable[[str], None] | None = None,
    ) -> None:
        """Do ``work`` on checkpoints, in the background if it takes a while; then go on with it."""
        slow = [path for path in paths if takes_a_while(path)]
        go_on = partial(self._go_on, then, failed or self._bar.say)
        if slow:
            self._note = f"Reading {slow[0].name} …"
            self._soon.start()
            self.reader.read(work, go_on)
        else:
            go_on(attempt(work))

    def _say_reading(self) -> None:
        self._bar.say(self._note, kind="notice", lasting=True, action="Cancel", act=self.cancel)

    def _go_on(
        self, then: Callable[[Any], None], failed: Callable[[str], None], result: Any
    ) -> None:
        self._soon.stop()
        self._bar.take_back(self._note)
        if isinstance(result, Exception):
            failed(sentence(told(result, "cpu")))
            return
        try:
            then(result)
        except (ValueError, OSError) as error:
            failed(sentence(error))

    def open_checkpoint(self, path: Path) -> None:
        """Put a checkpoint under the present recipe."""
        add = partial(self._catalogue.add, path)
        self._read([path], add, partial(self._take_checkpoint, path))

    def _take_checkpoint(self, path: Path, header: Header) -> None:
        self._recents.add("checkpoints", path)
        self._studio.open_generator(header.info)
        self.opened.emit(None, None)

    def take_recipe(self, recipe: Recipe, label: str) -> None:
        """Take over a recipe, once its checkpoint is here."""
        if self._ready(recipe.checkpoint, _Later(self.take_recipe, recipe, label)):
            self._studio.document.change(label, recipe=recipe)
            self.opened.emit(None, None)

    def take_timeline(self, timeline: Timeline, label: str) -> None:
        """Take over a film, once its checkpoint is here; the picture is its first."""
        base = timeline.base.checkpoint
        if self._ready(base, _Later(self.take_timeline, timeline, label)):
            self._studio.document.change(label, recipe=timeline.at(0.0), timeline=timeline)
            self.opened.emit(None, None)
            self.film.emit()

    def _open_session(self, session: Session, path: Path) -> None:
        """Take over a session, after reading checkpoints that it names and nobody knows yet."""
        hints = [Path(hint) for hint in session.checkpoints.values()]
        self._read(hints, partial(_read_all, hints), partial(self._take_read, session, path))

    def _take_read(self, session: Session, path: Path, _nothing: None) -> None:
        self.take_session(session, path)

    def take_session(self, session: Session, path: Path | None) -> None:
        """Take over a session, once its checkpoint is here."""
        if path is not None:
            self._studio.differences.also(beside(path))
        for content_hash, hint in session.checkpoints.items():
            self._follow(content_hash, Path(hint))
        checkpoint = session.state.recipe.checkpoint
        if self._ready(checkpoint, _Later(self.take_session, session, path)) and self.leave():
            if path is not None:
                self._recents.add("sessions", path)
            self._studio.document.reset(session.state)
            self.opened.emit(path, session)

    def _follow(self, content_hash: str, hint: Path) -> None:
        if self._catalogue.locate(content_hash) is not None:
            return
        try:
            if glance(hint).info.content_hash == content_hash:
                self._catalogue.add(hint)
        except CheckpointError:
            pass  # only a hint: what is missing is said when it is needed

    def _ready(self, content_hash: str, again: Callable[[], None]) -> bool:
        if not content_hash:
            return True
        path = self._catalogue.locate(content_hash)
        if path is None:
            self.offer_to_locate(content_hash, again)
            return False
        self._studio.learn(glance(path).info)
        return True

    def offer_to_locate(self, content_hash: str, again: Callable[[], None]) -> None:
        """Say that a checkpoint is not here, with a button that asks where it is."""
        self._wanted = (content_hash, again)
        self._bar.say(
            f"This was made with the checkpoint {content_hash[:8]}…, which is not here:"
            " locate its file to go on.",
            action="Locate…",
            act=self._locate,
        )

    def _locate(self) -> None:
        if self._wanted is None:
            return
        content_hash, again = self._wanted
        folder = self._studio.folders.of("checkpoint")
        what = f"Checkpoints ({CHECKPOINTS});;All files (*)"
        name = self.ask("Locate the checkpoint", folder, what)
        if not name:
            self.offer_to_locate(content_hash, again)
            return
        path = Path(name)
        self._studio.folders.used("checkpoint", path)
        then = partial(self._located, path)
        self._read([path], partial(read_header, path), then, self._ask_again)

    def _ask_again(self, sentence: str) -> None:
        self._bar.say(sentence, action="Locate…", act=self._locate)

    def _located(self, path: Path, header: Header) -> None:
        if self._wanted is None:
            return
        content_hash, again = self._wanted
        found = header.info.content_hash
        if found != content_hash:
            raise RecipeError(
                f"{path.name} is another checkpoint ({found[:8]}…) than the one that made this"
                f" ({content_hash[:8]}…)"
            )
        self._catalogue.add(path)
        self._wanted = None
        again()


def _is_photo(path: Path) -> bool:
    try:
        return recognise(path) == "photo"
    except (ValueError, OSError):
        return False


def _read_all(paths: list[Path]) -> None:
    for path in paths:
        with suppress(CheckpointError):  # only a hint: what is missing is said when it is needed
            read_header(path)


class _Later:
    """A call to make when the checkpoint is found."""

    def __init__(self, deed: Callable[..., None], *arguments: Any) -> None:
        self._deed, self._arguments = deed, arguments

    def __call__(self) -> None:
        self._deed(*self._arguments)
