from __future__ import annotations

import csv
import dataclasses
import io
import re
from dataclasses import replace
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest
import torch
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication

from latentstudio.data.attributes import Attribute
from latentstudio.document.recipe import Noise, Truncation
from latentstudio.metrics.spaces.classifier import AttributeClassifier
from latentstudio.metrics.spaces.features import ClassifierFeatures
from latentstudio.metrics.spaces.known_weights import KNOWN
from latentstudio.ui.numbers import model as model_module
from latentstudio.ui.numbers.setup import FILE, FOLDER
from latentstudio.ui.numbers.space_dialog import SpaceDialog
from latentstudio.ui.panels.base import NO_GENERATOR
from latentstudio.ui.panels.numbers import NumbersPanel
from tests.ui.fake_live import FakeLive, quality
from tests.ui.samples import make_samples

WAIT = 20_000
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def numbers(studio, tmp_path, monkeypatch):
    monkeypatch.setattr(model_module, "known_data", lambda _path: "portraits")
    model = studio.numbers
    model.load_live = lambda: FakeLive
    model.settle(tmp_path, lambda _one: tmp_path / "known.safetensors")
    yield model
    model.stop()


@pytest.fixture
def panel(studio, numbers, show, qtbot):
    numbers.wake()
    made = show(NumbersPanel(studio.context), width=300, height=700)
    qtbot.waitUntil(lambda: numbers._agent is not None, timeout=WAIT)
    return made


@pytest.fixture
def live(numbers, panel):
    return numbers._agent


def settle(qtbot, numbers, live, n=2000):
    live.settle(n)
    qtbot.waitUntil(lambda: numbers.quality is not None and numbers.quality.n == n)


def truncate(studio, psi):
    recipe = msgspec.structs.replace(studio.recipe, truncation=Truncation(psi))
    studio.document.change("Truncation", recipe=recipe)


def words(panel, field):
    return panel.board.large[field].words()


def test_it_follows_the_hand_and_says_what_is_interpolated(panel, numbers, live, studio, qtbot):
    settle(qtbot, numbers, live)
    before = numbers.quality
    assert panel.board.status.text == "measured ψ 1.00 · N 2,000"
    assert words(panel, "precision").startswith("0.76, 95% 0.74 – 0.78")
    truncate(studio, 0.5)
    qtbot.waitUntil(lambda: numbers.quality.kind == "interpolated")
    assert panel.board.status.text == "interpolated ψ 0.50 · N 1,024"
    assert words(panel, "recall").startswith("≈ ")
    assert numbers.quality.precision > before.precision
    assert numbers.quality.recall < before.recall


def test_warming_up_is_no_number(panel, numbers, live, qtbot):
    settle(qtbot, numbers, live, 128)
    assert words(panel, "fid_extrapolated") == "warming up: 128 of 384"
    assert words(panel, "kid")[0].isdigit()
    assert panel.board.status.text == "measured ψ 1.00 · N 128 of 2,000"


def test_self_check_floor_and_sources_are_on_the_screen(panel, numbers, live, qtbot):
    live.draw()
    qtbot.waitUntil(lambda: numbers.curve is not None)
    live.settle(1024)
    qtbot.waitUntil(lambda: numbers.quality.kind == "measured")
    assert "ψ 0.05, 0.45, 0.95: FID ±0.03" in panel.board.check.text()
    assert "Real against real at N 1,024: 2.10" in panel.board.plain.text()
    assert "5f5f5f5f" in panel.board.source.text()
    assert "5f" * 32 in panel.board.source.toolTip()
    assert panel.board.large["recall"].reading().floor == 0.92
    settle(qtbot, numbers, live, 2000)
    assert panel.board.large["recall"].reading().floor is None, "recall drifts with N"
    live.floors[2000] = quality(n=2000, better=18.0)
    live.on_floor(live.floors[2000])
    qtbot.waitUntil(lambda: panel.board.large["recall"].reading().floor is not None)
    assert "Real against real at N 2,000:" in panel.board.plain.text()


