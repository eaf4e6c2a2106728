from __future__ import annotations

import threading
from dataclasses import replace
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest
import torch
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication

from latentstudio.document.sampling import Sampling
from latentstudio.metrics.groups import Question, group_names, members, value_words
from latentstudio.ui.panels.base import NO_GENERATOR
from latentstudio.ui.panels.composition import NO_CLASSIFIER, WAITING, CompositionPanel
from latentstudio.ui.samples.blocks import Block, Row, Share
from latentstudio.ui.samples.compared import NO_LABELS, OF_CLASSES, OF_DATA, Composer
from latentstudio.ui.samples.densities import distance, hills
from latentstudio.ui.samples.share_chart import ShareChart
from tests.ui.conftest import CHECKPOINT
from tests.ui.samples import ATTRIBUTES, EARRINGS, HAIR, HUE, SMILE, FakeNumbers, make_samples

LEFT = Qt.MouseButton.LeftButton
M = 600


class Classifier:
    """Features of which each row is a picture's number."""

    name = "portraits"
    classifier = SimpleNamespace(attributes=ATTRIBUTES)

    def __init__(self, readings):
        self.readings = readings
        self.threads = []

    def read(self, rows):
        self.threads.append(threading.current_thread())
        return {name: torch.tensor(values)[: len(rows)] for name, values in self.readings.items()}


def hair(classes):
    return np.eye(3, dtype=np.float32)[classes]


@pytest.fixture
def numbers(qapp):
    """In the data a third of each hair style; short hair is as common whoever smiles."""
    readings = dict(make_samples(M, seed=1).readings)
    readings["hair_style"] = hair(np.arange(M) % 3)
    readings["earrings"] = np.full(M, 0.5, np.float32)
    labels = {
        "hair_style": torch.arange(M) % 3,
        "smile": torch.tensor(readings["smile"]),
    }
    side = SimpleNamespace(rows=torch.zeros(M, 1), labels=labels)
    return FakeNumbers(
        features=Classifier(readings), reals=SimpleNamespace(side=side, attributes=ATTRIBUTES)
    )


@pytest.fixture
def samples():
    """Mostly buzz cuts, never a bob, and the same smiles as in the data."""
    made = make_samples(300)
    made.readings["hair_style"] = hair(np.where(np.arange(300) % 10 == 0, 2, 0))
    made.readings["smile"] = make_samples(M, seed=1).readings["smile"][:300]
    return made


@pytest.fixture
def panel(studio, numbers, show):
    made = CompositionPanel(replace(studio.context, numbers=numbers))
    show(made, width=340, height=700)
    yield made
    made.stop()


@pytest.fixture
def compared(panel, numbers, samples, qtbot):
    numbers.give(samples)
    qtbot.waitUntil(lambda: panel.composition is not None and not panel._worker.busy)
    return panel


def compose(numbers, samples, question=None, classes=()):
    return Composer()(samples, numbers.reals, numbers.features, question, classes)


def block(composition, title):
    return next(b for b in composition.blocks if b.title == title)


# -- what is worked out --------------------------------------------------------------------


def test_shares_by_hand(numbers, samples):
    made = compose(numbers, samples)
    assert (made.n, made.m) == (300, M)
    found = block(made, "Hair style")
    assert [round(row.data.value, 4) for row in found.rows] == [0.3333, 0.3333, 0.3333]
    assert [round(row.samples.value, 4) for row in found.rows] == [0.9, 0.0, 0.1]
    assert all(row.differs and row.samples.low <= row.samples.value <= row.samples.high
               for row in found.rows)  # fmt: skip
    assert found.difference == pytest.approx(0.9 - 1 / 3)
    assert made.blocks[0] is found  # the most different first


def test_a_binary_attribute_has_one_row(numbers, samples):
    found = block(compose(numbers, samples), "Earrings")
    assert [row.label for row in found.rows] == ["yes"]
    assert found.rows[0].data.value == pytest.approx(0.5)


def test_continuous_attributes_have_densities(numbers, samples):
    made = compose(numbers, samples)
    assert not block(made, "Smile").hills.differs
    assert block(made, "Smile").words.count("±") == 2
    samples.readings["smile"] = samples.readings["smile"] / 4
    assert block(compose(numbers, samples), "Smile").hills.differs


