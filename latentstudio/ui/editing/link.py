"""Between the engine's editor and the widgets: questions and news. Importable without torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from latentstudio.engine.editing.values import LEAKAGE
from latentstudio.ui.link import WatchedLink
from latentstudio.ui.wording import sentence

if TYPE_CHECKING:
    from latentstudio.document.direction import Direction
    from latentstudio.document.document import Document
    from latentstudio.document.recipe import Recipe
    from latentstudio.engine.editing.values import Ended, FitRequest, Known, Reading, Step


class EditorLink(WatchedLink):
    """One :class:`~latentstudio.engine.editing.editor.Editor`, asked and heard in the GUI thread.

    Nothing is imported or opened before somebody looks (:meth:`follow_visibility`) and the first
    picture has been drawn (:meth:`wake`). What is asked for earlier waits until then.

    Signals
    -------
    known_changed(), reading_changed(Reading)
        News about the classifier on this generator, and about the picture.
    kept_changed()
        Other attributes are held.
    fitted(Fitted), leaked(Leakage), activated(Activations), answered(Answering)
        What was asked for.
    progressed(str, float, float)
        What is being done, the share of it, and the seconds left (below 0: not known).
    failed(str)
        One sentence.

    Attributes
    ----------
    known, reading
        The newest of what the signals told; None while there is none.
    trouble
        Why there is nothing known; "" otherwise.
    classifier
        The chosen file; None for the bundled one.
    kept
        Attributes that edits of others leave alone; all at first.
    """

    known_changed = Signal()
    reading_changed = Signal(object)
    kept_changed = Signal()
    fitted = Signal(object)
    leaked = Signal(object)
    activated = Signal(object)
    answered = Signal(object)
    progressed = Signal(str, float, float)
    failed = Signal(str)

    USELESS = "Nothing can be edited by attribute"

    def __init__(self, document: Document, engine: Any, parent: QObject | None = None) -> None:
        super().__init__(document, engine, parent)
        self.known: Known | None = None
        self.reading: Reading | None = None
        self.trouble = ""
        self.classifier: Path | None = None
        self.kept: tuple[str, ...] = ()
        self._names: tuple[str, ...] = ()  # that the classifier reads
        self._opened: tuple[str, Path | None] | None = None

    # -- life ----------------------------------------------------------------------------

    def settle(self, locate: Callable[[str], Path | None]) -> None:
        """Say who finds a checkpoint by its hash."""
        self.locate = locate

    def load(self) -> Any:
        """See the base; tests put theirs here."""
        from latentstudio.engine.editing.editor import Editor

        return Editor

    def _make(self, loaded: Any) -> Any:
        return loaded(
            self._engine,
            lambda content_hash: self.locate(content_hash),
            on_known=self._hear(self._on_known),
            on_reading=self._hear(self._on_reading),
            on_step=self._hear(self._on_step, of_run=True),
            on_ended=self._hear(self._on_ended, of_run=True),
            on_fitted=self._hear(self.fitted.emit),
            on_leakage=self._hear(self.leaked.emit),
            on_activations=self._hear(self.activated.emit),
            on_answering=self._hear(self.answered.emit),
            on_progress=self._hear(self._on_progress),
            on_error=self._hear(self._on_error),
        )

    def _catch_up(self) -> None:
        self._open()
        super()._catch_up()
        self._read()

    def _end(self) -> None:
        self._agent.stop()

    def _look(self) -> None:
        self._open()
        self._read()

    def _open(self) -> None:
        """Learn what is chosen now, unless that is known or under way."""
        wanted = self.document.recipe.checkpoint, self.classifier
        if self._agent is not None and wanted[0] and wanted != self._opened:
            self._opened = wanted
            self._forget()
            self._agent.open(*wanted)
            self.known_changed.emit()

    def _forget(self) -> None:
        """What is known is of another generator or classifier."""
        self.known = self.reading = None
        self.trouble = ""

    def _read(self) -> None:
        recipe = self.document.recipe
        if self._agent is not None and self.active and recipe.checkpoint:
            self._agent.read(recipe)

    # -- what is asked -------------------------------------------------------------------

    def choose(self, classifier: Path | None) -> None:
        """Read attributes with another classifier; None for the bundled one."""
        self.classifier = classifier
        self._open()

    def hold(self, attribute: str, on: bool = True) -> None:
        """Have edits leave an attribute alone, or not; from the next run on."""
        kept = [name for name in self.kept if name != attribute]
        self.kept = (*kept, attribute) if on else tuple(kept)
        self.kept_changed.emit()

    def hold_all(self, on: bool) -> None:
        """Have edits leave alone all attributes but the one they are of, or none."""
        self.kept = self._names if on else ()
        self.kept_changed.emit()

    def column(self, attribute: str, value: str = "") -> int:
        """Index of an attribute's column (of one of its classes)."""
        columns = self.known.columns if self.known is not None else ()
        pairs = [(column.attribute, column.value) for column in columns]
        return pairs.index((attribute, value))

    def read(self, recipe: Recipe) -> None:
        """Read a picture's attributes; the latest wins."""
        self._ask("read", recipe)

    def fit(self, request: FitRequest) -> None:
        """Find a direction."""
        self._ask("fit", request)

    def leakage(self, recipe: Recipe, key: str, n: int = LEAKAGE) -> None:
        """Measure what an edit of the recipe moves."""
        self._ask("leakage", recipe, key, n)

    def matrix(self, checkpoint: str, directions: Sequence[Direction], n: int = LEAKAGE) -> None:
        """Measure what each direction moves."""
        self._ask("matrix", checkpoint, directions, n)

    def activations(self, recipe: Recipe, layer: int) -> None:
        """Look at what a layer carries."""
        self._ask("activations", recipe, layer)

    def answering(self, attribute: str, value: str, layer: int) -> None:
        """Find the channels of a layer that answer to an attribute."""
        self._ask("answering", attribute, value, layer)

    # -- news, in the GUI thread ---------------------------------------------------------

    def _on_recipe(self, _recipe: Recipe) -> None:
        self._open()
        self._read()

    def _on_known(self, known: Known) -> None:
        if known.checkpoint == self.document.recipe.checkpoint:
            self.known, self.trouble = known, ""
            names = tuple(attribute.name for attribute in known.attributes)
            if names != self._names:  # with all others held, a person stays who it is
                self._names = self.kept = names
                self.kept_changed.emit()
            self.known_changed.emit()

    def _on_reading(self, reading: Reading) -> None:
        if reading.recipe == self.document.recipe:
            self.reading = reading
            self.reading_changed.emit(reading)

    def _on_step(self, step: Step) -> None:
        """A run has come further."""

    def _on_ended(self, end: Ended) -> None:
        """A run is over."""

    def _on_progress(self, what: str, share: float, left: float | None = None) -> None:
        self.progressed.emit(what, share, -1.0 if left is None else left)

    def _on_error(self, words: str) -> None:
        words = sentence(words)
        if self.known is None:
            self.trouble = words
        self.failed.emit(words)
