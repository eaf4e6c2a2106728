from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from latentstudio.document.sampling import Sampling
from latentstudio.metrics.frechet import Statistics, frechet_distance
from latentstudio.metrics.live import line_ends
from latentstudio.metrics.live.feature_grid import FeatureGrid
from latentstudio.metrics.live.psi_grid import PsiGrid
from latentstudio.metrics.quality import Quality, RealSide, score
from latentstudio.metrics.real_side import NEIGHBOURS


def cloud(n: int, d: int, seed: int) -> Tensor:
    """Correlated, of unequal variances."""
    mixing = np.random.RandomState(99).randn(d, d) / math.sqrt(d) * np.geomspace(1, 0.2, d)
    return torch.from_numpy(np.random.RandomState(seed).randn(n, d) @ mixing).float()


def side(n: int, d: int, seed: int = 0) -> RealSide:
    rows = cloud(n, d, seed)
    return RealSide("toy", "ab" * 32, "cd" * 32, Statistics.of(rows), rows)


def bent(base: Tensor, psi: float) -> Tensor:
    """Features that do not follow a line; all alike at 0, as truncated pictures are."""
    return psi * base + 0.3 * psi * psi * base.roll(1, dims=1).abs() + 0.1


def filled(real: RealSide, nodes: list[float], base: Tensor) -> PsiGrid:
    grid = PsiGrid(real, nodes, size=len(base))
    for k, node in enumerate(nodes):
        grid.put(k, 0, bent(base, node))
    return grid


def agree(got: Quality, want: Quality) -> None:
    """Exactly where float64 decides; a pair or two may change sides within float32."""
    m = want.n_matched
    assert (got.n, got.n_real, got.n_matched) == (want.n, want.n_real, m)
    # Roots of the rounding of zeros, below as many samples as dimensions, are 1e-8 each.
    assert got.fid == pytest.approx(want.fid, rel=1e-7)
    assert got.kid == pytest.approx(want.kid, abs=2e-5)
    assert got.kid_stderr == pytest.approx(want.kid_stderr, abs=2e-5)
    for name in ("precision", "recall", "coverage"):
        assert getattr(got, name) == pytest.approx(getattr(want, name), abs=1.01 / m), name
    assert got.density == pytest.approx(want.density, abs=2.01 / (NEIGHBOURS * m))
    assert (got.fid_extrapolated is None) == (want.fid_extrapolated is None)
    if want.fid_extrapolated is not None:
        assert got.fid_extrapolated == pytest.approx(want.fid_extrapolated, rel=1e-8, abs=1e-9)


@pytest.mark.parametrize(("n", "m", "d"), [(150, 200, 6), (150, 90, 6), (20, 200, 24), (24, 9, 24)])
def test_equals_the_score_of_interpolated_features(n: int, m: int, d: int) -> None:
    real, nodes, base = side(m, d), [0.0, 0.5, 0.75, 1.5], cloud(n, d, 1)
    grid = filled(real, nodes, base)
    for psi in (0.0, 0.01, 0.3, 0.5, 0.6, 0.75, 1.2, 1.5):
        k = 0 if psi < 0.5 else 1 if psi < 0.75 else 2
        t = (psi - nodes[k]) / (nodes[k + 1] - nodes[k])
        ends = (bent(base, nodes[k + i]).double() for i in (0, 1))
        between = (1 - t) * next(ends) + t * next(ends)
        torch.testing.assert_close(grid.features(psi), between, rtol=1e-12, atol=1e-12)
        got, want = grid.quality(psi), score(real, between)
        assert got.kind == "interpolated" and got.sampling is None
        agree(got, want)
        exact = frechet_distance(real.statistics, Statistics.of(between))
        assert got.fid == pytest.approx(exact, rel=1e-9)
        if psi in nodes:
            assert got.fid_stderr == pytest.approx(want.fid_stderr, rel=1e-5, abs=1e-6)


def test_neighbours_that_change_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    # Each sample goes somewhere else: who is near half way is near at neither end.
    monkeypatch.setattr(line_ends, "BLOCK", 7)
    real, a, b = side(80, 3), cloud(80, 3, 1), cloud(80, 3, 2)
    grid = FeatureGrid(real, [0.0, 1.0], size=80)
    grid.put(0, 0, a)
    grid.put(1, 0, b)
    for t in np.linspace(0, 1, 21).tolist():
        agree(grid.quality(t), score(real, (1 - t) * a.double() + t * b.double()))


def test_duplicates_and_reals_themselves() -> None:
    real = side(40, 3)
    grid = FeatureGrid(real, [0.0, 1.0], size=40)
    grid.put(0, 0, real.rows[:1].repeat(40, 1))
    grid.put(1, 0, real.rows)
    agree(grid.quality(1.0), score(real, real.rows))
    alike = grid.quality(0.0)
    assert alike.precision == 1 and alike.recall >= 1 / 40
    assert alike.fid == pytest.approx(score(real, real.rows[:1].repeat(40, 1)).fid, rel=1e-6)