def test_distances_by_hand():
    a, b = np.array([0.0, 1.0, 2.0, 3.0]), np.array([2.0, 3.0, 4.0, 5.0])
    assert distance(SMILE, a, b) == 0.5
    assert distance(SMILE, a, a) == 0.0
    # A turn by half a circle is no farther than any other.
    circle = np.linspace(0.0, 0.5, 50)
    assert distance(HUE, circle, circle + 0.5) == pytest.approx(1.0, abs=0.03)
    alike = hills(SMILE, np.ones(10), np.ones(10))
    assert alike.data.sum() == pytest.approx(1.0)


def test_equal_distributions_differ_rarely():
    random = np.random.default_rng(0)
    for attribute in (SMILE, HUE):
        sets = np.sort(random.random((400, 200)), axis=1)
        share = np.mean([hills(attribute, a, b).differs for a, b in sets.reshape(200, 2, 200)])
        assert share < 0.1


def test_parity_by_hand(numbers, samples):
    smile = numbers.features.readings["smile"]
    made = compose(numbers, samples, Question(HAIR, 0, SMILE))
    (parity,) = made.parity
    assert parity.title == "P(buzz hair style | smile)"
    assert [row.label for row in parity.rows] == ["low", "middle", "high", "largest gap"]
    low = smile <= np.quantile(smile, 1 / 3)
    assert parity.rows[0].data.value == pytest.approx((np.arange(M) % 3 == 0)[low].mean(), abs=0.01)
    gap = parity.rows[3].samples
    shares = [row.samples.value for row in parity.rows[:3]]
    assert gap.value == pytest.approx(max(shares) - min(shares))
    assert gap.low <= gap.value <= gap.high


def test_odds_of_the_classifier_by_true_labels(numbers, samples):
    wrong = np.arange(M) % 3
    wrong[:60] = 1  # of these, 20 are buzz cuts that it overlooks
    numbers.features.readings["hair_style"] = hair(wrong)
    made = compose(numbers, samples, Question(HAIR, 0, HAIR))
    assert made.note == OF_DATA
    right, false = made.odds
    assert right.rows[0].data.value == pytest.approx(180 / 200)
    assert right.rows[0].samples is None
    assert right.rows[1].data is None  # no bob is a buzz cut
    assert false.rows[2].data.value == 0.0


def test_odds_of_a_generator_with_classes(numbers, samples):
    asked = np.where(np.arange(300) % 2 == 0, 0, 2)
    draws = replace(samples.draws, labels=asked)
    made = compose(numbers, replace(samples, draws=draws), Question(HAIR, 2, SMILE), HAIR.values)
    assert made.note == OF_CLASSES
    right, false = made.odds
    total = sum(row.samples.value for row in right.rows[:3])
    assert 0.0 <= total < 0.3  # of those asked for long hair, hardly any has it
    assert right.rows[0].data is None
    assert len(false.rows) == 4


def test_without_labels_there_are_no_odds(numbers, samples):
    numbers.reals.side.labels = {}
    made = compose(numbers, samples, Question(HAIR, 0, SMILE))
    assert (made.odds, made.note) == ((), NO_LABELS)


def test_labels_of_other_values_are_no_truth(numbers, samples):
    other = msgspec.structs.replace(HAIR, values=(*HAIR.values, "another"))
    numbers.reals.attributes = (other, EARRINGS, SMILE, HUE)
    made = compose(numbers, samples, Question(HAIR, 0, SMILE))
    assert (made.odds, made.note) == ((), NO_LABELS)


def test_unknown_labels_count_for_nothing(numbers, samples):
    labels = numbers.reals.side.labels
    labels["hair_style"] = labels["hair_style"].clone()
    labels["hair_style"][:300] = -1
    labels["smile"] = labels["smile"].clone()
    labels["smile"][300:450] = torch.nan
    right, _ = compose(numbers, samples, Question(HAIR, 0, SMILE)).odds
    assert all(row.data.value == 1.0 for row in right.rows[:3])


