"""The list of recent files never gets in the way."""

import json
from pathlib import Path

import pytest

from latentstudio.document import recents as recents_module
from latentstudio.document.recents import LIMIT, Recents


@pytest.fixture
def made(tmp_path):
    """Twenty files that are there."""
    paths = [tmp_path / f"{number}.latents" for number in range(20)]
    for path in paths:
        path.touch()
    return paths


@pytest.fixture
def file(tmp_path):
    return tmp_path / "deep" / "recents.json"


def test_newest_first_each_once_and_bounded(file, made):
    recents = Recents(file)
    assert recents.paths("sessions") == []
    for path in made:
        recents.add("sessions", path)
    recents.add("sessions", made[10])
    expected = [made[10], *[p for p in reversed(made) if p != made[10]]][:LIMIT]
    assert recents.paths("sessions") == expected
    assert Recents(file).paths("sessions") == expected
    assert recents.paths("checkpoints") == []
    assert len(json.loads(file.read_text())["sessions"]) == LIMIT


def test_the_kinds_are_apart(file, made):
    recents = Recents(file)
    recents.add("sessions", made[0])
    recents.add("checkpoints", made[1])
    recents.clear("sessions")
    assert recents.paths("sessions") == []
    assert recents.paths("checkpoints") == [made[1]]


def test_missing_files_are_not_shown(file, made):
    recents = Recents(file)
    for path in made[:3]:
        recents.add("sessions", path)
    made[1].unlink()
    made[2].unlink()
    made[2].mkdir()
    assert recents.paths("sessions") == [made[0]]


def test_relative_paths_become_absolute(file, made, monkeypatch):
    monkeypatch.chdir(made[0].parent)
    recents = Recents(file)
    recents.add("sessions", Path("0.latents"))
    assert recents.paths("sessions") == [made[0]]


@pytest.mark.parametrize(
    "data", [b"", b"\xff\x00", b"[]", b'{"sessions":5}', b'{"sessions":[1]}', b"[" * 5000]
)
def test_a_damaged_file_counts_as_empty_and_heals(file, made, data):
    file.parent.mkdir()
    file.write_bytes(data)
    recents = Recents(file)
    assert recents.paths("sessions") == []
    recents.add("sessions", made[0])
    assert Recents(file).paths("sessions") == [made[0]]


def test_hostile_paths_are_not_shown(file, made):
    file.parent.mkdir()
    hostile = ["", "a\0b", "x" * 100_000, str(made[0])]
    file.write_text(json.dumps({"sessions": hostile}))
    assert Recents(file).paths("sessions") == [made[0]]


def test_where_nothing_can_be_written_the_list_lives_in_memory(tmp_path, made):
    (tmp_path / "blocked").touch()
    recents = Recents(tmp_path / "blocked" / "recents.json")
    recents.add("sessions", made[0])
    recents.add("sessions", made[1])
    assert recents.paths("sessions") == [made[1], made[0]]


def test_a_list_that_can_be_read_but_not_written_still_grows_in_memory(file, made, monkeypatch):
    recents = Recents(file)
    recents.add("sessions", made[0])

    def full(path, data):
        raise OSError("full")

    monkeypatch.setattr(recents_module, "write_atomic", full)
    recents.add("sessions", made[1])
    assert recents.paths("sessions") == [made[1], made[0]]
    monkeypatch.undo()
    recents.add("sessions", made[2])
    assert Recents(file).paths("sessions") == [made[2], made[1], made[0]]


def test_two_studios_share_the_list(file, made):
    one, other = Recents(file), Recents(file)
    one.add("sessions", made[0])
    other.add("sessions", made[1])
    assert one.paths("sessions") == [made[1], made[0]]


def test_the_default_file_is_the_user_s(monkeypatch, tmp_path, made):
    monkeypatch.setattr(recents_module, "user_state_path", lambda *a, **k: tmp_path)
    Recents().add("sessions", made[0])
    assert (tmp_path / "recents.json").exists()