def test_is_filled_block_by_block() -> None:
    real, base = side(60, 4), cloud(50, 4, 1)
    grid = PsiGrid(real, [0.0, 0.5, 1.0], size=50)
    with pytest.raises(ValueError, match="at least 4 samples on each side; there are 0"):
        grid.quality(0.5)
    asked, counts = [], []
    while (lack := grid.missing(block=20)) is not None:
        k, start, stop = lack
        asked.append(lack)
        grid.put(k, start, bent(base[start:stop], grid.nodes[k]))
        if grid.n:
            got = grid.quality(0.25)
            agree(got, score(real, grid.features(0.25, got.n)))
            counts.append((grid.n, got.n))
    assert asked[:4] == [(0, 0, 20), (1, 0, 20), (2, 0, 20), (0, 20, 40)]
    assert asked[6:] == [(0, 40, 50), (1, 40, 50), (2, 40, 50)]
    assert counts[0] == (20, 20) and counts[3] == (40, 40) and counts[-1] == (50, 50)
    grid.put(1, 3, bent(base[3:5], 0.5) + 1)  # drawn again: no number of before survives
    agree(grid.quality(0.5), score(real, grid.features(0.5)))


def test_small_growth_waits() -> None:
    grid, ends = FeatureGrid(side(60, 4), [0.0, 1.0], size=50), (cloud(50, 4, 1), cloud(50, 4, 2))
    counts = []
    for stop in (20, 24, 25, 31, 49, 50):
        for k, features in enumerate(ends):
            grid.put(k, grid.n, features[grid.n : stop])
        counts.append(grid.quality(0.5).n)
    assert counts == [20, 20, 25, 25, 49, 50]


def test_prepares_in_steps_and_keeps_little() -> None:
    grid = filled(side(60, 4), [0.0, 0.25, 0.5, 0.75, 1.0], cloud(50, 4, 1))
    steps = 0
    while grid.prepare(0.6):
        steps += 1
    assert steps >= 4 and not grid.prepare(0.7)
    curve = grid.curve(np.linspace(0, 1, 9).tolist(), Sampling(seed=7))
    assert [q.sampling and q.sampling.truncation.psi for q in curve] == np.linspace(
        0, 1, 9
    ).tolist()
    assert {q.n for q in curve} == {50} and not grid.prepare(0.1)
    assert len(grid._ends) <= 3


def test_checks_itself() -> None:
    real, base = side(90, 4), cloud(80, 4, 1)
    grid = filled(real, [k / 10 for k in range(11)], base)
    assert grid.check_psis() == pytest.approx((0.05, 0.45, 0.95))
    assert filled(real, [0.0, 1.0], base).check_psis() == (0.5,)
    features = bent(base, 0.45)
    check = grid.check(0.45, features, Sampling(seed=7).with_psi(0.1))
    assert check.measured.fid == score(real, features).fid
    assert check.measured.sampling == check.interpolated.sampling == Sampling(seed=7).with_psi(0.45)
    assert (check.psi, check.n, check.measured.kind) == (0.45, 80, "measured")
    agree(grid.quality(0.45), check.interpolated)
    assert 0 < abs(check.fid_error) < 0.01 * check.measured.fid
    assert check.kid_error == check.interpolated.kid - check.measured.kid
    assert max(abs(check.precision_error), abs(check.recall_error)) <= 0.1
    assert grid.check(0.45, features[:30]).n == 30


def test_refusals() -> None:
    real = side(60, 4)
    for nodes in ([0.5], [1.0, 0.0], [0.0, 0.0]):
        with pytest.raises(ValueError, match="at least two ascending"):
            PsiGrid(real, nodes)
    with pytest.raises(ValueError, match="too small"):
        PsiGrid(real, [0.0, 1.0], size=3)
    grid = filled(real, [0.0, 1.0], cloud(50, 4, 1))
    before = grid.quality(0.5)
    for psi in (-0.1, 1.1, math.nan):
        with pytest.raises(ValueError, match=r"ψ = .* is outside the grid from 0 to 1"):
            grid.quality(psi)
    for k, start, rows in ((2, 0, 5), (0, -1, 5), (0, 46, 5)):
        with pytest.raises(ValueError, match="outside the grid of 2 nodes and 50 samples"):
            grid.put(k, start, torch.zeros(rows, 4))
    with pytest.raises(ValueError, match="4 and of 3"):
        grid.put(0, 0, torch.zeros(5, 3))
    with pytest.raises(ValueError, match="not finite"):
        grid.put(0, 0, torch.full((5, 4), math.nan))
    with pytest.raises(ValueError, match="not finite"):
        grid.put(0, 0, torch.full((5, 4), 1e300, dtype=torch.float64))
    assert grid.quality(0.5) == before
