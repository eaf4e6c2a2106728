from __future__ import annotations

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from latentstudio.document.recipe import Truncation
from latentstudio.generators.info import LayerInfo
from latentstudio.ui.panels.base import NO_GENERATOR
from latentstudio.ui.panels.truncation import TruncationPanel


@pytest.fixture
def panel(studio, show):
    return show(TruncationPanel(studio.context))


def truncate(studio, psi, cutoff=None):
    recipe = msgspec.structs.replace(studio.recipe, truncation=Truncation(psi, cutoff))
    studio.document.change("Truncation", recipe=recipe)


def test_document_to_widget(panel, studio):
    truncate(studio, 0.55, 3)
    assert panel.psi.value() == 0.55
    assert panel.psi.slider.amount() == pytest.approx(0.55)
    assert panel.cutoff.currentText() == "First 3, up to 8 px"
    studio.document.undo()
    assert panel.psi.value() == 1.0
    assert panel.cutoff.currentData() is None
    assert studio.document.history.redo_label == "Truncation"  # showing it changed nothing


def test_a_drag_of_psi_is_one_undo_step(panel, studio, qtbot):
    slider = panel.psi.slider
    y = 12
    qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=slider.rect().topLeft())
    for x in range(5, slider.width() // 2, 7):
        qtbot.mouseMove(slider, slider.rect().topLeft() + type(slider.pos())(x, y))
    qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton)
    assert -1 < studio.recipe.truncation.psi < 1
    assert studio.steps() == 1
    qtbot.keyClick(slider, Qt.Key.Key_Right)
    assert studio.steps() == 2


def test_typing_commits_once(panel, studio, qtbot):
    field = panel.psi.field
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "0.654")
    assert studio.recipe.truncation.psi == 1.0
    qtbot.keyClick(field, Qt.Key.Key_Return)
    panel.cutoff.setFocus()
    assert studio.recipe.truncation.psi == 0.65
    assert studio.steps() == 1


def test_stylegan3_s_layers_go_by_name(panel, studio, infos):
    layers = tuple(LayerInfo(f"L{i}_{size}_9", size) for i, size in enumerate((36, 52, 32)))
    changes = {"layers": layers, "num_layers": 3, "has_transform": True}
    studio.document.set_info(msgspec.structs.replace(infos["stylegan"], **changes))
    assert panel.cutoff.itemText(1) == "First 2, up to L1_52_9"


def test_cutoff_by_keyboard(panel, studio, qtbot):
    qtbot.keyClick(panel.cutoff, Qt.Key.Key_Down)
    assert studio.recipe.truncation.cutoff == studio.document.info.num_layers - 1
    qtbot.keyClick(panel.cutoff, Qt.Key.Key_End)
    assert studio.recipe.truncation.cutoff == 0


def test_a_file_with_more_digits_is_not_rounded_by_looking_at_it(panel, studio, qtbot):
    truncate(studio, 0.123456)
    panel.psi.field.setFocus()
    panel.psi.slider.setFocus()
    assert studio.recipe.truncation.psi == 0.123456


def test_it_says_what_a_generator_cannot_do(panel, studio, infos):
    studio.document.set_info(infos["dcgan"])
    assert panel.psi.isEnabled()
    assert not panel.cutoff.isEnabled()
    assert not panel.cutoff.isVisible()
    assert "scales z" in panel.reason.text()
    assert "normalisation" not in panel.reason.text()
    label = next(label for label in panel.findChildren(QLabel) if label.text() == "ψ")
    assert "factor on z" in panel.psi.toolTip() == label.toolTip()
    studio.document.set_info(msgspec.structs.replace(infos["dcgan"], family="progan"))
    assert "normalisation" in panel.reason.text()
    studio.document.set_info(None)
    assert not panel.psi.isEnabled()
    assert panel.cutoff.isVisible()
    assert panel.reason.text() == NO_GENERATOR
    studio.document.set_info(infos["stylegan"])
    assert panel.cutoff.isEnabled()
    assert panel.cutoff.isVisible()
    assert "mean w" in panel.psi.toolTip() == label.toolTip()
    assert not panel.reason.isVisible()


def test_a_cutoff_that_silences_psi_is_shown_and_can_be_taken_away(panel, studio, infos, qtbot):
    studio.document.set_info(infos["dcgan"])
    truncate(studio, 0.5, 0)
    assert panel.cutoff.currentText() == "No layer"
    assert panel.cutoff.isEnabled()
    qtbot.keyClick(panel.cutoff, Qt.Key.Key_Home)
    assert studio.recipe.truncation == Truncation(0.5)
    assert not panel.cutoff.isEnabled()
