"""What is heard of a search, put into pictures, curves and a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from latentstudio.document.codec import recipe_digest
from latentstudio.engine.inverting.judgement import off
from latentstudio.ui.inverting.compare import Compare
from latentstudio.ui.inverting.edit_gauge import EditGauge
from latentstudio.ui.inverting.faces import as_known, in_colour, pixels_of
from latentstudio.ui.inverting.loss_plot import LossPlot
from latentstudio.ui.inverting.points import with_vector
from latentstudio.ui.inverting.run_row import RunRow
from latentstudio.ui.inverting.starts_grid import StartsGrid
from latentstudio.ui.numbers.section import Section

if TYPE_CHECKING:
    from latentstudio.document.recipe import Recipe
    from latentstudio.document.vector import Vector
    from latentstudio.engine.inverting.values import Answer, Progress, Tuning
    from latentstudio.ui.inverting.model import InvertModel
    from latentstudio.ui.panels.context import Thumbnails

NOT_YET = "Nothing found yet"
GUESS = 192  # px of the guess's picture


class Showing(QObject):
    """Leads the model's news to widgets that somebody else lays out.

    Attributes
    ----------
    compare
        The photograph, and beside it the guess, the best so far, or what was found.
    run
        How far it is, and Stop.
    gauge
        How editable that is.
    watch
        All starts, and their losses.
    """

    def __init__(self, model: InvertModel, thumbnails: Thumbnails, parent: QObject) -> None:
        super().__init__(parent)
        self._model, self._thumbnails = model, thumbnails
        self._guess: Recipe | None = None  # whose picture the encoder's guess is
        self.compare = Compare()
        self.compare.setObjectName("picture.compare")
        self.run = RunRow()
        self.gauge = EditGauge()
        self.watch = Section("Starts", "picture.starts")
        self.grid, self.losses = StartsGrid(), LossPlot()
        self.watch.column.addWidget(self.grid)
        self.watch.column.addWidget(self.losses)
        self.run.stop.clicked.connect(model.stop_run)
        model.source.cut.connect(self._on_cut)
        model.waiting.connect(self.run.show_waiting)
        model.guessed.connect(self._on_guessed)
        model.going_changed.connect(self._on_going)
        model.progressed.connect(self._on_progress)
        model.tuning.connect(self._on_tuning)
        thumbnails.ready.connect(self._on_thumbnail)

    def show_answer(self, answer: Answer) -> None:
        """Show what was found; after a repair the photograph beside it has no hole any more."""
        order, words = self._model.order, "Found"
        if order is not None and order.mask is not None:
            words = "Generated"
            filled = in_colour(self._model.filled(answer))
            self.compare.show_picture(0, filled, "Yours, filled in")
        self.compare.show_picture(1, answer.picture, f"{words} · {off(answer.distance)}")
        self.gauge.show_gauge(answer.editability)

    def refresh(self) -> None:
        """Hide what there is nothing to be seen of."""
        self.watch.setVisible(bool(self.grid.strengths))
        if not self._model.answers and self._model.progress is None:
            self.gauge.show_gauge(None)

    def _on_cut(self) -> None:
        pixels = self._model.source.pixels
        if pixels is not None and not self._model.going:
            side = len(pixels)
            self.compare.show_picture(0, in_colour(pixels), f"Yours, at {side} × {side} px")

    def _on_guessed(self, vector: Vector) -> None:
        """The guess is the first picture of what is found, once it is drawn."""
        self._guess = with_vector(self._model.document.recipe, vector)
        self._on_thumbnail(recipe_digest(self._guess))

    def _on_thumbnail(self, digest: str) -> None:
        guess = self._guess
        if guess is None or self._model.going or digest != recipe_digest(guess):
            return
        image = self._thumbnails.get(guess, GUESS)
        if image is not None:
            self._guess = None
            self.compare.show_picture(1, pixels_of(image), "First guess")

    def _on_going(self) -> None:
        going, order = self._model.going, self._model.order
        if going:
            self.run.begin("Getting ready …" if going == "search" else "Fine-tuning …")
        if order is None:
            self.grid.begin()
            self.compare.show_picture(1, None, NOT_YET)
        elif going == "search":
            known = as_known(order.picture, order.mask, order.small)
            self.compare.show_picture(0, known, "Yours")

    def _on_progress(self, progress: Progress) -> None:
        self.run.show_step(progress)
        self.grid.show_progress(progress)
        self.losses.show_curves(progress.curves, progress.alive, progress.best, progress.steps)
        self.gauge.show_gauge(progress.editability)
        words = f"Best so far · {off(progress.distance)}"
        self.compare.show_picture(1, progress.picture, words)
        self.watch.show()

    def _on_tuning(self, tuning: Tuning) -> None:
        self.run.show_step(tuning)
        self.compare.show_picture(1, tuning.picture, "Fine-tuning")
