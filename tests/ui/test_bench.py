from __future__ import annotations

import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QGuiApplication, QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip

from latentstudio.cli.inspect import inspect
from latentstudio.metrics.inspect.plan import PARTS, InspectError, Plan
from latentstudio.ui.bench.run import Run
from latentstudio.ui.bench.scores import NOT_YET, ROWS
from latentstudio.ui.bench.setup import progress_words, time_words
from latentstudio.ui.bench.window import NO_GENERATOR, BenchWindow
from latentstudio.ui.bench.wish import BATCH, NAMES, Wish
from tests.export.reports import SOURCE
from tests.ui.conftest import CHECKPOINT
from tests.ui.fake_bench import FakeEngine, FakeInspection

LEFT = Qt.MouseButton.LeftButton
OTHER = "cd" * 32
FILE = Path("here/p's.safetensors")


class Rig:
    """A window on a studio with an engine, and the inspections that it began."""

    def __init__(self, studio, monkeypatch):
        self.studio, self.engine, self.inspections = studio, FakeEngine(), []
        self.context = replace(
            studio.context,
            study=self.engine.study,
            locate=lambda checkpoint: FILE if checkpoint == CHECKPOINT else None,
        )

        def opened(run, _task):
            run._inspection = FakeInspection()
            self.inspections.append(run._inspection)
            return run._inspection

        monkeypatch.setattr(Run, "_open", opened)

    @property
    def inspection(self):
        return self.inspections[-1]

    def open(self, checkpoint):
        recipe = msgspec.structs.replace(self.studio.recipe, checkpoint=checkpoint)
        self.studio.document.change("Open", recipe=recipe)


@pytest.fixture
def rig(studio, monkeypatch):
    made = Rig(studio, monkeypatch)
    yield made
    for inspection in made.inspections:
        inspection.let(99)
    made.engine.stop()


@pytest.fixture
def window(rig, show):
    made = show(BenchWindow(rig.context), width=1280, height=860)
    yield made
    for inspection in rig.inspections:
        inspection.let(99)
    made.stop()


@pytest.fixture
def started(window, rig, qtbot):
    """It is at the samples."""
    qtbot.mouseClick(window.setup.start, LEFT)
    qtbot.waitUntil(lambda: bool(rig.inspections))
    qtbot.waitUntil(lambda: window.model.report is not None)
    return window


def row(window, name):
    return next(
        cells for row, cells in zip(ROWS, window.table.cells(), strict=True) if row.title == name
    )


def at(window, title):
    return lambda: window.model.session.title == title


def test_parts_appear_while_others_run(started, rig, qtbot):
    window, inspection = started, rig.inspection
    assert row(window, "Disentanglement")[0].lack == NOT_YET
    assert not window.setup.start.isEnabled()
    inspection.let(3)
    qtbot.waitUntil(at(window, "layers"))
    cell = row(window, "Disentanglement")[0]
    assert (cell.value, cell.n, cell.method) == (0.6, 500, "of tests")
    assert window.maps["layers"].map() is None
    assert window.empty["layers"].text().endswith("as soon as it is found.")
    assert window.setup.status.text.startswith("50%: layers")
    inspection.let(2)
    qtbot.waitUntil(lambda: window.maps["layers"].map() is not None)
    assert window.maps["leakage"].map() is None
    inspection.let()
    qtbot.waitUntil(lambda: window.model.session.state == "done")
    assert window.setup.status.text == "Done: 2,000 samples of seed 0."
    assert window.maps["leakage"].map() is not None
    assert not window.setup.turn.isVisible()
    # Pictures in quiet studies of the engine, the rest beside it.
    assert set(rig.engine.asked) == {(CHECKPOINT, True)}
    where = {"samples": "fake engine", "dci in z": "bench"}
    assert all(where.get(title, "fake engine") == name for title, name in inspection.threads)
    window.grab()


def test_stop_and_continue(started, rig, qtbot):
    window, inspection = started, rig.inspection
    inspection.let(3)
    qtbot.waitUntil(at(window, "layers"))
    assert window.setup.turn.text() == "Stop"
    qtbot.mouseClick(window.setup.turn, LEFT)
    assert window.setup.turn.text() == "Continue"
    assert window.setup.status.text == "Stopped at 50%. Continue goes on there; nothing is lost."
    inspection.let()  # the slice that was under way
    qtbot.mouseClick(window.setup.turn, LEFT)
    inspection.let(2)
    qtbot.waitUntil(lambda: window.model.session.state == "done")
    assert len(rig.inspections) == 1
    assert len(inspection.threads) == len(inspection.titles)


