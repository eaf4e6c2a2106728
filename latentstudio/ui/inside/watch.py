"""What is asked of the editor for the panel: maps and answers, while somebody looks."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from latentstudio.ui.inside.maps import Maps, prepared
from latentstudio.ui.reading import Reader
from latentstudio.ui.wording import sentence

if TYPE_CHECKING:
    from latentstudio.document.recipe import Recipe
    from latentstudio.engine.editing.values import Activations, Answering
    from latentstudio.metrics.columns import Column
    from latentstudio.ui.editing.model import EditModel
    from latentstudio.ui.numbers.visibility import Attention

REST = 120  # ms without news of the recipe after which its maps are asked for
KEPT = 64  # answers that are remembered


Question = tuple[str, str, str, int]  # of whom, attribute, value, layer


class Watch(QObject):
    """Asks for one layer's maps of the present picture, and which of them answer to what.

    Signals
    -------
    mapped(Maps)
        The maps that were asked for last.
    answered(Answering)
        What was asked for last, perhaps at once.
    failed(str)
        One sentence: why there is no answer to what is waited for.
    """

    mapped = Signal(object)
    answered = Signal(object)
    failed = Signal(str)

    def __init__(self, model: EditModel, attention: Attention, parent: QObject) -> None:
        super().__init__(parent)
        self._model, self._attention = model, attention
        self._layer = 0
        self._column: Column | None = None
        self._asked: tuple[Recipe, int] | None = None  # the maps that were asked for
        self._unmapped = False  # whether they are still to come
        self._question: Question | None = None  # what is waited for
        self._failed = False  # since the last asking
        self._answers: dict[Question, Answering] = {}
        self._opened, self._classifier = model.known is not None, model.classifier
        self._reader = Reader(self)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST)
        self._rest.timeout.connect(self.ask)
        model.activated.connect(self._on_activated)
        model.answered.connect(self._on_answered)
        model.failed.connect(self._on_failed)
        model.known_changed.connect(self._on_known)
        attention.changed.connect(self._on_attention)

    @property
    def waiting(self) -> bool:
        """Whether an answer on an attribute is waited for."""
        return self._question is not None

    def look(self, layer: int, column: Column | None) -> None:
        """Look at a layer at once, and ask its channels for an attribute (None: for nothing)."""
        self._layer, self._column = layer, column
        if column is None:
            self._question = None
        self.ask()

    def rest(self) -> None:
        """The picture changes: ask when it rests."""
        if self._attention.seen:
            self._rest.start()

    def ask(self) -> None:
        """Ask for what is not there yet."""
        self._rest.stop()
        recipe = self._model.document.recipe
        if not self._attention.seen or not recipe.checkpoint or self._model.document.info is None:
            return
        again, self._failed = self._failed, False
        if (recipe, self._layer) != self._asked or (again and self._unmapped):
            self._asked, self._unmapped = (recipe, self._layer), True
            self._reader.cancel()
            self._model.activations(recipe, self._layer)
        if self._column is None or self._model.known is None:
            return
        question = (self._source, self._column.attribute, self._column.value, self._layer)
        answer = self._answers.get(question)
        if answer is not None:
            self._question = None
            self.answered.emit(answer)
        elif question != self._question or again:
            self._question = question
            self._model.answering(*question[1:])

    def stop(self) -> None:
        """Ask for nothing more, and wait for the thread."""
        self._rest.stop()
        self._reader.stop()

    @property
    def _source(self) -> str:
        known = self._model.known
        return "" if known is None else f"{known.checkpoint} {known.classifier_hash}"

    def _on_attention(self) -> None:
        if self._attention.seen:
            self.ask()
        else:
            self._rest.stop()

    def _on_known(self) -> None:
        """The editor was opened anew, which lets go of what it was asked; or it is ready."""
        opened = self._opened, self._model.known is not None
        self._opened, reader = opened[1], self._model.classifier
        if self._unmapped and (opened == (True, False) or reader != self._classifier):
            self._asked = None
        self._classifier = reader
        self.ask()

    def _on_activated(self, activations: Activations) -> None:
        if (activations.recipe, activations.layer) == self._asked:
            self._reader.read(partial(prepared, activations), self._on_prepared)

    def _on_prepared(self, result: Any) -> None:
        self._unmapped = False
        if isinstance(result, Maps):
            self.mapped.emit(result)
        else:
            self.failed.emit(sentence(result))

    def _on_answered(self, answer: Answering) -> None:
        question = (self._source, answer.attribute, answer.value, answer.layer)
        if question == self._question:
            self._question = None
            self._answers[question] = answer
            while len(self._answers) > KEPT:
                del self._answers[next(iter(self._answers))]
            self.answered.emit(answer)

    def _on_failed(self, words: str) -> None:
        """Some question has no answer; perhaps ours, which the next occasion asks again."""
        if self._attention.seen and (self._question is not None or self._unmapped):
            self._failed = True
            self.failed.emit(words)
