from __future__ import annotations

import threading
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PySide6.QtCore import Qt

from latentstudio.engine.frame import Frame
from latentstudio.ui.panels.base import NO_GENERATOR
from latentstudio.ui.panels.neighbours import NO_DATA, NO_PICTURES, NeighboursPanel
from latentstudio.ui.samples.distance_gauge import DistanceGauge
from latentstudio.ui.samples.lookup import Found, Lookup, Neighbour, verdict
from tests.ui.samples import FakeNumbers

LEFT = Qt.MouseButton.LeftButton
SIDE = 8
COUNT = 40


def shade(value):
    return np.full((SIDE, SIDE, 3), value, np.uint8)


class Brightness:
    """A feature space of one number: the mean grey, 0 to 255."""

    name = "brightness"

    def __init__(self):
        self.threads = set()

    def __call__(self, images):
        self.threads.add(threading.current_thread())
        return ((images + 1) * 127.5).mean((1, 2, 3))[:, None].round()


def make_reals(pictures=True):
    """Picture number i has the grey 3 (COUNT - i); rows are in another order."""
    index = torch.randperm(COUNT, generator=torch.Generator().manual_seed(0))
    rows = 3.0 * (COUNT - index)[:, None].float()
    book = SimpleNamespace(picture=lambda number: shade(3 * (COUNT - number)))
    return SimpleNamespace(
        side=SimpleNamespace(rows=rows, index=index), pictures=book if pictures else None
    )


def frame_of(studio, value, preview=False):
    pixels = np.dstack([shade(value), np.full((SIDE, SIDE), 255, np.uint8)])
    pixels = np.ascontiguousarray(pixels)
    return Frame(studio.recipe, pixels, preview, 0.1, "cpu", "float32", 1)


@pytest.fixture
def numbers(qapp):
    return FakeNumbers(features=Brightness(), reals=make_reals())


@pytest.fixture
def panel(studio, numbers, show):
    made = NeighboursPanel(replace(studio.context, numbers=numbers))
    made._rest.setInterval(1)
    show(made, height=500)
    yield made
    made.stop()


@pytest.fixture
def look(panel, studio, qtbot):
    def at(value):
        panel.found = None
        panel.show_frame(frame_of(studio, value))
        qtbot.waitUntil(lambda: panel.found is not None)
        return panel.found

    return at


def numbers_of(found):
    return [near.number for near in found.neighbours]


def test_the_nearest_come_with_their_pictures(panel, look, numbers):
    found = look(31)
    assert numbers_of(found)[:2] == [COUNT - 10, COUNT - 11]
    assert [near.distance for near in found.neighbours[:3]] == [1.0, 2.0, 4.0]
    assert panel.near[0].pixels()[0, 0, 0] == 30
    assert panel.picture.pixels()[0, 0, 0] == 31
    assert panel.near[0].text() == "Nearest · 1.00"
    assert threading.main_thread() not in numbers.features.threads
    assert numbers.followed == [panel]


def test_a_copy_and_something_foreign_in_words(panel, look):
    look(60)
    assert panel.heading.text() == "It may be a copy"
    assert "No two" in panel.verdict.text()
    look(255)
    assert panel.heading.text() == "Far from the data"
    assert "100.0%" in panel.verdict.text()


@pytest.mark.parametrize(
    ("rank", "short"),
    [(0.0, "It may be a copy"), (0.049, "It may be a copy"), (0.05, "An ordinary distance"),
     (0.95, "An ordinary distance"), (0.96, "Far from the data")],
)  # fmt: skip
def test_ranks_in_words(rank, short):
    found = Found(shade(0), (Neighbour(0, 1.0, None),), rank, np.ones(3))
    words, sentence = verdict(found)
    assert words == short
    assert f"{rank:.1%}" in sentence or rank == 0.0


def test_previews_and_a_hidden_panel_ask_for_nothing(panel, studio, numbers, qtbot):
    panel.show_frame(frame_of(studio, 9, preview=True))
    assert not panel._rest.isActive()
    panel.hide()
    panel.show_frame(frame_of(studio, 9))
    qtbot.waitUntil(lambda: not panel._rest.isActive())
    assert not panel._worker.busy
    panel.show()
    qtbot.waitUntil(lambda: panel.found is not None)
    assert panel.found.neighbours[0].distance == 0.0


def test_it_says_what_is_missing(panel, studio, numbers, look, qtbot):
    numbers.reals = None
    panel.show_frame(frame_of(studio, 9))
    qtbot.waitUntil(lambda: panel.reason.text() == NO_DATA)
    assert not panel.picture.isVisible()
    numbers.reals = make_reals(pictures=False)
    numbers.samples_changed.emit()  # the data set was opened
    qtbot.waitUntil(lambda: panel.found is not None)
    assert panel.reason.text() == NO_PICTURES
    assert panel.near[0].pixels() is None
    assert panel.near[1].text() == f"no. {panel.found.neighbours[1].number}"
    studio.document.set_info(None)
    assert panel.reason.text() == NO_GENERATOR
    assert not panel.picture.isVisible()


def test_an_error_is_a_sentence(panel, studio, numbers, qtbot):
    numbers.features = lambda images: torch.full((1, 1), torch.nan)
    panel.show_frame(frame_of(studio, 9))
    qtbot.waitUntil(lambda: panel.reason.isVisible())
    assert panel.reason.text() == "The picture's features are not finite."


def test_a_click_enlarges_and_arrows_go_on(panel, look, qtbot):
    found = look(31)
    qtbot.mouseClick(panel.near[2], LEFT)
    large = panel._large
    assert large.isVisible()
    assert large.right.pixels()[0, 0, 0] == found.neighbours[2].pixels[0, 0, 0]
    assert "3 of 7" in large.right.text()
    qtbot.keyClick(large, Qt.Key.Key_Right)
    assert large.place == 3
    qtbot.keyClick(large, Qt.Key.Key_Left)
    qtbot.keyClick(large, Qt.Key.Key_Left)
    assert large.place == 1
    qtbot.mouseClick(large.right, LEFT)
    assert large.place == 2
    look(62)  # it follows the picture on the screen
    assert large.left.pixels()[0, 0, 0] == 62
    qtbot.keyClick(large, Qt.Key.Key_Escape)
    assert not large.isVisible()
    panel.near[0].setFocus()
    qtbot.keyClick(panel.near[0], Qt.Key.Key_Space)
    assert large.isVisible()
    assert large.place == 0
    large.close()


def test_what_was_prepared_for_a_data_set_is_kept():
    lookup, features = Lookup(), Brightness()
    reals, others = make_reals(), make_reals()
    pixels = np.dstack([shade(30), shade(0)[..., :1]])
    lookup(pixels, reals, features)
    kept = lookup._of[1]
    lookup(pixels, reals, features)
    assert lookup._of[1] is kept
    lookup(pixels, others, features)
    assert lookup._of[1] is not kept


def test_fewer_reals_than_places(panel, numbers, look):
    side = numbers.reals.side
    numbers.reals.side = SimpleNamespace(rows=side.rows[:3], index=side.index[:3])
    assert len(look(31).neighbours) == 3
    assert [button.isVisible() for button in panel.near] == [True] * 3 + [False] * 4


def test_the_gauge_paints_at_any_distance(show):
    gauge = show(DistanceGauge())
    for own, distance in ((np.ones(5), 0.0), (np.zeros(5), 0.0), (np.arange(9.0), 99.0)):
        gauge.show_distance(own, distance)
        gauge.grab()
    assert gauge.accessibleName() == "Distance 99.00"
