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
from latentstudio.metrics.frechet import (
    Accumulator,
    Statistics,
    frechet_distance,
    frechet_error,
    frechet_extrapolated,
    frechet_small,
)
from tests.oracles import metrics as oracle


def gaussian(n: int, d: int, seed: int, spread: float = 1.0, shift: float = 0.0) -> Tensor:
    """Correlated, of unequal variances."""
    random = np.random.RandomState(seed)
    mixing = np.random.RandomState(99).randn(d, d) / math.sqrt(d) * np.geomspace(1, 0.05, d)
    return torch.from_numpy(random.randn(n, d) @ mixing * spread + shift)


def fid(a: Tensor, b: Tensor) -> float:
    return frechet_distance(Statistics.of(a), Statistics.of(b))


def exact(mean: list[float], variances: list[float]) -> Statistics:
    wide = torch.float64
    return Statistics(
        10**6, torch.tensor(mean, dtype=wide), torch.diag(torch.tensor(variances, dtype=wide))
    )


def test_of_two_gaussians_by_hand() -> None:
    # One dimension: (0 - 3)² + (2 - 5)²; independent dimensions add up.
    assert frechet_distance(exact([0], [4]), exact([3], [25])) == pytest.approx(18, rel=1e-14)
    a, b = exact([0, 1], [4, 0]), exact([3, 1], [25, 9])
    assert frechet_distance(a, b) == pytest.approx(27, rel=1e-14)


def test_statistics_by_hand() -> None:
    got = Statistics.of(torch.tensor([[0.0, 0.0], [2.0, 4.0]]))
    assert got.n == 2 and got.dim == 2
    assert got.mean.tolist() == [1, 2]
    assert got.cov.tolist() == [[2, 4], [4, 8]]


@pytest.mark.parametrize(("n", "m"), [(200, 150), (200, 9), (9, 200), (12, 9), (9, 12), (2, 2)])
def test_equals_eigenvalues_of_the_product(n: int, m: int) -> None:
    a, b = gaussian(n, 16, 0), gaussian(m, 16, 1, 1.3, 0.1)
    tolerance = 1e-9 if min(n, m) > 16 else 1e-5
    assert fid(a, b) == pytest.approx(oracle.frechet_of(a.numpy(), b.numpy()), rel=tolerance)


@pytest.mark.parametrize("n", [500, 5])
def test_features_that_never_fire(n: int) -> None:
    a, b = gaussian(n, 8, 0), gaussian(n, 8, 1, 1.5)
    padding = torch.zeros(n, 4)
    wide = fid(torch.cat([a, padding], 1), torch.cat([b, padding], 1))
    assert wide == pytest.approx(fid(a, b), rel=1e-9)
    # Copies of features: rank 8 in 16 dimensions, and the distance doubles.
    double = fid(torch.cat([a, a], 1), torch.cat([b, b], 1))
    assert double == pytest.approx(2 * fid(a, b), rel=1e-6)


@pytest.mark.parametrize("n", [2, 5, 16, 17, 300])
def test_of_a_set_with_itself_is_zero(n: int) -> None:
    a = gaussian(n, 16, 0, shift=3.0)
    scale = float(Statistics.of(a).cov.trace())
    assert 0 <= fid(a, a) <= 1e-7 * scale
    assert fid(a, a + 1) == pytest.approx(16, rel=1e-7)


@pytest.mark.parametrize("n", [3, 10, 16, 40])
def test_gram_path_equals_the_covariances(n: int) -> None:
    real, fake = Statistics.of(gaussian(100, 16, 0)), gaussian(n, 16, 1, 0.8, 0.2)
    want = frechet_distance(real, Statistics.of(fake))
    # As closely only if no roots of rounding errors are summed, whichever side is singular.
    assert frechet_distance(Statistics.of(fake), real) == pytest.approx(want, rel=1e-11)
    assert frechet_small(real, fake) == pytest.approx(want, rel=1e-11)
    assert frechet_error(real, fake).value == pytest.approx(want, rel=1e-7)


numbers = st.floats(-1e3, 1e3, width=32) | st.integers(-2, 2).map(float)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Tensor, Tensor]:
    """Two sets in the same space: coarse values make them singular and full of ties."""
    d = draw(st.integers(1, 6))
    a, b = (draw(arrays(np.float32, (draw(st.integers(2, 12)), d), elements=numbers)) for _ in "ab")
    return torch.from_numpy(a), torch.from_numpy(b)


