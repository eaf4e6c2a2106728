from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor

import tests.strategies  # noqa: F401  (registers the profile)
from latentstudio.checkpoints.bundled import bundled_features
from latentstudio.data.errors import DataError
from latentstudio.data.pictures import open_pictures
from latentstudio.metrics import real_side
from latentstudio.metrics.frechet import Statistics
from latentstudio.metrics.manifold import squared_radii
from latentstudio.metrics.reals import RealSide, default_reals, open_reals
from latentstudio.metrics.spaces.features import load_features
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
    fields = ("features", "features_hash", "data_hash", "keep", "resolution")
    return (
        all(getattr(a, name) == getattr(b, name) for name in fields)
        and a.statistics.n == b.statistics.n
        and torch.equal(a.statistics.mean, b.statistics.mean)
        and torch.equal(a.statistics.cov, b.statistics.cov)
        and torch.equal(a.rows, b.rows)
        and torch.equal(a.index, b.index)
    )


def test_statistics_see_all_and_rows_are_a_random_choice() -> None:
    real = RealSide.of(Pixels(), Source(30)(), keep=20)
    every = pictures(30).flatten(1)
    want = Statistics.of(every)
    torch.testing.assert_close(real.statistics.cov, want.cov)
    assert real.statistics.n == 30 and real.rows.shape == (20, 4)
    found = [int((every == row).all(1).nonzero()) for row in real.rows]
    assert len(set(found)) == 20 and found != sorted(found)
    assert real.index.tolist() == found and real.resolution == 2
    assert torch.equal(RealSide.of(Pixels(), pictures(30).split(11), keep=20).rows, real.rows)
    assert not real.rows.is_inference()


def test_radii_are_remembered() -> None:
    real = RealSide.of(Pixels(), Source()())
    assert torch.equal(real.radii(12), squared_radii(real.rows[:12]))
    assert real.radii(12) is real.radii(12)
    assert len(real.radii(30)) == 30


def test_comes_back_from_its_file(tmp_path: Path) -> None:
    real = RealSide.of(Pixels(), Source()(), data_hash="data")
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


def test_a_file_of_an_earlier_version_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Source()
    monkeypatch.setattr(real_side, "_FORMAT", 1)
    RealSide.cached(tmp_path, Pixels(), source, data_hash="d")
    monkeypatch.undo()
    RealSide.cached(tmp_path, Pixels(), source, data_hash="d")
    RealSide.cached(tmp_path, Pixels(), source, data_hash="d")
    assert source.asked == 2


