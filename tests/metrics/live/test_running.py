from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch import Tensor

import tests.strategies  # noqa: F401  (registers the profile)
from latentstudio.document.sampling import Sampling
from latentstudio.metrics.frechet import Statistics, frechet_distance, frechet_error
from latentstudio.metrics.live import running_frechet, running_pairs
from latentstudio.metrics.live.running import RunningQuality
from latentstudio.metrics.manifold import manifold_scores, realism
from latentstudio.metrics.quality import Quality, RealSide, score
from tests.oracles import metrics as oracle

COUNTS = ("n", "n_real", "n_matched", "precision", "recall", "coverage", "features", "data_hash")


def cloud(n: int, d: int, seed: int, spread: float = 1.0, shift: float = 0.0) -> Tensor:
    """Correlated, of unequal variances."""
    mixing = np.random.RandomState(99).randn(d, d) / math.sqrt(d) * np.geomspace(1, 0.2, d)
    values = np.random.RandomState(seed).randn(n, d) @ mixing * spread + shift
    return torch.from_numpy(values).float()


def side(rows: Tensor) -> RealSide:
    return RealSide("toy", "ab" * 32, "cd" * 32, Statistics.of(rows), rows)


def agree(got: Quality, want: Quality, rel: float = 1e-7, shares: float = 0.0) -> None:
    """To the rounding of roots of zero (1e-8 each), and without any in what is counted."""
    for name in COUNTS:
        assert getattr(got, name) == pytest.approx(getattr(want, name), abs=shares), name
    assert got.density == pytest.approx(want.density, abs=1e-12)
    assert got.density_interval == pytest.approx(want.density_interval, abs=1e-12)
    scale = abs(want.fid) + want.fid_stderr + 1e-12
    for name in ("fid", "fid_stderr", "fid_interval"):
        assert getattr(got, name) == pytest.approx(getattr(want, name), rel=rel, abs=rel * scale)
    assert got.kid == pytest.approx(want.kid, rel=1e-9, abs=1e-9 * (1 + want.kid_stderr))
    assert got.kid_stderr == pytest.approx(want.kid_stderr, rel=1e-9, abs=1e-12)
    assert (got.fid_extrapolated is None) == (want.fid_extrapolated is None)
    if want.fid_extrapolated is not None:
        for name in ("fid_extrapolated", "fid_extrapolated_interval"):
            assert getattr(got, name) == pytest.approx(getattr(want, name), rel=rel, abs=rel)


@given(
    st.integers(1, 12),
    st.integers(4, 60),
    st.integers(4, 60),
    st.lists(st.integers(0, 60), max_size=5).map(sorted),
    st.sampled_from(["plain", "far", "coarse", "dead", "one"]),
    st.integers(0, 99),
)
def test_any_split_equals_the_batch(
    d: int, n: int, m: int, cuts: list[int], kind: str, seed: int
) -> None:
    real, fake = cloud(m, d, seed), cloud(n, d, seed + 1, 0.8, 0.1)
    if kind == "far":
        real, fake = real + 100, fake + 100
    if kind == "coarse":  # ties and duplicates
        real, fake = (4 * real).round(), (4 * fake).round()
        assume(bool((real != real[0]).any()))
    if kind == "dead":
        real, fake = (torch.cat([x, torch.full((len(x), 2), 0.5)], dim=1) for x in (real, fake))
    if kind == "one":
        fake = fake[:1].repeat(n, 1)
    running = RunningQuality(side(real))
    sampling = Sampling(seed=3)
    for part in torch.tensor_split(fake, cuts):
        running.add(part)
        if running.n > 3:
            so_far = fake[: running.n]
            assert torch.equal(running.features, so_far)
            agree(running.quality(sampling), score(side(real), so_far, sampling), 1e-6)
    assert running.n == n


@pytest.mark.parametrize("n", [20, 24, 25, 26, 95, 96, 200])
def test_below_at_and_above_the_dimension(n: int) -> None:
    real, fake = side(cloud(300, 24, 0)), cloud(n, 24, 1, 1.2, 0.1)
    running = RunningQuality(real)
    for part in torch.split(fake, 7):
        running.add(part)
    got = running.quality()
    agree(got, score(real, fake))
    assert got.fid == pytest.approx(frechet_distance(real.statistics, Statistics.of(fake)), 1e-10)
    assert got.fid == pytest.approx(oracle.frechet_of(real.rows.numpy(), fake.numpy()), 1e-5)
    assert got.warming == (n < 96)
    influence = frechet_error(real.statistics, fake).influence
    close = 1e-6 * float(influence.abs().max())
    torch.testing.assert_close(running.influence(), influence, rtol=0, atol=close)
    torch.testing.assert_close(running.realism(), realism(real.rows[:n], fake), rtol=1e-9, atol=0)


def test_small_blocks_join(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name, size in (
        (running_pairs, "_STEP", 3),
        (running_pairs, "_BLOCK", 5),
        (running_frechet, "_BLOCK", 4),
    ):
        monkeypatch.setattr(module, name, size)
    real, fake = side(cloud(60, 4, 0).round(decimals=1)), cloud(50, 4, 1).round(decimals=1)
    running = RunningQuality(real)
    for part in torch.split(fake, 17):
        running.add(part)
    agree(running.quality(), score(real, fake))
    want = oracle.manifold(real.rows[:50].double().numpy(), fake.double().numpy(), 3)
    got = running.quality()
    assert (got.precision, got.recall, got.density, got.coverage) == pytest.approx(want, abs=1e-12)


def test_more_fakes_than_reals_and_a_lower_limit() -> None:
    real, fake = side(cloud(40, 3, 0)), cloud(90, 3, 1)
    running, limited = RunningQuality(real), RunningQuality(real, matched=16)
    for part in torch.split(fake, 13):
        running.add(part)
        limited.add(part)
    agree(running.quality(), score(real, fake))
    got, shares = limited.quality(), manifold_scores(real.rows[:16], fake[:16])
    assert (got.n, got.n_matched) == (90, 16)
    assert (got.precision, got.recall) == (shares.precision, shares.recall)
    assert got.fid == running.quality().fid


def test_a_budget_for_standard_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    real, fake = side(cloud(500, 4, 0)), cloud(4000, 4, 1, 1.1)
    running = RunningQuality(real, matched=8)
    running.add(fake)
    full = running.quality()
    monkeypatch.setattr(running_frechet, "_BUDGET", 1000 * 16)
    some, thorough = running.quality(), running.quality(thorough=True)
    assert thorough == full and some.fid == full.fid
    assert some.fid_stderr != full.fid_stderr
    assert some.fid_stderr == pytest.approx(full.fid_stderr, rel=0.15)
    assert some.fid_extrapolated == full.fid_extrapolated


def test_refusals_change_nothing() -> None:
    real, fake = side(cloud(30, 3, 0)), cloud(20, 3, 1)
    running = RunningQuality(real)
    with pytest.raises(ValueError, match="at least 4 samples on each side; there are 0"):
        running.quality()
    running.add(fake)
    before = running.quality()
    for value in (math.nan, math.inf, -math.inf, 1e300):
        broken = fake.double()
        broken[7, 1] = value
        with pytest.raises(ValueError, match="not finite"):
            running.add(broken)
    with pytest.raises(ValueError, match="3 and of 4"):
        running.add(cloud(5, 4, 0))
    with pytest.raises(ValueError, match=r"expected \[n, d\]"):
        running.add(torch.zeros(3))
    running.add(torch.empty(0, 3))
    assert running.n == 20 and msgspec.structs.asdict(running.quality()) == msgspec.structs.asdict(
        before
    )
