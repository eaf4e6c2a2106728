"""What was chosen is there again at the next start; what is gone is said in one sentence."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt

from latentstudio.document.recipe import Recipe
from latentstudio.ui.numbers import model as model_module
from latentstudio.ui.numbers.choices import Choices
from latentstudio.ui.numbers.model import CHOICES, NumbersModel
from latentstudio.ui.numbers.remembered import MOST, Remembered, is_gone, recall, remember
from latentstudio.ui.numbers.setup import FILE, FOLDER
from latentstudio.ui.panels.numbers import NumbersPanel
from tests.ui.conftest import CHECKPOINT
from tests.ui.fake_live import FakeLive

WAIT = 20_000
OTHER = "cd" * 32


@pytest.fixture
def start(studio, tmp_path, monkeypatch, show, qtbot):
    """``start()`` starts the numbers anew, after ending those before, and looks at them."""
    monkeypatch.setattr(model_module, "known_data", lambda path: "portraits" if path else "")
    at_hand = {CHECKPOINT: tmp_path / "known.safetensors"}
    models, panels = [studio.numbers], []  # held: a widget must not go while it is listened to

    def begin():
        models[-1].stop()
        for panel in panels:
            panel.hide()
        numbers = NumbersModel(studio.document, engine=None)
        models.append(numbers)
        numbers.load_live = lambda: FakeLive
        numbers.settle(tmp_path / "state", at_hand.get)
        context = replace(studio.context, numbers=numbers)
        panels.append(show(NumbersPanel(context), height=700))
        numbers.wake()
        qtbot.waitUntil(lambda: numbers._agent is not None, timeout=WAIT)
        return panels[-1]

    yield begin
    models[-1].stop()


@pytest.fixture
def mugs(tmp_path):
    folder = tmp_path / "mugs"
    folder.mkdir()
    return folder


def point_to(panel, which, path):
    panel.ask = lambda *_: str(path)
    panel.setup.file_wanted.emit(which)


def test_all_choices_come_back(start, studio, infos, mugs, tmp_path, qtbot):
    network = tmp_path / "own.safetensors"
    network.touch()
    studio.document.set_info(infos["classes"])
    panel = start()
    point_to(panel, FOLDER, mugs)
    point_to(panel, FILE, network)
    qtbot.keyClick(panel.setup.target, Qt.Key.Key_Down)
    panel.setup.seed.field.edited.emit(9)
    panel.setup.mixing.edited.emit(0.5)
    qtbot.mouseClick(panel.setup.classes.buttons["this"], Qt.MouseButton.LeftButton)
    chosen = panel.numbers.choices
    assert chosen == Choices(str(mugs), str(network), 5000, 9, 0.5, False)

    again = start()
    assert again.numbers.choices == chosen
    assert again.setup.data.currentText() == "mugs"
    assert again.setup.target.currentText() == "5,000"
    assert again.setup.classes.choice() == "this"
    assert again.numbers._agent.opened == [(str(mugs), str(network))]
    assert again.numbers._agent.target == 5000
    assert studio.told == []


def test_data_belong_to_their_checkpoint(start, studio, mugs):
    point_to(start(), FOLDER, mugs)
    studio.document.change("Open", recipe=Recipe(checkpoint=OTHER))
    numbers = start().numbers
    assert numbers.choices.data == "", "of that one nothing is known"
    studio.document.change("Open", recipe=Recipe(checkpoint=CHECKPOINT))
    assert numbers.choices.data == str(mugs)


def test_a_folder_that_is_gone_is_one_sentence(start, studio, mugs):
    point_to(start(), FOLDER, mugs)
    mugs.rmdir()
    panel = start()
    assert panel.numbers.choices.data == "portraits"
    assert studio.told == [f"{mugs} is gone: Portraits (bundled) is taken."]
    mugs.mkdir()  # such as a disk that is plugged in again
    assert start().numbers.choices.data == str(mugs)
    assert len(studio.told) == 1


def test_a_folder_that_is_gone_may_have_nothing_in_its_place(start, studio, mugs):
    studio.document.change("Open", recipe=Recipe(checkpoint=OTHER))
    point_to(start(), FOLDER, mugs)
    mugs.rmdir()
    assert start().numbers.choices.data == ""
    assert studio.told == [f"{mugs} is gone: choose other pictures."]


def test_features_that_are_gone_are_the_data_s_own(start, studio, tmp_path):
    network = tmp_path / "own.safetensors"
    network.touch()
    point_to(start(), FILE, network)
    network.unlink()
    assert start().numbers.choices.features == "auto"
    assert studio.told == [f"{network} is gone: the data set's own features are taken."]


def test_choices_are_written_when_the_hand_rests(start, tmp_path, qtbot):
    file = tmp_path / "state" / CHOICES
    numbers = start().numbers
    assert not file.exists(), "nothing was chosen yet"
    for share in (0.1, 0.2, 0.3):
        numbers.choose(mixing=share)
    assert not file.exists()
    qtbot.waitUntil(file.exists)
    assert recall(file).choices.mixing == 0.3


def test_the_oldest_checkpoints_are_forgotten(tmp_path):
    file = tmp_path / "new" / CHOICES
    remember(file, Choices(seed=3), {str(number): "x" for number in range(MOST + 2)})
    kept = recall(file)
    assert kept.choices.seed == 3
    assert list(kept.data) == [str(number) for number in range(2, MOST + 2)]


def test_a_folder_that_cannot_be_written_keeps_nothing(tmp_path):
    file = tmp_path / "file" / CHOICES
    file.parent.touch()
    remember(file, Choices(seed=3), {})
    assert recall(file) == Remembered()


@given(
    st.binary(max_size=64)
    | st.builds(
        lambda **fields: msgspec.json.encode({"choices": fields}),
        target=st.integers(),
        seed=st.integers(-(1 << 70), 1 << 70),
        mixing=st.floats(),
    )
)
def test_what_is_read_is_always_sound(content):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / CHOICES
        file.write_bytes(content)
        kept = recall(file)
    assert kept == Remembered() or 0.0 <= kept.choices.mixing <= 1.0


def test_names_are_never_gone(tmp_path):
    assert not any(map(is_gone, ("", "portraits", "inception", str(tmp_path))))
    assert is_gone(str(tmp_path / "no"))
    assert is_gone(str(tmp_path / ("x" * 5000)))