def test_another_checkpoint_shows_its_own_or_none(started, rig, qtbot):
    window = started
    rig.inspection.let(3)
    qtbot.waitUntil(at(window, "layers"))
    rig.open(OTHER)
    assert window.model.session is None
    assert row(window, "Disentanglement")[0].value is None
    qtbot.mouseClick(window.setup.start, LEFT)
    qtbot.waitUntil(lambda: len(rig.inspections) == 2)
    assert window.model.session.run.checkpoint == OTHER
    with pytest.raises(ValueError, match="needs a checkpoint that is here"):
        window.command()
    rig.open(CHECKPOINT)
    assert row(window, "Disentanglement")[0].value == 0.6
    assert window.setup.turn.text() == "Continue"


def test_a_new_start_keeps_what_was_found_on_the_same_samples(started, rig, qtbot):
    window, setup = started, started.setup
    rig.inspection.let(5)
    qtbot.waitUntil(lambda: window.maps["layers"].map() is not None)
    for name in NAMES:
        setup.parts[name].setChecked(name == "mig")
    assert setup.start.isEnabled()  # it is not what goes on
    qtbot.mouseClick(setup.start, LEFT)
    assert window.model.session.wish.parts == ("dci", "mig", "layers")
    assert row(window, "Disentanglement")[0].value == 0.6
    setup.seed.edited.emit(1.0)
    setup.seed.set_amount(1)
    qtbot.mouseClick(setup.start, LEFT)
    assert window.model.session.wish.parts == ("mig",)
    assert row(window, "Disentanglement")[0].lack == "not asked for"
    setup.parts["mig"].setChecked(False)
    assert not setup.start.isEnabled()
    window.model.start(setup.wish())  # nothing to do
    assert window.model.session.wish.parts == ("mig",)


def test_trouble_is_told_and_it_may_go_on(started, rig, qtbot):
    window, inspection = started, rig.inspection
    inspection.error = InspectError("portraits reads numbers that are not finite")
    inspection.let()
    words = "portraits reads numbers that are not finite."
    qtbot.waitUntil(lambda: window.setup.status.text.lower() == words)
    assert window.setup.turn.text() == "Continue"
    qtbot.mouseClick(window.setup.turn, LEFT)
    inspection.let(99)
    qtbot.waitUntil(lambda: window.model.session.state == "done")


def test_without_a_classifier(window, rig, monkeypatch, qtbot):
    def refuse(_run, _task):
        raise ValueError("'nowhere' is no feature space and no file: choose one of auto")

    monkeypatch.setattr(Run, "_open", refuse)
    qtbot.mouseClick(window.setup.start, LEFT)
    qtbot.waitUntil(lambda: "is no feature space" in window.setup.status.text)


def test_without_a_generator(window, rig, studio):
    rig.open("")
    studio.document.set_info(None)
    assert window.setup.status.text == NO_GENERATOR
    assert not window.setup.start.isEnabled()
    window.model.start(Wish())
    window.model.go_on()
    assert window.model.session is None
    assert not any(button.isEnabled() for button in window.files.buttons.values())
    window.grab()


def test_without_w(window, studio, infos):
    studio.document.set_info(infos["dcgan"])
    assert window.told.text() == "A dcgan has no mapping network, and so no w: only z is measured."


def test_the_keyboard_and_the_mouse_read_numbers(started, rig, qtbot, monkeypatch):
    window, table = started, started.table
    rig.inspection.let(3)
    qtbot.waitUntil(at(window, "layers"))
    number = [r.title for r in ROWS].index("Disentanglement")
    words = f"Disentanglement in z: 0.600, 500 samples. Method: of tests. Factors: {SOURCE}."
    qtbot.mouseMove(table, table.place(number, 0).center().toPoint())
    assert window.told.text() == words
    QApplication.sendEvent(table, QEvent(QEvent.Type.Leave))
    assert window.told.text() != words
    table.setFocus()
    for key in (Qt.Key.Key_End, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_Left):
        qtbot.keyClick(table, key)
    for _ in range(number):
        qtbot.keyClick(table, Qt.Key.Key_Down)
    assert window.told.text() == table.accessibleDescription() == words
    said = []
    monkeypatch.setattr(QToolTip, "showText", lambda _where, tip, _widget: said.append(tip))
    place = table.place(number, 0).center().toPoint()
    QApplication.sendEvent(table, QHelpEvent(QEvent.Type.ToolTip, place, QPoint()))
    assert said[0].startswith("1 where each code counts for one attribute only.")
    assert said[0].endswith(words)


