from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torch import Tensor

import tests.strategies  # noqa: F401  (registers the profile)
from latentstudio.metrics.manifold import manifold_scores, realism, squared_radii
from tests.oracles import metrics as oracle


def line(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float32)[:, None]


def four(real: Tensor, fake: Tensor, k: int = 3) -> tuple[float, float, float, float]:
    got = manifold_scores(real, fake, k)
    return got.precision, got.recall, got.density, got.coverage


def test_by_hand() -> None:
    real, fake = line(0, 1, 3, 10), line(0.5, 2, 20)
    # k = 1: reals reach 1, 1, 2 and 7; fakes 1.5, 1.5 and 18.
    assert squared_radii(real, 1).tolist() == pytest.approx([1, 1, 4, 49])
    # 0.5 lies in the balls of 0 and 1, 2 in those of 1 (on its rim) and 3, 20 in none; 10 lies
    # within 18 of 20, and 0, 1 and 3 near 0.5 or 2. The ball of 10 holds no fake.
    got = manifold_scores(real, fake, 1)
    assert got.precision == pytest.approx(2 / 3)
    assert got.recall == 1
    assert got.density == pytest.approx(4 / 3)
    assert got.coverage == 3 / 4
    assert (got.n_real, got.n_fake) == (4, 3)


def test_disjoint_and_identical_sets() -> None:
    a = torch.from_numpy(np.random.RandomState(0).randn(50, 8))
    assert four(a, a + 1000) == (0, 0, 0, 0)
    precision, recall, density, coverage = four(a, a)
    assert precision == recall == coverage == 1
    assert density >= 1  # itself and about 3 others in the ball of each


def test_nested_sets_tell_precision_from_recall() -> None:
    random = np.random.RandomState(0)
    wide, narrow = (torch.from_numpy(random.randn(400, 2) * s) for s in (1.0, 0.1))
    precision, recall, density, coverage = four(wide, narrow)
    assert precision == 1 and recall < 0.1 and coverage < 0.2 and density > 1
    precision, recall, density, coverage = four(narrow, wide)
    assert recall == 1 and precision < 0.1 and density < 0.2


def test_duplicates_touch_themselves() -> None:
    a = torch.from_numpy(np.random.RandomState(0).randn(9, 20) * 1e3 + 1e5).float()
    copies = a.repeat(5, 1)  # every ball has radius 0
    assert squared_radii(copies).max() < 1e-3
    precision, recall, _, coverage = four(copies, copies)
    assert precision == recall == coverage == 1


coarse = st.integers(-3, 3).map(float)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, int]:
    d, k = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    n, m = (draw(st.integers(k + 1, 12)) for _ in "ab")
    real, fake = (draw(arrays(np.float64, (count, d), elements=coarse)) for count in (n, m))
    return real, fake, k


@given(pairs(), st.sampled_from([1.0, 0.1, 1e6]), st.sampled_from([0.0, 1000.0]))
def test_ties_on_a_lattice(
    pair: tuple[np.ndarray, np.ndarray, int], scale: float, shift: float
) -> None:
    real, fake, k = pair
    want = oracle.manifold(real, fake, k)
    got = four(*(torch.from_numpy(x * scale + shift * scale) for x in (real, fake)), k)
    assert got == pytest.approx(want, abs=1e-12)


@given(st.integers(4, 20), st.integers(4, 20), st.integers(0, 999))
def test_equals_counting(n: int, m: int, seed: int) -> None:
    random = np.random.RandomState(seed)
    real, fake = random.randn(n, 3), random.randn(m, 3) * 1.3 + 0.3
    want = oracle.manifold(real, fake, 3)
    assert four(torch.from_numpy(real), torch.from_numpy(fake)) == pytest.approx(want, abs=1e-12)


def test_blocks_join() -> None:
    random = np.random.RandomState(0)
    real, fake = (torch.from_numpy(random.randn(n, 5) * s) for n, s in ((700, 1.0), (1100, 1.2)))
    r, f = (torch.cdist(x, x).kthvalue(4, dim=1).values for x in (real, fake))
    across = torch.cdist(real, fake)
    inside = across <= r[:, None]
    got = manifold_scores(real, fake, real_radii=squared_radii(real))
    torch.testing.assert_close(squared_radii(real), r.square())
    assert got.precision == pytest.approx(float(inside.any(0).double().mean()))
    assert got.coverage == pytest.approx(float(inside.any(1).double().mean()))
    assert got.recall == pytest.approx(float((across <= f).any(1).double().mean()))
    assert got.density == pytest.approx(float(inside.double().sum()) / 3300)
    assert got.density_stderr == pytest.approx(
        float(inside.double().sum(0).std()) / 3 / math.sqrt(1100)
    )


def test_of_equal_distributions() -> None:
    random = np.random.RandomState(0)
    a, b = (torch.from_numpy(random.randn(600, 6)) for _ in "ab")
    got = manifold_scores(a, b)
    # Naeem et al. 2020, section 3.3: coverage 1 - 1/2^k for large sets; density 1.
    assert got.coverage == pytest.approx(1 - 1 / 2**3, abs=0.05)
    assert got.density == pytest.approx(1, abs=0.1)
    swapped = manifold_scores(b, a)
    assert (swapped.precision, swapped.recall) == (got.recall, got.precision)


def test_realism_by_hand() -> None:
    # k = 1: radii 1, 1, 2, 7, 3 of which those up to the median, 2, count.
    real, fake = line(0, 1, 3, 10, -3), line(0.5, 5, 3, 2)
    got = realism(real, fake, 1)
    # 0.5 is half a radius from 0 and 1; 5 a whole one from 3; 2 lies between 1 and 3.
    assert got[[0, 1, 3]].tolist() == pytest.approx([2, 1, 2])
    assert got[2] > 1e5 and got.isfinite().all()
    assert torch.equal(realism(real, fake, real_radii=squared_radii(real, 1)), got)


@given(st.integers(4, 15), st.integers(1, 9), st.integers(0, 99))
def test_realism_equals_the_formula(n: int, m: int, seed: int) -> None:
    random = np.random.RandomState(seed)
    real, fake = random.randn(n, 3), random.randn(m, 3)
    want = oracle.realism(real, fake, 3)
    got = realism(torch.from_numpy(real), torch.from_numpy(fake))
    np.testing.assert_allclose(got.numpy(), want, rtol=1e-6)


def test_realism_of_copies() -> None:
    one = torch.ones(8, 5)
    assert realism(one, one[:2]).tolist() == pytest.approx([1, 1])
    assert realism(torch.zeros(8, 5), torch.zeros(2, 5)).tolist() == pytest.approx([1, 1])


def test_refusals() -> None:
    with pytest.raises(ValueError, match="3-th nearest"):
        manifold_scores(line(1, 2, 3), line(1, 2, 3, 4))
    with pytest.raises(ValueError, match="1 and 2 numbers"):
        manifold_scores(line(1, 2, 3, 4), torch.zeros(4, 2))
    with pytest.raises(ValueError, match="do not belong"):
        manifold_scores(line(1, 2, 3, 4), line(1, 2, 3, 4), real_radii=torch.ones(3))
    with pytest.raises(ValueError, match="do not belong"):
        realism(line(1, 2, 3, 4), line(1), real_radii=torch.ones(3))