def test_where_nothing_can_be_kept_it_is_computed(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    real = RealSide.cached(tmp_path / "file", Pixels(), Source(), data_hash="d")
    assert same(real, RealSide.of(Pixels(), Source()(), data_hash="d"))


class Corner(Pixels):
    """Features: the pixels of the left upper corner, 2 × 2, of the first channel."""

    def __call__(self, images: Tensor) -> Tensor:
        return super().__call__(images[:, :1, :2, :2])


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Twelve pictures of 4 px, the first five in the class cat."""
    folder = tmp_path / "album"
    for i in range(12):
        path = folder / ("cat" if i < 5 else "dog") / f"{i:02d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.RandomState(i).randint(0, 256, (4, 4, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(path)
    return folder


def test_rows_lead_to_their_pictures_and_labels(album: Path, tmp_path: Path) -> None:
    told: list[float] = []
    reals = open_reals(album, Corner(), cache=tmp_path / "kept", progress=told.append)
    side = reals.side
    assert (side.data, side.resolution, side.statistics.n) == ("album", 4, 12)
    assert side.data_hash == open_pictures(album).fingerprint
    assert reals.pictures is not None
    for row, index, label in zip(side.rows, side.index, side.labels["class"], strict=True):
        pixels = reals.pictures.picture(int(index))[:2, :2, 0].reshape(-1) / 127.5 - 1.0
        torch.testing.assert_close(row, torch.from_numpy(pixels).float())
        assert label == (int(index) >= 5)
    assert [a.name for a in reals.attributes] == ["class"]
    assert reals.class_shares("class") == pytest.approx((5 / 12, 7 / 12))
    assert reals.class_shares("mood") == ()
    assert told == sorted(told) and 0 < told[0] < 0.1 and told[-1] == 1.0


def test_pictures_are_embedded_once(album: Path) -> None:
    first, second, other = Corner(), Corner(), Corner("ef" * 32)
    side = open_reals(album, first).side
    again = open_reals(str(album), second).side
    assert (first.seen, second.seen) == (12, 0)
    assert same(side, again) and torch.equal(side.labels["class"], again.labels["class"])
    open_reals(album, other)
    assert other.seen == 12


def test_changed_pictures_are_noticed(album: Path) -> None:
    before = open_reals(album, Corner()).side
    assert open_reals(album, Corner(), fingerprint=before.data_hash).side.data_hash
    (album / "cat" / "00.png").write_bytes((album / "cat" / "01.png").read_bytes())
    features = Corner()
    after = open_reals(album, features).side
    assert features.seen == 12 and after.data_hash != before.data_hash
    assert not torch.equal(after.statistics.mean, before.statistics.mean)
    with pytest.raises(DataError, match=r"album have changed since they were measured \(SHA-256 "):
        open_reals(album, features, fingerprint=before.data_hash)


def test_changed_labels_are_never_remembered(album: Path) -> None:
    open_reals(album, Corner())
    names = [f"{'cat' if i < 5 else 'dog'}/{i:02d}.png" for i in range(12)]
    labels = [[name, i % 3] for i, name in enumerate(names)]
    (album / "dataset.json").write_text(json.dumps({"labels": labels}))
    features = Corner()
    side = open_reals(album, features).side
    assert features.seen == 0 and side.labels["class"].tolist() == (side.index % 3).tolist()


def test_fakes_of_another_size(album: Path) -> None:
    assert open_reals(album, Corner(), resolution=4).side.resolution == 4
    with pytest.raises(
        DataError, match=r"have 4 px and the generated ones 8 px: .* --resolution 8"
    ):
        open_reals(album, Corner(), resolution=8)
    with pytest.raises(DataError, match=r"portraits have 64 px .* build portraits --resolution 8 "):
        open_reals("portraits", Corner(), resolution=8)


def test_stopped_by_its_progress(album: Path, tmp_path: Path) -> None:
    def stop(share: float) -> None:
        if share > 0.1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        open_reals(album, Corner(), cache=tmp_path / "kept", progress=stop)
    assert not (tmp_path / "kept").exists()


def test_what_cannot_be_compared_with(tmp_path: Path, album: Path) -> None:
    for i in range(1, 12):
        next(album.rglob(f"{i:02d}.png")).unlink()
    with pytest.raises(DataError, match="holds one picture, too few"):
        open_reals(album, Corner())
    with pytest.raises(DataError, match="There is no data folder"):
        open_reals(tmp_path / "nowhere", Corner())


def test_bundled_portraits_need_no_data_folder() -> None:
    path = bundled_features("portraits")
    assert path is not None
    features = load_features(path)
    reals = open_reals("portraits", features, resolution=64)
    side = reals.side
    assert side.features_hash == features.content_hash
    assert side.rows.shape == (24_000, 96) and side.statistics.n == 24_000
    assert sorted(side.index.tolist()) == list(range(24_000))
    assert set(side.labels) == {a.name for a in reals.attributes} and len(side.labels) == 21
    want = Statistics.of(side.rows)  # of features rounded to half precision
    torch.testing.assert_close(side.statistics.mean, want.mean, atol=2e-3, rtol=0)
    torch.testing.assert_close(side.statistics.cov, want.cov, atol=2e-3, rtol=2e-3)
    # A compressed picture lies nearer to its original's features than to any other's.
    assert reals.pictures is not None
    for row in range(3):
        seen = reals.pictures.picture(int(side.index[row])) / 127.5 - 1.0
        image = torch.from_numpy(seen).float().permute(2, 0, 1)[None]
        distance = torch.linalg.vector_norm(side.rows - features(image), dim=1)
        assert int(distance.argmin()) == row


def test_bundled_portraits_in_another_space() -> None:
    with pytest.raises(DataError, match=r"Of portraits only the features of .* build portraits "):
        open_reals("portraits", Corner())


def test_what_a_generator_is_compared_with() -> None:
    assert default_reals("portraits") == "portraits"
    assert default_reals("") is None and default_reals("ffhq") is None
