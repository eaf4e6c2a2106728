from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from latentstudio.metrics import distances
from latentstudio.metrics.distances import close_pairs, paired, squared, squared_radii_of
from latentstudio.metrics.manifold import manifold_scores

WIDE = 300  # above the dimensions from which float32 comes first


def brute(x: Tensor, y: Tensor) -> np.ndarray:
    return ((x.numpy()[:, None] - y.numpy()[None]) ** 2).sum(axis=2)


def sets(kind: str, n: int = 60, m: int = 50, d: int = WIDE) -> tuple[Tensor, Tensor]:
    """Sets that float32 finds easy, and sets that it cannot tell apart."""
    random = np.random.RandomState(0)
    x, y = random.randn(n, d), random.randn(m, d) * 1.05
    if kind == "far":  # differences that float32 would lose, were the rows not centred
        x, y = x + 1e6, y + 1e6
    elif kind == "outlier":  # one far sample coarsens the scale of all
        x[3] += 1e7
    elif kind == "lattice":  # ties everywhere
        x, y = np.round(x / 2), np.round(y / 2)
    elif kind == "close":  # all radii within float32's rounding of each other
        x, y = 1 + 1e-9 * x, 1 + 1e-9 * y
        x[0] = y[0] = 0.0
    elif kind == "copies":
        x, y = x[:5].repeat(n // 5, 0), x[3:8].repeat(m // 5, 0)
    elif kind == "huge":
        x, y = 1e150 * x, 1e150 * y
    elif kind == "tiny":
        x, y = 1e-150 * x, 1e-150 * y
    return torch.from_numpy(x), torch.from_numpy(y)


KINDS = ["easy", "far", "outlier", "lattice", "close", "copies", "huge", "tiny"]


@pytest.mark.parametrize("kind", KINDS)
def test_radii_are_those_of_float64(kind: str) -> None:
    x, _ = sets(kind)
    table = brute(x, x)
    np.fill_diagonal(table, math.inf)
    want = np.sort(table, axis=1)[:, 2]
    got = squared_radii_of(paired(x, x)[0], 3).numpy()
    # Of the size of what is subtracted: a sum of squares loses no more than 1e-13 of that.
    size = ((x - x.mean(0)) ** 2).sum(1).numpy()
    np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-13 * size.max())


@pytest.mark.parametrize("kind", KINDS)
def test_no_close_pair_is_missed_and_each_comes_once(kind: str, monkeypatch) -> None:
    monkeypatch.setattr(distances, "BLOCK", 16)
    x, y = sets(kind)
    table = brute(x, y)
    rows = np.sort(table, axis=1)[:, 2]  # on the rim: the third is a pair too
    columns = np.sort(table, axis=0)[1] * 0.999
    slack = 1.0 + 1e-12
    parts = list(
        close_pairs(*paired(x, y), torch.from_numpy(rows * slack), torch.from_numpy(columns))
    )
    found = {}
    for i, j, apart in parts:
        for a, b, value in zip(i.tolist(), j.tolist(), apart.tolist(), strict=True):
            assert (a, b) not in found
            found[a, b] = value
    size = float(((x - x.mean(0)) ** 2).sum(1).max())
    # What is closer than the radii by more than rounding has to be there.
    surely = (table <= rows[:, None] - 1e-12 * size) | (table <= columns - 1e-12 * size)
    assert {tuple(pair) for pair in np.argwhere(surely).tolist()} <= set(found)
    for (a, b), value in found.items():
        assert value == pytest.approx(table[a, b], rel=1e-11, abs=1e-12 * size)


@pytest.mark.parametrize("kind", KINDS)
def test_scores_are_the_same_by_both_ways(kind: str, monkeypatch) -> None:
    x, y = sets(kind)
    quick = manifold_scores(x, y)
    monkeypatch.setattr(distances, "_WIDE", 10**9)
    assert manifold_scores(x, y) == quick


def test_few_rows_are_computed_again(monkeypatch) -> None:
    again = []
    tables = distances._by_tables
    monkeypatch.setattr(
        distances, "_by_tables", lambda x, rows, k: again.append(len(rows)) or tables(x, rows, k)
    )
    x, y = sets("easy", 300, 300, 600)
    manifold_scores(x, y)
    assert sum(again) == 0
    x, y = sets("lattice", 300, 300, 600)
    manifold_scores(x, y)
    assert sum(again) > 0


def test_a_coarser_product_is_not_let_in(monkeypatch) -> None:
    x, _ = sets("easy")
    reals, _ = paired(x, x)
    with torch.autocast("cpu", torch.bfloat16):
        got = distances._bounds(reals.narrow, reals.narrow)
    assert got.dtype == torch.float32
    exact = squared(reals, reals, slice(None), slice(None)) / reals.scale**2
    assert (got.double() <= exact + 1e-12).all()
    torch.testing.assert_close(got.double(), exact, rtol=0, atol=1e-3 * float(exact.max()))
