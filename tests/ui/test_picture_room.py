"""The picture panel in a dock: nothing cut off, and no scroll bar for nothing."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from latentstudio.ui.inverting.answers_box import AnswersBox
from latentstudio.ui.inverting.compare import LINE, Compare
from latentstudio.ui.inverting.crop_place import TALLEST
from latentstudio.ui.inverting.crop_view import CropView
from latentstudio.ui.inverting.starts_grid import StartsGrid
from latentstudio.ui.panels.picture import PicturePanel
from tests.ui.fake_inverter import FakeInverter, flat, photograph, progress

SMALL = 650  # px that the panel has in a window of 1280 x 800


@pytest.fixture
def panel(studio, show):
    model = studio.inverting
    model.load = lambda: FakeInverter
    yield show(PicturePanel(studio.context), width=348, height=SMALL)
    model.stop()


@pytest.mark.parametrize("size", [(400, 400), (300, 900), (900, 300)])
def test_find_it_is_in_sight_in_a_small_window(panel, studio, tmp_path, size, qtbot):
    source = studio.inverting.source
    studio.inverting.take(photograph(tmp_path / "anna.png", size))
    qtbot.waitUntil(lambda: source.pixels is not None)
    QApplication.processEvents()
    button = panel.search
    assert button.mapTo(panel, button.rect().bottomLeft()).y() < SMALL
    assert not panel._scroll.verticalScrollBar().isVisible()


@pytest.mark.parametrize("width", [260, 330, 600])
def test_the_comparison_has_room_for_its_squares_and_their_words(qapp, show, width):
    compare = show(Compare(), width=width)
    compare.show_picture(0, flat(1, 2, 3), "Yours")
    host = show(QWidget(), width=width, height=900)
    column = QVBoxLayout(host)
    column.addWidget(compare)
    column.addStretch(1)
    QApplication.processEvents()
    assert compare.height() >= compare.room(0).height() + LINE
    assert compare.room(0).width() == compare.room(0).height()


def test_nothing_asks_for_more_height_than_it_needs(qapp):
    """What Qt takes for the least height of a panel would be a scroll bar for nothing."""
    grid = StartsGrid()
    grid.show_progress(progress())
    for widget in (Compare(), grid, CropView(), AnswersBox()):
        least = max(widget.minimumSizeHint().height(), widget.sizeHint().height())
        high = widget.heightForWidth(330) if widget.hasHeightForWidth() else least
        assert least <= high + 40, widget
    assert CropView().heightForWidth(900) <= TALLEST
