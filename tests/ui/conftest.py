"""A document and the services around it, as panels get them, without a window."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QImage

from latentstudio.document.codec import recipe_digest
from latentstudio.document.document import Document, State
from latentstudio.document.recipe import Recipe
from latentstudio.generators.info import GeneratorInfo, LayerInfo
from latentstudio.ui.axes import AxesModel
from latentstudio.ui.directions.library import Library
from latentstudio.ui.editing.model import EditModel
from latentstudio.ui.inverting.model import InvertModel
from latentstudio.ui.morphing.model import MorphModel
from latentstudio.ui.numbers.model import NumbersModel
from latentstudio.ui.panels.context import PanelContext
from latentstudio.ui.timeline.model import TimelineModel

CHECKPOINT = "ab" * 32


class FakeThumbnails(QObject):
    """Knows no picture until ``deliver`` is called."""

    ready = Signal(str)

    def __init__(self, parent=None):
        super().__init__(parent)
        self.asked = []
        self.images = {}

    def get(self, recipe, size):
        if recipe not in self.images and recipe not in self.asked:
            self.asked.append(recipe)
        return self.images.get(recipe)

    def deliver(self, recipe, colour=Qt.GlobalColor.red):
        image = QImage(8, 8, QImage.Format.Format_RGB32)
        image.fill(colour)
        self.images[recipe] = image
        self.ready.emit(recipe_digest(recipe))


class Studio:
    """The context and what was asked of it."""

    def __init__(self):
        self.document = Document(State(Recipe(checkpoint=CHECKPOINT)))
        self.axes = AxesModel()
        self.thumbnails = FakeThumbnails()
        self.numbers = NumbersModel(self.document, engine=None)
        self.editing = EditModel(self.document, engine=None)
        self.library = Library(Path("no folder yet"))
        self.inverting = InvertModel(self.document, None, lambda _checkpoint: None)
        self.morphing = MorphModel(self.document, None, lambda _checkpoint: None)
        self.shown = []
        self.timeline = TimelineModel(self.document, self.shown.append, lambda _checkpoint: None)
        self.studied = []
        self.kept = 0
        self.restored = []
        self.told = []
        self.context = PanelContext(
            document=self.document,
            axes=self.axes,
            thumbnails=self.thumbnails,
            numbers=self.numbers,
            editing=self.editing,
            library=self.library,
            inverting=self.inverting,
            morphing=self.morphing,
            timeline=self.timeline,
            study=self.studied.append,
            locate=lambda _checkpoint: None,
            keep_current=self.keep,
            restore=self.restored.append,
            tell=self.told.append,
        )

    def keep(self):
        self.kept += 1

    @property
    def recipe(self):
        return self.document.recipe

    def steps(self):
        """How many undo steps there are."""
        count = 0
        while self.document.history.undo_label is not None:
            self.document.undo()
            count += 1
        for _ in range(count):
            self.document.redo()
        return count


def stylegan_info(resolution=64, classes=0):
    sides = [4]
    while sides[-1] < resolution:
        sides.append(2 * sides[-1])
    layers = [
        LayerInfo(f"b{r}.conv{i}", r, True) for r in sides for i in ((1,) if r == 4 else (0, 1))
    ]
    layers.append(LayerInfo(f"b{resolution}.torgb", resolution, False))
    return GeneratorInfo(
        "stylegan2", 32, 32, len(layers), resolution, 3, classes, tuple(layers), True,
        tuple(f"kind {i}" for i in range(classes)),
    )  # fmt: skip


def dcgan_info():
    layers = tuple(LayerInfo(f"b{r}", r) for r in (4, 8, 16, 32))
    return GeneratorInfo("dcgan", 16, 16, 1, 32, 3, 0, layers, False)


@pytest.fixture
def studio(qapp):
    made = Studio()
    made.document.set_info(stylegan_info())
    return made


@pytest.fixture
def show(qtbot):
    """Show a widget, wide enough, with the focus where the test puts it."""

    def place(widget, width=300, height=None):
        qtbot.addWidget(widget)
        widget.resize(width, height or widget.sizeHint().height())
        widget.show()
        qtbot.waitExposed(widget)
        widget.activateWindow()
        return widget

    return place


@pytest.fixture
def infos():
    return {"stylegan": stylegan_info(), "classes": stylegan_info(classes=3), "dcgan": dcgan_info()}


@pytest.fixture(autouse=True)
def no_collection_while_painting():
    """A widget that only a test's own frame held must not be collected while it is painted."""
    gc.disable()
    yield
    gc.enable()
