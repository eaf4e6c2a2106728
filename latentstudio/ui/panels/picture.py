"""The picture panel: a photograph in, a point of the generator out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

from latentstudio.engine.inverting.judgement import off, strange
from latentstudio.ui.inverting.answers_box import AnswersBox
from latentstudio.ui.inverting.big_button import BIG, TALL
from latentstudio.ui.inverting.faces import as_image
from latentstudio.ui.inverting.more_box import MoreBox
from latentstudio.ui.inverting.next_row import NextRow
from latentstudio.ui.inverting.notice import Notice
from latentstudio.ui.inverting.picture_box import PictureBox
from latentstudio.ui.inverting.points import next_of
from latentstudio.ui.inverting.showing import Showing
from latentstudio.ui.inverting.stage import Stage
from latentstudio.ui.numbers.visibility import Attention
from latentstudio.ui.panels.base import NO_GENERATOR
from latentstudio.ui.panels.picture_intake import PictureIntake
from latentstudio.ui.widgets.metrics import MARGIN

if TYPE_CHECKING:
    from latentstudio.document.recipe import Recipe
    from latentstudio.engine.inverting.values import Answer, Ended
    from latentstudio.generators.info import GeneratorInfo
    from latentstudio.ui.panels.context import PanelContext

FIND = {"find": "Find it", "enlarge": "Find what it could be", "repair": "Fill what is painted"}
FIND_TIP = "Search for the point of the generator whose picture is most like this one"
PAINT_FIRST = "Paint over what is damaged first."


class PicturePanel(PictureIntake):
    """Over :class:`~latentstudio.ui.inverting.model.InvertModel`.

    Attributes
    ----------
    stage
        What is found, on the main canvas.
    """

    title = "Picture"
    name = "picture"

    def __init__(self, studio: PanelContext, parent: QWidget | None = None) -> None:
        super().__init__(studio, parent)
        model = self.model
        self.next = NextRow()
        self.picture = PictureBox(model.source, model.steps)
        self.stage = Stage(studio, self)
        self.showing = Showing(model, studio.thumbnails, self)
        self.trouble = Notice(alarm=True)
        self.trouble.setObjectName("picture.trouble")
        self.answers = AnswersBox()
        self.search = QPushButton()
        self.search.setObjectName("picture.find")
        self.more = MoreBox(model)
        showing = self.showing
        for widget in (self.next, self.drop, self.picture, showing.compare, self.trouble,
                       showing.run, showing.gauge, self.answers, self.search, self.more,
                       showing.watch):  # fmt: skip
            self.column.addWidget(widget)
        self.column.addStretch(1)
        self._connect()
        self._attention = Attention(self)
        self._attention.changed.connect(self._on_attention)
        self.refresh()
        self._on_attention()

    def _connect(self) -> None:
        model = self.model
        self.picture.other_wanted.connect(self.choose)
        self.next.wanted.connect(model.take_next)
        self.search.clicked.connect(self._on_find)
        self.more.edited.connect(self._show)
        self.more.fold.toggled.connect(self._show)
        self.more.task.kinds.chosen.connect(self._on_kind)
        # Once there is room made for what has come into sight.
        queued = Qt.ConnectionType.QueuedConnection
        self.more.fold.clicked.connect(self._on_more, queued)
        self.more.task.kinds.chosen.connect(self._on_more, queued)
        model.going_changed.connect(self._on_moving, queued)
        self.answers.chosen.connect(self._on_chosen)
        self.answers.used.connect(self._on_use)
        self.answers.wanted.connect(self._on_wanted)
        model.source.picture_changed.connect(self._on_kind)
        model.line_changed.connect(self._on_line)
        model.source.cut.connect(self._on_cut)
        model.failed.connect(self._on_failed)
        model.going_changed.connect(self._on_going)
        model.answers_changed.connect(self._on_answers)
        model.ended.connect(self._on_ended)
        model.tuned.connect(self._on_tuned)

    def stop(self) -> None:
        """Ask for no picture any more."""
        self.stage.watch(False)

    # -- what it shows -------------------------------------------------------------------

    def show_info(self, info: GeneratorInfo | None) -> None:
        """Offer what the generator has."""
        self.more.show_info(info)
        self.picture.show_info(info)
        self.say(NO_GENERATOR if info is None else "")
        self._show()

    def show_recipe(self, recipe: Recipe) -> None:
        """Have the button of the point stand out that comes next, if the picture is worth one."""
        answer = self._answer
        worth = answer is not None and not strange(answer)
        self.answers.show_next(next_of(recipe) if worth else "")

    def _show(self) -> None:
        """Show what belongs to the state of things, and nothing else."""
        model, showing = self.model, self.showing
        there, going = model.source.intake is not None, bool(model.going)
        self.drop.setVisible(not there)
        self.picture.setVisible(there)
        # The brush shows the same picture, and is what is needed then.
        painting = self.more.task.kind == "repair" and self.more.fold.isChecked()
        showing.compare.setVisible(there and (going or bool(model.answers) or not painting))
        showing.run.setVisible(going)
        showing.refresh()
        self.more.setVisible(there and not going)
        self.answers.setVisible(bool(model.answers) and not going)
        self._show_find()

    def _show_find(self) -> None:
        model, kind = self.model, self.more.task.kind
        ready = model.source.pixels is not None and self.document.info is not None
        unpainted = kind == "repair" and self.more.task.brush.empty
        self.search.setVisible(model.source.intake is not None and not model.going)
        self.search.setText("Search anew" if model.answers and kind == "find" else FIND[kind])
        self.search.setStyleSheet(TALL if model.answers else BIG)  # using them comes next
        self.search.setEnabled(ready and not unpainted)
        self.search.setToolTip(PAINT_FIRST if unpainted else FIND_TIP)

    @property
    def _answer(self) -> Answer | None:
        """The chosen one."""
        return next(iter(self.model.answers[self.answers.place :]), None)

    def _show_answer(self) -> None:
        answer = self._answer
        if answer is not None:
            self.showing.show_answer(answer)
            self.answers.show_verdict(answer)
            self.stage.show_answer(answer)
        self.show_recipe(self.document.recipe)

    def _focused(self) -> bool:
        """Whether the hand is here."""
        focus = QApplication.focusWidget()
        return focus is not None and self.isAncestorOf(focus)

    # -- the hand ------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape stops."""
        if event.key() == Qt.Key.Key_Escape and self.model.going:
            self.model.stop_run()
        else:
            super().keyPressEvent(event)

    def _on_find(self) -> None:
        self.showing.grid.begin()
        self.model.find(self.more.wishes(), self.more.task.brush.kept)

    def _on_kind(self) -> None:
        """What is painted on is seen without scrolling."""
        if self.more.task.kind == "repair":
            self.picture.set_open(False)
        self._show()

    def _on_more(self) -> None:
        """Scroll to what the hand has asked for."""
        for widget in (self.more, self.search):
            self._scroll.ensureWidgetVisible(widget, 0, MARGIN)

    def _on_chosen(self) -> None:
        self.stage.open()
        self._show_answer()

    def _on_use(self, point: str) -> None:
        answer = self._answer
        words = self.model.use(answer, point) if answer is not None else ""
        if words:
            self.studio.tell(words)

    def _on_wanted(self, deed: str) -> None:
        answer, model = self._answer, self.model
        if deed == "refine":
            model.refine()
        elif answer is not None:
            deeds = {"tune": model.tune, "keep": model.keep, "copy": self._copy, "save": self._save}
            deeds[deed](answer)

    def _copy(self, answer: Answer) -> None:
        QGuiApplication.clipboard().setImage(as_image(self.model.filled(answer)))
        self.studio.tell("The photograph is on the clipboard, filled in.")

    def _save(self, answer: Answer) -> None:
        path = self.ask_where("Save the photograph, filled in", "filled in.png")
        if path and self.model.save_filled(answer, Path(path)):
            self.studio.tell(f"{Path(path).name} is saved.")

    # -- news ----------------------------------------------------------------------------

    def _on_attention(self) -> None:
        if self._attention.seen:
            self.model.memory.recall()
        self.stage.watch(self._attention.seen)

    def _on_line(self) -> None:
        self.next.show_names([name for _, name in self.model.line])

    def _on_going(self) -> None:
        going, focused = self.model.going, self._focused()  # perhaps by what is about to be hidden
        if going:
            self.trouble.say("")
            self.picture.set_open(False)
        self._show()
        if going and focused:  # a key that goes on repeating must not stop it
            self.showing.compare.setFocus()

    def _on_moving(self) -> None:
        """What moves, and Stop, are in sight."""
        if self.model.going:
            for widget in (self.showing.compare, self.showing.run):
                self._scroll.ensureWidgetVisible(widget, 0, MARGIN)

    def _on_cut(self) -> None:
        self.trouble.say("")
        self._show_find()

    def _on_answers(self) -> None:
        order = self.model.order
        self.answers.show_answers(self.model.answers, order is not None and order.mask is not None)
        self._show_answer()

    def _on_ended(self, ended: Ended) -> None:
        self.answers.warning.say(ended.warning)
        self.trouble.say("" if ended.answers else ended.reason)
        self._show()
        if self._focused():
            self.answers.uses.get(self.answers.next, self.showing.compare).setFocus()

    def _on_tuned(self, before: Answer, after: Answer) -> None:
        self._show()
        self.studio.tell(f"Fine-tuned: {off(before.distance)} before, {off(after.distance)} now.")

    def _on_failed(self, words: str) -> None:
        self.trouble.say(words)
        self._show()
