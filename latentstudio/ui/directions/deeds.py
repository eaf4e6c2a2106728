"""What is done with directions beyond sliding: names, files, deletion, and fitting again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

import msgspec
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QInputDialog, QWidget

from latentstudio.data.attributes import title
from latentstudio.document.checks import RecipeError
from latentstudio.document.direction_file import SUFFIX
from latentstudio.engine.editing.values import FitRequest
from latentstudio.ui.directions.fitting import Fitting
from latentstudio.ui.directions.layers import Layers
from latentstudio.ui.wording import sentence

if TYPE_CHECKING:
    from latentstudio.document.direction import Direction
    from latentstudio.engine.editing.values import Fitted, Method
    from latentstudio.ui.panels.context import PanelContext

ELSEWHERE = "It is kept: it belongs to another checkpoint, and appears when that one is open."
FILES = f"Directions (*{SUFFIX})"
FAILURES = (RecipeError, OSError)  # a SaveError is an OSError, too


class Deeds(QObject):
    """Each says in the window's bar when it cannot be done; what can be undone, can be.

    Signals
    -------
    removed(Direction)
        It was deleted; :meth:`bring_back` undoes that.
    imported(Direction)
        It came from a file, and stands in front.
    refitted(Direction, Direction)
        The second took the first one's place.
    """

    removed = Signal(object)
    imported = Signal(object)
    refitted = Signal(object, object)

    def __init__(self, context: PanelContext, window: QWidget) -> None:
        super().__init__(window)
        self._context, self._window = context, window
        self._document, self._library = context.document, context.library
        self._fitting = Fitting(context.editing, self)
        self._old: Direction | None = None
        # Tests answer here instead of in a modal dialog.
        self.ask_name: Callable[[str], str] = self._ask_name
        self.ask_open: Callable[[], str] = self._ask_open
        self.ask_save: Callable[[str], str] = self._ask_save
        self._fitting.finished.connect(self._on_fitted)
        self._fitting.refused.connect(context.tell)

    @property
    def fitting(self) -> Direction | None:
        """The direction that is being fitted again."""
        return self._old if self._fitting.busy else None

    def set_amount(
        self, direction: Direction, amount: float, merge: str | None, layers: Layers | None = None
    ) -> None:
        """Put so much of it into the picture (undoable)."""
        try:
            recipe = direction.applied(self._document.recipe, amount, layers)
        except RecipeError as error:
            self._context.tell(sentence(error))
        else:
            self._document.change(direction.name, recipe=recipe, merge=merge)

    def set_layers(self, direction: Direction, layers: Layers) -> None:
        """Apply it to those layers: in the picture, and from now on."""
        if self._try(lambda: self._library.add(_on_layers(direction, layers))):
            amount = direction.amount(self._document.recipe)
            if amount:
                self.set_amount(direction, amount, None, layers)

    def rename(self, direction: Direction) -> None:
        """Ask for another name."""
        name = self.ask_name(direction.name).strip()
        if name and name != direction.name:
            self._try(lambda: self._library.rename(direction.key, name))

    def delete(self, direction: Direction) -> None:
        """Take it out of the library; the picture keeps what it has of it."""
        if self._try(lambda: self._library.remove(direction.key)):
            self.removed.emit(direction)

    def bring_back(self, direction: Direction) -> None:
        """Undo a deletion."""
        if self._try(lambda: self._library.add(direction)):
            self._library.bring(direction.key)

    def import_file(self) -> None:
        """Ask for a file, and put its direction in front."""
        name = self.ask_open()
        if not name:
            return
        found: list[Direction] = []
        if self._try(lambda: found.append(self._library.import_file(Path(name)))):
            self._library.bring(found[0].key)
            self.imported.emit(found[0])
            if found[0].checkpoint != self._document.recipe.checkpoint:
                self._context.tell(f"{found[0].name}: {ELSEWHERE}")

    def export_file(self, direction: Direction) -> None:
        """Ask where to, and write it."""
        name = self.ask_save(direction.name + SUFFIX)
        if not name:
            return
        path = Path(name if name.endswith(SUFFIX) else name + SUFFIX)
        if self._try(lambda: self._library.export_file(direction.key, path)):
            self._context.tell(f"{path.name} is written.")

    def hold(self, direction: Direction, attribute: str) -> None:
        """Fit it again with one more attribute held; the new one takes its place."""
        self._old = direction
        self._fitting.ask(refit_request(direction, attribute))

    def _on_fitted(self, fitted: Fitted) -> None:
        old, self._old = self._old, None
        assert old is not None
        new = msgspec.structs.replace(fitted.direction, name=old.name, low=old.low, high=old.high)
        recipe = self._document.recipe
        if not self._try(lambda: self._replace(old, new)):
            return
        amount = old.amount(recipe)
        if amount and recipe.checkpoint == new.checkpoint:
            recipe = new.applied(old.applied(recipe, 0.0), amount, old.layers_in(recipe))
            self._document.change(f"{new.name} holds {title(new.kept[-1]).lower()}", recipe=recipe)
        self.refitted.emit(old, new)
        if fitted.weak:
            self._context.tell(fitted.validation)

    def _replace(self, old: Direction, new: Direction) -> None:
        front = self._library.front(old.checkpoint)
        place = front.index(old.key) if old.key in front else 0
        self._library.add(new)
        if new.key != old.key:
            self._library.remove(old.key)
        self._library.rename(new.key, old.name)
        self._library.bring(new.key, place)

    def _try(self, deed: Callable[[], object]) -> bool:
        try:
            deed()
        except FAILURES as error:
            self._context.tell(sentence(error))
            return False
        return True

    def _ask_name(self, before: str) -> str:
        words = "What does it do?"
        text, fine = QInputDialog.getText(self._window.window(), "Rename", words, text=before)
        return text if fine else ""

    def _ask_open(self) -> str:
        return QFileDialog.getOpenFileName(self._window.window(), "Open direction", "", FILES)[0]

    def _ask_save(self, proposal: str) -> str:
        words = "Export direction"
        return QFileDialog.getSaveFileName(self._window.window(), words, proposal, FILES)[0]


def refit_request(direction: Direction, attribute: str) -> FitRequest:
    """What finds a direction again, with one more attribute held."""
    kept = (*direction.kept, attribute)
    return FitRequest(
        "attribute",
        direction.name,
        attribute=direction.attribute,
        value=direction.value,
        method=cast("Method", direction.method),
        kept=kept,
        first=direction.first,
        stop=direction.stop,
    )


def _on_layers(direction: Direction, layers: Layers) -> Direction:
    return msgspec.structs.replace(direction, first=layers[0], stop=layers[1])
