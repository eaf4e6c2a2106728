"""The numbers as a person meets them: in the real window, with measurements out of thin air."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QWidget

from latentstudio.ui.numbers import model as model_module
from tests.gui.test_flow import control, drag
from tests.ui.fake_live import FakeLive

LEFT = Qt.MouseButton.LeftButton
WAIT = 20_000


@pytest.fixture
def window(make_window, settled, qtbot, monkeypatch):
    """Numbers in front, over a fake engine of theirs."""
    monkeypatch.setattr(model_module, "known_data", lambda _path: "portraits")
    made = make_window()
    made.studio.numbers.load_live = lambda: FakeLive
    qtbot.keyClick(made.canvas, Qt.Key.Key_N)
    qtbot.waitUntil(lambda: made.studio.numbers._agent is not None, timeout=WAIT)
    return made


def readout(window, name):
    return control(window, f"numbers.{name}").words()


def test_drag_psi_and_watch_precision_rise_and_recall_fall(window, qtbot):
    numbers = window.studio.numbers
    live = numbers._agent
    live.draw()
    live.settle()
    qtbot.waitUntil(lambda: readout(window, "precision").startswith("0.76, 95%"))
    psi = control(window, "truncation.psi").slider
    drag(qtbot, psi, QPoint(int(psi.width() * 0.66), 12), QPoint(int(psi.width() * 0.5), 12))
    qtbot.waitUntil(lambda: readout(window, "precision").startswith("≈ 0.9"))
    assert readout(window, "recall") < "≈ 0.30"
    assert live.followed[-1][1] or any(moving for _, moving in live.followed)
    qtbot.waitUntil(lambda: not live.followed[-1][1], timeout=WAIT)  # the hand rests
    assert live.followed[-1][0] == numbers.sampling
    window.studio.document.undo()
    assert window.studio.document.recipe.truncation.psi == 1.0, "a drag is one step"


def test_pin_export_and_find_it_again_after_a_restart(window, make_window, qtbot, tmp_path):
    numbers = window.studio.numbers
    numbers._agent.draw()
    numbers._agent.settle()
    panel = window.docks["numbers"].panel
    qtbot.waitUntil(lambda: len(panel.record.list.items) == 1)
    panel.record.list.setCurrentIndex(panel.record.list.model().index(0, 0))
    qtbot.mouseClick(panel.record.pin, LEFT)
    path = tmp_path / "history.csv"
    panel.exporter.ask = lambda *_: str(path)
    next(a for a in panel.export.menu().actions() if "History" in a.text()).trigger()
    qtbot.waitUntil(lambda: window.bar.sentence == "history.csv is written.", timeout=WAIT)
    (line,) = csv.DictReader(io.StringIO(path.read_bytes().decode()))
    assert (line["name"], line["psi [1]"]) == ("small", "1.0")
    panel.setup.target.setFocus()
    qtbot.keyClick(panel.setup.target, Qt.Key.Key_Down)
    assert numbers.choices.target == 5000
    window.close()

    again = make_window()
    again.studio.numbers.load_live = lambda: FakeLive
    qtbot.keyClick(again.canvas, Qt.Key.Key_N)
    listed = again.docks["numbers"].panel.record.list
    qtbot.waitUntil(lambda: len(listed.items) == 1, timeout=WAIT)
    assert listed.items[0].entry.pinned
    assert again.docks["numbers"].panel.setup.target.currentText() == "5,000"


def test_the_key_goes_there_and_back(window, qtbot):
    numbers = window.studio.numbers
    assert numbers.active
    qtbot.keyClick(window.canvas, Qt.Key.Key_N)
    qtbot.waitUntil(lambda: not numbers.active)
    assert not window.docks["source"].visibleRegion().isEmpty()
    qtbot.keyClick(window.canvas, Qt.Key.Key_N)
    qtbot.waitUntil(lambda: numbers._agent.active)
    window.actions_by_name["stage"].trigger()
    qtbot.waitUntil(lambda: not numbers._agent.active)
    window.actions_by_name["stage"].trigger()


def test_nothing_starts_while_nobody_looks(make_window):
    numbers = make_window().studio.numbers
    assert numbers._agent is None
    assert numbers.history is None


def test_closing_stops_the_measuring(window):
    live = window.studio.numbers._agent
    window.close()
    assert live.stopped


def test_everything_is_reached_by_the_keyboard(window):
    panel = window.docks["numbers"].panel
    for name in ("data", "features", "target", "pin", "note", "remove", "export", "copy",
                 "history", "fidelity", "fid_plot", "fold.setup"):  # fmt: skip
        widget = panel.findChild(QWidget, f"numbers.{name}")
        assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus, name
        assert widget.toolTip() or widget.accessibleName(), name


def test_the_numbers_of_the_engine(make_window, qtbot, tmp_path):
    """No fake: samples are measured against a folder of noise, and told."""
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    random = np.random.RandomState(0)
    for number in range(64):
        pixels = random.randint(0, 255, (32, 32, 3), np.uint8)
        Image.fromarray(pixels).save(pictures / f"{number}.png")
    window = make_window()
    numbers = window.studio.numbers
    numbers.choose(data=str(pictures), target=48)
    qtbot.keyClick(window.canvas, Qt.Key.Key_N)
    qtbot.waitUntil(
        lambda: bool(numbers.trouble) or (numbers.quality is not None and numbers.quality.n == 48),
        timeout=60_000,
    )
    assert not numbers.trouble
    assert numbers.quality.kind == "measured"
    assert numbers.quality.sampling == numbers.sampling
    qtbot.waitUntil(lambda: len(numbers.history.entries) == 1)
