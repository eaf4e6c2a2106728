"""Films on the command line: the same pictures as the library draws, decoded again."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import click
import msgspec
import numpy as np
import pytest
from PIL import Image

from latentstudio.checkpoints.header import read_header
from latentstudio.cli.common import open_engine
from latentstudio.cli.film import with_rate
from latentstudio.document.document import State
from latentstudio.document.film_text import read_film_timeline
from latentstudio.document.recipe import Point, Recipe, Seed
from latentstudio.document.session import save_session
from latentstudio.document.timeline.file import write_timeline
from latentstudio.document.timeline.timeline import Timeline
from latentstudio.export.picture import read_picture_recipe


@pytest.fixture
def film(checkpoint: Path) -> Timeline:
    recipe = Recipe(checkpoint=read_header(checkpoint).info.content_hash)
    made = Timeline(length=0.5, rate=(10, 1)).with_mark(0.0, recipe)
    return made.with_mark(0.5, recipe.with_point(Point("A", Seed(9))))


@pytest.fixture
def source(film: Timeline, tmp_path: Path) -> Path:
    path = tmp_path / "my.timeline.json"
    write_timeline(path, film)
    return path


def test_numbered_pictures_are_what_the_engine_draws(
    checkpoint: Path, source: Path, film: Timeline, tmp_path: Path, run: Any, pixels: Any
) -> None:
    out = tmp_path / "frames"
    result = run("render", "--timeline", source, "--checkpoint", checkpoint, "--out", out)
    assert (result.code, result.out.strip()) == (0, str(out)), result.err
    assert len(list(out.iterdir())) == film.frames == 5
    engine = open_engine(lambda _hash: checkpoint, "cpu")
    for number in range(5):
        path = out / f"{number:06d}.png"
        drawn = engine.render(film.recipe(number)).pixels[:, :, :3]
        assert np.array_equal(pixels(path), drawn)
        assert read_picture_recipe(path) == film.recipe(number)


def test_size_rate_and_rounds_are_as_asked(
    checkpoint: Path, source: Path, tmp_path: Path, run: Any
) -> None:
    out = tmp_path / "film.mp4"
    options = ("--size", "97x64", "--fps", "30000/1001", "--repeat", 2, "--fit", "fill")
    result = run("render", checkpoint, "--timeline", source, "--out", out, *options)
    assert result.code == 0 and "98 x 64 px in place of 97 x 64" in result.err
    with av.open(str(out)) as opened:
        stream = opened.streams.video[0]
        assert (stream.width, stream.height, stream.frames) == (98, 64, 30)
        assert stream.average_rate == Fraction(30000, 1001)


def test_a_film_is_made_again_from_itself_and_from_its_session(
    checkpoint: Path, source: Path, film: Timeline, tmp_path: Path, run: Any
) -> None:
    first, again = tmp_path / "a.gif", tmp_path / "b.gif"
    assert run("render", checkpoint, "--timeline", source, "--out", first).code == 0
    assert read_film_timeline(first) == film
    session = tmp_path / "my.latents"
    save_session(session, State(film.base, timeline=film))
    for origin in (first, session):
        assert run("render", checkpoint, "--timeline", origin, "--out", again).code == 0
        assert again.read_bytes() == first.read_bytes()


def test_the_ending_says_the_format(
    checkpoint: Path, source: Path, tmp_path: Path, run: Any
) -> None:
    for name, kind in (("a.webp", "WEBP"), ("a.png", "PNG"), ("a.gif", "GIF")):
        out = tmp_path / name
        assert run("render", checkpoint, "--timeline", source, "--out", out).code == 0
        with Image.open(out) as picture:
            assert picture.format == kind
    result = run("render", checkpoint, "--timeline", source, "--out", tmp_path / "a.avi")
    assert result.code == 1 and "films end in .mp4" in result.err


def test_a_timeline_without_a_checkpoint_takes_the_given_one(
    checkpoint: Path, tmp_path: Path, run: Any
) -> None:
    source, out = tmp_path / "t.timeline.json", tmp_path / "a.gif"
    write_timeline(source, Timeline(length=0.1))
    result = run("render", "--timeline", source, "--out", out)
    assert result.code == 1 and "names no checkpoint" in result.err
    assert run("render", "--timeline", source, "--checkpoint", checkpoint, "--out", out).code == 0
    assert read_film_timeline(out).base.checkpoint == read_header(checkpoint).info.content_hash


def test_another_checkpoint_is_one_sentence_and_nothing_is_written(
    checkpoint: Path, film: Timeline, tmp_path: Path, run: Any
) -> None:
    source, out = tmp_path / "t.timeline.json", tmp_path / "a.mp4"
    other = msgspec.structs.replace(film.base, checkpoint="ab" * 32)
    write_timeline(source, msgspec.structs.replace(film, base=other))
    result = run("render", "--timeline", source, "--checkpoint", checkpoint, "--out", out)
    assert result.code == 1 and "holds another generator" in result.err
    assert result.err.count("\n") == 1 and "(abababab…)" in result.err
    result = run("render", "--timeline", source, "--out", out)
    assert result.code == 1 and "is not here: give its file with --checkpoint" in result.err
    assert list(tmp_path.iterdir()) == [source]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--size", "64"), "write it as 512x512"),
        (("--size", "4x64"), "width is 4"),
        (("--fps", "fast"), "30, 23.976 or 30000/1001"),
        (("--fps", "30/0"), "30, 23.976 or 30000/1001"),
        (("--fps", "500"), "1 to 240"),
        (("--fps", "60"), "at most 50 frames a second"),
        (("--seeds", "1"), "--seeds does not go with --timeline"),
        (("--psi", "1"), "--psi does not go with --timeline"),
        (("--recipe", "x.json"), "--timeline does not go with --recipe"),
    ],
)
def test_options_that_are_wrong_get_a_sentence(
    options: tuple[str, str], words: str, checkpoint: Path, source: Path, tmp_path: Path, run: Any
) -> None:
    out = tmp_path / "a.gif"
    result = run("render", checkpoint, "--timeline", source, "--out", out, *options)
    assert result.code in (1, 2) and words in result.err and not out.exists()


def test_film_options_are_for_films(checkpoint: Path, tmp_path: Path, run: Any) -> None:
    result = run("render", checkpoint, "--seeds", 0, "--fps", 30, "--out", tmp_path)
    assert result.code == 2 and "--fps is for --timeline" in result.err


def test_a_session_without_keys_gets_a_sentence(checkpoint: Path, tmp_path: Path, run: Any) -> None:
    session = tmp_path / "my.latents"
    save_session(session, State())
    result = run("render", checkpoint, "--timeline", session, "--out", tmp_path / "a.gif")
    assert result.code == 1 and "no key on its timeline" in result.err


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("30", (30, 1)),
        ("23.976", (24000, 1001)),
        ("29.97", (30000, 1001)),
        ("59.94", (60000, 1001)),
        ("12.5", (25, 2)),
        ("25.0", (25, 1)),
        ("30000/1001", (30000, 1001)),
    ],
)
def test_rates_are_exact(text: str, rate: tuple[int, int]) -> None:
    assert with_rate(Timeline(), text).rate == rate


def test_no_rate_keeps_the_timeline_s() -> None:
    assert with_rate(Timeline(rate=(24, 1)), None).rate == (24, 1)
    with pytest.raises(click.UsageError):
        with_rate(Timeline(), "-1")
