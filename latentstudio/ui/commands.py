"""What the actions do: one method each, named in :mod:`latentstudio.ui.actions`."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QMimeData, QObject
from PySide6.QtGui import QGuiApplication

from latentstudio.document.codec import recipe_from_json, recipe_to_json
from latentstudio.document.png import KEYWORD, SIGNATURE, read_recipe, read_text
from latentstudio.document.recipe import MAX_SEED, Point, RecipeError, Seed
from latentstudio.ui.inverting.mime import PASTED, held_by
from latentstudio.ui.scaling import to_image
from latentstudio.ui.wording import sentence

if TYPE_CHECKING:
    from latentstudio.engine.frame import Frame
    from latentstudio.ui.window import Window

DICE = 1_000_000  # a seed that a person can read aloud
PSI_STEP = 0.05
PSI_RANGE = (-1.0, 2.0)


class Commands(QObject):
    """The window's verbs."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self._studio = window.studio
        self._document = window.studio.document
        self._random = random.SystemRandom()

    # -- files ---------------------------------------------------------------------------

    def new_session(self) -> None:
        self._window.saver.begin()

    def open(self) -> None:
        self._window.opener.choose()

    def save_session(self) -> None:
        self._window.saver.save()

    def save_session_as(self) -> None:
        self._window.saver.save_as()

    def save_picture(self) -> None:
        self._window.saver.save_picture()

    def export_film(self) -> None:
        self._window.export_film()

    def quit(self) -> None:
        self._window.close()

    # -- edit ----------------------------------------------------------------------------

    def undo(self) -> None:
        self._document.undo()

    def redo(self) -> None:
        self._document.redo()

    def copy_recipe(self) -> None:
        frame = self._window.canvas.shown
        recipe = frame.recipe if frame else self._document.recipe
        QGuiApplication.clipboard().setText(recipe_to_json(recipe).decode())
        self._window.bar.say("The recipe is on the clipboard.", kind="notice")

    def paste(self) -> None:
        mime = QGuiApplication.clipboard().mimeData()
        png = bytes(mime.data("image/png").data())
        text = mime.text()
        try:
            if png.startswith(SIGNATURE) and read_text(png, KEYWORD, "the picture") is not None:
                recipe = read_recipe(png, "the picture on the clipboard")
            elif png:
                self._window.search(png, PASTED)
                return
            elif (found := held_by(mime)) is not None:
                self._window.search(*found)
                return
            elif text.strip():
                recipe = recipe_from_json(text.encode(), "the clipboard")
            else:
                raise RecipeError("the clipboard holds neither a recipe nor a picture: copy one")
        except RecipeError as error:
            self._window.bar.say(sentence(error))
            return
        self._window.opener.take_recipe(recipe, "Paste recipe")

    def copy_picture(self) -> None:
        self._studio.when_exact(self._put_picture)

    def _put_picture(self, frame: Frame) -> None:
        from latentstudio.export.picture import frame_to_png

        mime = QMimeData()
        # The PNG with its recipe first; programs that take no PNG find the plain image.
        mime.setData("image/png", frame_to_png(frame))
        mime.setImageData(to_image(frame.pixels))
        QGuiApplication.clipboard().setMimeData(mime)
        self._window.bar.say("The picture is on the clipboard.", kind="notice")

    # -- point ---------------------------------------------------------------------------

    def random_seed(self) -> None:
        self._seed("Random seed", self._random.randrange(DICE))

    def next_seed(self) -> None:
        self._step(1)

    def previous_seed(self) -> None:
        self._step(-1)

    def _step(self, by: int) -> None:
        base = self._document.recipe.point(self._document.active).base
        value = base.value + by if isinstance(base, Seed) else 0
        self._seed("Seed", value % (MAX_SEED + 1))

    def _seed(self, label: str, value: int) -> None:
        name = self._document.active
        recipe = self._document.recipe.with_point(Point(name, Seed(value)))
        self._document.change(label, recipe=recipe)

    def set_key(self) -> None:
        self._studio.timeline.set_key()

    def play(self) -> None:
        self._studio.timeline.turn()

    def keep(self) -> None:
        self._studio.keep_current()

    def choose_a(self) -> None:
        self._choose("A")

    def choose_b(self) -> None:
        self._choose("B")

    def choose_c(self) -> None:
        self._choose("C")

    def choose_d(self) -> None:
        self._choose("D")

    def _choose(self, name: str) -> None:
        recipe = self._document.recipe.showing(name)
        self._document.change(f"Point {name}", active=name, recipe=recipe)

    def psi_up(self) -> None:
        self._psi(PSI_STEP)

    def psi_down(self) -> None:
        self._psi(-PSI_STEP)

    def _psi(self, by: float) -> None:
        recipe = self._document.recipe
        low, high = PSI_RANGE
        psi = round(min(high, max(low, recipe.truncation.psi + by)), 4)
        truncation = msgspec.structs.replace(recipe.truncation, psi=psi)
        changed = msgspec.structs.replace(recipe, truncation=truncation)
        self._document.change("Truncation", recipe=changed)

    # -- view ----------------------------------------------------------------------------

    def fit(self) -> None:
        self._window.canvas.fit()

    def actual_size(self) -> None:
        self._window.canvas.actual_size()

    def zoom_in(self) -> None:
        self._window.canvas.zoom_in()

    def zoom_out(self) -> None:
        self._window.canvas.zoom_out()

    def smooth(self, on: bool) -> None:
        self._window.canvas.set_smooth(on)

    def previews(self, on: bool) -> None:
        self._window.set_previews(on)

    def stage(self, on: bool) -> None:
        self._window.set_stage(on)

    def picture(self) -> None:
        self._window.turn_to("picture")

    def morph(self) -> None:
        self._window.turn_to("morph")

    def timeline(self) -> None:
        self._window.turn_to("timeline")

    def edit(self) -> None:
        self._window.turn_to("edit")

    def sliders(self) -> None:
        self._window.turn_to("sliders")

    def inside(self) -> None:
        self._window.turn_to("inside")

    def leakage(self) -> None:
        self._window.windows.show("leakage")

    def bench(self) -> None:
        self._window.windows.show("bench")

    def numbers(self) -> None:
        self._window.turn_to("numbers")

    def samples(self) -> None:
        self._window.windows.show("samples")

    def shift(self) -> None:
        self._window.windows.show("shift")

    def shortcuts(self) -> None:
        self._window.show_sheet()
