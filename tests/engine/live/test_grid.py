from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from latentstudio.checkpoints.store import load_generator
from latentstudio.document.recipe import Noise, Truncation
from latentstudio.document.sampling import Sampling
from latentstudio.engine.live import grid as live_grid
from latentstudio.engine.live.grid import MIXING, PSI, STRENGTH, Axis, Grid, axis_between
from latentstudio.engine.live.samples import Samples
from latentstudio.engine.live.store import Store
from latentstudio.metrics.live.running import RunningQuality
from latentstudio.metrics.quality import generate_features, score
from tests.engine.live.toys import DIM, Quarters, real_side


@pytest.fixture(autouse=True, scope="module")
def _few() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(live_grid, "LEVELS", (8, 16))
        patch.setattr(live_grid, "CHECKED", 12)
        yield


def no_shares(_names: Any) -> tuple[float, ...]:
    return ()


def grid_of(axis: Axis = PSI, sampling: Sampling | None = None) -> Grid:
    return Grid(axis, axis.base(sampling or Sampling()), no_shares, real_side())


def filled(generator: Any, axis: Axis = PSI, **settings: Any) -> Grid:
    grid = grid_of(axis, Sampling(**settings))
    while grid.missing:
        grid.draw(generator, Quarters(), 5)
    for _ in grid.digest():
        pass
    return grid


@pytest.fixture(scope="module")
def generator(checkpoints: Any) -> Any:
    return load_generator(checkpoints["style"].path)


@pytest.fixture(scope="module")
def whole(_few: None, generator: Any) -> Grid:
    """A grid over psi, not to be changed."""
    return filled(generator, checkpoint="ab" * 32)


@pytest.mark.parametrize("axis", [PSI, STRENGTH, MIXING])
def test_at_a_knot_the_numbers_are_those_measured_there(generator: Any, axis: Axis) -> None:
    grid = filled(generator, axis)
    there = axis.at(Sampling(), axis.knots[3])
    assert grid.covers(there)
    quality = grid.quality(there)
    want = score(real_side(), generate_features(generator, Quarters(), there, 16), there)
    assert quality.kind == "interpolated" and quality.n == 16 and quality.sampling == there
    for field in ("fid", "kid", "precision", "recall"):
        assert getattr(quality, field) == pytest.approx(getattr(want, field), rel=1e-4, abs=1e-7)
    assert not grid_of(axis).covers(there), "nothing is drawn yet"


def test_nothing_is_said_beyond_the_last_knot(whole: Grid) -> None:
    assert whole.covers(whole.base.with_psi(0.05)) and whole.covers(whole.base)
    assert not whole.covers(whole.base.with_psi(1.01))
    assert not whole.covers(whole.base.with_psi(-0.1))


def test_a_level_is_complete_everywhere_before_the_next_begins(generator: Any) -> None:
    grid, drawn = grid_of(), []
    assert grid.missing == 8 and grid.stage == (0, 0) and grid.share == 0.0
    assert not grid.covers(Sampling())
    while grid.missing:
        before = [rows.n for rows in grid.rows]
        grid.draw(generator, Quarters(), 100)
        after = [rows.n for rows in grid.rows]
        drawn += [k for k in range(len(after)) if after[k] != before[k]]
    assert drawn == [*range(24), *range(24)]
    assert [rows.n for rows in grid.rows] == [16] * 21 + [12] * 3
    assert grid.stage == (16, 8) and grid.share == 1.0 and grid.draw(generator, Quarters(), 4) == 0


def test_at_psi_0_one_picture_stands_for_all(generator: Any) -> None:
    grid, features = grid_of(), Quarters()
    assert grid.draw(generator, features, 8) == 1 and features.seen == [1]
    want = generate_features(generator, Quarters(), Sampling().with_psi(0.0), 8)
    np.testing.assert_allclose(grid.rows[0].view(), want, atol=1e-6)
    for other in (
        Sampling(noise=Noise("random")),
        Sampling(truncation=Truncation(1.0, 2)),
    ):
        features = Quarters()
        assert grid_of(PSI, other).draw(generator, features, 8) == 8


def test_what_was_measured_at_a_knot_is_not_drawn_again(generator: Any) -> None:
    sampling = Sampling().with_psi(0.7)
    samples = Samples(sampling, no_shares, RunningQuality(real_side()))
    samples.draw(generator, Quarters(), 20)
    grid = grid_of()
    grid.adopt(samples)
    grid.adopt(samples)
    assert [rows.n for rows in grid.rows] == [16 * (k == 14) for k in range(24)]
    assert np.array_equal(grid.rows[14].view(), samples.features.view(0, 16))


