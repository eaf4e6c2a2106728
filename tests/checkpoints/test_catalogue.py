"""The catalogue finds files by what they hold, and remembers the user's own."""

import json
import shutil
import subprocess
import sys

import pytest

import latentstudio.checkpoints.catalogue as room
from latentstudio.checkpoints.bundled import resources_folder
from latentstudio.checkpoints.catalogue import Catalogue
from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.checkpoints.header import read_header


@pytest.fixture
def open_catalogue(tmp_path):
    """Catalogues as successive sessions would open them."""
    (tmp_path / "bundled").mkdir(exist_ok=True)

    def open_(*extra):
        memory = tmp_path / "user" / "checkpoints.json"
        return Catalogue(extra, folder=tmp_path / "bundled", memory=memory)

    return open_


def digest(path):
    return read_header(path).info.content_hash


def test_nothing_is_there(tmp_path):
    catalogue = Catalogue(folder=tmp_path / "no", memory=tmp_path / "no.json")
    assert catalogue.bundled() == [] and catalogue.entries() == []
    assert catalogue.default() is None
    assert catalogue.locate("0" * 64) is None and catalogue.locate("") is None


def test_the_best_is_the_default(open_catalogue, save, make):
    catalogue = open_catalogue()
    ranked = [
        save(make.dcgan(), "bundled/d.safetensors", training={"images_seen": 9e9}),
        save(make.dcgan(resolution=64), "bundled/c.safetensors", training={}),
        save(make.stylegan2(), "bundled/b.safetensors", training={"images_seen": "many"}),
        save(make.stylegan2(), "bundled/e.safetensors", training={"images_seen": 2000}),
        save(make.stylegan2(resolution=64), "bundled/a.safetensors", training={}),
    ]
    assert catalogue.bundled() == sorted(ranked)
    for best in reversed(ranked):
        assert catalogue.default() == best
        best.unlink()
    assert catalogue.default() is None


def test_damaged_and_foreign_files_are_passed_over(open_catalogue, save, make, tmp_path):
    good = save(make.dcgan(), "bundled/good.safetensors")
    (tmp_path / "bundled" / "bad.safetensors").write_bytes(good.read_bytes()[:-1])
    (tmp_path / "bundled" / "card.md").write_text("# A model card")
    catalogue = open_catalogue("no\0name", tmp_path / "absent.safetensors")
    assert [entry.path for entry in catalogue.entries()] == [good]
    assert catalogue.default() == good
    assert catalogue.entries()[0].header == read_header(good)


def test_added_files_are_remembered(open_catalogue, save, make):
    first, second = save(make.dcgan(1), "one/a.safetensors"), save(make.dcgan(2), "b.safetensors")
    catalogue = open_catalogue()
    assert catalogue.locate(digest(first)) is None
    assert catalogue.add(first) == read_header(first)
    catalogue.add(second)
    catalogue.add(first)
    for session in (catalogue, open_catalogue()):
        assert [entry.path for entry in session.entries()] == [first, second]
        assert session.locate(digest(second)) == second


def test_two_windows_do_not_forget_each_others_files(open_catalogue, save, make):
    one, two = open_catalogue(), open_catalogue()
    a, b = save(make.dcgan(1), "a.safetensors"), save(make.dcgan(2), "b.safetensors")
    one.add(a)
    two.add(b)
    assert [entry.path for entry in open_catalogue().entries()] == [b, a]


def test_only_checkpoints_are_added(open_catalogue, tmp_path):
    (tmp_path / "x.safetensors").write_bytes(b"text")
    catalogue = open_catalogue()
    with pytest.raises(CheckpointError, match="is a text"):
        catalogue.add(tmp_path / "x.safetensors")
    assert not (tmp_path / "user").exists()


def test_a_moved_file_is_found_by_content(open_catalogue, save, make, tmp_path):
    neighbour = save(make.dcgan(1), "models/a.safetensors")
    moved = save(make.dcgan(2), "models/b.safetensors")
    wanted = digest(moved)
    catalogue = open_catalogue()
    catalogue.add(neighbour)
    # Never added, but in the folder of one that was.
    assert catalogue.locate(wanted) == moved
    renamed = moved.rename(tmp_path / "models" / "renamed.safetensors")
    assert catalogue.locate(wanted) == renamed
    shutil.move(renamed, tmp_path / "bundled" / "c.safetensors")
    assert catalogue.locate(wanted) == tmp_path / "bundled" / "c.safetensors"
    (tmp_path / "bundled" / "c.safetensors").unlink()
    assert catalogue.locate(wanted) is None


def test_extra_paths(open_catalogue, save, make, tmp_path):
    path = save(make.dcgan(1), "models/a.safetensors")
    assert open_catalogue(path).locate(digest(path)) == path
    assert open_catalogue(tmp_path / "models").locate(digest(path)) == path


def test_a_file_that_changes_is_read_again(open_catalogue, save, make):
    path = save(make.dcgan(1), "a.safetensors")
    catalogue = open_catalogue(path)
    old = digest(path)
    assert catalogue.locate(old) == path
    save(make.dcgan(2, z_dim=6), "a.safetensors")
    assert catalogue.locate(old) is None
    assert catalogue.locate(digest(path)) == path


def test_headers_are_read_once(open_catalogue, save, make, monkeypatch):
    catalogue = open_catalogue(save(make.dcgan(1), "a.safetensors"))
    before = catalogue.entries()
    monkeypatch.setattr(room, "read_header", None)
    assert catalogue.entries() == before


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"paths": 3}', b'{"paths": [1, null, "a\\u0000"]}', b"[" * 99999, b"\xff"],
)
def test_a_damaged_memory_is_an_empty_one(open_catalogue, save, make, tmp_path, content):
    memory = tmp_path / "user" / "checkpoints.json"
    memory.parent.mkdir()
    memory.write_bytes(content)
    assert open_catalogue().entries() == []
    path = save(make.dcgan(1), "a.safetensors")
    open_catalogue().add(path)
    assert json.loads(memory.read_bytes())["paths"] == [str(path)]


def test_a_memory_that_cannot_be_written(open_catalogue, save, make, tmp_path, caplog):
    (tmp_path / "user").write_text("a file where the folder should be")
    path = save(make.dcgan(1), "a.safetensors")
    catalogue = open_catalogue()
    catalogue.add(path)
    assert "not remembered" in caplog.text
    assert catalogue.locate(digest(path)) == path  # for this session


def test_the_bundled_folder_of_this_checkout():
    folder = resources_folder()
    assert folder.name == "resources" and (folder / "icons").is_dir()


def test_every_bundled_file_opens(tmp_path):
    from latentstudio.checkpoints.store import load_generator

    for path in Catalogue(memory=tmp_path / "m.json").bundled():
        assert load_generator(path).content_hash == digest(path)


def test_no_torch_is_needed(save, dcgan):
    path = save(dcgan)
    script = """
import sys
from pathlib import Path
from latentstudio.checkpoints.catalogue import Catalogue
path = Path(sys.argv[1])
catalogue = Catalogue([path], folder=path.parent, memory=path.with_suffix(".json"))
assert catalogue.default() == path
assert not {"torch", "safetensors", "PySide6"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", script, str(path)], check=True, timeout=60)
