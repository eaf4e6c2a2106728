from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import tests.strategies  # noqa: F401  (registers the profile)
from latentstudio.data.attributes import Attribute
from latentstudio.metrics.scores import (
    Column,
    Population,
    columns_of,
    difference,
    find,
    leaks,
    readings,
    scores,
    standardised,
)
from latentstudio.metrics.spaces.classifier import AttributeClassifier

ATTRIBUTES = (
    Attribute(name="hair_style", kind="categorical", values=("long", "crew_cut", "none")),
    Attribute(name="earrings", kind="binary", values=("no", "yes")),
    Attribute(name="yaw", kind="continuous", low=-0.6, high=0.6),
    Attribute(name="hue", kind="continuous", low=10.0, high=12.0, period=2.0),
)
COLUMNS = columns_of(ATTRIBUTES)


@pytest.fixture
def classifier() -> AttributeClassifier:
    torch.manual_seed(0)
    made = AttributeClassifier(ATTRIBUTES, resolution=8, width=4, max_width=4, dim=4).eval()
    made.target_mean[2], made.target_std[2] = 0.1, 0.3
    return made.requires_grad_(False)


def test_columns_name_what_they_are() -> None:
    titles = [column.title for column in COLUMNS]
    want = ["Hair style: long", "Hair style: crew cut", "Hair style: none", "Earrings", "Yaw"]
    assert titles == [*want, "Hue"]
    assert [column.span for column in COLUMNS] == [1.0, 1.0, 1.0, 1.0, 1.2, 2.0]
    assert [column.period for column in COLUMNS] == [0.0] * 5 + [2.0]
    assert find(COLUMNS, "hair_style", "none") == 2
    assert find(COLUMNS, "yaw") == 4
    with pytest.raises(ValueError, match="does not read Hair style: bald: choose"):
        find(COLUMNS, "hair_style", "bald")


def test_readings_and_scores_by_hand(classifier: AttributeClassifier) -> None:
    # Probabilities 1/5, 3/5, 1/5 and 4/5; yaw 2 × 0.3 + 0.1; a quarter turn back from 10.
    outputs = torch.tensor([[0.0, math.log(3.0), 0.0, math.log(4.0), 2.0, 0.0, -5.0]])
    want = [0.2, 0.6, 0.2, 0.8, 0.7, 11.5]
    np.testing.assert_allclose(readings(classifier, outputs)[0], want, rtol=1e-6)
    odds = [math.log(p / (1 - p)) for p in want[:4]]
    np.testing.assert_allclose(scores(classifier, outputs)[0], [*odds, 0.7, 11.5], rtol=1e-6)


def test_log_odds_go_on_where_the_probability_is_one(classifier: AttributeClassifier) -> None:
    outputs = torch.tensor([[90.0, 0.0, -90.0, 60.0, 0.0, 1.0, 0.0]], requires_grad=True)
    found = scores(classifier, outputs)
    np.testing.assert_allclose(found[0, :4].detach(), [90.0, -90.0, -180.0, 60.0])
    (gradient,) = torch.autograd.grad(found[0, 0], outputs)
    np.testing.assert_allclose(gradient[0], [1.0, -1.0, 0.0, 0.0, 0.0, 0.0, 0.0], atol=1e-6)


def test_a_single_class_has_nothing_against_it() -> None:
    only = Attribute(name="what", kind="categorical", values=("face",))
    made = AttributeClassifier((only,), resolution=8, width=4, max_width=4, dim=4).eval()
    outputs = torch.ones(2, 1, requires_grad=True)
    found = scores(made, outputs)
    (gradient,) = torch.autograd.grad(found.sum(), outputs)
    assert found.tolist() == [[0.0], [0.0]]
    assert gradient.tolist() == [[0.0], [0.0]]


@given(st.floats(-20, 20), st.floats(-20, 20))
def test_the_short_way_round(a: float, b: float) -> None:
    columns = (Column("yaw"), Column("hue", period=2.0))
    before, after = np.array([[a, a]]), np.array([[b, b]])
    straight, around = difference(columns, before, after)[0]
    assert straight == b - a
    assert abs(around) <= 1.0
    angle = np.angle(np.exp(1j * math.pi * (b - a))) / math.pi
    assert math.cos(math.pi * (around - angle)) == pytest.approx(1.0)  # the same point
    same = difference(columns, torch.from_numpy(before), torch.from_numpy(after))
    np.testing.assert_allclose(same[0], [straight, around], atol=1e-12)


