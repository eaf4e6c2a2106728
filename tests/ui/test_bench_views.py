"""Numbers as cells, matrices as maps."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip

from latentstudio.metrics.inspect.report import LeftOut
from latentstudio.ui.bench.map_view import LEAST, MapView
from latentstudio.ui.bench.maps import layer_map, leakage_map
from latentstudio.ui.bench.score_table import ScoreTable
from latentstudio.ui.bench.scores import (
    NOT_ASKED,
    NOT_YET,
    ROWS,
    Cell,
    apart,
    cells_of,
    digits,
    found_parts,
    sentence_of,
)
from latentstudio.ui.bench.wish import NAMES
from latentstudio.ui.directions.heat_view import ABOVE, BELOW
from tests.export.reports import COLUMNS, SOURCE, inspected
from tests.ui.conftest import stylegan_info

PATH, MIG = ROWS[0], ROWS[7]


def changed(**fields):
    return msgspec.structs.replace(inspected(), **fields)


def test_rows_have_all_headlines():
    names = [line.name for line in inspected().spaces[0].headlines()]
    assert [row.name for row in ROWS] == names
    assert {row.part for row in ROWS} | {"layers", "leakage"} == set(NAMES)
    assert found_parts(inspected()) == NAMES
    assert found_parts(changed(spaces=(), layers=None)) == ("leakage",)
    assert found_parts(None) == ()


def test_a_cell_says_value_samples_method_and_factors():
    z, w = cells_of(inspected(), PATH, NAMES)
    assert (z.value, z.n) == (250.0, 90)
    assert z.interval == pytest.approx((230.4, 269.6))
    assert sentence_of(PATH, "z", z, SOURCE) == (
        "Path length in z: 250 (95% 230 to 270), 90 paths. Method: squared distance in portraits,"
        " over a step of 0.0001, squared."
    )
    assert sentence_of(MIG, "w", cells_of(inspected(), MIG, NAMES)[1], SOURCE) == (
        f"MIG in w: 0.200, 500 samples. Method: of tests. Factors: {SOURCE}."
    )
    assert w.value == z.value


def test_what_is_missing_says_why():
    only_z = changed(
        spaces=inspected().spaces[:1],
        left_out=(LeftOut("w", "a dcgan has no mapping network: z only"),),
    )
    assert cells_of(only_z, MIG, NAMES)[1].lack == "a dcgan has no mapping network: z only"
    without = msgspec.structs.replace(inspected().spaces[0], mig=None, ppl_full=None)
    report = changed(spaces=(without,), left_out=(LeftOut("mig z", "the codes are constant"),))
    assert cells_of(report, MIG, NAMES)[0].lack == "the codes are constant"
    assert cells_of(report, PATH, NAMES)[0].lack == NOT_YET
    assert cells_of(report, PATH, ("mig",))[0].lack == NOT_ASKED
    assert cells_of(None, MIG, NAMES) == (Cell(lack=NOT_YET),) * 2
    assert sentence_of(MIG, "z", Cell(lack=NOT_YET), "") == "MIG in z: not measured yet."


@pytest.mark.parametrize(
    ("row", "z", "w", "best"),
    [
        (PATH, (1.0, 2.0), (3.0, 4.0), 0),  # lower is better
        (PATH, (3.0, 4.0), (1.0, 2.0), 1),
        (MIG, (1.0, 2.0), (3.0, 4.0), 1),  # higher is
        (MIG, (3.0, 4.0), (1.0, 2.0), 0),
        (MIG, (1.0, 3.0), (2.0, 4.0), -1),
        (PATH, (1.0, 2.0), None, -1),
    ],
)
def test_better_for_certain(row, z, w, best):
    assert apart(row, (Cell(1.5, z), Cell(3.5, w))) == best


def test_digits():
    numbers = (2556.8, 963.6, 71.28, 0.8689, 0.00485, 0.0)
    words = ["2,557", "964", "71.3", "0.869", "0.0049", "0.000"]
    assert [digits(number) for number in numbers] == words


def test_the_table_paints_all_it_may_be_given(show):
    table = show(ScoreTable(), 480, 600)
    table.grab()
    cells = [cells_of(inspected(), row, NAMES) for row in ROWS]
    cells[1] = (Cell(lack="the codes are constant"), Cell(lack=NOT_YET))
    table.show_cells(tuple(cells), {"z": 8, "w": 8}, SOURCE)
    table.setFocus()
    table.grab()


def test_shares_of_layers_by_hand():
    """One attribute for both classes of glasses: weighted by how much changes in each."""
    report = inspected()
    found = msgspec.structs.replace(
        report.layers,
        change=((3.0, 1.0, 6.0), (1.0, 1.0, 2.0)),
        share=((0.75, 0.5, 0.75), (0.25, 0.5, 0.25)),
        low=((0.6, 0.4, 0.7), (0.2, 0.4, 0.2)),
        high=((0.9, 0.6, 0.8), (0.3, 0.6, 0.3)),
    )
    report = msgspec.structs.replace(report, layers=found, shown=(0, 1, 2))
    shown = layer_map(report, None, every=False)
    assert (shown.rows, shown.columns) == (("Smile", "Glasses"), ("0", "1"))
    # Of glasses, changes of 2 and 8: (2 · 0.5 + 8 · 0.75) / 10.
    np.testing.assert_allclose(shown.values, [[0.75, 0.25], [0.7, 0.3]])
    np.testing.assert_allclose(shown.low, [[0.6, 0.2], [0.64, 0.24]])
    assert shown.own.tolist() == [[True, False], [True, False]]
    assert shown.sentence(1, 0) == (
        f"Layer 0 decides 70% of Glasses (95% 64% to 76%, {found.n} samples)."
    )
    every = layer_map(report, None, every=True)
    assert every.rows[1:] == ("Glasses: round", "Glasses: no|ne")
    np.testing.assert_array_equal(every.values, np.array(found.share).T)
    np.testing.assert_array_equal(every.high, np.array(found.high).T)
    assert [every.form(value) for value in (0.754, 0.001)] == ["75%", ""]


def test_layers_have_resolutions_where_they_are_known():
    info = stylegan_info(resolution=4)
    assert len(info.layers) == 2
    assert layer_map(inspected(), info, every=True).columns == ("0 · 4 px", "1 · 4 px")
    still = msgspec.structs.replace(inspected().layers, change=((0.0,) * 3,) * 2)
    shown = layer_map(changed(layers=still, shown=(1, 2)), None, every=False)
    assert np.isfinite(shown.values).all()


def test_leakage_by_hand():
    shown = leakage_map(changed(shown=(0, 1, 2)), every=False)
    means = [[leak.mean for leak in row.leaks] for row in inspected().leakage.matrix.rows]
    assert shown.columns == ("Smile", "Glasses")
    # Of glasses what the direction of smile moves most, and for round ones just these.
    assert shown.values[0].tolist() == [means[0][0], max(means[0][1:], key=abs)]
    assert shown.values[1].tolist() == means[1][:2]
    assert shown.own.tolist() == [[True, False], [False, True]]
    assert shown.sentence(0, 0) == (
        "The direction of Smile (R² 0.70) moves Smile by +1.00 σ (95% +0.80 to +1.20, 40 samples)."
    )
    every = leakage_map(changed(shown=(0, 1, 2)), every=True)
    assert every.columns == tuple(column.title for column in COLUMNS)
    assert every.own.sum() == 2
    assert every.faint == frozenset()
    fits = tuple(msgspec.structs.replace(f, weak=True) for f in inspected().leakage.directions)
    weak = msgspec.structs.replace(inspected().leakage, directions=fits)
    assert leakage_map(changed(leakage=weak), every=True).faint == {0, 1}


def test_no_map_without_numbers():
    nothing = changed(layers=None, leakage=None)
    assert layer_map(nothing, None, every=True) is None
    assert leakage_map(nothing, every=True) is None
    assert layer_map(changed(shown=()), None, every=True) is None
    assert leakage_map(changed(shown=()), every=True) is None


@pytest.fixture
def view(show):
    made = MapView()
    made.show_map(leakage_map(changed(shown=(0, 1, 2)), every=True))
    return show(made, 600, 300)


def test_colours_diverge_and_fade_where_it_may_be_chance(view):
    assert view.colour(1.5, True) == ABOVE
    assert view.colour(-9.0, True) == BELOW
    nothing, faint = view.colour(0.0, True), view.colour(1.5, False)
    ends = sorted((nothing.lightnessF(), ABOVE.lightnessF()))
    assert ends[0] < faint.lightnessF() < ends[1]
    view.grab()
    view.show_map(None)
    assert view.sentence(0, 0) == ""
    view.grab()


def test_the_hand_and_the_keyboard_find_cells(view, qtbot, monkeypatch):
    told = []
    view.pointed.connect(lambda *cell: told.append(cell))
    middle = view.cell(1, 2).center()
    qtbot.mouseMove(view, middle.toPoint())
    assert told[-1] == (1, 2)
    QApplication.sendEvent(view, QEvent(QEvent.Type.Leave))
    assert told[-1] == (-1, -1)
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=middle.toPoint())
    keys = Qt.Key
    view.setFocus()
    for key, at in (
        (keys.Key_Home, (1, 0)), (keys.Key_End, (1, 2)), (keys.Key_Right, (1, 2)),
        (keys.Key_Left, (1, 1)), (keys.Key_PageUp, (0, 1)), (keys.Key_PageDown, (1, 1)),
        (keys.Key_Up, (0, 1)), (keys.Key_Down, (1, 1)),
    ):  # fmt: skip
        qtbot.keyClick(view, key)
        assert told[-1] == view.current == at
    assert view.accessibleDescription() == view.sentence(1, 1)
    qtbot.keyClick(view, keys.Key_A)
    assert view._at(QPointF(0, 0)) == (-1, -1)
    said = []
    monkeypatch.setattr(QToolTip, "showText", lambda _where, tip, _widget: said.append(tip))
    QApplication.sendEvent(view, QHelpEvent(QEvent.Type.ToolTip, middle.toPoint(), QPoint()))
    assert said == [view.sentence(1, 2)]


def test_small_cells_hold_no_numbers_and_nothing_is_cut_off(view):
    hint = view.minimumSizeHint()
    view.resize(hint)
    last = view.cell(1, 2)
    assert last.width() == pytest.approx(LEAST)
    assert last.right() <= hint.width()
    assert last.bottom() <= hint.height()
    view.grab()
