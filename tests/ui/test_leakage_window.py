from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip

from latentstudio.ui.directions.heat_view import ABOVE, BELOW
from latentstudio.ui.directions.leakage_table import FIELDS, Measured, leakage_table, to_csv
from latentstudio.ui.directions.leakage_window import LEGEND, NONE, UNKNOWN, LeakageWindow
from tests.ui.conftest import CHECKPOINT
from tests.ui.directions import LEAKS, bench, channel, direction, leak, smile

__all__ = ["bench"]
LEFT = Qt.MouseButton.LeftButton
HAT = direction("Hat", 2, leakage=(leak("smile", -0.3), leak("hue", 0.02)), samples=64)


@pytest.fixture
def window(bench, show):
    bench.library.add(smile(kept=("hue",)))
    bench.library.add(HAT)
    made = show(LeakageWindow(bench.context), width=900, height=600)
    yield made
    made.stop()


def test_the_table_by_hand():
    table = leakage_table([Measured(smile(), LEAKS, 4096), Measured(HAT, HAT.leakage, 64)],
                          "portraits", every=False)  # fmt: skip
    assert table.map.rows == ["Smile", "Earrings", "Hair style", "Hue"]
    assert table.map.columns == ["Smile", "Hat"]
    nan = np.nan
    expected = [[1.0, -0.3], [0.4, nan], [0.7, nan], [0.05, 0.02]]
    np.testing.assert_array_equal(table.map.values, expected)
    half = np.where(np.isnan(expected), nan, 0.1)
    np.testing.assert_allclose(table.map.high - table.map.values, half)
    assert table.map.end == 0.7  # of what leaks: smile by the smile slider is no leak
    assert table.own(0, 0)
    assert not table.own(0, 1)
    assert "over 64 samples of portraits" in table.map.caption
    assert table.sentence(2, 0) == (
        "Smile moves Hair style: long by +0.70 σ (95% +0.60 to +0.80, 4,096 samples)."
    )
    assert table.sentence(1, 1) == "Hat: not measured yet."
    every = leakage_table([Measured(smile(), LEAKS, 4096)], "portraits", every=True)
    assert every.map.rows[2:4] == ["Hair style: bob", "Hair style: long"]


def test_csv_says_all_there_is():
    rows = list(csv.DictReader(io.StringIO(to_csv([Measured(smile(), LEAKS, 4096)]))))
    assert tuple(rows[0]) == FIELDS
    assert [float(row["mean"]) for row in rows] == [1.0, 0.4, -0.2, 0.7, 0.05]
    assert rows[3]["value"] == "long"
    assert float(rows[3]["low"]) == pytest.approx(0.6)
    assert to_csv([]).endswith("\r\n")


def test_colours_diverge_and_fade_where_it_may_be_chance(window):
    view = window.view
    assert view.colour(0.7, True) == ABOVE
    assert view.colour(-0.7, True) == BELOW
    assert view.colour(-9.0, True) == BELOW
    nothing, faint = view.colour(float("nan"), True), view.colour(0.7, False)
    assert nothing == view.colour(0.0, True)
    ground, full = nothing.lightnessF(), ABOVE.lightnessF()
    assert min(ground, full) < faint.lightnessF() < max(ground, full)
    window.grab()


def test_the_mouse_and_the_keyboard_read_cells(window, qtbot):
    view = window.view
    qtbot.mouseMove(view, view.cell(2, 1).center().toPoint())
    assert window.words.text().startswith("Smile moves Earrings by +0.40 σ (95% +0.30 to +0.50")
    view.setFocus()
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Home, Qt.Key.Key_Down, Qt.Key.Key_End):
        qtbot.keyClick(view, key)
    assert view.current == (1, 1)
    assert window.words.text().startswith("Smile moves Hue")
    assert view._at(QPointF(0, 0)) == (-1, -1)


def test_the_tip_has_the_interval(window, monkeypatch):
    said = []
    monkeypatch.setattr(QToolTip, "showText", lambda _where, words, _widget: said.append(words))
    at = window.view.cell(0, 0).center().toPoint()
    QApplication.sendEvent(window.view, QHelpEvent(QHelpEvent.Type.ToolTip, at, QPoint()))
    assert said == ["Hat moves Smile by −0.30 σ (95% −0.40 to −0.20, 128 samples)."]


