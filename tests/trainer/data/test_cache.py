"""The cache: layout, resuming, refusal of foreign folders and the command line."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest
import torch

from trainer.data import cache, portraits
from trainer.data.dataset import ImageDataset


@pytest.fixture
def rendered(monkeypatch):
    """Replace the renderer by a cheap one that records which pictures it was asked for."""
    asked: list[int] = []

    def fake(indices, resolution, *, seed=0, device="cpu"):
        asked.extend(indices)
        values = torch.tensor([(i * 7 + seed) % 256 for i in indices], dtype=torch.uint8)
        images = values[:, None, None, None].expand(-1, 3, resolution, resolution)
        return images.contiguous(), portraits.sample_factors(indices, seed)

    monkeypatch.setattr(portraits, "portraits", fake)
    monkeypatch.setattr(cache, "BATCH", 4)
    return asked


def test_folder_holds_images_factors_and_description(tmp_path, rendered):
    folder = cache.build(tmp_path / "set", 10, 8, seed=2, progress=False)
    images = np.load(folder / "images.npy", mmap_mode="r")
    assert images.shape == (10, 3, 8, 8) and images.dtype == np.uint8
    assert images[9, 0, 0, 0] == 65
    labels = np.load(folder / "labels.npz")
    expected = portraits.sample_factors(range(10), 2)
    assert set(labels.files) == set(expected)
    assert all(np.array_equal(labels[name], expected[name].numpy()) for name in expected)
    about = json.loads((folder / "dataset.json").read_text())
    assert (about["count"], about["resolution"], about["seed"]) == (10, 8, 2)
    assert about["version"] == portraits.VERSION and len(about["sha256"]) == 64
    assert sorted(p.name for p in folder.iterdir()) == ["dataset.json", "images.npy", "labels.npz"]


def test_attributes_say_what_the_factors_do(tmp_path, rendered):
    data = ImageDataset(cache.build(tmp_path, 10, 8, progress=False))
    by_name = {a.name: a for a in data.attributes}
    assert list(by_name) == [f.name for f in portraits.FACTORS]
    assert by_name["yaw"].flip == "negate" and by_name["smile"].flip == "keep"
    assert by_name["hat"].values == ("none", "beanie", "brim")
    circles = {name for name, a in by_name.items() if a.period}
    assert circles == {"clothing_hue", "backdrop_hue"} and by_name["backdrop_hue"].period == 1


def test_folder_of_earlier_days_is_completed(tmp_path, rendered):
    folder = cache.build(tmp_path, 10, 8, seed=3, progress=False)
    new = ImageDataset(folder)
    about = json.loads((folder / "dataset.json").read_text())
    keys = ("name", "version", "seed", "resolution", "count", "sha256")
    (folder / "dataset.json").write_text(json.dumps({key: about[key] for key in keys}))
    (folder / "labels.npz").unlink()
    assert ImageDataset(folder).attributes == ()
    rendered.clear()
    old = ImageDataset(cache.build(tmp_path, 10, 8, seed=3, progress=False))
    assert rendered == [] and json.loads((folder / "dataset.json").read_text()) == about
    assert old.attributes == new.attributes
    for name, values in new.labels.items():
        assert old.labels[name].dtype == values.dtype
        assert np.array_equal(old.labels[name], values)


def test_finished_folder_is_left_alone(tmp_path, rendered):
    cache.build(tmp_path, 6, 8, progress=False)
    rendered.clear()
    cache.build(tmp_path, 6, 8, progress=False)
    assert rendered == []


def test_killed_run_goes_on_without_rendering_twice(tmp_path, rendered, monkeypatch):
    work = cache._render_batch

    def dies(job):
        if job[1] == 2:
            raise KeyboardInterrupt
        return work(job)

    monkeypatch.setattr(cache, "_render_batch", dies)
    with pytest.raises(KeyboardInterrupt):
        cache.build(tmp_path, 12, 8, progress=False)
    assert not (tmp_path / "dataset.json").exists()
    # A kill may also cut the last line of the log short.
    with (tmp_path / "done.txt").open("a") as log:
        log.write("2")
    monkeypatch.setattr(cache, "_render_batch", work)
    rendered.clear()
    cache.build(tmp_path, 12, 8, progress=False)
    assert rendered == [8, 9, 10, 11]
    assert np.load(tmp_path / "images.npy")[11, 0, 0, 0] == 77


def test_resumed_run_has_the_same_hash(tmp_path, rendered):
    first = cache.build(tmp_path / "a", 8, 8, progress=False)
    second = cache.build(tmp_path / "b", 8, 8, progress=False)
    other = cache.build(tmp_path / "c", 8, 8, seed=1, progress=False)
    hashes = [
        json.loads((f / "dataset.json").read_text())["sha256"] for f in (first, second, other)
    ]
    assert hashes[0] == hashes[1] != hashes[2]


def test_folder_of_another_set_is_refused(tmp_path, rendered):
    cache.build(tmp_path, 4, 8, progress=False)
    with pytest.raises(ValueError, match="another data set"):
        cache.build(tmp_path, 4, 8, seed=1, progress=False)


def test_empty_set_is_refused(tmp_path):
    with pytest.raises(ValueError, match="at least 1"):
        cache.build(tmp_path, 0, 8)


def test_command_line(tmp_path, rendered, monkeypatch):
    argv = ["cache", "--out", str(tmp_path / "x"), "--count", "3", "--resolution", "8"]
    monkeypatch.setattr(sys, "argv", argv)
    threads = torch.get_num_threads()
    cache.main()
    torch.set_num_threads(threads)
    assert (tmp_path / "x" / "dataset.json").exists()
