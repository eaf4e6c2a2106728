"""Folders of differences."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from latentstudio.checkpoints.difference import Difference, read_difference
from latentstudio.checkpoints.differences import Differences, beside
from latentstudio.checkpoints.errors import CheckpointError


def one(seed: int = 0) -> Difference:
    return Difference("ab" * 32, {0: torch.full((2, 2), float(seed))})


def test_what_is_added_is_located_by_its_hash(tmp_path: Path) -> None:
    differences = Differences(tmp_path / "made" / "here")
    first, second = differences.add(one(1)), differences.add(one(2))
    assert first != second
    path = Differences(tmp_path / "made" / "here").locate(first)
    assert path is not None and torch.equal(read_difference(path).noise[0], one(1).noise[0])
    assert differences.add(one(1)) == first


@pytest.mark.parametrize("name", ["", "../../x", "ab" * 32, "AB" * 32, "a" * 63 + "\n"])
def test_what_is_no_hash_or_not_here_is_located_nowhere(name: str, tmp_path: Path) -> None:
    assert Differences(tmp_path).locate(name) is None


def test_a_damaged_file_and_one_of_another_name_are_passed_over(tmp_path: Path) -> None:
    differences = Differences(tmp_path / "own")
    digest = differences.add(one())
    path = differences.locate(digest)
    assert path is not None
    (path.parent / f"{'cd' * 32}.safetensors").write_bytes(path.read_bytes())
    assert differences.locate("cd" * 32) is None
    good = path.read_bytes()
    path.write_bytes(good[:-1])
    assert differences.locate(digest) is None
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / path.name).write_bytes(good)
    differences.also(tmp_path / "more")
    assert differences.locate(digest) == tmp_path / "more" / path.name


def test_a_session_takes_its_own_along(tmp_path: Path) -> None:
    differences, session = Differences(tmp_path / "own"), tmp_path / "film.latents"
    first, second = differences.add(one(1)), differences.add(one(2))
    assert differences.copy_beside(session, [first, first, "", "cd" * 32]) == ["cd" * 32]
    assert [path.stem for path in beside(session).iterdir()] == [first]
    copy = beside(session) / f"{first}.safetensors"
    stamp = copy.stat().st_mtime_ns
    elsewhere = Differences(tmp_path / "nothing")
    elsewhere.also(beside(session))
    assert elsewhere.locate(first) == copy and elsewhere.locate(second) is None
    assert elsewhere.copy_beside(session, [first]) == []  # onto itself
    assert copy.stat().st_mtime_ns == stamp
    copy.write_bytes(b"damaged")
    differences.copy_beside(session, [first])
    assert elsewhere.locate(first) == copy


def test_a_session_without_any_gets_no_folder(tmp_path: Path) -> None:
    Differences(tmp_path).copy_beside(tmp_path / "a.latents", [""])
    assert not beside(tmp_path / "a.latents").exists()


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(CheckpointError, match="cannot be made"):
        Differences(tmp_path / "file" / "own").add(one())


def test_locating_needs_no_torch(tmp_path: Path) -> None:
    digest = Differences(tmp_path).add(one())
    code = (
        "import sys; from pathlib import Path;"
        "from latentstudio.checkpoints.differences import Differences;"
        f"assert Differences(Path({str(tmp_path)!r})).locate({digest!r});"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
