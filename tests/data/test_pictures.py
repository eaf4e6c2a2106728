"""Pictures by path: what they have in common, one by one, in batches; changes are noticed."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from latentstudio.data import survey as surveying
from latentstudio.data.errors import DataError
from latentstudio.data.pictures import open_pictures
from trainer.data.build import build_cache
from trainer.data.prepare import Options
from trainer.data.source import open_source


@pytest.fixture
def cache(animals, tmp_path) -> Path:
    source = open_source(str(animals), tmp_path)
    return build_cache(source, tmp_path / "cache", Options(resolution=8), progress=False)


def packed(folder: Path, path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*.png")):
            archive.write(file, file.relative_to(folder).as_posix())
    return path


def raw(folder: Path) -> list[np.ndarray]:
    return [np.asarray(Image.open(file)) for file in sorted(folder.rglob("*.png"))]


def test_a_folder_and_its_zip_are_the_same_pictures(animals, tmp_path):
    want = raw(animals)
    folder, archive = open_pictures(animals), open_pictures(packed(animals, tmp_path / "a.zip"))
    assert folder.fingerprint == archive.fingerprint
    for pictures in (folder, archive):
        assert (pictures.count, pictures.resolution, pictures.channels) == (7, 20, 3)
        assert np.array_equal(pictures.picture(4), want[4])
        batches = list(pictures.batches(3, 1))
        assert [len(batch) for batch in batches] == [3, 3]
        pixels = np.stack(want[1:]).transpose(0, 3, 1, 2) / 127.5 - 1.0
        torch.testing.assert_close(torch.cat(batches), torch.from_numpy(pixels).float())
        assert pictures.labels.values["class"].tolist() == [0, 0, 0, 0, 1, 1, 1]


def test_a_cache_folder_has_the_hash_of_its_pixels(cache):
    pictures = open_pictures(str(cache))
    pixels = np.load(cache / "images.npy")
    assert pictures.fingerprint == hashlib.sha256(pixels.tobytes()).hexdigest()
    assert pictures.fingerprint == json.loads((cache / "dataset.json").read_text())["sha256"]
    assert (pictures.count, pictures.resolution, pictures.channels) == (7, 8, 3)
    assert np.array_equal(pictures.picture(2), pixels[2].transpose(1, 2, 0))
    (batch,) = pictures.batches()
    assert torch.equal(batch.add(1).mul(127.5).round().byte(), torch.from_numpy(pixels))


def test_grey_and_transparent_pictures(tmp_path, draw):
    grey = draw(tmp_path / "grey" / "a.png", channels=1)
    pictures = open_pictures(tmp_path / "grey")
    assert pictures.channels == 1 and next(pictures.batches()).shape == (1, 1, 20, 20)
    assert np.array_equal(pictures.picture(0), np.repeat(grey[:, :, None], 3, axis=2))
    (tmp_path / "clear").mkdir()
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(tmp_path / "clear" / "a.png")
    assert (open_pictures(tmp_path / "clear").picture(0) == 255).all()


@pytest.mark.parametrize("change", ["pixels", "add", "remove", "rename"])
def test_changes_of_files_give_another_fingerprint(animals, draw, change):
    before = open_pictures(animals).fingerprint
    picture = animals / "cat" / "0.png"
    if change == "pixels":
        draw(picture, seed=99)
    elif change == "add":
        draw(animals / "cat" / "9.png")
    elif change == "remove":
        picture.unlink()
    else:
        picture.rename(animals / "cat" / "00.png")
    assert open_pictures(animals).fingerprint != before


def test_times_and_labels_do_not_change_the_fingerprint(animals):
    before = open_pictures(animals).fingerprint
    os.utime(animals / "cat" / "0.png", ns=(1, 1))
    (animals / "dataset.json").write_text('{"labels": null}')
    after = open_pictures(animals)
    assert after.fingerprint == before and not after.labels.attributes


def test_pixels_changed_behind_the_back_of_dataset_json(cache):
    before = open_pictures(cache).fingerprint
    pixels = np.load(cache / "images.npy")
    pixels[3, 0, 0, 0] ^= 1
    np.save(cache / "images.npy", pixels)
    assert open_pictures(cache).fingerprint == hashlib.sha256(pixels.tobytes()).hexdigest()
    assert open_pictures(cache).fingerprint != before


def test_what_was_found_is_remembered(animals, tmp_path, monkeypatch):
    memory = tmp_path / "memory"
    first = open_pictures(animals, memory=memory)
    looked: list[Path] = []
    look = surveying._look

    def looking(path, *rest):
        looked.append(path)
        return look(path, *rest)

    monkeypatch.setattr(surveying, "_look", looking)
    again = open_pictures(animals, memory=memory)
    assert not looked and (again.fingerprint, again.resolution) == (first.fingerprint, 20)
    (file,) = memory.iterdir()
    file.write_bytes(b"{")
    assert open_pictures(animals, memory=memory).fingerprint == first.fingerprint
    assert len(looked) == 1
    os.utime(animals / "cat" / "0.png", ns=(1, 1))
    open_pictures(animals, memory=memory)
    assert len(looked) == 2
    shutil.rmtree(memory)
    memory.write_text("in the way")
    assert open_pictures(animals, memory=memory).fingerprint == first.fingerprint


def test_progress_reaches_the_end_and_may_stop(animals):
    told: list[float] = []
    open_pictures(animals, progress=told.append)
    assert told == pytest.approx([(i + 1) / 7 for i in range(7)])

    def stop(share: float) -> None:
        raise KeyboardInterrupt

    os.utime(animals / "cat" / "0.png", ns=(1, 1))
    with pytest.raises(KeyboardInterrupt):
        open_pictures(animals, progress=stop)


def test_sizes_that_differ_are_named(animals, draw):
    draw(animals / "cat" / "wide.png", 30, 20)
    draw(animals / "dog" / "small.png", 10, 10)
    draw(animals / "dog" / "tiny.png", 1, 1)
    pictures = open_pictures(animals)
    assert pictures.resolution is None and pictures.picture(4).shape == (20, 30, 3)
    with pytest.raises(DataError) as error:
        pictures.batches()
    assert str(error.value) == (
        f"The pictures in {animals} have different sizes (3 of 10 are not 20 × 20 px: "
        "cat/wide.png with 30 × 20 px, dog/small.png with 10 × 10 px, ...): bring them to one "
        f"size with latentstudio-data build {animals} --resolution R --out FOLDER."
    )


def test_pictures_that_are_not_square(tmp_path, draw):
    draw(tmp_path / "wide" / "a.png", 30, 20)
    with pytest.raises(DataError, match="are 30 × 20 px, not square: bring them to one size"):
        open_pictures(tmp_path / "wide").batches()


def test_a_picture_that_does_not_decode_is_named(animals):
    picture = animals / "dog" / "deep" / "1.png"
    whole = picture.read_bytes()
    picture.write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"^dog/deep/1\.png in .* is not a picture, or damaged"):
        open_pictures(animals)
    picture.write_bytes(whole[:-60])  # its header is whole
    pictures = open_pictures(animals)
    for look in (lambda: pictures.picture(5), lambda: list(pictures.batches())):
        with pytest.raises(DataError, match=r"^dog/deep/1\.png in .* is damaged") as error:
            look()
        assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ("nowhere", "There is no data folder nowhere, nor a zip"),
        ("a\0b", "is no path that can be opened|There is no data folder"),
        ("", "No data is named"),
        (".", "holds no pictures"),
    ],
)
def test_what_is_not_there(spec, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=sentence) as error:
        open_pictures(spec)
    assert "\n" not in str(error.value)
