from __future__ import annotations

import itertools

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication

from latentstudio.ui.widgets.mixing_grid import ROW_HEIGHT, MixingGrid, column_edges

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def grid(show):
    grid = MixingGrid()
    grid.set_rows(tuple((f"{4 * 2**i}", "coarse" if i < 2 else "fine", f"L{i}") for i in range(6)))
    show(grid, width=300)
    return grid


def inside(grid, row, column, share=0.5):
    rect = grid.cell_rect(row, column)
    return (rect.topLeft() + (rect.bottomRight() - rect.topLeft()) * 0.5).toPoint() + (
        (rect.topRight() - rect.topLeft()) * (share - 0.5)
    ).toPoint()


def heard(grid):
    edits = []
    grid.edited.connect(edits.append)
    return edits


def test_columns_do_not_overlap_and_end_at_the_edge():
    for width in range(160, 400):
        edges = [column_edges(width, column) for column in range(4)]
        assert all(left < right for left, right in edges)
        assert all(a[1] < b[0] for a, b in itertools.pairwise(edges))
        assert edges[-1][1] == width


def test_every_cell_is_found_under_its_middle(grid):
    for row in range(6):
        for column in range(4):
            assert grid.cell_at(inside(grid, row, column)) == (row, column)


def test_set_cells_is_silent(grid):
    edits = heard(grid)
    grid.set_cells({(1, "B"): 0.5, (2, "C"): 0.0})
    assert grid.strength(1, 1) == 0.5
    assert grid.strength(2, 2) == 0.0
    assert edits == []


def test_a_click_switches_between_nothing_and_the_brush(grid, qtbot):
    edits = heard(grid)
    grid.brush = 0.6
    qtbot.mouseClick(grid, LEFT, pos=inside(grid, 2, 1))
    assert edits == [{(2, "B"): 0.6}]
    qtbot.mouseClick(grid, LEFT, pos=inside(grid, 2, 1))
    assert edits[1:] == [{(2, "B"): 0.0}]


def test_dragging_sideways_sets_the_strength_of_that_cell_alone(grid, qtbot):
    edits = heard(grid)
    qtbot.mousePress(grid, LEFT, pos=inside(grid, 3, 2, 0.1))
    number = grid.gesture.number
    for share in (0.3, 0.5, 0.75):
        qtbot.mouseMove(grid, inside(grid, 3, 2, share))
    qtbot.mouseMove(grid, inside(grid, 5, 3))
    qtbot.mouseRelease(grid, LEFT, pos=inside(grid, 5, 3))
    assert {key for edit in edits for key in edit} == {(3, "C")}
    assert edits[-2][(3, "C")] == pytest.approx(0.75, abs=0.03)
    assert edits[-1] == {(3, "C"): 1.0}
    assert grid.gesture.number == number


def test_dragging_down_paints_every_cell_on_the_way(grid, qtbot):
    grid.brush = 0.8
    qtbot.mousePress(grid, LEFT, pos=inside(grid, 0, 1))
    qtbot.mouseMove(grid, inside(grid, 1, 1))
    qtbot.mouseMove(grid, inside(grid, 5, 1))  # a quick hand: rows 2 to 4 have no event
    qtbot.mouseRelease(grid, LEFT, pos=inside(grid, 5, 1))
    assert [grid.strength(row, 1) for row in range(6)] == [0.8] * 6
    assert all(grid.strength(row, column) == 0 for row in range(6) for column in (0, 2, 3))


def test_painting_from_a_full_cell_clears(grid, qtbot):
    grid.set_cells({(row, "B"): 1.0 for row in range(6)})
    qtbot.mousePress(grid, LEFT, pos=inside(grid, 1, 1))
    qtbot.mouseMove(grid, inside(grid, 3, 1))
    qtbot.mouseRelease(grid, LEFT, pos=inside(grid, 3, 1))
    assert [grid.strength(row, 1) for row in range(6)] == [1, 0, 0, 0, 1, 1]


def test_keys(grid, qtbot):
    edits = heard(grid)
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Right, "3"):
        qtbot.keyClick(grid, key)
    assert edits == [{(1, "C"): 0.3}]
    qtbot.keyClick(grid, "0")
    assert edits[-1] == {(1, "C"): 1.0}
    qtbot.keyClick(grid, "-")
    assert edits[-1] == {(1, "C"): 0.95}
    qtbot.keyClick(grid, Qt.Key.Key_Delete)
    assert edits[-1] == {(1, "C"): 0.0}
    qtbot.keyClick(grid, Qt.Key.Key_End)
    qtbot.keyClick(grid, Qt.Key.Key_Space)
    assert edits[-1] == {(5, "C"): 1.0}
    for _ in range(9):
        qtbot.keyClick(grid, Qt.Key.Key_Left)
    assert grid.cursor_cell() == (5, 0)


def test_digits_are_claimed_before_the_windows_shortcuts(grid):
    for key, text, mine in ((Qt.Key.Key_1, "1", True), (Qt.Key.Key_K, "k", False)):
        event = QKeyEvent(QEvent.Type.ShortcutOverride, key, Qt.KeyboardModifier.NoModifier, text)
        event.ignore()
        QApplication.sendEvent(grid, event)
        assert event.isAccepted() is mine


def test_an_empty_grid_takes_everything_calmly(show, qtbot):
    grid = show(MixingGrid(), width=300)
    edits = heard(grid)
    qtbot.keyClick(grid, "5")
    qtbot.mouseClick(grid, LEFT)
    assert edits == []
    assert grid.sizeHint().height() == ROW_HEIGHT