def test_a_click_holds_the_attribute_and_fits_again(window, bench, qtbot):
    view = window.view
    qtbot.mouseClick(view, LEFT, pos=view.cell(2, 1).center().toPoint())
    assert window.hold.text() == "Hold earrings, fit Smile again"
    qtbot.mouseClick(window.hold, LEFT)
    request = bench.editing.requests[-1]
    assert (request.attribute, request.kept) == ("smile", ("hue", "earrings"))
    new = bench.editing.answer(leakage=LEAKS).direction
    assert bench.library.get(smile(kept=("hue",)).key) is None
    assert {d.key for d in window.directions()} == {HAT.key, new.key}
    assert window.words.text().startswith("Smile holds hue, earrings now")


def test_what_cannot_be_held_is_not_offered(window, qtbot):
    for cell, visible in (((0, 1), False), ((1, 1), False), ((0, 0), True)):
        window.view.picked.emit(*cell)  # its own, held already, a slider that cannot be fitted
        assert window.hold.isVisible() == visible
    assert not window.hold.isEnabled()


def test_measuring(window, bench, qtbot):
    assert bench.editing.matrices == []  # all of it is known from the files
    window.samples.choose(1024)
    qtbot.mouseClick(window.measure, LEFT)
    ((checkpoint, directions, n),) = bench.editing.matrices
    assert (checkpoint, n) == (CHECKPOINT, 1024)
    assert [one.name for one in directions] == ["Hat", "Smile"]
    bench.editing.progressed.emit("Leakage", 0.25, 9.0)
    assert window.facts.text() == "Measuring: 25%, 9 s left"
    bench.editing.leak(HAT, (leak("smile", 0.9),), n=512, wanted=1024)
    bench.editing.leak(HAT, (leak("smile", 0.8),), n=1024, wanted=1024)
    assert window.view.table().map.values[0, 0] == 0.8
    bench.editing.leak(channel(), (leak("smile", 0.1),))  # nobody asked for it here
    bench.editing.leak(directions[1], LEAKS, n=1024, wanted=1024)
    assert window.facts.text() == "2 sliders · 4 rows"
    assert "1,024 samples" in window.view.table().sentence(0, 0)


def test_what_was_never_measured_is_at_once(bench, show):
    bench.library.add(channel())
    window = show(LeakageWindow(bench.context))
    assert [len(directions) for _, directions, _ in bench.editing.matrices] == [1]
    assert window.empty.text() == UNKNOWN
    bench.editing.failed.emit("There is no classifier for these pictures.")
    assert window.facts.text() == "There is no classifier for these pictures."
    window.stop()


def test_without_sliders(bench, show):
    window = show(LeakageWindow(bench.context))
    assert window.empty.text() == NONE
    assert not window.measure.isEnabled()
    assert bench.editing.matrices == []
    window.grab()
    window.stop()


def test_choices(window, bench, qtbot):
    for number in range(9):
        bench.library.add(direction(f"X{number}", 40 + number, leakage=LEAKS))
    assert len(window.view.table().measured) == 8
    qtbot.mouseClick(window.which.buttons["all"], LEFT)
    assert len(window.view.table().measured) == 11
    rows = len(window.view.table().cells)
    qtbot.mouseClick(window.rows.buttons["every"], LEFT)
    assert len(window.view.table().cells) == rows + 1
    assert window.words.text() == LEGEND
    bench.studio.document.set_info(None)


def test_taking_it_home(window, qtbot, tmp_path):
    qtbot.mouseClick(window.files.copy, LEFT)
    assert QGuiApplication.clipboard().text().startswith("slider,attribute")
    window.files.ask = lambda _words, proposal, _what: str(tmp_path / proposal.split(".")[0])
    qtbot.mouseClick(window.files.file, LEFT)
    qtbot.waitUntil(lambda: window.words.text() == "leakage.csv is written.")
    assert (tmp_path / "leakage.csv").read_bytes().count(b"\r\n") == 8
    qtbot.mouseClick(window.files.figure, LEFT)
    qtbot.waitUntil(lambda: window.words.text() == "leakage.svg is written.", timeout=30_000)
    assert b"Hair style" in (tmp_path / "leakage.svg").read_bytes()
    window.files.ask = lambda *_: str(tmp_path / "no" / "x.csv")
    qtbot.mouseClick(window.files.file, LEFT)
    qtbot.waitUntil(lambda: "was not saved" in window.words.text())
    window.files.ask = lambda *_: ""
    qtbot.mouseClick(window.files.file, LEFT)
