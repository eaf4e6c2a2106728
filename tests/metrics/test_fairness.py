from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from latentstudio.metrics.composition import demographic_parity, equalised_odds
from latentstudio.metrics.estimate import newcombe, wilson


def groups(*sizes: int) -> Tensor:
    return torch.tensor([group for group, size in enumerate(sizes) for _ in range(size)])


def test_parity_by_hand() -> None:
    outcome = torch.tensor([1, 1, 1, 0, 1, 0, 0, 0, 0])
    got = demographic_parity(outcome, groups(4, 5), ("old", "young"))
    assert [(rate.group, rate.n, rate.share) for rate in got.rates] == [
        ("old", 4, 0.75),
        ("young", 5, 0.2),
    ]
    assert got.rates[0].interval == wilson(0.75, 4)
    assert got.gap == pytest.approx(0.55)
    # Two groups have one pair: the plain interval, to the rounding of 1.96.
    want = newcombe(0.75, wilson(0.75, 4), 0.2, wilson(0.2, 5))
    assert got.gap_interval == pytest.approx((max(0, want[0]), want[1]), abs=1e-4)


def test_groups_without_members() -> None:
    got = demographic_parity(torch.tensor([0.5, 1.0, 0.0]), torch.tensor([0, 2, -1]))
    assert [(rate.group, rate.n, rate.share) for rate in got.rates] == [
        ("0", 1, 0.5),
        ("1", 0, None),
        ("2", 1, 1.0),
    ]
    assert got.gap == 0.5
    alone = demographic_parity(torch.ones(3), torch.zeros(3, dtype=torch.int64))
    assert alone.gap is None and alone.gap_interval is None


def test_the_gap_of_equal_groups_is_told_from_a_real_one() -> None:
    # The greatest of ten differences: an interval that ignored that would miss 0 far too often.
    random, group, missed = np.random.RandomState(0), groups(*[50] * 5), 0
    for _ in range(200):
        got = demographic_parity(torch.from_numpy(random.rand(250) < 0.3), group)
        assert got.gap_interval is not None
        missed += got.gap_interval[0] > 0
    assert missed <= 16
    unequal = torch.from_numpy(random.rand(250) < np.repeat([0.1, 0.3, 0.3, 0.3, 0.8], 50))
    got = demographic_parity(unequal, group)
    assert got.gap_interval is not None and got.gap_interval[0] > 0.3


def test_odds_by_hand() -> None:
    # First group: 2 of 3 right, 1 of 2 wrong; second: 1 of 1 right, 0 of 4 wrong.
    truth = torch.tensor([1, 1, 1, 0, 0, 1, 0, 0, 0, 0])
    outcome = torch.tensor([1, 1, 0, 1, 0, 1, 0, 0, 0, 0])
    got = equalised_odds(truth, outcome, groups(5, 5))
    assert [rate.share for rate in got.right.rates] == [2 / 3, 1]
    assert [rate.share for rate in got.wrong.rates] == [0.5, 0]
    assert got.right.gap == pytest.approx(1 / 3)
    assert got.wrong.gap == got.gap == 0.5


def test_parity_and_equal_odds_are_different_things() -> None:
    # Hardt et al. 2016: a perfect predictor has equal odds, and parity only at equal base rates.
    truth = torch.tensor([1] * 8 + [0] * 2 + [1] * 3 + [0] * 7)
    assert equalised_odds(truth, truth, groups(10, 10)).gap == 0
    assert demographic_parity(truth, groups(10, 10)).gap == 0.5


def test_refusals() -> None:
    two = torch.zeros(2, dtype=torch.int64)
    with pytest.raises(ValueError, match="do not belong together"):
        demographic_parity(torch.zeros(3), two)
    for bad in (2.0, -1.0, math.nan):
        with pytest.raises(ValueError, match="no probability"):
            demographic_parity(torch.full((2,), bad), two)
    with pytest.raises(ValueError, match="group 1 has no name"):
        demographic_parity(torch.zeros(2), two + 1, ("a",))
    with pytest.raises(ValueError, match="3 truths"):
        equalised_odds(torch.zeros(3), torch.zeros(2), two)
