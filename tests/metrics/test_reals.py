from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor

import tests.strategies  # noqa: F401  (registers the profile)
from latentstudio.metrics.frechet import Statistics
from latentstudio.metrics.manifold import squared_radii
from latentstudio.metrics.reals import RealSide
from tests.metrics.toys import Pixels


def pictures(n: int) -> Tensor:
    return torch.from_numpy(np.random.RandomState(7).randn(n, 1, 2, 2)).float()


class Source:
    """Batches that count how often they were asked for."""

    def __init__(self, n: int = 30) -> None:
        self.n, self.asked = n, 0

    def __call__(self) -> Iterator[Tensor]:
        self.asked += 1
        return iter(pictures(self.n).split(8))


def same(a: RealSide, b: RealSide) -> bool:
    fields = ("features", "features_hash", "data_hash", "keep", "class_shares")
    return (
        all(getattr(a, name) == getattr(b, name) for name in fields)
        and a.statistics.n == b.statistics.n
        and torch.equal(a.statistics.mean, b.statistics.mean)
        and torch.equal(a.statistics.cov, b.statistics.cov)
        and torch.equal(a.rows, b.rows)
    )


def test_statistics_see_all_and_rows_are_a_random_choice() -> None:
    real = RealSide.of(Pixels(), Source(30)(), keep=20)
    every = pictures(30).flatten(1)
    want = Statistics.of(every)
    torch.testing.assert_close(real.statistics.cov, want.cov)
    assert real.statistics.n == 30 and real.rows.shape == (20, 4)
    found = [int((every == row).all(1).nonzero()) for row in real.rows]
    assert len(set(found)) == 20 and found != sorted(found)
    assert torch.equal(RealSide.of(Pixels(), pictures(30).split(11), keep=20).rows, real.rows)
    assert not real.rows.is_inference()


def test_radii_are_remembered() -> None:
    real = RealSide.of(Pixels(), Source()())
    assert torch.equal(real.radii(12), squared_radii(real.rows[:12]))
    assert real.radii(12) is real.radii(12)
    assert len(real.radii(30)) == 30


def test_comes_back_from_its_file(tmp_path: Path) -> None:
    real = RealSide.of(Pixels(), Source()(), data_hash="data", class_shares=(0.25, 0.75))
    real.save(tmp_path / "real.npz")
    assert same(RealSide.load(tmp_path / "real.npz"), real)


def test_embedded_once(tmp_path: Path) -> None:
    source, settings = Source(), {"data_hash": "da" * 32, "keep": 20}
    first = RealSide.cached(tmp_path, Pixels(), source, **settings)  # type: ignore[arg-type]
    again = RealSide.cached(tmp_path, Pixels(), source, **settings)  # type: ignore[arg-type]
    assert source.asked == 1 and same(first, again)
    assert [path.name for path in tmp_path.iterdir()] == [f"real-{'da' * 8}-{'abcd' * 4}.npz"]


@pytest.mark.parametrize(
    "change",
    [
        {"data_hash": "db" * 32},
        {"data_hash": "da" * 8 + "00" * 24},  # the same file name
        {"features": Pixels("ef" * 32)},
        {"features": Pixels("abcd" * 4 + "00" * 24)},
        {"keep": 10},
        {"class_shares": (0.5, 0.5)},
    ],
)
def test_of_other_data_it_is_made_anew(tmp_path: Path, change: dict[str, object]) -> None:
    source = Source()

    def ask(**changes: object) -> RealSide:
        arguments = {"features": Pixels(), "data_hash": "da" * 32, "keep": 20, **changes}
        return RealSide.cached(tmp_path, batches=source, **arguments)  # type: ignore[arg-type]

    ask()
    other = ask(**change)
    assert source.asked == 2
    assert same(ask(**change), other) and source.asked == 2


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(data=st.data())
def test_damaged_files_are_refused_in_a_sentence(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "real.npz"
    real = RealSide.of(Pixels(), Source()(), data_hash="data")
    real.save(path)
    content = bytearray(path.read_bytes())
    if data.draw(st.booleans()):
        content = content[: data.draw(st.integers(0, len(content) - 1))]
    else:
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    try:
        got = RealSide.load(path)
    except ValueError as error:
        assert str(path) in str(error) and "\n" not in str(error)
    else:
        assert same(got, real)  # the byte means nothing (a time stamp of the archive)


def test_a_damaged_cache_is_made_anew(tmp_path: Path) -> None:
    source = Source()
    first = RealSide.cached(tmp_path, Pixels(), source, data_hash="d")
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-200])
    assert same(RealSide.cached(tmp_path, Pixels(), source, data_hash="d"), first)
    assert source.asked == 2
    assert same(RealSide.load(path), first)


def test_needs_two_pictures() -> None:
    with pytest.raises(ValueError, match="at least 2"):
        RealSide.of(Pixels(), [pictures(1)])
    with pytest.raises(ValueError, match="at least 2"):
        RealSide.of(Pixels(), [])
