"""What the picture panel finds again at the next start."""

from __future__ import annotations

import json

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage

from latentstudio.data.intake import Crop
from latentstudio.ui.inverting import memory
from latentstudio.ui.panels.picture import PicturePanel
from tests.ui.conftest import Studio, dcgan_info, stylegan_info
from tests.ui.fake_inverter import FakeInverter, photograph

LEFT = Qt.MouseButton.LeftButton
CROP = Crop(0.8, 0.45, 0.5, 5.0)


@pytest.fixture
def start(qapp, show, tmp_path, monkeypatch, qtbot):
    """Start anew, with the panel behind something, as at most starts."""
    monkeypatch.setattr(memory, "SETTLED", 10)
    started = []

    def begin(info=None, settle=True):
        if started:
            started[-1].inverting.stop()
        made = Studio()
        started.append(made)
        made.document.set_info(info or stylegan_info())
        made.inverting.load = lambda: FakeInverter
        made.troubles = []
        made.inverting.failed.connect(made.troubles.append)
        if settle:
            made.inverting.memory.settle(tmp_path / "state")
        made.panel = PicturePanel(made.context)
        qtbot.addWidget(made.panel)
        made.source, made.steps = made.inverting.source, made.inverting.steps
        return made

    yield begin
    for made in started:
        made.inverting.stop()


def seen(made, show):
    return show(made.panel, width=330, height=1300)


def test_settings_are_found_again(start, show, qtbot):
    panel = seen(start(), show)
    panel.more.set_open(True)
    qtbot.mouseClick(panel.more.spaces.buttons["w"], LEFT)
    panel.more.steps.slider.setFocus()
    qtbot.keyClick(panel.more.steps.slider, Qt.Key.Key_Right)
    qtbot.keyClick(panel.more.starts.slider, Qt.Key.Key_Left)
    qtbot.keyClick(panel.more.noise, Qt.Key.Key_Space)
    qtbot.mouseClick(panel.more.task.kinds.buttons["enlarge"], LEFT)
    wished = panel.more.wishes()
    assert (wished.space, wished.starts, wished.steps, wished.noise) == ("w", 7, 310, True)
    assert start().panel.more.wishes() == wished


def test_another_photograph_is_not_taken_for_damaged(start, show, qtbot, tmp_path):
    made = start()
    panel = seen(made, show)
    photographs = [photograph(tmp_path / f"{name}.png") for name in ("one", "two")]
    made.inverting.take(photographs[0])
    qtbot.waitUntil(lambda: made.source.path == photographs[0])
    qtbot.mouseClick(panel.more.task.kinds.buttons["repair"], LEFT)
    assert panel.more.wishes().kind == "repair"
    made.inverting.take(photographs[1])
    qtbot.waitUntil(lambda: made.source.path == photographs[1])
    assert panel.more.wishes().kind == "find"
    assert panel.more.task.kinds.choice() == "find"


def test_what_a_generator_has_not_is_still_wished_of_others(start, show, qtbot):
    panel = seen(start(), show)
    qtbot.mouseClick(panel.more.spaces.buttons["w"], LEFT)
    panel.more.noise.click()
    other = start(dcgan_info())
    wished = other.panel.more.wishes()
    assert (wished.space, wished.noise) == ("z", False)
    other.panel.more.task.kinds.buttons["repair"].click()
    again = start().panel.more.wishes()
    assert (again.space, again.noise, again.kind) == ("w", True, "repair")


