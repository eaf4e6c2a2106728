from __future__ import annotations

import stat

import msgspec
import pytest

from latentstudio.atomic import SaveError
from latentstudio.document.checks import RecipeError
from latentstudio.document.direction_file import read_direction, write_direction
from latentstudio.ui.directions.library import SHELF, Library
from latentstudio.ui.directions.shelf import MOST
from tests.ui.conftest import CHECKPOINT
from tests.ui.directions import OTHER, channel, direction, smile


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "directions"


@pytest.fixture
def bundled(tmp_path):
    made = tmp_path / "bundled"
    made.mkdir()
    write_direction(made / "smile.direction.json", smile())
    return made


@pytest.fixture
def library(qapp, folder, tmp_path):
    return Library(folder, bundled=tmp_path / "none")


def again(folder, bundled=None):
    """Another window's library over the same folder."""
    return Library(folder, bundled=bundled or folder / "none")


def names(library, checkpoint=CHECKPOINT):
    return [direction.name for direction in library.of(checkpoint)]


def test_what_is_added_is_there_for_the_next_window(library, folder):
    heard = []
    library.changed.connect(lambda: heard.append(names(library)))
    library.add(smile())
    library.add(direction("Hat", 2, checkpoint=OTHER))
    assert heard == [["Smile"], ["Smile"]]
    later = again(folder)
    assert later.of(CHECKPOINT) == (smile(),)
    assert names(later, OTHER) == ["Hat"]
    assert later.get(smile().key) == smile()


def test_names_are_unique_in_a_checkpoint_and_no_further(library):
    for seed in range(3):
        library.add(direction("Smile", seed))
    library.add(direction("Smile", 0, checkpoint=OTHER))
    assert names(library) == ["Smile", "Smile 2", "Smile 3"]
    assert names(library, OTHER) == ["Smile"]
    long = "x" * 200
    for seed in (5, 6):
        library.add(direction(long, seed))
    assert names(library)[-2:] == ["x" * 198 + " 2", long]


def test_what_does_the_same_is_replaced(library, folder):
    library.add(smile())
    library.add(smile(samples=9))
    assert [d.samples for d in library.of(CHECKPOINT)] == [9]
    assert names(library) == ["Smile"]
    assert len(list(folder.glob("*.direction.json"))) == 1


def test_rename(library, folder):
    library.add(smile())
    library.add(channel())
    library.rename(smile().key, " Grin ")
    assert names(again(folder)) == ["Channel 3", "Grin"]
    assert library.rename(channel().key, "Grin").name == "Grin 2"
    for name in ("", "   ", "two\nlines"):
        with pytest.raises(RecipeError):
            library.rename(smile().key, name)
    assert names(library) == ["Grin", "Grin 2"]


def test_a_removed_one_is_returned_and_can_be_put_back(library, folder):
    library.add(smile())
    library.add(channel())
    before = library.front(CHECKPOINT)
    gone = library.remove(smile().key)
    assert gone == smile()
    assert names(library) == names(again(folder)) == ["Channel 3"]
    assert library.front(CHECKPOINT) == (channel().key,)
    library.add(gone)
    library.bring(gone.key, before.index(gone.key))
    assert library.front(CHECKPOINT) == before


def test_at_most_eight_stand_in_front(library, folder):
    all_of_them = [library.add(direction(f"No. {i:02}", i)) for i in range(MOST + 3)]
    front = library.front(CHECKPOINT)
    assert len(front) == MOST
    first, last = all_of_them[-1].key, front[-1]
    library.bring(first)
    assert library.front(CHECKPOINT)[0] == first
    assert len(library.front(CHECKPOINT)) == MOST
    assert last not in library.front(CHECKPOINT)
    library.send_back(first)
    assert len(library.front(CHECKPOINT)) == MOST - 1
    assert again(folder).front(CHECKPOINT) == library.front(CHECKPOINT)
    assert library.front(OTHER) == ()


def test_bundled_ones_are_left_as_they_are(qapp, folder, bundled):
    library = again(folder, bundled)
    assert names(library) == ["Smile"]
    library.rename(smile().key, "Grin")
    assert names(again(folder, bundled)) == ["Grin"]
    library.remove(smile().key)
    assert names(again(folder, bundled)) == []
    library.add(smile())
    assert names(again(folder, bundled)) == ["Smile"]
    assert read_direction(bundled / "smile.direction.json") == smile()


def test_damaged_files_are_skipped_and_told_of(library, folder):
    folder.mkdir()
    write_direction(folder / "smile.direction.json", smile())
    (folder / "bad.direction.json").write_text("{")
    (folder / "notes.txt").write_text("nothing")
    (folder / "worse.direction.json").mkdir()
    (folder / SHELF).write_text("[")
    troubles = []
    library.troubled.connect(troubles.append)
    assert names(library) == ["Smile"]
    assert len(troubles) == 2
    assert "bad.direction.json" in troubles[0]
    assert troubles[0].endswith(".")
    assert "\n" not in troubles[0]


@pytest.mark.parametrize("content", [b"", b"[]", b'{"front": 3}', b'{"hidden": [3]}', b"\xff" * 9])
def test_a_damaged_shelf_is_an_empty_one(qapp, folder, content):
    folder.mkdir()
    write_direction(folder / "smile.direction.json", smile())
    (folder / SHELF).write_bytes(content)
    assert again(folder).front(CHECKPOINT) == (smile().key,)


def test_a_shelf_that_knows_what_is_gone(library, folder):
    library.add(smile())
    shelf = {"front": {CHECKPOINT: ["0" * 16, smile().key]}, "hidden": []}
    (folder / SHELF).write_bytes(msgspec.json.encode(shelf))
    assert again(folder).front(CHECKPOINT) == (smile().key,)


def test_import_and_export(library, folder, tmp_path):
    library.add(smile())
    file = tmp_path / "shared.direction.json"
    library.export_file(smile().key, file)
    other = again(tmp_path / "elsewhere")
    assert other.import_file(file) == smile()
    assert other.of(CHECKPOINT) == (smile(),)
    file.write_text("no direction")
    with pytest.raises(RecipeError, match=r"shared\.direction\.json"):
        other.import_file(file)
    with pytest.raises(SaveError):
        library.export_file(smile().key, tmp_path / "no" / "folder.direction.json")


def test_a_folder_that_cannot_be_written_is_said(library, folder):
    folder.mkdir()
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        if folder.stat().st_uid == 0:  # nothing is closed to root
            folder.chmod(0o700)
            folder.rmdir()
            folder.write_text("a file where the folder should be")
        with pytest.raises(SaveError):
            library.add(smile())
        assert names(library) == []
    finally:
        folder.chmod(0o700)