def test_the_command_line_understands_the_command(window, qtbot):
    window.setup.num.choose(5000)
    window.setup.seed.set_amount(7)
    window.setup.parts["dci"].setChecked(False)
    qtbot.mouseClick(window.files.buttons["command"], LEFT)
    line = shlex.split(QGuiApplication.clipboard().text())
    assert line[:2] == ["latentstudio", "inspect"]
    given = inspect.make_context("inspect", line[2:]).params
    plan = window.setup.wish().plan(None)
    assert given["checkpoint"] == FILE
    assert given["classifier"] == "auto"
    assert tuple(given["only"].split(",")) == plan.parts
    for name in ("num", "paths", "moved", "seed", "batch"):
        assert given[name] == getattr(plan, name)
    assert plan.num == 5000
    assert plan.seed == 7
    plan.check()


def test_the_usual_wish_is_the_command_lines_usual_plan():
    plan, usual = Wish().plan(FILE), Plan()
    assert NAMES == PARTS
    for name in ("parts", "num", "paths", "moved", "seed"):
        assert getattr(plan, name) == getattr(usual, name)
    assert shlex.split(plan.command)[-1] == str(BATCH)
    read = Wish(classifier="my own.safetensors").command(FILE)
    assert inspect.make_context("i", shlex.split(read)[2:]).params["only"] is None
    assert "--classifier 'my own.safetensors'" in read
    with pytest.raises(ValueError, match="choose a part"):
        Wish(()).command(FILE)


def test_the_classifier_of_edits_reads(window, studio):
    studio.editing.classifier = Path("mine.safetensors")
    assert window.model.wished(Wish()).classifier == "mine.safetensors"


def test_taking_it_home(started, rig, qtbot, tmp_path):
    window, files = started, started.files
    rig.inspection.let(99)
    qtbot.waitUntil(lambda: window.model.session.state == "done")

    def export(name, written):
        window.words.say("")
        qtbot.mouseClick(files.buttons[name], LEFT)
        qtbot.waitUntil(lambda: window.words.text() == f"{written} is written.", timeout=30_000)

    files.ask = lambda _words, proposal, _what: str(tmp_path / (proposal.split(".")[0] or "card"))
    export("json", "inspection.json")
    found = msgspec.json.decode((tmp_path / "inspection.json").read_bytes())
    assert found["spaces"][0]["dci"]["disentanglement"] == 0.6
    export("table", "inspection.csv")
    assert (tmp_path / "inspection.csv").read_text().startswith("part,space,attribute")
    export("figure", "layers.svg")
    qtbot.mouseClick(window.pages.buttons["leakage"], LEFT)
    files.ask = lambda *_: str(tmp_path / "leakage.png")
    export("figure", "leakage.png")
    assert (tmp_path / "leakage.png").read_bytes().startswith(b"\x89PNG")
    files.ask = lambda *_: str(tmp_path / "card")
    export("card", "card")
    assert {path.name for path in (tmp_path / "card").iterdir()} >= {"inspection.md", "layers.svg"}
    files.ask = lambda *_: str(tmp_path / "no" / "x.csv")
    qtbot.mouseClick(files.buttons["table"], LEFT)
    qtbot.waitUntil(lambda: "was not saved" in window.words.text())
    files.ask = lambda *_: ""
    qtbot.mouseClick(files.buttons["table"], LEFT)
    qtbot.mouseClick(window.pages.buttons["traversal"], LEFT)
    assert not files.buttons["figure"].isEnabled()


def test_names_for_everything_a_hand_touches(window):
    named = [window.table, *window.maps.values(), *window.setup.parts.values()]
    named += [window.setup.start, window.setup.turn, window.setup.num, window.setup.seed]
    named += [window.traversal.grid, window.traversal.kind, *window.files.buttons.values()]
    assert all(widget.objectName().startswith("bench.") for widget in named)
    assert all(widget.accessibleName() for widget in named)
    assert len({widget.objectName() for widget in named}) == len(named)


def test_escape_closes_and_nothing_is_lost(started, rig, qtbot):
    window = started
    window.activateWindow()
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not window.isVisible())
    rig.inspection.let(99)
    qtbot.waitUntil(lambda: window.model.session.state == "done")


def test_the_window_comes_without_torch():
    code = (
        "import sys, latentstudio.ui.bench.window; print({'torch', 'sklearn'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_time_in_words():
    seconds = (0.2, 40, 71, 299, 720, 3900)
    assert [time_words(s) for s in seconds] == [
        "1 s", "40 s", "1 min 10 s", "4 min 50 s", "12 min", "1 h 5 min",
    ]  # fmt: skip


def test_progress_in_words(started, rig, qtbot):
    session = started.model.session
    session.share, session.title, session.left = 0.425, "mig in w", 70.0
    assert progress_words(session) == "42%: MIG in w. About 1 min 10 s left."
