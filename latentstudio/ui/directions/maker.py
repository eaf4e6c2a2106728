"""The window in which a slider is made: ask, look, hold what leaks, name it, keep it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from latentstudio.atomic import SaveError
from latentstudio.document.checks import MAX_NAME, RecipeError
from latentstudio.ui.directions.fitting import Fitting
from latentstudio.ui.directions.held import HeldRow
from latentstudio.ui.directions.result import ResultView
from latentstudio.ui.widgets.hint import Hint
from latentstudio.ui.widgets.metrics import GAP, MARGIN
from latentstudio.ui.wording import sentence

if TYPE_CHECKING:
    from latentstudio.document.direction import Direction
    from latentstudio.engine.editing.values import Fitted
    from latentstudio.ui.directions.questions import Question
    from latentstudio.ui.panels.context import PanelContext

FITTING = "Fitting…"
NOTHING = "The classifier is still being opened: the attributes come in a moment."
NAME = "What does it do? Such as: Rounder face"


class SliderMaker(QWidget):
    """Fits at once, and again whenever the question changes.

    Signals
    -------
    saved(Direction)
        It is in the library now, in front of the others.
    """

    saved = Signal(object)

    def __init__(
        self,
        context: PanelContext,
        question: Question,
        parent: QWidget | None = None,
        *,
        kept: tuple[str, ...] = (),
        title: str = "Make a slider",
    ) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setObjectName("maker")
        self.setWindowTitle(title)
        self.context, self.question = context, question
        self.document, self.editing = context.document, context.editing
        self.fitted: Fitted | None = None
        self._checkpoint = self.document.recipe.checkpoint
        self._fitting = Fitting(self.editing, self)
        self.held = HeldRow()
        self.held.set_kept(kept)
        self.status = Hint()
        self.status.setObjectName("maker.status")
        self.result = ResultView(context)
        self.name = QLineEdit(question.name())
        self.name.setObjectName("maker.name")
        self.name.setPlaceholderText(NAME)
        self.name.setAccessibleName("Name of the slider")
        self.name.setMaxLength(MAX_NAME)
        self.save = QPushButton("Save slider")
        self.save.setObjectName("maker.save")
        self.save.setToolTip("Keep it in the library, in front of the others (Enter)")
        self._named = False  # by the hand
        self._arrange()
        self._connect()
        self.resize(1000, 620)
        self.editing.follow_visibility(self)
        self.ask()

    def _arrange(self) -> None:
        self._holding = QWidget()
        hold = QHBoxLayout(self._holding)
        hold.setContentsMargins(0, 0, 0, 0)
        hold.setSpacing(GAP)
        hold.addWidget(QLabel("Holding"))
        hold.addWidget(self.held, 1)
        self._holding.setVisible(self.question.holds)
        last = QHBoxLayout()
        last.setSpacing(GAP)
        last.addWidget(QLabel("Name"))
        last.addWidget(self.name, 1)
        last.addWidget(self.save)
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.setSpacing(GAP)
        column.addWidget(self.question)
        column.addWidget(self._holding)
        column.addWidget(self.status)
        column.addWidget(self.result, 1)
        column.addLayout(last)
        self.name.setFocus()

    def _connect(self) -> None:
        self.question.asked.connect(self._on_asked)
        self.held.changed.connect(self.ask)
        self.result.hold.connect(self.held.hold)
        self.name.textEdited.connect(self._on_named)
        self.name.returnPressed.connect(self.keep)
        self.save.clicked.connect(self.keep)
        self._fitting.finished.connect(self._on_fitted)
        self._fitting.refused.connect(self._on_refused)
        self.editing.known_changed.connect(self._on_known)
        self.editing.progressed.connect(self._on_progress)
        QShortcut(QKeySequence(Qt.Key.Key_Escape), self, self.close)

    def ask(self) -> None:
        """Have it fitted as the question stands; what is shown stays until the answer."""
        known = self.editing.known
        self.question.set_known(known)
        attributes = known.attributes if known is not None else ()
        self.held.set_attributes(attributes, self.question.target())
        if not self._named:
            self.name.setText(self.question.name())
        request = self.question.request(self.held.kept)
        if request is None:
            self.status.say(NOTHING)
        else:
            self.status.say(FITTING)
            self._fitting.ask(request)
        self._enable()

    def keep(self) -> None:
        """Put it into the library, under its name, in front; then the window goes."""
        if self.fitted is None or self._fitting.busy or not self.name.text().strip():
            return
        library = self.context.library
        try:
            direction = msgspec.structs.replace(
                self.fitted.direction, name=self.name.text().strip()
            )
            kept: Direction = library.add(direction)
        except (RecipeError, SaveError) as error:
            self.status.say(sentence(error))
            return
        library.bring(kept.key)
        self.saved.emit(kept)
        self.close()

    def stop(self) -> None:
        """Wait for nothing more (the window is going)."""
        self._fitting.forget()
        self.result.stop()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Nobody waits any more."""
        self.stop()
        super().closeEvent(event)

    def _enable(self) -> None:
        ready = self.fitted is not None and not self._fitting.busy
        self.save.setEnabled(ready and bool(self.name.text().strip()))

    def _on_asked(self) -> None:
        self.ask()

    def _on_named(self, words: str) -> None:
        self._named = bool(words)
        self._enable()

    def _on_fitted(self, fitted: Fitted) -> None:
        self.fitted = fitted
        self.status.say("")
        self.result.show_fitted(fitted)
        self._enable()

    def _on_refused(self, words: str) -> None:
        self.status.say(words)
        self._enable()

    def _on_progress(self, words: str, share: float, _left: float) -> None:
        if self._fitting.busy:
            self.status.say(f"{words}: {share:.0%}")

    def _on_known(self) -> None:
        # A larger population is no new question; only the first attributes are waited for.
        if self.document.recipe.checkpoint != self._checkpoint:
            self.close()  # what it asks about is gone
        elif self.fitted is None and not self._fitting.busy:
            self.ask()


class Workshop(QObject):
    """The one maker that a panel or wall has open.

    Signals
    -------
    saved(Direction)
        As the maker's.
    """

    saved = Signal(object)

    def __init__(self, context: PanelContext, owner: QWidget) -> None:
        super().__init__(owner)
        self._context, self._owner = context, owner
        self.maker: SliderMaker | None = None

    def begin(self, question: Question, title: str, kept: tuple[str, ...] = ()) -> SliderMaker:
        """Open a maker, in place of the one that is open."""
        self.stop()
        maker = SliderMaker(self._context, question, self._owner, kept=kept, title=title)
        maker.saved.connect(self.saved)
        maker.show()
        self.maker = maker
        return maker

    def stop(self) -> None:
        """Close it."""
        if self.maker is not None:
            self.maker.close()
            self.maker.deleteLater()
            self.maker = None
