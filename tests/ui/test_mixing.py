from __future__ import annotations

import msgspec
import pytest
from PySide6.QtCore import Qt

from latentstudio.document.recipe import Mixing
from latentstudio.generators.info import LayerInfo
from latentstudio.ui.panels.mixing import MixingPanel, groups_of
from latentstudio.ui.panels.point_pictures import alone

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def panel(studio, show):
    return show(MixingPanel(studio.context), height=560)


def mix(studio, mixing):
    studio.document.change("Mix", recipe=msgspec.structs.replace(studio.recipe, mixing=mixing))


def sized(info, *sizes):
    layers = tuple(LayerInfo(f"L{i}_{size}_9", size) for i, size in enumerate(sizes))
    return msgspec.structs.replace(info, layers=layers, num_layers=len(layers))


def test_groups_of_the_paper(infos):
    assert groups_of(sized(infos["stylegan"], 4, 8, 16, 32, 64, 1024)) == (
        "coarse", "coarse", "middle", "middle", "fine", "fine",
    )  # fmt: skip


def test_stylegan3_s_layers_go_by_thirds_and_names(panel, studio, infos, qtbot):
    """Its sizes carry margins, and the last is smaller than the one before."""
    info = sized(infos["stylegan"], 36, 36, 52, 84, 148, 532, 512)
    studio.document.set_info(msgspec.structs.replace(info, has_transform=True))
    assert all(button.isEnabled() for button in panel.brushes.values())
    assert "third" in panel.brushes["fine"].toolTip()
    qtbot.mouseClick(panel.brushes["fine"], LEFT)
    assert [cell.layer for cell in studio.recipe.mixing.cells] == [5, 6]


def test_document_to_widget(panel, studio):
    mix(studio, Mixing().with_cells({(2, "B"): 0.4, (9, "D"): 1.0}))
    assert panel.grid.strength(2, 1) == 0.4
    assert panel.grid.strength(9, 3) == 1.0
    mix(studio, Mixing(solo=("B",), mute=("C",)))
    assert panel.grid.strength(2, 1) == 0.0
    assert panel.head.solo["B"].isChecked()
    assert panel.head.mute["C"].isChecked()
    assert not panel.head.solo["A"].isChecked()
    assert studio.steps() == 2


def test_painting_down_a_column_is_one_step(panel, studio, qtbot):
    grid = panel.grid
    start, end = (grid.cell_rect(row, 2).center().toPoint() for row in (0, 4))
    qtbot.mousePress(grid, LEFT, pos=start)
    for y in range(start.y(), end.y() + 1, 6):
        qtbot.mouseMove(grid, type(start)(start.x(), y))
    qtbot.mouseMove(grid, end)
    qtbot.mouseRelease(grid, LEFT, pos=end)
    cells = studio.recipe.mixing.cells
    assert [(c.layer, c.point, c.strength) for c in cells] == [(i, "C", 1.0) for i in range(5)]
    assert studio.steps() == 1


def test_a_brush_paints_its_layers_and_again_clears_them(panel, studio, qtbot):
    qtbot.mouseClick(panel.point.buttons["D"], LEFT)
    panel.strength.field.selectAll()
    qtbot.keyClicks(panel.strength.field, "0.5")
    qtbot.keyClick(panel.strength.field, Qt.Key.Key_Return)
    assert studio.steps() == 0  # the brush is a tool, not a value of the picture
    qtbot.mouseClick(panel.brushes["middle"], LEFT)
    layers = studio.document.info.layers
    middle = [i for i, layer in enumerate(layers) if 16 <= layer.resolution <= 32]
    assert [(c.layer, c.point, c.strength) for c in studio.recipe.mixing.cells] == [
        (i, "D", 0.5) for i in middle
    ]
    qtbot.mouseClick(panel.brushes["middle"], LEFT)
    assert studio.recipe.mixing == Mixing()


def test_solo_mute_and_clear(panel, studio, qtbot):
    mix(studio, Mixing().with_cells({(1, "B"): 1.0}))
    qtbot.mouseClick(panel.head.solo["D"], LEFT)
    qtbot.mouseClick(panel.head.solo["A"], LEFT)
    qtbot.mouseClick(panel.head.mute["B"], LEFT)
    assert studio.recipe.mixing.solo == ("A", "D")
    assert studio.recipe.mixing.mute == ("B",)
    qtbot.mouseClick(panel.head.solo["A"], LEFT)
    assert studio.recipe.mixing.solo == ("D",)
    qtbot.mouseClick(panel.head.clear, LEFT)
    assert studio.recipe.mixing == Mixing()
    studio.document.undo()
    assert studio.recipe.mixing.solo == ("D",)


def test_it_says_what_a_generator_cannot_do(panel, studio, infos):
    studio.document.set_info(infos["dcgan"])
    assert panel.grid.rows() == 0
    assert not panel.grid.isEnabled()
    assert not panel.brushes["coarse"].isEnabled()
    assert "no layers to mix" in panel.reason.text()
    studio.document.set_info(infos["stylegan"])
    assert panel.grid.rows() == 10
    assert panel.brushes["coarse"].isEnabled()


def test_pictures_come_when_they_are_ready(panel, studio):
    wanted = alone(studio.recipe, "C")
    assert wanted in studio.thumbnails.asked
    before = panel.head.grab().toImage()
    studio.thumbnails.deliver(wanted)
    assert panel.head.grab().toImage() != before
