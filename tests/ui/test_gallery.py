from __future__ import annotations

import pytest
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QModelIndex, Qt
from PySide6.QtGui import QImage

from latentstudio.document.codec import recipe_from_json
from latentstudio.document.document import Kept
from latentstudio.document.recipe import Recipe, Seed
from latentstudio.ui.panels.gallery import GalleryPanel
from latentstudio.ui.widgets.filmstrip_model import ROW_MIME
from latentstudio.ui.widgets.recipe_mime import RECIPE_MIME

LEFT = Qt.MouseButton.LeftButton


def kept(number):
    image = QImage(4, 4, QImage.Format.Format_RGB32)
    image.fill(number)
    store = QByteArray()
    buffer = QBuffer(store)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    point = Recipe().point("A")
    recipe = Recipe().with_point(type(point)("A", Seed(number)))
    return Kept(recipe, bytes(store.data()))


@pytest.fixture
def panel(studio, show):
    studio.document.change("Keep", gallery=tuple(kept(i) for i in range(4)))
    return show(GalleryPanel(studio.context), width=600, height=140)


def seeds(studio):
    return [item.recipe.point("A").base.value for item in studio.document.gallery]


def middle(panel, row):
    return panel.strip.visualRect(panel.strip.films.index(row)).center()


def test_document_to_widget(panel, studio):
    films = panel.strip.films
    assert films.rowCount() == 4
    assert films.index(2).data(Qt.ItemDataRole.DecorationRole).pixel(0, 0) & 0xFFFFFF == 2
    assert "A seed 2" in films.index(2).data(Qt.ItemDataRole.ToolTipRole)
    studio.document.undo()
    assert films.rowCount() == 0
    assert panel.empty.isVisible()
    assert not panel.strip.isVisible()
    assert not panel.remove.isEnabled()


def test_keep_asks_the_window(panel, studio, qtbot):
    qtbot.mouseClick(panel.keep, LEFT)
    assert studio.kept == 1
    studio.document.set_info(None)
    assert not panel.keep.isEnabled()


def test_click_returns(panel, studio, qtbot):
    qtbot.mouseClick(panel.strip.viewport(), LEFT, pos=middle(panel, 2))
    assert [item.recipe.point("A").base for item in studio.restored] == [Seed(2)]


def test_keys(panel, studio, qtbot):
    panel.strip.setFocus()
    qtbot.keyClick(panel.strip, Qt.Key.Key_Home)
    qtbot.keyClick(panel.strip, Qt.Key.Key_Right)
    qtbot.keyClick(panel.strip, Qt.Key.Key_Return)
    assert [item.recipe.point("A").base for item in studio.restored] == [Seed(1)]
    qtbot.keyClick(panel.strip, Qt.Key.Key_Delete)
    assert seeds(studio) == [0, 2, 3]
    assert panel.strip.currentIndex().row() == 1
    qtbot.keyClick(panel.strip, Qt.Key.Key_End)
    qtbot.keyClick(panel.strip, Qt.Key.Key_Delete)
    assert seeds(studio) == [0, 2]
    assert panel.strip.currentIndex().row() == 1
    studio.document.undo()
    assert seeds(studio) == [0, 2, 3]


def test_a_drag_carries_the_recipe(panel):
    films = panel.strip.films
    mime = films.mimeData([films.index(3)])
    recipe = recipe_from_json(bytes(mime.data(RECIPE_MIME).data()))
    assert recipe.point("A").base == Seed(3)
    assert films.supportedDragActions() == Qt.DropAction.CopyAction


@pytest.mark.parametrize(
    ("start", "before", "order"),
    [(0, 4, [1, 2, 3, 0]), (3, 0, [3, 0, 1, 2]), (1, 3, [0, 2, 1, 3]), (2, 1, [0, 2, 1, 3])],
)
def test_a_drop_between_others_changes_the_order(panel, studio, start, before, order):
    films = panel.strip.films
    mime = films.mimeData([films.index(start)])
    action = Qt.DropAction.CopyAction
    assert films.canDropMimeData(mime, action, before, 0, QModelIndex())
    assert not films.dropMimeData(mime, action, before, 0, QModelIndex())
    assert seeds(studio) == order
    assert films.rowCount() == 4
    studio.document.undo()
    assert seeds(studio) == [0, 1, 2, 3]


def test_a_drop_on_its_own_place_is_no_step(panel, studio):
    films = panel.strip.films
    before = studio.steps()
    mime = films.mimeData([films.index(1)])
    for row in (1, 2):
        films.dropMimeData(mime, Qt.DropAction.CopyAction, row, 0, QModelIndex())
    assert studio.steps() == before


@pytest.mark.parametrize("row", [b"", b"-1", b"99", b"x", "²".encode()])
def test_a_drop_from_elsewhere_changes_nothing(panel, studio, row):
    films = panel.strip.films
    mime = films.mimeData([])
    mime.setData(ROW_MIME, row)
    films.dropMimeData(mime, Qt.DropAction.CopyAction, 0, 0, QModelIndex())
    assert seeds(studio) == [0, 1, 2, 3]


def test_a_thumbnail_that_is_no_picture_is_shown_as_none(panel, studio):
    studio.document.change(
        "Keep", gallery=(Kept(Recipe(), b"\x89PNG\r\n\x1a\n and no more", "Broken"),)
    )
    assert panel.strip.films.index(0).data(Qt.ItemDataRole.DecorationRole).isNull()
    panel.grab()
