from __future__ import annotations

import threading
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication

from latentstudio.document.codec import recipe_from_json
from latentstudio.document.recipe import Seed
from latentstudio.document.sampling import Sampling
from latentstudio.ui.samples.order import NUMBER, Order, arrange
from latentstudio.ui.samples.source import sampling_words
from latentstudio.ui.samples.tiles import scaled
from latentstudio.ui.samples.wall import FOREIGN, WAITING, SamplesWall
from latentstudio.ui.samples.worker import Worker
from latentstudio.ui.widgets.recipe_mime import RECIPE_MIME
from tests.ui.samples import EARRINGS, HAIR, LAYERS, SMILE, FakeNumbers, make_samples

LEFT = Qt.MouseButton.LeftButton
CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def numbers(qapp):
    return FakeNumbers()


@pytest.fixture
def wall(studio, numbers, show):
    made = SamplesWall(replace(studio.context, numbers=numbers))
    show(made, width=700, height=500)
    yield made
    made.stop()


@pytest.fixture
def settle(wall, qtbot):
    """Wait until what is asked for hangs on the wall."""

    def wait():
        qtbot.waitUntil(lambda: not wall._worker.busy)

    return wait


@pytest.fixture
def hung(wall, numbers, settle):
    numbers.give(make_samples(200))
    settle()
    return wall


def order_of(wall):
    return wall.view.wall.arrangement.rows.tolist()


def centre(wall, row):
    index = wall.view.wall.index(row)
    wall.view.scrollTo(index)
    return wall.view.visualRect(index).center()


def choose(wall, combo, data):
    combo.choose(data)
    combo.activated.emit(combo.currentIndex())


# -- order ---------------------------------------------------------------------------------


def test_each_order_is_numpy_s():
    samples = make_samples(50)
    for by, values in (
        ("influence", samples.influence()),
        ("realism", samples.realism()),
        ("distance", samples.distance),
        ("number", np.arange(50)),
    ):
        up = arrange(samples, Order(by))
        down = arrange(samples, Order(by, largest_first=True))
        assert (np.diff(values[up.rows]) >= 0).all()
        assert (np.diff(values[down.rows]) <= 0).all()
        assert sorted(up.rows) == sorted(down.rows) == list(range(50))


def test_attributes_sort_by_probability_or_value_and_filter_by_the_likeliest():
    samples = make_samples(50)
    hair = arrange(samples, Order(attribute=HAIR, value=2, largest_first=True))
    assert hair.rows[0] == samples.readings["hair_style"][:, 2].argmax()
    assert hair.words(hair.rows[0]).endswith("%")
    smile = arrange(samples, Order(attribute=SMILE))
    assert smile.rows[0] == samples.readings["smile"].argmin()
    assert smile.words(smile.rows[0]).startswith("−")
    only = arrange(samples, Order(only=(HAIR, 1)))
    assert (
        only.rows.tolist() == np.flatnonzero(samples.readings["hair_style"].argmax(1) == 1).tolist()
    )
    with_earrings = arrange(samples, Order(only=(EARRINGS, 1))).rows
    assert with_earrings.tolist() == np.flatnonzero(samples.readings["earrings"] > 0.5).tolist()


def test_what_is_no_number_comes_last_in_both_directions():
    samples = make_samples(5)
    samples.distance[2] = np.nan
    for largest_first in (False, True):
        arrangement = arrange(samples, Order("distance", largest_first=largest_first))
        assert arrangement.rows[-1] == 2
        assert arrangement.words(2) == "–"


# -- the wall ------------------------------------------------------------------------------


def test_the_header_says_what_hangs_there(hung, numbers):
    assert hung.facts.text() == "ψ 1.00 · 200 samples · portraits features"
    assert numbers.followed == [hung]


def test_it_says_so_while_nothing_is_measured(wall):
    assert wall.empty.isVisible()
    assert wall.empty.text() == WAITING
    assert not wall.view.isVisible()


def test_sorting_happens_in_another_thread(wall, numbers, settle):
    seen = []
    samples = make_samples(30)

    class Watched(type(samples)):
        def influence(self):
            seen.append(threading.current_thread())
            return super().influence()

    numbers.give(Watched(**vars(samples)))
    settle()
    choose(wall, wall.order.by, "influence")
    settle()
    assert order_of(wall)[0] == samples.influence().argmax()
    assert wall.order.direction.text() == "worst first"
    assert seen and threading.main_thread() not in seen


def test_the_direction_turns(hung, settle, qtbot):
    choose(hung, hung.order.by, "distance")
    settle()
    nearest = order_of(hung)
    assert hung.order.direction.text() == "nearest first"
    qtbot.mouseClick(hung.order.direction, LEFT)
    settle()
    assert order_of(hung) == nearest[::-1]
    assert hung.order.direction.text() == "farthest first"


