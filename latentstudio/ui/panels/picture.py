"""The picture panel: a photograph in, a point of the generator out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import (
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
)
from PySide6.QtWidgets import QFileDialog, QPushButton, QWidget

from latentstudio.document.codec import recipe_digest
from latentstudio.ui.inverting.answers_box import AnswersBox, percent
from latentstudio.ui.inverting.big_button import BIG, TALL
from latentstudio.ui.inverting.compare import Compare
from latentstudio.ui.inverting.drop_area import DropArea
from latentstudio.ui.inverting.edit_gauge import EditGauge
from latentstudio.ui.inverting.faces import as_known, in_colour, pixels_of
from latentstudio.ui.inverting.loss_plot import LossPlot
from latentstudio.ui.inverting.mime import held_by
from latentstudio.ui.inverting.more_box import MoreBox
from latentstudio.ui.inverting.notice import Notice
from latentstudio.ui.inverting.picture_box import PictureBox
from latentstudio.ui.inverting.run_row import RunRow
from latentstudio.ui.inverting.starts_grid import StartsGrid
from latentstudio.ui.numbers.section import Section
from latentstudio.ui.panels.base import NO_GENERATOR, Panel

if TYPE_CHECKING:
    from latentstudio.document.vector import Vector
    from latentstudio.engine.inverting.values import Answer, Ended, Progress, Tuned, Tuning
    from latentstudio.generators.info import GeneratorInfo
    from latentstudio.ui.panels.context import PanelContext

FILTER = "Pictures (*.png *.jpg *.jpeg *.webp *.tif *.tiff *.bmp *.gif *.avif);;All files (*)"
FIND = {"find": "Find it", "enlarge": "Find what it could be", "repair": "Fill what is painted"}
FIND_TIP = "Search for the point of the generator whose picture is most like this one"
NOT_YET = "Nothing found yet"
PAINT_FIRST = "Paint over what is damaged first."
GUESS = 192  # px of the guess's picture


class PicturePanel(Panel):
    """Over :class:`~latentstudio.ui.inverting.model.InvertModel`."""

    title = "Picture"
    name = "picture"

    def __init__(self, studio: PanelContext, parent: QWidget | None = None) -> None:
        super().__init__(studio, parent)
        self.model = studio.inverting
        self._guess = ""  # digest of the recipe whose picture the encoder's guess is
        # Tests answer here instead of in a modal dialog: title and filter.
        self.ask: Callable[[str, str], str] = self._ask
        self.drop = DropArea()
        self.drop.setObjectName("picture.drop")
        self.picture = PictureBox(self.model.source)
        self.compare = Compare()
        self.compare.setObjectName("picture.compare")
        self.trouble = Notice(alarm=True)
        self.trouble.setObjectName("picture.trouble")
        self.gauge = EditGauge()
        self.answers = AnswersBox()
        self.search = QPushButton(FIND["find"])
        self.search.setObjectName("picture.find")
        self.search.setToolTip(FIND_TIP)
        self.run = RunRow()
        self.more = MoreBox()
        self.watch = Section("Starts", "picture.starts")
        self.grid, self.losses = StartsGrid(), LossPlot()
        self.watch.column.addWidget(self.grid)
        self.watch.column.addWidget(self.losses)
        for widget in (self.drop, self.picture, self.compare, self.trouble, self.run, self.gauge,
                       self.answers, self.search, self.more, self.watch):  # fmt: skip
            self.column.addWidget(widget)
        self.column.addStretch(1)
        self.setAcceptDrops(True)
        self._connect()
        self.refresh()

    def _connect(self) -> None:
        model, source = self.model, self.model.source
        self.drop.clicked.connect(self.choose)
        self.drop.dropped.connect(model.take)
        self.picture.other_wanted.connect(self.choose)
        self.search.clicked.connect(self._on_find)
        self.run.stop.clicked.connect(model.stop_run)
        self.more.edited.connect(self._show_find)
        self.answers.chosen.connect(self._show_answer)
        self.answers.used.connect(self._on_use)
        self.answers.wanted.connect(self._on_wanted)
        source.picture_changed.connect(self._show)
        source.cut.connect(self._on_cut)
        model.failed.connect(self._on_failed)
        model.waiting.connect(self.run.show_waiting)
        model.guessed.connect(self._on_guessed)
        model.going_changed.connect(self._on_going)
        model.progressed.connect(self._on_progress)
        model.tuning.connect(self._on_tuning)
        model.answers_changed.connect(self._on_answers)
        model.ended.connect(self._on_ended)
        model.tuned.connect(self._on_tuned)
        self.studio.thumbnails.ready.connect(self._on_thumbnail)

    # -- pictures in ---------------------------------------------------------------------

    def choose(self) -> None:
        """Ask for a photograph."""
        path = self.ask("Choose a photograph", FILTER)
        if path:
            self.model.take(Path(path))

    def paste(self) -> bool:
        """Take the clipboard's picture; whether it holds one."""
        found = held_by(QGuiApplication.clipboard().mimeData())
        if found is not None:
            self.model.take(*found)
        return found is not None

    def event(self, event: QEvent) -> bool:
        """Claim the key that pastes while there is a picture to be pasted."""
        override = event.type() == QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and _pastes(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Paste; Escape stops."""
        if event.matches(QKeySequence.StandardKey.Paste) and self.paste():
            return
        if event.key() == Qt.Key.Key_Escape and self.model.going:
            self.model.stop_run()
        else:
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Another photograph may be dropped anywhere."""
        if held_by(event.mimeData()) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Take it."""
        found = held_by(event.mimeData())
        if found is not None:
            event.acceptProposedAction()
            self.model.take(*found)

    def _ask(self, title: str, what: str) -> str:
        return QFileDialog.getOpenFileName(self, title, "", what)[0]

    # -- what it shows -------------------------------------------------------------------

    def show_info(self, info: GeneratorInfo | None) -> None:
        """Offer what the generator has."""
        self.more.show_info(info)
        self.picture.show_info(info)
        self.say(NO_GENERATOR if info is None else "")
        self._show()

    def _show(self) -> None:
        """Show what belongs to the state of things, and nothing else."""
        model = self.model
        there, going = model.source.intake is not None, bool(model.going)
        self.drop.setVisible(not there)
        self.picture.setVisible(there)
        self.compare.setVisible(there)
        self.run.setVisible(going)
        self.more.setVisible(there and not going)
        self.answers.setVisible(bool(model.answers) and not going)
        self.watch.setVisible(bool(self.grid.strengths))
        if not model.answers and model.progress is None:
            self.gauge.show_gauge(None)
        self._show_find()

    def _show_find(self) -> None:
        model, kind = self.model, self.more.kind
        ready = model.source.pixels is not None and self.document.info is not None
        unpainted = kind == "repair" and self.more.brush.empty
        self.search.setVisible(model.source.intake is not None and not model.going)
        self.search.setText("Search anew" if model.answers and kind == "find" else FIND[kind])
        self.search.setStyleSheet(TALL if model.answers else BIG)  # using them comes next
        self.search.setEnabled(ready and not unpainted)
        self.search.setToolTip(PAINT_FIRST if unpainted else FIND_TIP)

    def _show_order(self) -> None:
        """What is searched for, left in the comparison."""
        order = self.model.order
        if order is not None:
            known = as_known(order.picture, order.mask, order.small)
            self.compare.show_picture(0, known, "Yours")

    def _show_answer(self, place: int) -> None:
        if place < len(self.model.answers):
            answer = self._answer(place)
            self.compare.show_picture(1, answer.picture, f"Found · {percent(answer.distance)}")
            self.gauge.show_gauge(answer.editability)

    def _answer(self, place: int) -> Answer:
        return self.model.answers[place]

    # -- the hand ------------------------------------------------------------------------

    def _on_find(self) -> None:
        self.trouble.say("")
        self.picture.set_open(False)
        self.grid.begin()
        self.model.find(self.more.wishes(), self.more.brush.kept)
        self._show_order()
        self.compare.setFocus()  # a key that goes on repeating must not stop it

    def _on_use(self, point: str) -> None:
        words = self.model.use(self._answer(self.answers.place), point)
        if words:
            self.studio.tell(words)

    def _on_wanted(self, deed: str) -> None:
        answer = self._answer(self.answers.place)
        if deed == "refine":
            self.model.refine()
        elif deed == "tune":
            self.model.tune(answer)
        else:
            self.model.keep(answer)

    # -- news ----------------------------------------------------------------------------

    def _on_cut(self) -> None:
        pixels = self.model.source.pixels
        if pixels is not None:
            self.trouble.say("")
            self.more.brush.show_picture(in_colour(pixels))
            if not self.model.going:
                side = len(pixels)
                self.compare.show_picture(0, in_colour(pixels), f"Yours, at {side} × {side} px")
        self._show_find()

    def _on_guessed(self, vector: Vector) -> None:
        """The guess is the first picture of what is found, once it is drawn."""
        recipe = self.model.recipe_of(vector)
        self._guess = recipe_digest(recipe)
        self._wanted = recipe
        self._on_thumbnail(self._guess)

    def _on_thumbnail(self, digest: str) -> None:
        if digest != self._guess or self.model.going:
            return
        image = self.studio.thumbnails.get(self._wanted, GUESS)
        if image is not None:
            self._guess = ""
            self.compare.show_picture(1, pixels_of(image), "First guess")

    def _on_going(self) -> None:
        going = self.model.going
        if going:
            self.run.begin("Getting ready …" if going == "search" else "Fine-tuning …")
        if self.model.order is None:
            self.grid.begin()
            self.compare.show_picture(1, None, NOT_YET)
        self._show()

    def _on_progress(self, progress: Progress) -> None:
        self.run.show_step(progress)
        self.grid.show_progress(progress)
        self.losses.show_curves(progress.curves, progress.alive, progress.best, progress.steps)
        self.gauge.show_gauge(progress.editability)
        if progress.best in progress.alive:
            picture = progress.pictures[progress.alive.index(progress.best)]
            self.compare.show_picture(1, picture, f"Best so far · {percent(progress.distance)}")
        self.watch.show()

    def _on_tuning(self, tuning: Tuning) -> None:
        self.run.show_step(tuning)
        self.compare.show_picture(1, tuning.picture, "Fine-tuning")

    def _on_answers(self) -> None:
        self.answers.show_answers(self.model.answers)
        self._show_answer(self.answers.place)

    def _on_ended(self, ended: Ended) -> None:
        self.answers.warning.say(ended.warning)
        self.trouble.say("" if ended.answers else ended.reason)
        self._show()
        if self.isAncestorOf(self.focusWidget() or self):
            self.answers.uses["A"].setFocus()

    def _on_tuned(self, tuned: Tuned) -> None:
        self._show()
        self.studio.tell(
            f"Fine-tuned: the distance went from {percent(tuned.before)} to {percent(tuned.after)}."
        )

    def _on_failed(self, words: str) -> None:
        self.trouble.say(words)
        self._show()


def _pastes(event: QKeyEvent) -> bool:
    """Whether a key pastes, and there is a picture for it."""
    asked = event.matches(QKeySequence.StandardKey.Paste)
    return asked and held_by(QGuiApplication.clipboard().mimeData()) is not None
