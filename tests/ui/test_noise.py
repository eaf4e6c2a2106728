from __future__ import annotations

import msgspec
import pytest
from PySide6.QtCore import Qt

from latentstudio.document.recipe import MAX_SEED, Noise
from latentstudio.ui.panels.noise import NoisePanel

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def panel(studio, show):
    panel = show(NoisePanel(studio.context))
    yield panel
    panel.animate.setChecked(False)


def noise(studio, **values):
    recipe = msgspec.structs.replace(studio.recipe, noise=Noise(**values))
    studio.document.change("Noise", recipe=recipe)


def test_document_to_widget(panel, studio):
    noise(studio, mode="random", seed=MAX_SEED, strength=2.5, layers=(0.5, 2.0))
    assert panel.mode.choice() == "random"
    assert panel.seed.value() == MAX_SEED
    assert panel.strength.value() == 2.5
    bars = panel.layers.values()
    assert bars[:3] == [0.5, 2.0, 1.0]
    assert len(bars) == 9  # the tenth layer, torgb, adds no noise
    assert studio.steps() == 1


def test_mode_by_mouse_and_keyboard(panel, studio, qtbot):
    qtbot.mouseClick(panel.mode.buttons["none"], LEFT)
    assert studio.recipe.noise.mode == "none"
    qtbot.keyClick(panel.mode.buttons["random"], Qt.Key.Key_Space)
    assert studio.recipe.noise.mode == "random"


def test_a_chosen_seed_turns_the_seeded_mode_on(panel, studio, qtbot):
    qtbot.mouseClick(panel.seed.next, LEFT)
    assert studio.recipe.noise == Noise("random", 1)
    qtbot.mouseClick(panel.seed.previous, LEFT)
    qtbot.mouseClick(panel.seed.previous, LEFT)
    assert studio.recipe.noise.seed == 0  # it does not go below
    panel.seed.field.selectAll()
    qtbot.keyClicks(panel.seed.field, "4294967295")
    qtbot.keyClick(panel.seed.field, Qt.Key.Key_Return)
    assert studio.recipe.noise.seed == MAX_SEED
    qtbot.mouseClick(panel.seed.dice, LEFT)
    assert studio.recipe.noise.seed < 1_000_000


def test_one_bar_sets_one_layer_and_all_ones_are_no_list(panel, studio, qtbot):
    qtbot.keyClick(panel.layers, Qt.Key.Key_Right)
    qtbot.keyClick(panel.layers, "2")
    assert studio.recipe.noise.layers == (1, 2, 1, 1, 1, 1, 1, 1, 1, 1)
    qtbot.keyClick(panel.layers, Qt.Key.Key_Delete)
    assert studio.recipe.noise.layers == ()


def test_strength_by_keyboard(panel, studio, qtbot):
    qtbot.keyClick(panel.strength.slider, Qt.Key.Key_End)
    assert studio.recipe.noise.strength == 3.0


def test_an_animation_is_one_undo_step(panel, studio, qtbot):
    panel.speed.set_amount(60)
    qtbot.mouseClick(panel.animate, LEFT)
    qtbot.waitUntil(lambda: studio.recipe.noise.seed >= 3)
    qtbot.mouseClick(panel.animate, LEFT)
    seed = studio.recipe.noise.seed
    qtbot.wait(60)
    assert studio.recipe.noise == Noise("random", seed)
    assert studio.steps() == 1
    studio.document.undo()
    assert studio.recipe.noise == Noise()


def test_undo_stops_the_animation(panel, studio, qtbot):
    qtbot.mouseClick(panel.animate, LEFT)
    assert studio.recipe.noise.seed == 1
    studio.document.undo()
    assert not panel.animate.isChecked()
    assert studio.recipe.noise == Noise()
    assert studio.document.history.redo_label == "Noise"


def test_another_value_leaves_the_animation_running(panel, studio, qtbot):
    qtbot.mouseClick(panel.animate, LEFT)
    qtbot.keyClick(panel.strength.slider, Qt.Key.Key_Home)
    assert panel.animate.isChecked()
    assert studio.recipe.noise.strength == 0.0


def test_it_says_what_a_generator_cannot_do(panel, studio, infos, qtbot):
    qtbot.mouseClick(panel.animate, LEFT)
    studio.document.set_info(infos["dcgan"])
    assert not panel.animate.isChecked()
    controls = (panel.mode, panel.seed, panel.strength, panel.layers, panel.animate)
    assert not any(control.isEnabled() for control in controls)
    assert "no noise inputs" in panel.reason.text()
    studio.document.set_info(infos["stylegan"])
    assert all(control.isEnabled() for control in controls)