def test_attributes_in_the_bar(hung, settle, numbers):
    bar = hung.order
    assert not bar.value.isVisible()
    choose(hung, bar.by, "attribute:hair_style")
    assert bar.value.isVisible()
    choose(hung, bar.value, 2)
    settle()
    assert order_of(hung)[0] == numbers.now.readings["hair_style"][:, 2].argmax()
    choose(hung, bar.only, "attribute:earrings")
    choose(hung, bar.only_value, 1)
    settle()
    few = int((numbers.now.readings["earrings"] > 0.5).sum())
    assert len(order_of(hung)) == few
    assert f"{few} of 200 samples" in hung.facts.text()
    bar.set_attributes(())  # another feature space, which is no classifier
    assert bar.order == Order(NUMBER, largest_first=True)


def test_an_error_is_a_sentence_and_the_wall_stays(hung, numbers, settle):
    numbers.now = make_samples(50)
    object.__setattr__(numbers.now, "wrong", True)
    choose(hung, hung.order.by, "influence")
    settle()
    assert hung.facts.text() == "There are too few samples for an influence."
    assert len(order_of(hung)) == 200


def test_a_click_shows_the_sample_and_undo_takes_it_back(hung, studio, numbers, qtbot):
    before = studio.recipe
    qtbot.mouseClick(hung.view.viewport(), LEFT, pos=centre(hung, 3))
    draws = numbers.now.draws
    assert studio.recipe == numbers.now.sampling.recipe(draws, 3, LAYERS)
    assert studio.recipe.point("A").base == Seed(int(draws.seeds[3]))
    assert studio.document.history.undo_label == "Sample 3"
    qtbot.keyClick(hung, Qt.Key.Key_Z, CTRL)
    assert studio.recipe == before


def test_arrows_and_enter(hung, studio, numbers, qtbot):
    hung.view.setFocus()
    for key in (Qt.Key.Key_Home, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Return):
        qtbot.keyClick(hung.view, key)
    assert studio.document.history.undo_label == "Sample 2"
    qtbot.keyClick(hung.view, Qt.Key.Key_Down)
    below = hung.view.current()
    assert below > 3
    qtbot.keyClick(hung.view, Qt.Key.Key_Space)
    assert studio.document.history.undo_label == f"Sample {below}"


def test_ctrl_and_shift_choose_without_showing(hung, studio, qtbot):
    viewport = hung.view.viewport()
    qtbot.mouseClick(viewport, LEFT, pos=centre(hung, 1))
    steps = studio.steps()
    qtbot.mouseClick(viewport, LEFT, Qt.KeyboardModifier.ControlModifier, centre(hung, 4))
    assert hung.chosen() == [1, 4]
    qtbot.mouseClick(viewport, LEFT, Qt.KeyboardModifier.ShiftModifier, centre(hung, 6))
    assert {4, 5, 6} <= set(hung.chosen())
    assert studio.steps() == steps


def test_what_the_menu_does(hung, studio, numbers, qtbot):
    seeds = numbers.now.draws.seeds
    qtbot.mouseClick(hung.view.viewport(), LEFT, CTRL, centre(hung, 5))
    hung.menu.set_count(1)
    hung.menu.deeds["C"].trigger()
    assert studio.recipe.point("C").base == Seed(int(seeds[5]))
    assert studio.document.history.undo_label == "Sample 5 as C"
    hung.menu.deeds["copy"].trigger()
    assert QGuiApplication.clipboard().text() == str(seeds[5])
    qtbot.mouseClick(hung.view.viewport(), LEFT, CTRL, centre(hung, 7))
    hung.menu.set_count(2)
    assert not hung.menu.deeds["B"].isEnabled()
    hung.menu.deeds["keep"].trigger()
    assert [kept.title for kept in studio.document.gallery] == ["Sample 5", "Sample 7"]
    assert all(kept.thumbnail for kept in studio.document.gallery)
    studio.document.undo()
    assert studio.document.gallery == ()


def test_a_drag_carries_the_recipe(hung, numbers):
    model = hung.view.wall
    mime = model.mimeData([model.index(9)])
    recipe = recipe_from_json(bytes(mime.data(RECIPE_MIME).data()))
    assert recipe == numbers.now.sampling.recipe(numbers.now.draws, 9, LAYERS)


def test_samples_of_another_generator_are_not_shown(wall, numbers, studio, settle):
    numbers.give(make_samples(20, checkpoint="cd" * 32))
    settle()
    before = studio.recipe
    wall.send(3)
    assert studio.recipe == before
    assert studio.told == [FOREIGN]


# -- streaming -----------------------------------------------------------------------------


