"""What check finds, against what was planted."""

from __future__ import annotations

import shutil

import numpy as np

from latentstudio.data.folder import FolderSource
from trainer.data.build import build_cache
from trainer.data.check import describe, examine
from trainer.data.prepare import Options
from trainer.data.source import open_source


def findings(folder):
    source = FolderSource(folder)
    found = examine(source, progress=False)
    return found, "\n".join(describe(source, found))


def test_planted_faults_are_found(animals, draw):
    shutil.copy(animals / "cat" / "0.png", animals / "cat" / "copy.png")
    draw(animals / "dog" / "wide.png", 70, 33, seed=99)
    draw(animals / "dog" / "grey.png", 20, 20, channels=1, seed=98)
    for i in range(12):
        (animals / "dog" / f"z{i:02}.jpg").write_text("no picture")
    found, text = findings(animals)
    assert (found.total, found.good, len(found.damaged)) == (22, 10, 12)
    assert found.sizes == {(20, 20): 9, (70, 33): 1} and found.modes == {"RGB": 9, "L": 1}
    assert found.duplicates == [("cat/copy.png", "cat/0.png")]
    assert found.usable and found.resolution == 16
    assert "10 of 22 pictures can be read" in text
    assert "dog/z09.jpg is not a picture" in text and "dog/z10.jpg" not in text
    assert "and 2 more" in text and "Not square: 1;" in text
    assert "class (2 classes): dog 17 (77.3%), cat 5 (22.7%)" in text
    assert "Usable up to 16 px. With --small skip also 32 px with 10%" in text


def test_nothing_to_use(tmp_path, draw):
    (tmp_path / "a.png").write_text("no picture")
    found, text = findings(tmp_path)
    assert not found.usable and text.endswith("Not usable.")
    draw(tmp_path / "b.png", 7, 90)
    found, text = findings(tmp_path)
    assert not found.usable and text.endswith("Not usable.")
    draw(tmp_path / "c.png", 8, 90)
    found, text = findings(tmp_path)
    assert found.usable and "Usable with --small skip: 1 pictures are smaller than 8 px" in text


def test_cache_whose_pixels_changed_is_not_usable(animals, tmp_path):
    folder = build_cache(
        FolderSource(animals), tmp_path / "c", Options(resolution=8), progress=False
    )
    source = open_source(str(folder), tmp_path)
    assert examine(source, progress=False).usable
    images = np.load(folder / "images.npy", mmap_mode="r+")
    images[0, 0, 0, 0] ^= 1
    images.flush()
    found = examine(open_source(str(folder), tmp_path), progress=False)
    assert not found.usable and "sha256 differs" in found.complaints[0]
