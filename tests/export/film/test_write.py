"""Films decoded again: count, size, rate and colour, as another program finds them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from PIL import Image

from latentstudio.document.film_text import read_film_timeline
from latentstudio.document.recipe import Recipe
from latentstudio.document.timeline.file import read_timeline
from latentstudio.engine.frame import Frame
from latentstudio.export.film.errors import FilmCancelled, FilmError
from latentstudio.export.film.recorder import sidecar
from latentstudio.export.film.settings import FilmSettings
from latentstudio.export.film.write import write_film
from latentstudio.export.grid import read_grid_recipes
from latentstudio.export.picture import read_picture_recipe

NAMES = {
    "mp4": "film.mp4",
    "webm": "film.webm",
    "gif": "film.gif",
    "webp": "film.webp",
    "sheet": "film.png",
    "png": "frames",
}
VIDEOS = ("mp4", "webm")
FILES = tuple(kind for kind in NAMES if kind != "png")


def decoded(path: Path) -> list[np.ndarray]:
    """What PyAV shows of a film, and of a GIF; what Pillow shows of a WebP."""
    if path.suffix == ".webp":
        with Image.open(path) as film:
            frames = []
            for number in range(film.n_frames):
                film.seek(number)
                frames.append(np.array(film.convert("RGB")))
            return frames
    with av.open(str(path)) as film:
        return [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]


@pytest.mark.parametrize("kind", [*VIDEOS, "gif", "webp"])
def test_count_size_and_colours_come_back(
    kind: str, tmp_path: Path, timeline: Any, draw: Any, painted: Any
) -> None:
    film = timeline()
    path = write_film(tmp_path / NAMES[kind], film, FilmSettings(kind, 64, 32, "fill"), draw)
    frames = decoded(path)
    assert len(frames) == film.frames == 12
    for number, frame in enumerate(frames):
        assert frame.shape == (32, 64, 3)
        off = np.abs(frame.astype(int) - painted(film.recipe(number))).max()
        assert off <= 3, f"frame {number} is {off} grey levels off"


@pytest.mark.parametrize("lines", [64, 720])
@pytest.mark.parametrize("kind", VIDEOS)
def test_a_video_says_what_its_colours_are(
    kind: str, lines: int, tmp_path: Path, timeline: Any, draw: Any
) -> None:
    settings = FilmSettings(kind, 32, lines, background="#c83264")
    path = write_film(tmp_path / NAMES[kind], timeline(2), settings, draw)
    with av.open(str(path)) as film:
        context = film.streams.video[0].codec_context
        matrix = Colorspace.ITU709 if lines == 720 else Colorspace.ITU601
        assert context.colorspace == matrix and context.color_range == ColorRange.MPEG
        assert context.color_primaries == ColorPrimaries.BT709
        assert context.color_trc == ColorTrc.IEC61966_2_1
        picture = next(film.decode(video=0)).to_ndarray(format="rgb24")
    if lines == 720:
        assert np.abs(picture[4, 16].astype(int) - (0xC8, 0x32, 0x64)).max() <= 3  # a bar


@pytest.mark.parametrize("rate", [(24000, 1001), (30, 1), (25, 2), (60000, 1001)])
@pytest.mark.parametrize("kind", VIDEOS)
def test_the_rate_is_exact(
    kind: str, rate: tuple[int, int], tmp_path: Path, timeline: Any, draw: Any
) -> None:
    film = timeline(36, rate=rate)
    path = write_film(tmp_path / NAMES[kind], film, FilmSettings(kind, 16, 16), draw)
    with av.open(str(path)) as opened:
        stream = opened.streams.video[0]
        # The frame's time in whole nanoseconds stands in a WebM; PyAV rounds what it makes of it.
        off = abs(stream.average_rate / Fraction(*rate) - 1)
        assert off == 0 or (kind == "webm" and off < 1e-7)
        times = [Fraction(f.pts) * f.time_base for f in opened.decode(video=0)]
    exact = [Fraction(i) / Fraction(*rate) for i in range(film.frames)]
    if kind == "mp4":
        assert times == exact
    else:  # its clock counts whole milliseconds
        assert all(abs(a - b) <= Fraction(1, 2000) for a, b in zip(times, exact, strict=True))


@pytest.mark.parametrize(("kind", "unit"), [("gif", 100), ("webp", 1000)])
def test_delays_do_not_drift(
    kind: str, unit: int, tmp_path: Path, timeline: Any, draw: Any
) -> None:
    film = timeline(24, rate=(30, 1))  # 3.33 hundredths to a frame
    path = write_film(tmp_path / NAMES[kind], film, FilmSettings(kind, 16, 16), draw)
    delays = []
    with Image.open(path) as opened:
        assert opened.n_frames == film.frames == 60
        for number in range(opened.n_frames):
            opened.seek(number)
            opened.load()
            delays.append(round(opened.info["duration"] * unit / 1000))
    assert sum(delays) == 2 * unit
    step = unit / 30
    assert all(abs(sum(delays[:i]) - i * step) <= 0.5 for i in range(60))


@pytest.mark.parametrize("kind", FILES)
def test_equal_timelines_give_equal_bytes(
    kind: str, tmp_path: Path, timeline: Any, draw: Any
) -> None:
    settings = FilmSettings(kind, 32, 32)
    films = [
        write_film(tmp_path / f"{i}{NAMES[kind]}", timeline(), settings, draw) for i in range(2)
    ]
    assert films[0].read_bytes() == films[1].read_bytes()


@pytest.mark.parametrize("kind", FILES)
def test_the_timeline_is_in_the_film_and_beside_it(
    kind: str, tmp_path: Path, timeline: Any, draw: Any
) -> None:
    film = timeline()
    path = write_film(tmp_path / NAMES[kind], film, FilmSettings(kind, 16, 16), draw)
    assert read_film_timeline(path) == film
    assert read_timeline(sidecar(path)) == film
    assert sidecar(path).name == f"{NAMES[kind]}.timeline.json"
    assert len(list(tmp_path.iterdir())) == 2


def test_numbered_pictures_are_exact_and_carry_their_recipes(
    tmp_path: Path, timeline: Any, draw: Any, painted: Any
) -> None:
    film = timeline(5)
    folder = write_film(tmp_path / "frames", film, FilmSettings("png", 16, 16), draw)
    names = sorted(path.name for path in folder.iterdir())
    assert names == [f"{i:06d}.png" for i in range(5)]
    for number, name in enumerate(names):
        assert read_picture_recipe(folder / name) == film.recipe(number)
        with Image.open(folder / name) as picture:
            assert picture.getcolors() == [(256, painted(film.recipe(number)))]
    with pytest.raises(FilmError, match="is there already"):
        write_film(folder, film, FilmSettings("png", 16, 16), draw)


def test_a_sheet_shows_first_last_and_between(tmp_path: Path, timeline: Any, draw: Any) -> None:
    film = timeline(101)
    settings = FilmSettings("sheet", 16, 8, "fill", pictures=5, columns=3)
    path = write_film(tmp_path / "film.png", film, settings, draw)
    sheet = read_grid_recipes(path)
    assert sheet.columns == 3
    assert list(sheet.recipes) == [film.recipe(i) for i in (0, 25, 50, 75, 100)]
    with Image.open(path) as picture:
        assert picture.size == (48, 16)


@pytest.mark.parametrize("kind", VIDEOS)
def test_a_repeated_video_draws_each_frame_once(
    kind: str, tmp_path: Path, timeline: Any, draw: Any, painted: Any
) -> None:
    film, drawn = timeline(4, loop="back and forth"), []

    def count(recipe: Recipe) -> Frame:
        drawn.append(recipe)
        return draw(recipe)

    settings = FilmSettings(kind, 16, 16, repeat=3)
    frames = decoded(write_film(tmp_path / NAMES[kind], film, settings, count))
    assert len(drawn) == film.frames == 8 and len(frames) == 24
    for number, frame in enumerate(frames):
        wanted = painted(film.recipe(number % 8))
        assert np.abs(frame.astype(int) - wanted).max() <= 3


@pytest.mark.parametrize(("repeat", "loops"), [(0, 0), (1, None), (3, 2)])
def test_a_gif_plays_as_often_as_asked(
    repeat: int, loops: int | None, tmp_path: Path, timeline: Any, draw: Any
) -> None:
    settings = FilmSettings("gif", 16, 16, repeat=repeat)
    with Image.open(write_film(tmp_path / "a.gif", timeline(3), settings, draw)) as film:
        assert film.info.get("loop") == loops  # what comes after the first time
    settings = FilmSettings("webp", 16, 16, repeat=repeat)
    with Image.open(write_film(tmp_path / "a.webp", timeline(3), settings, draw)) as film:
        assert film.info["loop"] == repeat


def test_an_odd_mp4_says_that_it_became_even(tmp_path: Path, timeline: Any, draw: Any) -> None:
    settings = FilmSettings("mp4", 33, 47)
    assert settings.size == (34, 48) and "34 x 48 px in place of 33 x 47" in settings.note
    frames = decoded(write_film(tmp_path / "a.mp4", timeline(2), settings, draw))
    assert frames[0].shape == (48, 34, 3)
    settings = FilmSettings("webm", 33, 47)
    assert settings.note == ""
    frames = decoded(write_film(tmp_path / "a.webm", timeline(2), settings, draw))
    assert frames[0].shape == (47, 33, 3)


def test_a_gif_too_fast_gets_a_sentence(tmp_path: Path, timeline: Any, draw: Any) -> None:
    with pytest.raises(FilmError, match="at most 50 frames a second"):
        write_film(tmp_path / "a.gif", timeline(rate=(60, 1)), FilmSettings("gif", 16, 16), draw)


def test_progress_counts_up_and_knows_the_time_left(
    tmp_path: Path, timeline: Any, draw: Any
) -> None:
    told: list[Any] = []
    settings = FilmSettings("gif", 16, 16)
    write_film(tmp_path / "a.gif", timeline(), settings, draw, progress=told.append)
    done = [step.done for step in told]
    assert done == sorted(done) and set(done) >= set(range(1, 13))
    assert {step.total for step in told} == {12}
    assert told[0].seconds_left is None and told[-1].seconds_left == 0.0


@pytest.mark.parametrize("kind", NAMES)
def test_cancelled_nothing_is_left(kind: str, tmp_path: Path, timeline: Any, draw: Any) -> None:
    asked = iter(range(100))
    settings = FilmSettings(kind, 16, 16)
    with pytest.raises(FilmCancelled):
        write_film(
            tmp_path / NAMES[kind],
            timeline(30),
            settings,
            draw,
            cancelled=lambda: next(asked) == 6,
        )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", NAMES)
def test_a_frame_that_cannot_be_drawn_leaves_nothing(
    kind: str, tmp_path: Path, timeline: Any, draw: Any
) -> None:
    def fail(recipe: Recipe) -> Frame:
        if recipe.truncation.psi > 0.4:
            raise ValueError("no such picture")
        return draw(recipe)

    with pytest.raises(ValueError, match="no such picture"):
        write_film(tmp_path / NAMES[kind], timeline(), FilmSettings(kind, 16, 16), fail)
    assert list(tmp_path.iterdir()) == []


def test_previews_are_refused(tmp_path: Path, timeline: Any, draw: Any) -> None:
    from dataclasses import replace

    def coarse(recipe: Recipe) -> Frame:
        return replace(draw(recipe), preview=True)

    with pytest.raises(ValueError, match="preview"):
        write_film(tmp_path / "a.gif", timeline(), FilmSettings("gif", 16, 16), coarse)