def test_a_population_against_numpy() -> None:
    random = np.random.RandomState(0)
    read, score = random.randn(50, 6) * 0.1, random.randn(50, 6)
    read[:, 5] = (11.95 + read[:, 5]) % 2 + 10  # across the seam
    read[:, 3] = 0.4
    population = Population.of(COLUMNS, torch.from_numpy(read), score)
    assert population.n == 50
    np.testing.assert_allclose(population.reading_mean[:3], read[:, :3].mean(0))
    np.testing.assert_allclose(population.reading_sd[:3], read[:, :3].std(0, ddof=1))
    np.testing.assert_allclose(population.score_sd[:5], score[:, :5].std(0, ddof=1))
    unrolled = np.where(read[:, 5] < 11, read[:, 5] + 2, read[:, 5])
    assert population.reading_mean[5] == pytest.approx(unrolled.mean(), abs=2e-3)
    assert population.reading_sd[5] == pytest.approx(unrolled.std(ddof=1), rel=1e-3)
    assert [population.shows(i) for i in range(6)] == [True, True, True, False, True, True]
    assert population.unit[3] == 0.02
    with pytest.raises(ValueError, match="1 samples"):
        Population.of(COLUMNS, read[:1], score[:1])


def test_an_even_hue_spreads_as_far_as_it_can() -> None:
    hues = 10 + np.arange(1000)[:, None] / 500
    population = Population.of(COLUMNS[5:], hues, hues)
    assert population.reading_sd[0] == pytest.approx(2 / math.sqrt(12), rel=1e-2)


def test_leaks_by_hand() -> None:
    columns = (Column("smile"), Column("hue", period=1.0), Column("hat"))
    fixed = np.zeros(3)
    population = Population(columns, 9, fixed, np.array([0.5, 0.1, 0.0]), fixed, fixed)
    before = np.array([[0.0, 0.95, 0.5], [1.0, 0.5, 0.5]])
    after = np.array([[1.0, 0.05, 0.5], [0.5, 0.6, 0.51]])
    smile, hue, hat = leaks(columns, population, torch.from_numpy(before), after)
    # Moves of 2 and -1 sd: mean 0.5, sd 3 / √2, standard error 1.5.
    assert (smile.mean, smile.size) == pytest.approx((0.5, 1.5))
    assert (smile.low, smile.high) == pytest.approx((0.5 - 1.96 * 1.5, 0.5 + 1.96 * 1.5))
    assert (hue.attribute, hue.value) == ("hue", "")
    assert (hue.mean, hue.low, hue.high, hue.size) == pytest.approx((1.0, 1.0, 1.0, 1.0))
    assert (hat.mean, hat.size) == pytest.approx((0.25, 0.25))  # 0.01 / 2 of the least shown
    with pytest.raises(ValueError, match="at least 2"):
        leaks(columns, population, before[:1], after[:1])


def test_standardised_over_its_own_population(classifier: AttributeClassifier) -> None:
    pictures = torch.rand(40, 3, 8, 8, generator=torch.Generator().manual_seed(0)) * 2 - 1
    outputs = classifier(pictures)
    found = scores(classifier, outputs)
    population = Population.of(COLUMNS, readings(classifier, outputs), found)
    pictures.requires_grad_()
    z = standardised(classifier, population)(pictures)
    assert z.shape == (40, 6)
    np.testing.assert_allclose(z[:, :5].detach().mean(0), np.zeros(5), atol=1e-4)
    np.testing.assert_allclose(z.detach().square().mean(0), np.full(6, 39 / 40), rtol=1e-3)
    (gradient,) = torch.autograd.grad(z.sum(), pictures)
    assert torch.isfinite(gradient).all()
    still = Population(COLUMNS, 40, *(np.zeros(6) for _ in range(4)))
    flat = standardised(classifier, still)(pictures)
    np.testing.assert_allclose(flat[:, :5].detach(), found[:, :5], rtol=1e-6)
