"""Data sets in small: what comes back, what is refused, and what is bundled."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor

import tests.strategies  # noqa: F401  (registers the profile)
from latentstudio.data import sheets as sheeting
from latentstudio.data.errors import DataError
from latentstudio.data.packed import FILE, arrays_hash, bundled_reals, read_packed
from latentstudio.data.pictures import open_pictures
from latentstudio.data.sheets import sheet_columns, sheet_count, sheet_name, tiled
from latentstudio.metrics.frechet import Statistics
from trainer.reals import write_reals


class Means:
    """Features: the mean of each channel, and their squares."""

    name, dim, resolution, content_hash = "means", 6, 20, "ab" * 32

    def __call__(self, images: Tensor) -> Tensor:
        means = images.mean((2, 3))
        return torch.cat([means, means.square()], 1)


@pytest.fixture
def small_sheets(monkeypatch):
    """Four tiles of 20 px a sheet."""
    monkeypatch.setattr(sheeting, "SHEET", 40)


@pytest.fixture
def written(animals, tmp_path, small_sheets) -> Path:
    return write_reals(open_pictures(animals), Means(), tmp_path / "reals", progress=False)


def test_comes_back(animals, written):
    pictures, packed = open_pictures(animals), read_packed(written)
    (images,) = pictures.batches()
    features = Means()(images)
    want = Statistics.of(features)
    head = packed.head
    assert (head.name, head.count, head.resolution, head.channels) == ("animals", 7, 20, 3)
    assert (head.sha256, head.features, head.features_hash) == (
        pictures.fingerprint,
        "means",
        "ab" * 32,
    )
    assert np.array_equal(packed.features, features.to(torch.float16).numpy())
    torch.testing.assert_close(torch.from_numpy(packed.mean), want.mean)
    torch.testing.assert_close(torch.from_numpy(packed.cov), want.cov)
    assert packed.labels.attributes == pictures.labels.attributes
    assert packed.labels.values["class"].tolist() == [0, 0, 0, 0, 1, 1, 1]
    assert packed.labels.values["class"].dtype == np.int64


def test_pictures_come_from_their_place_on_the_sheets(animals, written):
    assert {file.name for file in written.iterdir()} == {FILE, sheet_name(0), sheet_name(1)}
    pictures, originals = open_pictures(written), open_pictures(animals)
    assert (pictures.name, pictures.count, pictures.resolution) == ("animals", 7, 20)
    for number, row, column, index in [(0, 0, 0, 0), (0, 0, 1, 1), (0, 1, 0, 2), (1, 1, 0, 6)]:
        sheet = np.asarray(Image.open(written / sheet_name(number)).convert("RGB"))
        tile = sheet[row * 20 : row * 20 + 20, column * 20 : column * 20 + 20]
        assert np.array_equal(pictures.picture(index), tile)
    # Compressed, they are still nearer to themselves than to any other.
    for i in range(7):
        seen = pictures.picture(i).astype(float)
        distance = [np.abs(seen - originals.picture(j)).mean() for j in range(7)]
        assert int(np.argmin(distance)) == i
    with pytest.raises(IndexError):
        pictures.picture(7)


def test_no_numbers_from_compressed_pictures(written):
    with pytest.raises(DataError, match=r"viewing only.* latentstudio-data build animals"):
        open_pictures(written).batches()


def test_sheets_are_decoded_once(written, monkeypatch):
    pictures = open_pictures(written)
    first = pictures.picture(5)
    (written / sheet_name(1)).unlink()
    first[:] = 0  # a copy
    assert pictures.picture(5).any()
    with pytest.raises(DataError, match=r"pictures-001\.webp cannot be read: No such file"):
        open_pictures(written).picture(5)


def test_tiles_by_hand():
    pictures = np.arange(5, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 3), np.uint8)
    sheet = tiled(pictures, 3)
    assert sheet.shape == (4, 6, 3)
    assert sheet[::2, ::2, 0].tolist() == [[0, 1, 2], [3, 4, 0]]
    assert [sheet_columns(r) for r in (64, 512, 1024)] == [8, 1, 1]
    assert [sheet_count(n, 64) for n in (1, 64, 65, 24_000)] == [1, 1, 2, 375]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(data=st.data())
def test_damaged_files_are_refused_in_a_sentence(written, tmp_path, data):
    file = data.draw(st.sampled_from(sorted(p.name for p in written.iterdir())))
    folder = tmp_path / "damaged"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(written, folder)
    content = bytearray((folder / file).read_bytes())
    if data.draw(st.booleans()):
        content = content[: data.draw(st.integers(0, len(content) - 1))]
    else:
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] ^= data.draw(st.integers(1, 255))
    (folder / file).write_bytes(content)
    want = read_packed(written)
    try:
        got = read_packed(folder)
        seen = [got.pictures.picture(i) for i in range(7)]
    except DataError as error:
        assert str(folder / file) in str(error) and "\n" not in str(error)
    else:  # the byte means nothing (a time stamp of the archive)
        assert file == FILE and got.head == want.head
        assert np.array_equal(got.features, want.features)
        assert np.array_equal(seen, [want.pictures.picture(i) for i in range(7)])


def changed(folder: Path, **changes: object) -> None:
    """Write the file again, whole, with other arrays (callables) or other words in its head."""
    with np.load(folder / FILE) as archive:
        arrays = {name: archive[name] for name in archive}
    head = msgspec.json.decode(arrays.pop("head").tobytes())
    for name, value in changes.items():
        if callable(value):
            arrays[name] = value(arrays[name])
        else:
            head[name] = value
    content = io.BytesIO()
    np.savez(content, head=np.frombuffer(msgspec.json.encode(head), np.uint8), **arrays)
    (folder / FILE).write_bytes(content.getvalue())


@pytest.mark.parametrize(
    "changes",
    [
        {"features": lambda x: x + 1},
        {"mean": lambda x: x * 1.01},
        {"label0": lambda x: 1 - x},
        {"label0": lambda x: x + 2, "arrays": ""},
        {"count": 6},
        {"format": 2},
        {"sheets": []},
        {"channels": 7},
        {"resolution": 0},
        {"attributes": []},
        {"attributes": [{"name": "class"}]},
    ],
)
def test_tampered_numbers_are_refused(written, changes):
    changed(written, **changes)
    with pytest.raises(DataError, match=r"reals\.npz is damaged or was changed: install"):
        read_packed(written)


def test_arrays_hash_tells_types_and_shapes_apart():
    x = np.arange(6, dtype=np.float32)
    others = [x, x.reshape(2, 3), x.view(np.int32), x[::-1]]
    assert len({arrays_hash([array]) for array in others}) == 4
    assert arrays_hash([x]) == arrays_hash([np.concatenate([x, x])[:6]])


def test_one_picture_is_too_few(tmp_path, draw):
    draw(tmp_path / "one" / "a.png")
    with pytest.raises(DataError, match="one holds one picture, too few"):
        write_reals(open_pictures(tmp_path / "one"), Means(), tmp_path / "reals", progress=False)


def test_bundled_portraits():
    folder = bundled_reals("portraits")
    assert folder is not None and folder.name == "portraits-64"
    assert [bundled_reals(name) for name in ("", "portrait", "portraits-64", "*")] == [None] * 4
    packed = read_packed(folder)
    assert packed.features.shape == (24_000, 96) and packed.head.resolution == 64
    mean = packed.features.astype(np.float64).mean(0)
    assert np.abs(mean - packed.mean).max() < 1e-3 * np.sqrt(packed.cov.diagonal()).max()
    # The lightest and the darkest skins, by label, are so in the pictures' middle.
    tone, pictures = packed.labels.values["skin_tone"], open_pictures("portraits")
    glow = [
        np.mean([pictures.picture(i)[24:40, 24:40].mean() for i in picked])
        for picked in (np.argsort(tone)[:12], np.argsort(tone)[-12:])
    ]
    assert glow[1] > glow[0] + 20