def test_the_photograph_is_taken_again_once_the_panel_is_seen(start, show, tmp_path, qtbot):
    first = start()
    first.inverting.take(photograph(tmp_path / "anna.png"))
    qtbot.waitUntil(lambda: first.source.pixels is not None)
    first.steps.frame(CROP, "")
    first.panel.more.task.kinds.buttons["repair"].click()
    qtbot.mouseClick(first.panel.more.task.brush, LEFT)
    painted = first.panel.more.task.brush.kept.copy()
    qtbot.wait(50)  # written without being asked, as after a crash
    second = start()
    qtbot.wait(20)
    assert not second.source.reading, "torch is not wanted before somebody looks"
    seen(second, show)
    qtbot.waitUntil(lambda: second.source.pixels is not None)
    assert second.source.intake.name == "anna.png"
    assert second.source.crop == CROP
    assert (second.panel.more.task.brush.kept == painted).all()
    assert second.panel.more.task.brush.isVisible()
    assert second.steps.undo_label == ""
    third = start()
    seen(third, show)
    qtbot.waitUntil(lambda: third.source.crop == CROP)


def test_the_last_change_is_written_at_the_end(start, tmp_path, monkeypatch, qtbot):
    monkeypatch.setattr(memory, "SETTLED", 60_000)
    first = start()
    first.inverting.take(photograph(tmp_path / "anna.png"))
    qtbot.waitUntil(lambda: first.source.pixels is not None)
    first.steps.frame(CROP, "")
    first.inverting.stop()
    kept = json.loads((tmp_path / "state" / memory.FILE).read_text())
    assert kept["photograph"] == str(tmp_path / "anna.png")
    assert first.inverting.memory.folder == str(tmp_path), "where the next is looked for"
    assert kept["square"] == [0.8, 0.45, 0.5, 5.0]


def test_one_that_was_dropped_meanwhile_stays(start, show, tmp_path, qtbot):
    first = start()
    first.inverting.take(photograph(tmp_path / "anna.png"))
    qtbot.waitUntil(lambda: first.source.pixels is not None)
    second = start()
    second.inverting.take(photograph(tmp_path / "ben.png"))
    seen(second, show)
    qtbot.waitUntil(lambda: second.source.pixels is not None)
    assert second.source.intake.name == "ben.png"
    assert second.source.crop == Crop.whole(300, 200)


def test_one_that_is_gone_is_not_missed(start, show, tmp_path, qtbot):
    first = start()
    first.inverting.take(photograph(tmp_path / "anna.png"))
    qtbot.waitUntil(lambda: first.source.pixels is not None)
    first.inverting.stop()
    (tmp_path / "anna.png").unlink()
    second = start()
    panel = seen(second, show)
    assert panel.drop.isVisible()
    assert not second.source.reading
    assert second.troubles == []


def test_a_pasted_one_leaves_no_path(start, tmp_path, qtbot):
    first = start()
    image = QImage(20, 20, QImage.Format.Format_RGB32)
    image.fill(QColor(10, 20, 30))
    first.inverting.take(photograph(tmp_path / "anna.png"))
    qtbot.waitUntil(lambda: first.source.pixels is not None)
    first.inverting.take(image, "the pasted picture")
    qtbot.waitUntil(lambda: first.source.path is None)
    first.inverting.stop()
    assert json.loads((tmp_path / "state" / memory.FILE).read_text())["photograph"] == ""


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"wishes": {"kind": "eat"}}',
     '{"photograph": "\\u0000", "square": [0, 0, 9, 0]}',
     '{"wishes": {"starts": 1000000000, "steps": -5, "answers": 99, "small": 0}}'],
)  # fmt: skip
def test_a_damaged_file_harms_nobody(start, show, tmp_path, text):
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / memory.FILE).write_text(text)
    panel = seen(start(), show)
    wished = panel.more.wishes()
    assert wished.kind == "find"
    assert 1 <= wished.starts <= 32
    assert 50 <= wished.steps <= 2000
    assert 2 <= wished.answers <= 8
    assert panel.drop.isVisible()


def test_without_a_folder_nothing_is_kept(start, tmp_path, qtbot):
    made = start(settle=False)
    made.inverting.take(photograph(tmp_path / "anna.png"))
    qtbot.waitUntil(lambda: made.source.pixels is not None)
    made.inverting.stop()
    assert not (tmp_path / "state").exists()
