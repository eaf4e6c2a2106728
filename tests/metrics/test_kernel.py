from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

import tests.strategies  # noqa: F401  (registers the profile)
from latentstudio.metrics.kernel import kid
from tests.oracles import metrics as oracle


def normal(n: int, d: int, seed: int, spread: float = 1.0) -> Tensor:
    return torch.from_numpy(np.random.RandomState(seed).randn(n, d) * spread)


def test_by_hand() -> None:
    # d = 1, k = (xy + 1)³: reals 0 and 1 give 1, fakes 0 and 2 give 1; across 1, 1, 1 and 27.
    real, fake = torch.tensor([[0.0], [1.0]]), torch.tensor([[0.0], [2.0]])
    got = kid(real, fake)
    assert got.value == pytest.approx(1 + 1 - 2 * 30 / 4)
    # Influences 2 (1 - 1) and 2 (1 - 14): deviation 26 / √2, over √2; the same on both sides.
    assert got.stderr == pytest.approx(math.hypot(13, 13))
    assert kid(real, fake, degree=1).value == pytest.approx(1 + 1 - 2 * 6 / 4)


@given(st.integers(2, 9), st.integers(2, 9), st.integers(1, 5), st.integers(0, 99))
def test_equals_the_sum_over_pairs(n: int, m: int, d: int, seed: int) -> None:
    x, y = normal(n, d, seed), normal(m, d, seed + 1, 1.5)
    want = oracle.kid(x.numpy(), y.numpy())
    scale = float((x.square().mean() + y.square().mean() + 1) ** 3)
    assert kid(x, y).value == pytest.approx(want, rel=1e-10, abs=1e-10 * scale)


def test_blocks_join() -> None:
    x, y = normal(700, 3, 0), normal(1100, 3, 1, 1.2)
    kxx, kyy, kyx = ((a @ b.T / 3 + 1) ** 3 for a, b in ((x, x), (y, y), (y, x)))
    within = (kyy.sum(1) - kyy.diag()) / 1099
    want = (kxx.sum() - kxx.trace()) / (700 * 699) + within.mean() - 2 * kyx.mean()
    got = kid(x, y)
    assert got.value == pytest.approx(float(want), rel=1e-10)
    fakes = (2 * (within - kyx.mean(1))).var() / 1100
    reals = (2 * ((kxx.sum(1) - kxx.diag()) / 699 - kyx.mean(0))).var() / 700
    assert got.stderr == pytest.approx(math.sqrt(fakes + reals))
    order = torch.from_numpy(np.random.RandomState(0).permutation(1100))
    assert kid(x, y[order]).value == pytest.approx(got.value, rel=1e-9)
    turn = torch.from_numpy(np.linalg.qr(np.random.RandomState(1).randn(3, 3))[0])
    assert kid(x @ turn, y @ turn).value == pytest.approx(got.value, rel=1e-9)


def test_unbiased_with_an_honest_error() -> None:
    same = [kid(normal(40, 4, 2 * seed), normal(40, 4, 2 * seed + 1)).value for seed in range(150)]
    assert abs(np.mean(same)) < 4 * np.std(same) / math.sqrt(150)
    pairs = [(normal(70, 4, 10**6 + seed), normal(100, 4, seed, 1.4)) for seed in range(200)]
    other = [kid(real, fake) for real, fake in pairs]
    spread = np.std([estimate.value for estimate in other])
    assert np.mean([estimate.stderr for estimate in other]) == pytest.approx(spread, rel=0.2)


def test_sets_without_variety() -> None:
    # d = 1: k(1, 1) = 8, k(1, 3) = 64, k(3, 3) = 1000, whatever the copies.
    one, three = torch.ones(5, 1), torch.full((4, 1), 3.0)
    got = kid(one, three)
    assert (got.value, got.stderr) == pytest.approx((8 + 1000 - 2 * 64, 0))


def test_refusals() -> None:
    with pytest.raises(ValueError, match="3 and 4"):
        kid(normal(5, 3, 0), normal(5, 4, 0))
    with pytest.raises(ValueError, match="at least 2"):
        kid(normal(5, 3, 0), normal(1, 3, 0))
    with pytest.raises(ValueError, match="not finite"):
        kid(normal(5, 3, 0), normal(5, 3, 0) * math.nan)
