"""Zips are read without trust and written for others."""

from __future__ import annotations

import io
import json
import struct
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from latentstudio.data.archive import ZipSource
from latentstudio.data.decode import PictureError
from latentstudio.data.errors import DataError
from latentstudio.data.folder import FolderSource
from latentstudio.data.labels import class_labels
from latentstudio.data.layout import read_info
from trainer.data.archive import ZipWriter
from trainer.data.build import build_cache, build_zip
from trainer.data.check import describe, examine
from trainer.data.prepare import Options

PIXELS = np.random.RandomState(0).randint(0, 256, (3, 3, 8, 8)).astype(np.uint8)


def packed() -> bytes:
    data = io.BytesIO()
    writer = ZipWriter(data)
    writer.add(PIXELS)
    writer.finish(class_labels(["cat", "dog"], [0, 1, 1]))
    return data.getvalue()


def png() -> bytes:
    data = io.BytesIO()
    Image.fromarray(PIXELS[0].transpose(1, 2, 0)).save(data, format="PNG")
    return data.getvalue()


def zipped(path, files, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def test_form_that_stylegan_reads(tmp_path):
    (tmp_path / "a.zip").write_bytes(packed())
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        names = archive.namelist()
        assert names == [*(f"00000/img0000000{i}.png" for i in range(3)), "dataset.json"]
        assert {e.compress_type for e in archive.infolist()} == {zipfile.ZIP_STORED}
        labels = json.loads(archive.read("dataset.json"))["labels"]
        assert labels == [[names[0], 0], [names[1], 1], [names[2], 1]]
        with archive.open(names[2]) as file:
            assert np.array_equal(np.asarray(Image.open(file)).transpose(2, 0, 1), PIXELS[2])
    assert packed() == packed()


def test_stylegan_zip_is_read(tmp_path):
    files = {f"00000/img0000000{i}.png": png() for i in range(2)}
    labels = {"labels": [[name, 3 - i] for i, name in enumerate(files)]}
    source = ZipSource(zipped(tmp_path / "a.zip", {**files, "dataset.json": json.dumps(labels)}))
    assert source.labels.values["class"].tolist() == [3, 2]
    assert np.array_equal(np.asarray(source.picture(1)).transpose(2, 0, 1), PIXELS[0])
    source.close()
    assert source.header(1) == (8, 8, "RGB")


def test_zip_without_label_file_has_classes_from_folders(tmp_path):
    files = {"cat/a.png": png(), "dog/b.png": png(), "__MACOSX/cat/._a.png": b"x", "c.txt": b""}
    source = ZipSource(zipped(tmp_path / "a.zip", files))
    assert source.names == ["cat/a.png", "dog/b.png"]
    assert source.labels.attributes[0].values == ("cat", "dog")


@pytest.mark.parametrize(
    "name", ["../a.png", "/a.png", "x/../../a.png", "..\\a.png", "C:\\a.png", "C:/a.png"]
)
def test_paths_outside_are_refused(tmp_path, name):
    with pytest.raises(DataError, match="outside of itself"):
        ZipSource(zipped(tmp_path / "a.zip", {name: png()}))
    assert [p.name for p in tmp_path.iterdir()] == ["a.zip"]


def test_encrypted_zip_is_refused(tmp_path):
    path = zipped(tmp_path / "a.zip", {"a.png": png()})
    raw = bytearray(path.read_bytes())
    for signature, place in ((b"PK\1\2", 8), (b"PK\3\4", 6)):
        raw[raw.index(signature) + place] |= 1
    path.write_bytes(raw)
    with pytest.raises(DataError, match="is encrypted"):
        ZipSource(path)


def test_declared_sizes_are_not_trusted(tmp_path):
    path = zipped(tmp_path / "a.zip", {"a.png": png(), "b.png": png()})
    raw = bytearray(path.read_bytes())
    first = raw.index(b"PK\1\2")
    raw[first + 24 : first + 28] = struct.pack("<I", 2**31)  # declared uncompressed size
    path.write_bytes(raw)
    source = ZipSource(path)
    with pytest.raises(PictureError, match="larger than 256 MiB"):
        source.picture(0)
    assert source.picture(1).size == (8, 8)


def test_compression_bombs_are_cut_off(tmp_path):
    path = zipped(tmp_path / "a.zip", {"a.png": b"\0" * 2**20, "dataset.json": b"[" * 2**20})
    with pytest.raises(DataError, match="not valid JSON"):
        ZipSource(path)


def test_empty_zip_is_refused(tmp_path):
    with pytest.raises(DataError, match="holds no pictures"):
        ZipSource(zipped(tmp_path / "a.zip", {"a.txt": b""}))


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damaged_zips_give_pictures_or_a_sentence(tmp_path, data):
    raw = bytearray(packed())
    if data.draw(st.booleans()):
        del raw[data.draw(st.integers(0, len(raw) - 1)) :]
    for _ in range(data.draw(st.integers(0, 4)) if raw else 0):
        raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    path = tmp_path / "damaged.zip"
    path.write_bytes(raw)
    try:
        source = ZipSource(path)
    except DataError as error:
        assert "\n" not in str(error)
        return
    found = examine(source, progress=False)
    source.close()
    assert found.good + len(found.damaged) == found.total
    assert all("\n" not in line for line in describe(source, found))


def test_folder_to_zip_to_cache_keeps_every_byte_and_label(animals, tmp_path):
    options = Options(resolution=16)
    folder = build_cache(FolderSource(animals), tmp_path / "direct", options, progress=False)
    packed = build_zip(FolderSource(animals), tmp_path / "set.zip", options, progress=False)
    back = build_cache(ZipSource(packed), tmp_path / "back", options, progress=False)
    for name in ("images.npy", "labels.npz"):
        assert (folder / name).read_bytes() == (back / name).read_bytes()
    assert read_info(folder)["attributes"] == read_info(back)["attributes"]
    assert not [p for p in tmp_path.iterdir() if p.suffix == ".part"]
    with pytest.raises(DataError, match="exists already"):
        build_zip(FolderSource(animals), packed, options, progress=False)
