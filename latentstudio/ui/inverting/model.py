"""The model behind the picture panel: photographs in, points out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from latentstudio.atomic import write_atomic
from latentstudio.document.document import Kept
from latentstudio.ui.inverting.faces import as_image
from latentstudio.ui.inverting.memory import Memory
from latentstudio.ui.inverting.mime import PASTED
from latentstudio.ui.inverting.picture_source import PictureSource
from latentstudio.ui.inverting.points import what_was_reset
from latentstudio.ui.inverting.searching import Searching
from latentstudio.ui.inverting.steps import Steps
from latentstudio.ui.samples.tiles import scaled
from latentstudio.ui.scaling import to_png
from latentstudio.ui.wording import sentence

if TYPE_CHECKING:
    from PySide6.QtGui import QImage

    from latentstudio.checkpoints.differences import Differences
    from latentstudio.document.document import Document
    from latentstudio.document.recipe import Recipe
    from latentstudio.engine.inverting.values import Answer, Guess
    from latentstudio.generators.info import GeneratorInfo
    from latentstudio.ui.inverting.mask import Mask
    from latentstudio.ui.inverting.wishes import Wishes

    Photograph = tuple[Path | bytes | QImage, str]  # where from, and its name

REST = 120  # ms of rest after which the encoder looks at the cut again
THUMBNAIL = 128


class InvertModel(Searching):
    """Searches for the points of photographs, and puts them into the document.

    Signals
    -------
    guessed(Vector)
        The encoder's answer to the present cut.
    line_changed()
        Others wait in :attr:`line`.

    Attributes
    ----------
    source
        The photograph and what is cut from it.
    steps
        Undo and redo of square and paint.
    memory
        What a later start finds again.
    line
        Photographs that wait, and their names.
    """

    guessed = Signal(object)
    line_changed = Signal()

    def __init__(
        self,
        document: Document,
        engine: Any,
        locate: Callable[[str], Path | None],
        parent: QObject | None = None,
        differences: Differences | None = None,
    ) -> None:
        super().__init__(document, engine, locate, parent, differences)
        self.source = PictureSource(self)
        self.steps = Steps(self.source, self)
        self.memory = Memory(self.source, self.steps, self)
        self._checkpoint = document.recipe.checkpoint
        self._guessed = False
        self.line: list[Photograph] = []
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.timeout.connect(self._ask_guess)
        self.source.failed.connect(self.failed)
        self.source.picture_changed.connect(self._on_other)
        self.source.cut.connect(self._on_cut)
        document.info_changed.connect(self._on_info)
        document.recipe_changed.connect(self._on_recipe)
        self._on_info(document.info)

    def stop(self) -> None:
        """End all work; nothing arrives after this."""
        if not self._closed:
            self._rest.stop()
            self.memory.stop()
            self.document.info_changed.disconnect(self._on_info)
            self.document.recipe_changed.disconnect(self._on_recipe)
            self.source.stop()
            super().stop()

    # -- what the person does ------------------------------------------------------------

    def take(self, source: Path | bytes | QImage, name: str = "") -> None:
        """Search for another photograph, whether dropped, pasted or opened.

        While something is going on, or others wait, it stands in line: it is taken once the
        answer before it is used.
        """
        self.take_each([(source, name or getattr(source, "name", PASTED))])

    def take_in_turn(self, paths: list[Path]) -> None:
        """Search for the photographs in several files, one after the other."""
        self.take_each([(path, path.name) for path in paths])

    def take_each(self, photographs: Sequence[Photograph]) -> None:
        """Search for several, one after the other."""
        busy = bool(self.going or self.line)
        self.line += photographs
        if busy:
            self.line_changed.emit()
        else:
            self.take_next()

    def take_next(self) -> None:
        """Take the photograph that waits, whatever is going on."""
        if self.line:
            self.source.take(*self.line.pop(0))
            self.line_changed.emit()

    def find(self, wishes: Wishes, mask: Mask | None = None) -> None:
        """Begin a search for the present cut in place of what is going on.

        Parameters
        ----------
        wishes
            What is searched for, and how.
        mask
            For a repair: uint8 [r, r], 255 where the photograph is sound, 0 where it is not.
        """
        source = self.source
        if source.intake is not None and source.pixels is not None:
            name = source.intake.name
            self.search(wishes.order(self.document.recipe, source.pixels, name, mask))

    def use(self, answer: Answer, point: str = "A") -> str:
        """Put an answer into the document as a point, and show it (undoable).

        Returns
        -------
        str
            A sentence about what had to be reset so that its picture is seen; may be empty.
        """
        if not self.at_home():
            return ""
        before, recipe = self.document.recipe, self.recipe(answer, point)
        self.document.change(f"Picture as {point}", recipe=recipe, active=point)
        self.take_next()
        return what_was_reset(before, recipe, point)

    def keep(self, answer: Answer) -> None:
        """Put an answer into the gallery (undoable)."""
        if self.at_home() and self.order is not None:
            png = to_png(scaled(answer.picture, min(THUMBNAIL, len(answer.picture))))
            kept = Kept(self.recipe(answer), png, Path(self.order.name).stem)
            self.document.change("Keep", gallery=(*self.document.gallery, kept))

    def save_filled(self, answer: Answer, path: Path) -> bool:
        """Write a photograph, filled in, as a PNG; whether it could be, or else it is said."""
        try:
            write_atomic(path, to_png(as_image(self.filled(answer))))
        except OSError as error:
            self.failed.emit(sentence(error))
            return False
        return True

    # -- what follows --------------------------------------------------------------------

    def _on_other(self) -> None:
        """Another photograph, or another generator."""
        self._guessed = False
        self.forget()

    def _on_info(self, info: GeneratorInfo | None) -> None:
        size = None if info is None else (info.resolution, 1 if info.channels == 1 else 3)
        self.source.set_size(size)

    def _on_recipe(self, recipe: Recipe) -> None:
        if recipe.checkpoint != self._checkpoint:
            self._checkpoint = recipe.checkpoint
            self._on_other()
            if self.source.pixels is not None:
                self._rest.start(REST)

    def _on_cut(self) -> None:
        self._rest.start(REST if self._guessed else 0)
        self._guessed = True

    def _ask_guess(self) -> None:
        if self.source.pixels is not None and self.document.recipe.checkpoint:
            self._ask("first_guess", self.document.recipe.checkpoint, self.source.pixels)

    def _on_guess(self, guess: Guess) -> None:
        self.guessed.emit(guess.vector)
