"""Pictures in an order that only a counter decides."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from trainer.data.dataset import ImageDataset, open_dataset
from trainer.errors import TrainingError


def test_bytes_become_minus_one_to_one(tmp_path: Path) -> None:
    images = np.zeros((2, 3, 8, 8), np.uint8)
    images[1] = 255
    np.save(tmp_path / "images.npy", images)
    batch = ImageDataset(tmp_path).batch(0, 2)
    assert batch.dtype == torch.float32
    assert sorted(batch.mean(dim=(1, 2, 3)).tolist()) == [-1.0, 1.0]


def test_every_pass_holds_every_picture_once(pictures: Path) -> None:
    data = ImageDataset(pictures, seed=1)
    first, _ = data.indices(0, data.count)
    second, _ = data.indices(data.count, data.count)
    assert sorted(first) == sorted(second) == list(range(data.count))
    assert not np.array_equal(first, second)


def test_order_depends_on_the_position_alone(pictures: Path) -> None:
    whole = ImageDataset(pictures, seed=1).indices(0, 90)
    data = ImageDataset(pictures, seed=1)
    for start, n in ((70, 20), (33, 17), (0, 33)):  # across passes, backwards
        index, mirrored = data.indices(start, n)
        assert np.array_equal(index, whole[0][start : start + n])
        assert np.array_equal(mirrored, whole[1][start : start + n])


def test_seeds_differ(pictures: Path) -> None:
    a, b = (ImageDataset(pictures, seed=seed).indices(0, 40)[0] for seed in (1, 2))
    assert not np.array_equal(a, b)


def test_half_of_the_pictures_are_mirrored(pictures: Path) -> None:
    data = ImageDataset(pictures, flips=True)
    index, mirrored = data.indices(0, 40)
    assert 10 <= mirrored.sum() <= 30
    batch = data.batch(0, 40)
    for row, (i, flipped) in enumerate(zip(index, mirrored, strict=True)):
        original = data.images[i][:, :, ::-1] if flipped else data.images[i]
        expected = torch.from_numpy(np.array(original)).float() / 127.5 - 1
        torch.testing.assert_close(batch[row], expected)


def test_without_flips_none_is_mirrored(pictures: Path) -> None:
    assert not ImageDataset(pictures, flips=False).indices(0, 40)[1].any()


def test_info_is_read(pictures: Path) -> None:
    assert ImageDataset(pictures).info["sha256"] == "ab12"


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((2, 3, 8, 8), np.float32), "not uint8"),
        (np.zeros((2, 3, 8, 9), np.uint8), "not uint8"),
        (np.zeros((0, 3, 8, 8), np.uint8), "not uint8"),
        (np.array([{"a": 1}], dtype=object), "cannot be read"),
    ],
)
def test_wrong_arrays_are_refused(tmp_path: Path, array: object, message: str) -> None:
    np.save(tmp_path / "images.npy", array)
    with pytest.raises(TrainingError, match=message):
        ImageDataset(tmp_path)


def test_missing_things_are_named(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no data folder"):
        ImageDataset(tmp_path / "nowhere")
    with pytest.raises(TrainingError, match=r"holds no images\.npy"):
        ImageDataset(tmp_path)
    (tmp_path / "dataset.json").write_text("{")
    with pytest.raises(TrainingError, match="cannot be read"):
        ImageDataset(tmp_path)


def test_unfinished_rendering_is_refused(pictures: Path) -> None:
    (pictures / "dataset.json").rename(pictures / "progress.json")
    with pytest.raises(TrainingError, match="still being rendered"):
        ImageDataset(pictures)


def test_portraits_are_rendered_on_first_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def build(folder: Path, count: int, resolution: int, *, processes: int) -> Path:
        calls.append((folder, count, resolution))
        assert processes >= 1
        folder.mkdir(exist_ok=True)
        np.save(folder / "images.npy", np.zeros((3, 3, resolution, resolution), np.uint8))
        return folder

    monkeypatch.setattr("trainer.data.cache.build", build)
    assert open_dataset("portraits", 8, tmp_path).count == 3
    assert calls == [(tmp_path / "portraits8", 24_000, 8)]


@pytest.mark.parametrize(
    "error", [ValueError("x holds another data set."), OSError(28, "No space left on device")]
)
def test_failure_to_render_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def build(*_: object, **__: object) -> Path:
        raise error

    monkeypatch.setattr("trainer.data.cache.build", build)
    with pytest.raises(TrainingError, match=r"another data set|No space left") as caught:
        open_dataset("portraits", 8, tmp_path)
    assert "\n" not in str(caught.value)


def test_other_resolution_is_refused(pictures: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="are 16 px, but 32 px"):
        open_dataset(str(pictures), 32, tmp_path)


def test_larger_pictures_are_averaged_down_when_asked(pictures: Path, tmp_path: Path) -> None:
    small = open_dataset(str(pictures), 4, tmp_path, seed=1, shrink=True)
    large = ImageDataset(pictures, seed=1)
    expected = torch.nn.functional.avg_pool2d(large.batch(3, 5), 4)
    torch.testing.assert_close(small.batch(3, 5), expected)
    with pytest.raises(TrainingError, match="pass --resolution 16"):
        open_dataset(str(pictures), 32, tmp_path, shrink=True)
