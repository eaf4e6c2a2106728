from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from latentstudio.metrics.neighbours import FEWEST, SAMPLE, Neighbourhood, affordable


def distances(a, b):
    return np.linalg.norm(a[:, None].astype(np.float64) - b[None], axis=2)


@given(st.integers(0, 50), st.integers(2, 12))
def test_against_brute_force(seed, d):
    random = np.random.default_rng(seed)
    reals = random.normal(size=(40, d)).astype(np.float32)
    point = random.normal(size=d).astype(np.float32)
    around = Neighbourhood(torch.from_numpy(reals))
    table = distances(reals, reals)
    np.fill_diagonal(table, np.inf)
    own = np.sort(table.min(1))
    np.testing.assert_allclose(around.own, own, rtol=1e-6, atol=1e-7)
    found = around.nearest(torch.from_numpy(point), 5)
    apart = distances(point[None], reals)[0]
    assert found.rows.tolist() == np.argsort(apart)[:5].tolist()
    np.testing.assert_allclose(found.distances, np.sort(apart)[:5], rtol=1e-12)
    assert found.rank == pytest.approx((own < apart.min()).mean(), abs=1e-9)


def test_a_grid_by_hand():
    # Each real is 1 from its neighbour but for the last, which is 5 away.
    reals = torch.tensor([[0.0], [1.0], [2.0], [3.0], [8.0]])
    around = Neighbourhood(reals)
    assert around.own.tolist() == [1.0, 1.0, 1.0, 1.0, 5.0]
    assert len(around) == 5
    copy = around.nearest(torch.tensor([2.0]), 2)
    assert (copy.rows[0], copy.distances[0], copy.rank) == (2, 0.0, 0.0)
    between = around.nearest(torch.tensor([5.5]), 9)
    assert len(between.rows) == 5
    assert (between.distances[0], between.rank) == (2.5, 0.8)
    assert around.nearest(torch.tensor([99.0]), 1).rank == 1.0


def test_more_reals_than_a_block_and_than_are_looked_up():
    random = torch.Generator().manual_seed(0)
    reals = torch.randn(2500, 3, generator=random)
    around = Neighbourhood(reals)
    assert len(around.own) == SAMPLE
    table = torch.cdist(reals[:SAMPLE].double(), reals.double())
    table.fill_diagonal_(torch.inf)
    torch.testing.assert_close(around.own, table.amin(1).sort().values)
    assert around.nearest(reals[2400], 1).rows.tolist() == [2400]


def test_twins_are_at_no_distance():
    assert Neighbourhood(torch.ones(3, 2)).own.tolist() == [0.0, 0.0, 0.0]


def test_the_cost_is_bounded():
    assert affordable(24_000, 96) == SAMPLE
    assert affordable(50_000, 2048) == FEWEST


@pytest.mark.parametrize("reals", [torch.zeros(1, 4), torch.zeros(0, 4), torch.zeros(4)])
def test_too_few_reals(reals):
    with pytest.raises(ValueError, match="fewer than two"):
        Neighbourhood(reals)


def test_features_that_cannot_be_looked_up():
    around = Neighbourhood(torch.zeros(3, 4))
    with pytest.raises(ValueError, match="features of 5 numbers"):
        around.nearest(torch.zeros(5), 1)
    with pytest.raises(ValueError, match="not finite"):
        around.nearest(torch.full((4,), torch.nan), 1)