def test_groups():
    reading = torch.tensor([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    assert members(SMILE, reading, reading).tolist() == [0, 0, 1, 1, 2, 2]
    assert members(SMILE, torch.tensor([torch.nan]), reading).tolist() == [-1]
    assert members(EARRINGS, torch.tensor([0.2, 0.8]), reading).tolist() == [0, 1]
    assert members(EARRINGS, torch.tensor([1, -1]), reading).tolist() == [1, -1]
    assert members(HAIR, torch.tensor([[0.1, 0.9, 0.0]]), reading).tolist() == [1]
    assert group_names(SMILE) == ("low", "middle", "high")
    assert value_words(EARRINGS, 1) == "earrings"
    assert value_words(EARRINGS, 0) == "no earrings"
    assert value_words(HAIR, 1) == "bob hair style"


# -- the panel -----------------------------------------------------------------------------


def test_the_panel_compares_in_another_thread(compared, numbers):
    assert compared.facts.text() == "ψ 1.00 · 300 samples · 600 pictures"
    assert compared.chart.blocks()[0].title == "Hair style"
    assert threading.main_thread() not in numbers.features.threads
    assert numbers.followed == [compared]
    assert not compared.reason.isVisible()
    compared.grab()


def test_shares_move_with_the_samples(compared, numbers, qtbot):
    more = make_samples(400, psi=0.5)
    more.readings["hair_style"] = hair(np.full(400, 2))
    numbers.give(more)
    qtbot.waitUntil(lambda: compared.composition.n == 400)
    assert compared.facts.text().startswith("ψ 0.50")
    assert compared.chart.blocks()[0].rows[2].samples.value == 1.0
    assert len(numbers.features.threads) == 1  # the data were read once


def test_minorities_over_psi(compared, numbers, samples, qtbot):
    assert not compared.minorities.isVisible()  # one psi makes no line
    for psi, n, seen in ((0.5, 300, 300), (0.2, 100, 100)):
        numbers.give(make_samples(n, psi=psi))
        qtbot.waitUntil(
            lambda seen=seen: compared.composition.n == seen and not compared._worker.busy
        )
    lines = {line.name: line.points for line in compared.minorities.lines()}
    assert compared.minorities.isVisible()
    points = lines["Hair style: bob"]
    assert [point[0] for point in points] == [0.5, 1.0]  # too few samples at 0.2
    assert points[1][1] == 0.0  # never a bob
    assert all(low <= share <= high for _, share, low, high in points)
    compared.grab()
    numbers.give(replace(samples, sampling=Sampling(checkpoint=CHECKPOINT, seed=1)))
    qtbot.waitUntil(lambda: not compared.minorities.isVisible())  # other settings, other lines


def test_the_two_views(compared, qtbot):
    assert compared.chart.isVisible()
    assert not compared.parity.isVisible()
    qtbot.mouseClick(compared.view.buttons["groups"], LEFT)
    assert not compared.chart.isVisible()
    for widget in (compared.question, compared.parity, compared.odds, compared.note):
        assert widget.isVisible()
    compared.grab()


def test_another_question(compared, qtbot):
    qtbot.mouseClick(compared.view.buttons["groups"], LEFT)
    assert compared.question.group.findText("Hue") < 0  # a circle has no thirds
    before = compared.composition
    compared.question.group.setFocus()
    qtbot.keyClick(compared.question.group, Qt.Key.Key_End)
    compared.question.outcome.setFocus()
    qtbot.keyClick(compared.question.outcome, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: compared.composition is not before and not compared._worker.busy)
    assert compared.parity.blocks()[0].title == "P(earrings | smile)"
    assert compared.note.text() == NO_LABELS


def test_it_says_what_is_missing(panel, numbers, studio, samples, qtbot):
    assert panel.reason.text() == WAITING
    numbers.features = SimpleNamespace(name="inception")
    numbers.give(samples)
    assert panel.reason.text() == NO_CLASSIFIER
    studio.document.set_info(None)
    assert panel.reason.text() == NO_GENERATOR
    assert not panel.view.isVisible()


def test_an_error_is_a_sentence(panel, numbers, samples, qtbot):
    samples.readings["smile"] = np.full(300, np.nan, np.float32)
    numbers.give(samples)
    qtbot.waitUntil(lambda: not panel._worker.busy)
    assert panel.reason.text().startswith("No value of 'smile'")


def test_a_hidden_panel_compares_nothing(panel, numbers, samples, qtbot):
    panel.hide()
    numbers.give(samples)
    assert not panel._worker.busy
    panel.show()
    qtbot.waitUntil(lambda: panel.composition is not None)


def test_the_chart_paints_and_speaks(show):
    rows = (Row("none", Share(0.5, 0.4, 0.6), Share(0.02, 0.0, 0.1), True), Row("one", None, None))
    chart = show(ShareChart(), height=200)
    chart.show_blocks([Block("Glasses", "48% apart", rows, tip="spectacles"), Block("Empty")])
    chart.grab()
    assert chart.accessibleDescription() == "Glasses: none 50% → 2.0%, one none; Empty: "
    event = QHelpEvent(QHelpEvent.Type.ToolTip, QPoint(5, 5), chart.mapToGlobal(QPoint(5, 5)))
    QApplication.sendEvent(chart, event)
    chart.show_blocks([])
    assert chart.sizeHint().height() == 0
