"""Pictures along an axis."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
import torch
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip

from latentstudio.document.recipe import Axis, Seed, Truncation
from latentstudio.export.grid import read_grid_recipes
from latentstudio.generators.dcgan import DCGAN
from latentstudio.ui.bench.axes import STEPS, starts
from latentstudio.ui.bench.traversal import NO_SLIDERS, SEEDS, TraversalPage
from tests.ui.conftest import CHECKPOINT, dcgan_info
from tests.ui.directions import direction
from tests.ui.fake_bench import FakeEngine

LEFT = Qt.MouseButton.LeftButton
MIDDLE = STEPS // 2


@pytest.fixture
def network():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        made = DCGAN(z_dim=8, resolution=16, ngf=4)
    made.content_hash = CHECKPOINT
    return made.eval()


@pytest.fixture
def page(studio, network, show, tmp_path):
    studio.document.set_info(replace_info(network))
    studio.library._folder = tmp_path
    engine = FakeEngine(network)
    made = show(TraversalPage(replace(studio.context, study=engine.study)), 800, 700)
    yield made
    made.stop()
    engine.stop()


def replace_info(network):
    return msgspec.structs.replace(dcgan_info(), z_dim=network.z_dim, w_dim=network.w_dim)


def choose(page, kind, number=0):
    page.kind.choose(kind)
    page.number.set_amount(number)
    page._on_kind()


@pytest.fixture
def ready(page, qtbot):
    qtbot.waitUntil(lambda: bool(page.grid.recipes()))
    return page


def test_rows_are_the_present_picture_and_seeds(ready, studio, qtbot):
    old = ready.grid.recipes()
    choose(ready, "z", 5)
    assert ready.grid.recipes() == old  # the last pictures stay, but cannot be taken
    assert not ready.grid.isEnabled()
    axis = Axis("coordinate", 5)
    qtbot.waitUntil(lambda: ready.grid.recipes()[0].point("A").along(axis) == -1.0)
    recipes = ready.grid.recipes()
    assert len(recipes) == (1 + SEEDS) * STEPS
    assert [recipe.point("A").along(axis) for recipe in recipes[:STEPS]] == pytest.approx(
        [-1.0, -2 / 3, -1 / 3, 0.0, 1 / 3, 2 / 3, 1.0], abs=1e-9
    )
    assert recipes[MIDDLE] == studio.recipe
    seeds = [recipe.point("A").base for recipe in recipes[STEPS::STEPS]]
    assert seeds == [Seed(n) for n in range(1, 1 + SEEDS)]
    qtbot.mouseClick(ready.seeds, LEFT)
    assert ready.grid.recipes()[STEPS].point("A").base == Seed(1 + SEEDS)
    assert ready.words.text() == "In radians."


def test_seeds_are_drawn_as_the_present_picture_is(studio):
    base = studio.recipe
    recipe = msgspec.structs.replace(base, truncation=Truncation(0.7)).with_point(
        base.point("A").moved(Axis("random", 1), 0.5)
    )
    present, seed = starts(recipe, [9])
    assert present is recipe
    assert seed.truncation.psi == 0.7
    assert seed.point("A").moves == ()


def test_the_present_row_follows_the_document(ready, studio):
    recipe = msgspec.structs.replace(studio.recipe, truncation=Truncation(0.5))
    studio.document.change("ψ", recipe=recipe)
    assert ready.grid.recipes()[MIDDLE] == recipe
    studio.document.change("Open", recipe=msgspec.structs.replace(recipe, checkpoint=""))
    assert ready.grid.recipes() == ()
    assert not ready.sheet.isEnabled()
    ready.grab()


def test_who_does_not_look_costs_nothing(ready, studio):
    shown = ready.grid.recipes()
    ready.hide()
    studio.document.change("ψ", recipe=msgspec.structs.replace(
        studio.recipe, truncation=Truncation(0.5)))  # fmt: skip
    assert ready.grid.recipes() == shown
    ready.show()
    assert ready.grid.recipes()[MIDDLE] == studio.recipe


def test_a_click_and_enter_take_a_picture(ready, studio, qtbot):
    grid, before = ready.grid, studio.recipe
    qtbot.mouseClick(grid, LEFT, pos=grid.face(2, 6).center().toPoint())
    taken = studio.recipe
    assert taken.point("A").base == Seed(2)
    assert taken == grid.recipes()[2 * STEPS + 6] != before
    studio.document.undo()
    assert studio.recipe == before
    grid.setFocus()
    keys = Qt.Key
    for key in (keys.Key_Home, keys.Key_Down, keys.Key_Up, keys.Key_Down, keys.Key_Right,
                keys.Key_End, keys.Key_Left, keys.Key_A):  # fmt: skip
        qtbot.keyClick(grid, key)
    assert grid.current == (3, 5)
    assert grid.accessibleDescription() == "Seed 3, +0.67"
    qtbot.keyClick(grid, keys.Key_Return)
    assert studio.recipe.point("A").base == Seed(3)


def test_pictures_come_when_the_hand_rests(ready, studio, qtbot, monkeypatch):
    asked = studio.thumbnails.asked
    qtbot.waitUntil(lambda: len(asked) == len(set(ready.grid.recipes())))
    ready.grab()
    for recipe in tuple(asked):
        studio.thumbnails.deliver(recipe)
    assert all(image is not None for image in ready.grid._images)
    qtbot.mouseMove(ready.grid, ready.grid.face(1, 1).center().toPoint())
    ready.grab()
    said = []
    monkeypatch.setattr(QToolTip, "showText", lambda _where, tip, _widget: said.append(tip))
    at = ready.grid.face(1, 0).center().toPoint()
    QApplication.sendEvent(ready.grid, QHelpEvent(QEvent.Type.ToolTip, at, QPoint()))
    assert said == ["Seed 1, −1.00\nClick: take this picture"]
    assert ready.grid._at(QPointF(0, 0)) == (-1, -1)
    ready.hide()
    assert not ready.grid._rest.isActive()


def test_closed_form_factorisation(ready, qtbot):
    choose(ready, "sefa", 1)
    qtbot.waitUntil(ready.grid.isEnabled)
    assert ready.words.text() == "In standard deviations."
    edits = [recipe.edits for recipe in ready.grid.recipes()[:STEPS]]
    assert edits[MIDDLE] == ()
    assert [edit.amount for (edit,) in (e for e in edits if e)] == [-3.0, -2.0, -1.0, 1.0, 2.0, 3.0]
    assert edits[0][0].name == "SeFa 1"


def test_an_axis_that_is_not_there_is_a_sentence(ready, network, qtbot):
    network.z_dim = 4  # the picture's facts say 8
    choose(ready, "z", 7)
    qtbot.waitUntil(lambda: "this generator has z:0 to z:3" in ready.words.text())
    assert ready.grid.recipes() == ()
    network.z_dim = 8


def test_components_need_a_mapping_network(ready, studio, infos):
    kinds = {ready.kind.itemData(i) for i in range(ready.kind.count())}
    assert kinds == {"z", "sefa", "slider"}
    studio.document.set_info(infos["stylegan"])
    assert ready.kind.findData("pca") >= 0


def test_sliders_of_the_library(ready, studio):
    choose(ready, "slider")
    assert ready.words.text() == NO_SLIDERS
    assert ready.axis() == ""
    smile = direction("Smile", low=-1.0, high=2.0, unit="1 σ of smile")
    studio.library.add(smile)
    assert ready.axis() == smile.key
    assert ready.words.text() == "In 1 σ of smile."
    amounts = [smile.amount(recipe) for recipe in ready.grid.recipes()[:STEPS]]
    assert amounts == pytest.approx([-1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0])
    studio.library.remove(smile.key)
    assert ready.grid.recipes() == ()


def test_a_sheet_carries_its_recipes(ready, qtbot, tmp_path):
    path = tmp_path / "sheet"
    ready.ask = lambda _words, proposal, _what: str(path) if proposal else ""
    with qtbot.waitSignal(ready.told, timeout=20_000) as told:
        qtbot.mouseClick(ready.sheet, LEFT)
    assert told.args == ["sheet.png is written."]
    kept = read_grid_recipes(path.with_suffix(".png"))
    assert (kept.recipes, kept.columns) == (ready.grid.recipes(), STEPS)
    path = tmp_path / "no" / "sheet.png"
    qtbot.mouseClick(ready.sheet, LEFT)
    qtbot.waitUntil(lambda: "was not saved" in ready.words.text())
    ready.ask = lambda *_: ""
    qtbot.mouseClick(ready.sheet, LEFT)


def test_news_after_the_end_are_not_heard(ready, qtbot):
    ready._tell("error", "under way")
    ready.stop()
    ready._tell("error", "too late")
    qtbot.wait(10)
    assert ready.words.text() == "In radians."
    ready.document.recipe_changed.connect(ready._on_recipe)  # for the fixture's stop
    ready.document.info_changed.connect(ready._on_info)
