"""Disk full, no codec, no place: one sentence, and what was there is as it was."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from latentstudio.document.recipe import Recipe
from latentstudio.engine.frame import Frame
from latentstudio.export.film.errors import FilmError
from latentstudio.export.film.settings import FilmSettings, format_of
from latentstudio.export.film.write import write_film

NAMES = ("a.mp4", "a.webm", "a.gif", "a.webp", "a.png", "frames")


@pytest.fixture
def small_disk() -> Iterator[None]:
    """No file may have above 4 KiB: a real write fails in whatever library does it."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def noise(recipe: Recipe) -> Frame:
    """A picture that no codec makes small."""
    seed = round(1e6 * recipe.truncation.psi)
    pixels = np.random.RandomState(seed).randint(0, 256, (64, 64, 4), np.uint8)
    return Frame(recipe, pixels, False, 0.0, "cpu", "float32", 0)


def old_film(path: Path) -> list[Path]:
    if path.suffix:
        path.write_bytes(b"the film before")
        return [path]
    return []


@pytest.mark.parametrize("name", NAMES)
def test_a_disk_that_is_full_tears_nothing(
    name: str, tmp_path: Path, timeline: Any, small_disk: None
) -> None:
    path = tmp_path / name
    before = old_film(path)
    settings = FilmSettings(format_of(path), 64, 64, quality=100)
    with pytest.raises(FilmError, match=f"{name} was not saved: the file would be larger"):
        write_film(path, timeline(24), settings, noise)
    assert list(tmp_path.iterdir()) == before
    assert not before or path.read_bytes() == b"the film before"


@pytest.mark.parametrize("name", NAMES)
def test_no_space_is_said_in_plain_words(
    name: str, tmp_path: Path, timeline: Any, draw: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    path = tmp_path / name
    before = old_film(path)
    with pytest.raises(FilmError, match=r"was not saved: the disk is full; free some space"):
        write_film(path, timeline(3), FilmSettings(format_of(path), 16, 16), draw)
    assert list(tmp_path.iterdir()) == before


@pytest.mark.parametrize(("kind", "word"), [("mp4", "H.264"), ("webm", "VP9")])
def test_a_missing_codec_is_one_sentence_before_anything_is_drawn(
    kind: str, word: str, tmp_path: Path, timeline: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import av

    def missing(name: str, _mode: str) -> None:
        raise av.codec.codec.UnknownCodecError(name)

    def never(_recipe: Recipe) -> Frame:
        raise AssertionError("drawn")

    monkeypatch.setattr(av, "Codec", missing)
    with pytest.raises(FilmError, match=f"no {word} encoder"):
        write_film(tmp_path / f"a.{kind}", timeline(), FilmSettings(kind, 16, 16), never)
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(FilmError, match="cannot be imported"):
        write_film(tmp_path / f"a.{kind}", timeline(), FilmSettings(kind, 16, 16), never)
    assert list(tmp_path.iterdir()) == []


def test_no_place_to_write_to(tmp_path: Path, timeline: Any, draw: Any) -> None:
    settings = FilmSettings("gif", 16, 16)
    with pytest.raises(FilmError, match="does not exist"):
        write_film(tmp_path / "no" / "a.gif", timeline(), settings, draw)
    with pytest.raises(FilmError, match="is a folder"):
        write_film(tmp_path, timeline(), settings, draw)
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(FilmError, match="is there already"):
        write_film(tmp_path / "file", timeline(), FilmSettings("png", 16, 16), draw)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"width": 7}, "width is 7; it must be 8 to 8192"),
        ({"height": 8193}, "height is 8193"),
        ({"quality": 101}, "quality is 101"),
        ({"repeat": -1}, "repeat is -1"),
        ({"background": "black"}, "'black'; write it as #RRGGBB"),
        ({"format": "sheet", "width": 4096, "height": 4096}, "too large"),
    ],
)
def test_settings_that_cannot_be(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(FilmError, match=words):
        FilmSettings(**{"format": "mp4", "width": 64, "height": 64, **changes})


def test_another_ending_gets_a_sentence() -> None:
    with pytest.raises(FilmError, match=r"ends in \.avi: films end in \.mp4"):
        format_of(Path("film.avi"))
    assert format_of(Path("Film.MP4")) == "mp4" and format_of(Path("frames")) == "png"