def test_more_samples_leave_the_view_where_it_is(hung, numbers, settle, qtbot):
    full = make_samples(600)
    numbers.give(full.first(200))
    settle()
    choose(hung, hung.order.by, "distance")
    settle()
    bar = hung.view.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    corner = QPoint(20, 40)
    held = hung.view.wall.number(hung.view.indexAt(corner).row())
    offset = hung.view.visualRect(hung.view.indexAt(corner)).top()
    hung.view.setCurrentIndex(hung.view.wall.index(hung.view.wall.row_of(held)))
    numbers.give(full)
    settle()
    assert len(order_of(hung)) == 600
    now = hung.view.visualRect(hung.view.wall.index(hung.view.wall.row_of(held)))
    assert abs(now.top() - offset) <= 2 * hung.view.tiles.cell.height()
    assert hung.view.current() == held
    assert hung.chosen() == [held]


def test_nothing_moves_under_the_hand_until_it_leaves(hung, numbers, settle, monkeypatch):
    full = make_samples(300)
    choose(hung, hung.order.by, "distance")
    numbers.give(full.first(100))
    settle()
    before = order_of(hung)
    monkeypatch.setattr(hung.view, "under_hand", lambda: True)
    numbers.give(full)
    settle()
    assert order_of(hung)[:100] == before
    assert len(order_of(hung)) == 300
    hung.view.left.emit()
    assert (np.diff(full.distance[order_of(hung)]) >= 0).all()


def test_a_new_setting_returns_to_the_place_when_it_has_grown(hung, numbers, settle):
    bar = hung.view.verticalScrollBar()
    bar.setValue(bar.maximum() - 40)
    place = bar.value()
    for n in (10, 200):
        numbers.give(make_samples(n, psi=0.5))
        settle()
    assert bar.value() == place


def test_a_hidden_wall_sorts_nothing(hung, numbers, settle):
    hung.hide()
    numbers.give(make_samples(300))
    assert not hung._worker.busy
    assert len(order_of(hung)) == 200
    hung.show()
    settle()
    assert len(order_of(hung)) == 300


def test_ten_thousand_tiles(wall, numbers, settle, qtbot):
    numbers.give(make_samples(10_000))
    settle()
    bar = wall.view.verticalScrollBar()
    assert bar.maximum() > 100_000
    for share in (0.0, 0.25, 0.5, 1.0):
        bar.setValue(round(share * bar.maximum()))
        wall.grab()
    assert wall.view.indexAt(wall.view.viewport().rect().bottomLeft() - QPoint(-20, 20)).isValid()
    qtbot.keyClick(wall.view, Qt.Key.Key_End)
    assert wall.view.current() == 9_999
    # What is painted is kept, but not more than fits.
    assert 0 < len(wall.view.tiles._images) < 1_000


def test_zoom(hung, qtbot):
    hung.tile_size.setFocus()
    qtbot.keyClick(hung.tile_size, Qt.Key.Key_Right)
    assert hung.view.side() == 104
    hung.view.zoomed.emit(64)
    assert hung.view.side() == 64
    assert hung.tile_size.amount() == 64
    hung.view.set_side(10_000)
    assert hung.view.side() == 192


def test_a_tile_shows_the_array_s_colours():
    pixels = np.zeros((4, 4, 3), np.uint8)
    pixels[..., 0], pixels[..., 2] = 200, 30
    for side in (3, 4, 9):
        image = scaled(pixels, side)
        assert (image.width(), image.height()) == (side, side)
        assert image.pixelColor(1, 1).getRgb()[:3] == (200, 0, 30)


def test_a_setting_in_words(infos):
    sampling = Sampling(label=1, mixing=0.5, seed=3).with_psi(-0.25)
    words = "ψ −0.25 · class kind 1 · mixing 50% · seed 3"
    assert sampling_words(sampling, infos["classes"]) == words


def test_streaming_neither_starves_the_wall_nor_the_measuring(qapp, qtbot):
    gate, worker, ran, heard = threading.Event(), Worker(), [], []

    def work(number):
        ran.append(number)
        assert gate.wait(20)
        return number

    for number in range(9):  # wishes come faster than they are done
        worker.ask(partial(work, number), heard.append)
        qtbot.waitUntil(lambda: bool(ran))
    qtbot.wait(150)  # so that the rest is longer than a look at it
    gate.set()
    qtbot.waitUntil(lambda: heard == [0])
    assert worker._pause.isActive()  # a rest, before the newest of the others
    assert ran == [0]
    qtbot.waitUntil(lambda: heard == [0, 8])
    assert not worker.busy
    worker.ask(partial(work, 9), heard.append, soon=True)  # the hand does not wait for it
    assert not worker._pause.isActive()
    worker.forget()
    worker.stop()
    qapp.processEvents()
    assert heard == [0, 8]