@given(pairs(), st.integers(0, 99))
def test_symmetry_rotation_and_order(pair: tuple[Tensor, Tensor], seed: int) -> None:
    a, b = (x.double() for x in pair)
    value = fid(a, b)
    # Relative to the size of what is subtracted; roots of rounding errors are 1e-8 of it.
    tolerance = 1e-6 * float(1e-30 + a.var(0).sum() + b.var(0).sum() + value)
    assert 0 <= value < math.inf
    assert fid(b, a) == pytest.approx(value, abs=tolerance)
    random = np.random.RandomState(seed)
    turn = torch.from_numpy(np.linalg.qr(random.randn(a.shape[1], a.shape[1]))[0])
    assert fid(a @ turn, b @ turn) == pytest.approx(value, abs=tolerance)
    assert fid(a[random.permutation(len(a))], b) == pytest.approx(value, abs=tolerance)
    assert fid(a + 7, b + 7) == pytest.approx(value, abs=tolerance)


@given(
    st.integers(0, 999),
    st.sampled_from([1e-6, 1.0, 1e6]),
    st.lists(st.integers(0, 13), max_size=4).map(sorted),
)
def test_merging_equals_the_batch(seed: int, size: float, cuts: list[int]) -> None:
    values = (np.random.RandomState(seed).randn(13, 3) + 1) * size
    features = torch.from_numpy(values)
    merged = Accumulator(3)
    for i, part in enumerate(torch.tensor_split(features, cuts)):
        if i % 2:
            merged.add(part)
        else:
            other = Accumulator(3)
            other.add(part)
            merged.merge(Accumulator.unpacked(other.packed()))
    got, want = merged.statistics(), Statistics.of(features)
    assert got.n == 13
    cov = np.cov(values, rowvar=False)
    np.testing.assert_allclose(got.mean.numpy(), values.mean(0), rtol=0, atol=1e-13 * size)
    np.testing.assert_allclose(got.cov.numpy(), cov, rtol=0, atol=1e-12 * size**2)
    np.testing.assert_allclose(want.cov.numpy(), cov, rtol=0, atol=1e-12 * size**2)


def test_a_far_mean_costs_no_digits() -> None:
    features = gaussian(1000, 4, 0)
    far = Accumulator(4)
    for part in (features + 1e6).split(7):
        far.add(part)
    torch.testing.assert_close(far.statistics().cov, Statistics.of(features).cov, rtol=1e-8, atol=0)


@pytest.mark.parametrize("n", [12, 60])
def test_influence_is_the_derivative(n: int) -> None:
    real, fake = gaussian(300, 16, 0), gaussian(n, 16, 1, 0.8, 0.2)
    influence = frechet_error(Statistics.of(real), fake).influence
    assert float(influence.mean()) == pytest.approx(0, abs=1e-12)
    slopes = [oracle.frechet_slope(real.numpy(), fake.numpy(), i) for i in range(n)]
    want = np.array(slopes) - np.mean(slopes)
    np.testing.assert_allclose(influence.numpy(), want, rtol=0, atol=1e-4 * np.abs(want).max())


def test_standard_error_is_the_spread_of_repetitions() -> None:
    real = Statistics.of(gaussian(2000, 6, 0))
    errors = [frechet_error(real, gaussian(150, 6, seed, 1.2, 0.1)) for seed in range(1, 121)]
    spread = np.std([error.value for error in errors])
    assert np.mean([error.stderr for error in errors]) == pytest.approx(spread, rel=0.15)


def test_the_worst_sample_is_ranked_first() -> None:
    fake = gaussian(200, 6, 1)
    fake[17] += 5
    error = frechet_error(Statistics.of(gaussian(200, 6, 0)), fake)
    assert int(error.ranking()[0]) == 17
    without = torch.cat([fake[:17], fake[18:]])
    assert frechet_error(Statistics.of(gaussian(200, 6, 0)), without).value < error.value


def test_extrapolation_takes_most_of_the_bias() -> None:
    d = 12
    real = Statistics(10**6, torch.zeros(d, dtype=torch.float64), torch.eye(d, dtype=torch.float64))
    truth = d * 0.5**2  # of N(0, 1) and N(0, 1.5²)
    plain, better = [], []
    for seed in range(60):
        fake = torch.from_numpy(np.random.RandomState(seed).randn(4 * d, d) * 1.5)
        plain.append(frechet_distance(real, Statistics.of(fake)))
        better.append(frechet_extrapolated(real, fake).value)
    assert np.mean(plain) > 1.3 * truth
    assert abs(np.mean(better) - truth) < 0.25 * abs(np.mean(plain) - truth)


def test_extrapolation_by_hand() -> None:
    real, fake = Statistics.of(gaussian(100, 4, 0)), gaussian(30, 4, 1)
    halves = [oracle_distance(real, fake[i::2]) for i in (0, 1)]
    want = 2 * oracle_distance(real, fake) - sum(halves) / 2
    assert frechet_extrapolated(real, fake).value == pytest.approx(want, rel=1e-9)