def test_the_plots_set_psi_in_one_undo_step(panel, numbers, live, studio, qtbot):
    live.draw()
    qtbot.waitUntil(lambda: bool(panel.fid.lines))
    plot = panel.fid
    qtbot.mousePress(plot, LEFT, pos=plot.place(0.9, 20).toPoint())
    for psi in (0.8, 0.6, 0.3):
        qtbot.mouseMove(plot, plot.place(psi, 20).toPoint())
    qtbot.mouseRelease(plot, LEFT, pos=plot.place(0.3, 20).toPoint())
    assert studio.recipe.truncation.psi == pytest.approx(0.3, abs=0.02)
    assert studio.steps() == 1
    panel.fidelity.setFocus()
    qtbot.waitUntil(lambda: numbers.quality.sampling == numbers.sampling)
    qtbot.keyClick(panel.fidelity, Qt.Key.Key_Right)
    assert studio.recipe.truncation.psi == pytest.approx(0.35, abs=0.02)
    assert studio.steps() == 2


def test_pins_are_compared_and_what_is_not_comparable_is_greyed(panel, numbers, live, qtbot):
    live.draw(better=5.0)
    settle(qtbot, numbers, live)
    record = panel.record
    record.list.setCurrentIndex(record.list.model().index(0, 0))
    qtbot.mouseClick(record.pin, LEFT)
    assert record.pin.isChecked()
    assert len(panel.fid.lines) == 2
    assert panel.fid.lines[0].colour
    record.ask = lambda before: f"{before}as trained"
    qtbot.mouseClick(record.note, LEFT)
    (item,) = record.list.items
    assert (item.entry.note, item.apart) == ("as trained", "")
    live.on_quality(quality(live.sampling, features_hash="00", features="inception"))
    qtbot.waitUntil(lambda: bool(record.list.items[-1].apart))
    assert "other features" in record.list.items[-1].apart
    record.list.setCurrentIndex(record.list.model().index(0, 0))
    qtbot.keyClick(record.list, Qt.Key.Key_Delete)
    assert len(record.list.items) == 1


def test_double_click_returns_to_the_setting(panel, numbers, live, studio, qtbot):
    truncate(studio, 0.7)
    numbers.choose(seed=5)
    settle(qtbot, numbers, live)
    truncate(studio, 1.0)
    numbers.choose(seed=0)
    panel.record.list.setCurrentIndex(panel.record.list.model().index(0, 0))
    qtbot.keyClick(panel.record.list, Qt.Key.Key_Return)
    assert studio.recipe.truncation.psi == 0.7
    assert numbers.choices.seed == 5
    assert studio.document.history.undo_label == "Return to measurement"


def test_a_measurement_of_a_checkpoint_that_is_gone_says_so(panel, numbers, live, studio, qtbot):
    settle(qtbot, numbers, live)
    entry = panel.record.list.items[0].entry
    sampling = msgspec.structs.replace(entry.quality.sampling, checkpoint="ef" * 32)
    gone = msgspec.structs.replace(
        entry, name="lost", quality=msgspec.structs.replace(entry.quality, sampling=sampling)
    )
    numbers.locate = lambda _one: None
    before = studio.recipe
    panel.record.taken.emit(gone)
    assert "lost" in studio.told[-1]
    assert studio.recipe is before


def test_export_of_history_and_curve(panel, numbers, live, studio, qtbot, tmp_path):
    panel.exporter.history_csv()
    assert studio.told == ["There is nothing measured to export yet."]
    live.draw()
    settle(qtbot, numbers, live)
    for deed, name, lines in (("history_csv", "history", 1), ("curve_csv", "curve.csv", 21)):
        panel.exporter.ask = lambda *_, name=name: str(tmp_path / name)
        getattr(panel.exporter, deed)()
        path = (tmp_path / name).with_suffix(".csv")
        qtbot.waitUntil(lambda path=path: studio.told[-1] == f"{path.name} is written.")
        table = list(csv.reader(io.StringIO(path.read_bytes().decode())))
        assert len(table) == lines + 1
        assert {len(line) for line in table} == {len(table[0])}