def test_checks_compare_with_what_was_measured_between_knots(whole: Grid, generator: Any) -> None:
    checks = list(whole.checks())
    assert [(check.psi, check.n) for check in checks] == [(0.225, 12), (0.475, 12), (0.775, 12)]
    there = Sampling().with_psi(0.475)
    want = score(real_side(), generate_features(generator, Quarters(), there, 12), there)
    assert checks[1].measured.fid == pytest.approx(want.fid, rel=1e-4)
    assert not list(grid_of(MIXING).checks())


def test_checks_lie_half_way_between_knots() -> None:
    for check in PSI.checks:
        above = next(k for k, knot in enumerate(PSI.knots) if knot > check)
        assert check == pytest.approx((PSI.knots[above - 1] + PSI.knots[above]) / 2)


def test_the_axis_is_the_slider_that_was_moved() -> None:
    base = Sampling()
    for axis in (PSI, STRENGTH, MIXING):
        assert axis_between(base, axis.at(base, 0.3)) is axis
        assert axis.value(axis.at(base, 0.3)) == 0.3
    assert axis_between(None, base) is PSI
    assert axis_between(base, Sampling(seed=4, mixing=0.5)) is PSI


def test_a_kept_grid_comes_back(whole: Grid, tmp_path: Path) -> None:
    store, features, grid = Store(tmp_path / "new"), Quarters(), copy(whole)
    assert grid.kept == (0, 0)
    store.save(grid, features)
    assert grid.kept == grid.stage
    again = grid_of(PSI, Sampling(checkpoint="ab" * 32))
    store.load(again, features)
    assert again.kept == again.stage == (16, 8) and not again.missing
    for rows, kept in zip(grid.rows, again.rows, strict=True):
        np.testing.assert_allclose(kept.view(), rows.view(), rtol=1e-3, atol=1e-4)
        assert kept.view().dtype == np.float32
    others = [grid_of(PSI, Sampling(checkpoint="cd" * 32)), grid_of(MIXING, grid.base)]
    for other in others:
        store.load(other, features)
    features.content_hash = "ef" * 32
    others.append(grid_of(PSI, Sampling(checkpoint="ab" * 32)))
    store.load(others[-1], features)
    assert all(other.stage == (0, 0) for other in others)


def test_a_grid_that_is_half_drawn_is_kept_too(generator: Any, tmp_path: Path) -> None:
    grid = grid_of()
    while grid.stage == (0, 0):
        grid.draw(generator, Quarters(), 8)
    assert [rows.n for rows in grid.rows] == [8] * 21 + [0] * 3
    Store(tmp_path).save(grid, Quarters())
    again = grid_of()
    Store(tmp_path).load(again, Quarters())
    assert [rows.n for rows in again.rows] == [8] * 21 + [0] * 3 and again.missing == 8
    again.draw(generator, Quarters(), 8)
    assert again.rows[21].n == 8


@pytest.mark.parametrize("damage", ["cut", "noise", "empty", "shape", "nan"])
def test_damaged_files_are_as_if_they_were_not_there(
    whole: Grid, tmp_path: Path, damage: str
) -> None:
    store, features = Store(tmp_path), Quarters()
    store.save(copy(whole), features)
    (path,) = tmp_path.glob("*.npz")
    data = path.read_bytes()
    if damage in ("shape", "nan"):
        with np.load(path) as archive:
            arrays = dict(archive)
        arrays["row3"] = arrays["row3"][:, :-1] if damage == "shape" else arrays["row3"] * np.nan
        np.savez(path, **arrays)
    else:
        path.write_bytes(
            {"cut": data[: len(data) // 2], "noise": b"PK" + data[9:]}.get(damage, b"")
        )
    again = grid_of(PSI, whole.base)
    store.load(again, features)
    assert again.stage == (0, 0) and again.missing == 8


def test_the_oldest_files_make_room(whole: Grid, tmp_path: Path) -> None:
    grid = copy(whole)
    Store(tmp_path).save(grid, Quarters())
    size = next(tmp_path.glob("*.npz")).stat().st_size
    for i in range(4):
        grid.base = Sampling(seed=i)
        Store(tmp_path, room=3 * size).save(grid, Quarters())
    assert len(list(tmp_path.glob("*.npz"))) == 3
    last = grid_of(PSI, Sampling(seed=3))
    Store(tmp_path).load(last, Quarters())
    assert not last.missing


def test_features_that_float16_cannot_hold_and_full_disks_are_not_kept(
    whole: Grid, tmp_path: Path, caplog: Any
) -> None:
    grid = grid_of()
    grid.rows[0].append(np.full((1, DIM), 1e6, np.float32))
    Store(tmp_path).save(grid, Quarters())
    assert not list(tmp_path.iterdir())
    blocked = tmp_path / "file"
    blocked.write_text("")
    Store(blocked / "folder").save(copy(whole), Quarters())
    assert "not remembered" in caplog.text