def test_error_of_the_extrapolation_is_that_of_leaving_samples_out() -> None:
    real, fake = Statistics.of(gaussian(100, 4, 0)), gaussian(80, 4, 1, 1.2)

    def without(i: int) -> float:
        kept = [[j for j in range(half, 80, 2) if j != i] for half in (0, 1)]
        small = sum(oracle_distance(real, fake[rows]) for rows in kept) / 2
        return 2 * oracle_distance(real, fake[sorted(kept[0] + kept[1])]) - small

    # The jackknife of Efron 1982, chapter 3.
    left_out = np.array([without(i) for i in range(80)])
    want = math.sqrt(79 / 80 * ((left_out - left_out.mean()) ** 2).sum())
    got = frechet_extrapolated(real, fake)
    assert got.stderr == pytest.approx(want, rel=0.1)
    again = frechet_extrapolated(real, fake, frechet_error(real, fake))
    assert again == got


def test_interval_of_the_extrapolation_holds_the_truth() -> None:
    d = 8
    wide = torch.float64
    real = Statistics(10**6, torch.zeros(d, dtype=wide), torch.eye(d, dtype=wide))
    truth = d * 0.5**2  # of N(0, 1) and N(0, 1.5²)
    inside = 0
    for seed in range(100):
        fake = torch.from_numpy(np.random.RandomState(seed).randn(4 * d, d) * 1.5)
        low, high = frechet_extrapolated(real, fake).interval
        inside += low <= truth <= high
    assert inside >= 90


@pytest.mark.parametrize("n", [3, 20])
def test_a_generator_that_draws_one_picture(n: int) -> None:
    real = gaussian(50, 6, 0)
    one = gaussian(1, 6, 1).repeat(n, 1)
    got = frechet_error(Statistics.of(real), one)
    # |μr - x|² + tr Σr, and no sample to blame.
    want = float((real.mean(0) - one[0]).square().sum() + real.var(0).sum())
    assert got.value == pytest.approx(want, rel=1e-12)
    assert got.stderr == pytest.approx(0, abs=1e-12)


def oracle_distance(real: Statistics, fake: Tensor) -> float:
    rows = fake.numpy()
    cov = np.cov(rows, rowvar=False)
    return oracle.frechet(real.mean.numpy(), real.cov.numpy(), rows.mean(0), cov)


def test_float32_features_are_summed_in_float64() -> None:
    features = gaussian(500, 8, 0).float()
    torch.testing.assert_close(
        Statistics.of(features).cov, Statistics.of(features.double()).cov, rtol=0, atol=0
    )


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_not_finite(bad: float) -> None:
    good = gaussian(10, 3, 0)
    broken = good.clone()
    broken[4, 1] = bad
    real = Statistics.of(good)
    for attempt in (
        Statistics.of,
        lambda x: frechet_error(real, x),
        lambda x: frechet_small(real, x),
    ):
        with pytest.raises(ValueError, match="not finite"):
            attempt(broken)
    with pytest.raises(ValueError, match="not finite"):
        frechet_distance(real, Statistics(10, real.mean, real.cov * bad))


def test_sets_that_cannot_be_compared() -> None:
    real = Statistics.of(gaussian(10, 3, 0))
    with pytest.raises(ValueError, match="3 and of 4"):
        frechet_distance(real, Statistics.of(gaussian(10, 4, 0)))
    with pytest.raises(ValueError, match="4 and of 3"):
        frechet_error(real, gaussian(10, 4, 0))
    with pytest.raises(ValueError, match="at least 2"):
        Statistics.of(gaussian(1, 3, 0))
    with pytest.raises(ValueError, match="at least 2"):
        frechet_error(real, gaussian(1, 3, 0))
    with pytest.raises(ValueError, match="at least 4"):
        frechet_extrapolated(real, gaussian(3, 3, 0))
    with pytest.raises(ValueError, match=r"expected \[n, d\]"):
        Statistics.of(torch.zeros(3))
    with pytest.raises(ValueError, match="do not fit"):
        Accumulator(3).add(torch.zeros(2, 4))
    with pytest.raises(ValueError, match="packed"):
        Accumulator.unpacked(torch.zeros(8))


def test_reals_that_are_all_alike():
    real = Statistics.of(torch.ones(20, 3))
    fake = torch.from_numpy(np.random.RandomState(0).randn(40, 3))
    got = frechet_error(real, fake)
    want = float((fake.mean(dim=0) - 1).square().sum() + fake.var(dim=0).sum())
    assert got.value == pytest.approx(want, rel=1e-12)
    assert math.isfinite(got.stderr)


def test_statistics_without_a_part():
    rows = torch.from_numpy(np.random.RandomState(1).randn(50, 4)) * 3 + 100
    got = Statistics.of(rows).without(Statistics.of(rows[30:]))
    want = Statistics.of(rows[:30])
    assert got.n == 30
    torch.testing.assert_close(got.mean, want.mean, rtol=1e-13, atol=0)
    torch.testing.assert_close(got.cov, want.cov, rtol=1e-10, atol=1e-10)
    with pytest.raises(ValueError, match="1 are left"):
        Statistics.of(rows).without(Statistics.of(rows[1:]))
