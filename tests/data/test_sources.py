"""Folders and caches as sources of pictures."""

from __future__ import annotations

import json
import os
import pickle

import numpy as np
import pytest
from PIL import Image

from latentstudio.data.cached import CacheSource
from latentstudio.data.decode import PictureError
from latentstudio.data.errors import DataError
from latentstudio.data.folder import FolderSource
from latentstudio.data.source import classes_from_folders
from trainer.data.build import build_cache
from trainer.data.prepare import Options
from trainer.data.source import open_source


def test_pictures_are_found_sorted_with_their_classes(animals, draw):
    draw(animals / ".hidden" / "x.png")
    draw(animals / "cat" / ".x.png")
    (animals / "cat" / "notes.txt").write_text("no picture")
    source = FolderSource(animals)
    assert source.names == [
        *(f"cat/{i}.png" for i in range(4)),
        *(f"dog/deep/{i}.png" for i in range(3)),
    ]
    assert source.labels.attributes[0].values == ("cat", "dog")
    assert source.labels.values["class"].tolist() == [0, 0, 0, 0, 1, 1, 1]
    assert source.name == "animals" and source.header(0) == (20, 20, "RGB")


def test_folders_that_are_no_classes():
    assert not classes_from_folders(["a.png", "b.png"])[0].attributes
    assert not classes_from_folders(["all/a.png", "all/b.png"])[0].attributes
    assert not classes_from_folders(["00000/a.png", "00001/b.png"])[0].attributes
    labels, note = classes_from_folders(["a/a.png", "b/b.png", "c.png"])
    assert not labels.attributes and "1 pictures lie in no subfolder" in note


def test_label_file_comes_before_folders(animals):
    names = FolderSource(animals).names
    pairs = [[name, i % 3] for i, name in enumerate(names)]
    (animals / "dataset.json").write_text(json.dumps({"labels": pairs}))
    assert FolderSource(animals).labels.values["class"].tolist() == [0, 1, 2, 0, 1, 2, 0]
    (animals / "dataset.json").write_text('{"labels": null}')
    assert not FolderSource(animals).labels.attributes


@pytest.mark.parametrize("change", ["touch", "add", "remove", "rename", "label"])
def test_fingerprint_notices_changes(animals, draw, change):
    before = FolderSource(animals).fingerprint
    assert FolderSource(animals).fingerprint == before
    picture = animals / "cat" / "0.png"
    if change == "touch":
        os.utime(picture, ns=(1, 1))
    elif change == "add":
        draw(animals / "cat" / "9.png")
    elif change == "remove":
        picture.unlink()
    elif change == "rename":
        picture.rename(animals / "cat" / "00.png")
    else:
        (animals / "dataset.json").write_text('{"labels": null}')
    assert FolderSource(animals).fingerprint != before


def test_what_is_no_source_is_said(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.png").write_bytes(b"no zip")
    for name, message in (
        ("empty", "holds no pictures"),
        ("nowhere", "no data folder .* nor a zip"),
        ("a.png", "not a zip"),
        ("nul\0", "no data folder|no path"),
        ("x" * 5000, "no data folder|no path"),
    ):
        with pytest.raises(DataError, match=message):
            open_source(str(tmp_path / name), tmp_path)


def test_link_to_nothing_is_a_damaged_picture(animals):
    (animals / "cat" / "9.png").symlink_to(animals / "nowhere.png")
    source = FolderSource(animals)
    with pytest.raises(PictureError, match="cannot be read"):
        source.picture(source.names.index("cat/9.png"))


def test_cache_is_a_source(animals, tmp_path):
    folder = build_cache(
        FolderSource(animals), tmp_path / "c", Options(resolution=20), progress=False
    )
    source = open_source(str(folder), tmp_path)
    assert isinstance(source, CacheSource) and source.name == "animals"
    copy = pickle.loads(pickle.dumps(source))
    for opened in (source, copy):
        expected = np.asarray(Image.open(animals / "dog/deep/1.png"))
        assert np.array_equal(np.asarray(opened.picture(5)), expected)
        assert opened.header(5) == (20, 20, "RGB")
    assert source.labels.values["class"].tolist() == [0, 0, 0, 0, 1, 1, 1]
