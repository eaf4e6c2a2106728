"""Opening: checkpoints, sessions, recipes and pictures, from menu, drop and command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.checkpoints.header import read_header
from latentstudio.document.codec import MAX_BYTES, recipe_from_json
from latentstudio.document.png import read_recipe
from latentstudio.document.recipe import RecipeError
from latentstudio.document.session import Session, load_session
from latentstudio.ui.recognise import recognise
from latentstudio.ui.wording import sentence

if TYPE_CHECKING:
    from latentstudio.checkpoints.catalogue import Catalogue
    from latentstudio.document.recents import Recents
    from latentstudio.document.recipe import Recipe
    from latentstudio.ui.errorbar import ErrorBar
    from latentstudio.ui.studio import Studio

FILTER = (
    "All that opens (*.safetensors *.latents *.png *.json);;Checkpoints (*.safetensors);;"
    "Sessions (*.latents);;Pictures saved here (*.png);;All files (*)"
)


class Opener(QObject):
    """Opens files; whatever fails, the session on the screen stays as it was.

    Signals
    -------
    opened(Path | None, Session | None)
        After success; a session comes with its path, anything else with None.
    """

    opened = Signal(object, object)

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
        # Tests answer here instead of in a modal dialog.
        self.ask: Callable[[str, str], str] = self._ask

    def _ask(self, title: str, what: str) -> str:
        return QFileDialog.getOpenFileName(self._window, title, "", what)[0]

    def choose(self) -> None:
        """Ask for a file and open it."""
        path = self.ask("Open", FILTER)
        if path:
            self.open(path)

    def open_dropped(self, paths: list[str]) -> None:
        """Open the first; say so if there were more."""
        self.open(paths[0])
        if len(paths) > 1 and not self._bar.sentence:
            self._bar.say(f"Opened {Path(paths[0]).name}; drop one file at a time.", kind="notice")

    def open(self, name: str | Path) -> bool:
        """Open a file by what it contains; False, and one sentence, if it cannot be."""
        path = Path(name).absolute()
        self._bar.clear()
        self._wanted = None
        try:
            kind = recognise(path)
            if kind == "checkpoint":
                self.open_checkpoint(path)
            elif kind == "session":
                self.take_session(load_session(path), path)
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
            return False
        return self._wanted is None

    def open_checkpoint(self, path: Path) -> None:
        """Put a checkpoint under the present recipe."""
        header = read_header(path)
        self._catalogue.add(path)
        self._recents.add("checkpoints", path)
        self._studio.open_generator(header.info)
        self.opened.emit(None, None)

    def take_recipe(self, recipe: Recipe, label: str) -> None:
        """Take over a recipe, once its checkpoint is here."""
        if self._ready(recipe.checkpoint, _Later(self.take_recipe, recipe, label)):
            self._studio.document.change(label, recipe=recipe)
            self.opened.emit(None, None)

    def take_session(self, session: Session, path: Path | None) -> None:
        """Take over a session, once its checkpoint is here."""
        for content_hash, hint in session.checkpoints.items():
            self._follow(content_hash, Path(hint))
        checkpoint = session.state.recipe.checkpoint
        if self._ready(checkpoint, _Later(self.take_session, session, path)):
            if path is not None:
                self._recents.add("sessions", path)
            self._studio.document.reset(session.state)
            self.opened.emit(path, session)

    def _follow(self, content_hash: str, hint: Path) -> None:
        if self._catalogue.locate(content_hash) is not None:
            return
        try:
            if read_header(hint).info.content_hash == content_hash:
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
        self._studio.learn(read_header(path).info)
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
        name = self.ask("Locate the checkpoint", "Checkpoints (*.safetensors);;All files (*)")
        if not name:
            self.offer_to_locate(content_hash, again)
            return
        try:
            found = read_header(Path(name)).info
            if found.content_hash != content_hash:
                raise RecipeError(
                    f"{Path(name).name} is another checkpoint ({found.content_hash[:8]}…) than the"
                    f" one that made this ({content_hash[:8]}…)"
                )
            self._catalogue.add(Path(name))
            self._wanted = None
            again()
        except (ValueError, OSError) as error:
            self._bar.say(sentence(error), action="Locate…", act=self._locate)


class _Later:
    """A call to make when the checkpoint is found."""

    def __init__(self, deed: Callable[..., None], *arguments: Any) -> None:
        self._deed, self._arguments = deed, arguments

    def __call__(self) -> None:
        self._deed(*self._arguments)