@pytest.fixture
def looked_at(live):
    """A classifier's view of forty pictures and of ten samples, one of which is a copy."""
    hat, bag = (
        Attribute(name=name, kind="binary", values=("no", "yes")) for name in ("hat", "bag")
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = AttributeClassifier([hat, bag], resolution=16, width=4, max_width=8, dim=6)
        rows = torch.randn(40, 6)
    live.features = ClassifierFeatures(network.eval(), name="x", content_hash="ab", bf16=False)
    live.reals = SimpleNamespace(
        side=SimpleNamespace(
            rows=rows, index=torch.arange(40), statistics=SimpleNamespace(dim=6), features="x"
        ),
        pictures=SimpleNamespace(picture=lambda number: np.full((8, 8, 3), number, np.uint8)),
    )
    samples = make_samples(10)
    features = np.random.default_rng(0).normal(size=(10, 6)).astype(np.float32)
    features[3] = rows[17].numpy()
    made = replace(samples, features=features)
    live.samples = lambda: made
    return made


def export(panel, words, path, studio, qtbot):
    """Choose an entry of the export menu, and a place for it."""
    panel.exporter.ask = lambda *_: str(path)
    next(a for a in panel.export.menu().actions() if words in a.text()).trigger()
    qtbot.waitUntil(lambda: studio.told[-1:] == [f"{path.name} is written."], timeout=WAIT)


def test_a_model_card_holds_it_all(panel, numbers, live, looked_at, studio, qtbot, tmp_path):
    live.draw()
    settle(qtbot, numbers, live)
    card = tmp_path / "card"
    export(panel, "card", card, studio, qtbot)
    text = (card / "card.md").read_text(encoding="utf-8")
    for words in (
        "| hat | no | ",
        "| hat | bag | ",
        "of samples at ψ = 1.",
        "real against real",
        "latentstudio measure ",
    ):
        assert words in text
    for name in re.findall(r"]\((.*?)\)", text):
        assert (card / name).stat().st_size, name
    with Image.open(card / "neighbours.png") as sheet:
        pixels = np.array(sheet)
    assert pixels.shape == (8 * 8, 6 * 8, 3)
    assert (pixels[3 * 8 : 4 * 8, :8] == looked_at.thumbs[3]).all()
    assert (pixels[3 * 8 : 4 * 8, 8:16] == 17).all(), "the picture that it copies"


def test_a_card_of_what_has_no_samples_yet(panel, numbers, live, studio, qtbot, tmp_path):
    panel.exporter.card()
    assert studio.told == ["The curve is not ready yet: let the hand rest a little."]
    live.draw()
    settle(qtbot, numbers, live)
    export(panel, "card", tmp_path / "bare", studio, qtbot)
    assert sorted(path.name for path in (tmp_path / "bare").iterdir()) == [
        "card.md", "curve.svg", "numbers.csv",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "start"), [("a.svg", b"<?xml"), ("a.png", b"\x89PNG"), ("a.pdf", b"%PDF")]
)
def test_a_figure_of_the_curve_and_the_pinned_ones(
    panel, numbers, live, studio, qtbot, tmp_path, name, start
):
    live.draw()
    settle(qtbot, numbers, live)
    panel.record.list.setCurrentIndex(panel.record.list.model().index(0, 0))
    qtbot.mouseClick(panel.record.pin, LEFT)
    export(panel, "figure", tmp_path / name, studio, qtbot)
    assert (tmp_path / name).read_bytes().startswith(start)


def test_export_into_nowhere_is_one_sentence(panel, numbers, live, studio, qtbot, tmp_path):
    settle(qtbot, numbers, live)
    panel.exporter.ask = lambda *_: str(tmp_path / "no" / "such.csv")
    panel.exporter.history_csv()
    qtbot.waitUntil(lambda: bool(studio.told))
    assert studio.told[-1].endswith(".")
    assert "such.csv" in studio.told[-1]


def test_the_command_measures_the_same(panel, numbers, live, studio, qtbot, tmp_path):
    truncate(studio, 0.7)
    settle(qtbot, numbers, live)
    qtbot.mouseClick(panel.copy, LEFT)
    text = QGuiApplication.clipboard().text()
    assert text.startswith(f"latentstudio measure {tmp_path / 'known.safetensors'}")
    for part in ("--real portraits", "--num 2000", "--psi 0.7", "--seed 0", "--features auto"):
        assert part in text
    noise = Noise(strength=0.5)
    studio.document.change("Noise", recipe=msgspec.structs.replace(studio.recipe, noise=noise))
    panel.record.list.setCurrentIndex(panel.record.list.model().index(-1, 0))
    qtbot.mouseClick(panel.copy, LEFT)
    assert "noise strengths" in studio.told[-1]


def test_choosers_write_choices(panel, numbers, live, studio, infos, qtbot):
    qtbot.keyClick(panel.setup.target, Qt.Key.Key_Down)
    assert numbers.choices.target == 5000
    panel.setup.seed.field.edited.emit(9)
    assert numbers.choices.seed == 9
    studio.document.set_info(infos["classes"])
    qtbot.mouseClick(panel.setup.classes.buttons["this"], LEFT)
    assert numbers.choices.any_class is False
    studio.document.set_info(infos["dcgan"])
    assert not panel.setup.mixing.isEnabled()
    assert not panel.setup.classes.isVisibleTo(panel)
    studio.document.set_info(None)
    assert panel.reason.text() == NO_GENERATOR


def test_data_and_features_of_one_s_own(panel, numbers, live, qtbot, tmp_path):
    panel.ask = lambda _title, what: "" if what else str(tmp_path)
    panel.setup.file_wanted.emit(FILE)
    assert numbers.choices.features == "auto", "nothing was chosen"
    panel.setup.file_wanted.emit(FOLDER)
    assert numbers.choices.data == str(tmp_path)
    assert panel.setup.data.currentText() == tmp_path.name
    assert live.opened[-1][0] == str(tmp_path)


SPACE = SimpleNamespace(
    name="inception", title="Inception 2015-12-05", ready=False, missing=("inception",),
    for_sets=True,
)  # fmt: skip


@pytest.fixture
def dialog(panel, numbers, qtbot):
    numbers.spaces = (SPACE,)
    numbers.spaces_changed.emit()
    features = panel.setup.features
    features.setCurrentIndex(features.findData("inception"))
    features.activated.emit(features.currentIndex())
    (found,) = panel.findChildren(SpaceDialog)
    return found


def test_features_that_are_not_here_are_asked_for(dialog, panel, numbers):
    assert "96 MB from github.com" in dialog.text.text()
    assert KNOWN["inception"].sha256[:16] in dialog.small.text()
    assert "Apache 2.0" in dialog.small.text()
    assert panel.setup.features.currentData() == "auto", "nothing has changed yet"
    dialog.cancel.click()
    assert numbers.choices.features == "auto"
    assert not numbers.download.busy


def test_a_download_shows_itself_and_then_the_features_are_chosen(
    dialog, panel, numbers, qtbot, monkeypatch
):
    from latentstudio.metrics.spaces import weights

    def fetch(name, folder=None, progress=None, cancel=None):
        progress(SimpleNamespace(done=48, total=96, seconds_left=2.0))
        return name

    def at_hand():
        numbers.spaces = (SimpleNamespace(**{**vars(SPACE), "ready": True}),)
        numbers.spaces_changed.emit()

    monkeypatch.setattr(weights, "fetch", fetch)
    monkeypatch.setattr(numbers, "look_for_spaces", at_hand)
    qtbot.mouseClick(dialog.fetch, LEFT)
    qtbot.waitUntil(lambda: numbers.choices.features == "inception", timeout=WAIT)


def test_a_download_that_fails_can_be_tried_again(dialog, numbers, qtbot, monkeypatch):
    from latentstudio.metrics.spaces import weights

    def fetch(*_args, **_options):
        raise OSError("no connection")

    monkeypatch.setattr(weights, "fetch", fetch)
    qtbot.mouseClick(dialog.fetch, LEFT)
    qtbot.waitUntil(lambda: dialog.text.text() == "No connection.", timeout=WAIT)
    assert dialog.fetch.isEnabled()


def test_every_control_has_a_name_and_parts_fold(panel, qtbot):
    for plot in (panel.fidelity, panel.fid):
        assert plot.accessibleName()
        assert plot.toolTip()
    fold = panel.fidelity.parentWidget().parentWidget().fold
    assert panel.fidelity.isVisibleTo(panel)
    qtbot.mouseClick(fold, LEFT, pos=QPoint(8, 8))
    assert not panel.fidelity.isVisibleTo(panel)
    qtbot.keyClick(fold, Qt.Key.Key_Space)
    assert panel.fidelity.isVisibleTo(panel)


def test_a_wide_panel_puts_the_numbers_in_a_row(panel, numbers, live, qtbot):
    settle(qtbot, numbers, live)
    first, last = panel.board.large["fid_extrapolated"], panel.board.large["recall"]
    assert first.y() < last.y()
    panel.resize(800, 700)
    qtbot.waitUntil(lambda: first.y() == last.y())
    panel.grab()


def test_context_is_what_other_panels_get(studio):
    assert dataclasses.replace(studio.context).numbers is studio.numbers
