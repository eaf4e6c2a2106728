"""Saved pictures: exact pixels, and the recipe that made them."""

import io
import json
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from latentstudio.atomic import SaveError
from latentstudio.document.codec import recipe_to_json
from latentstudio.document.png import embed_recipe
from latentstudio.document.recipe import Recipe, RecipeError, Truncation
from latentstudio.engine.frame import Frame
from latentstudio.export.picture import (
    frame_to_png,
    pixels_to_png,
    read_picture_recipe,
    save_png,
)
from tests.strategies import chunk, png, recipes

RECIPE = Recipe(truncation=Truncation(0.5))


def frame(pixels, recipe=RECIPE, preview=False):
    return Frame(recipe, pixels, preview, 0.01, "cpu", "float32", 1)


def noise(height=9, width=5, seed=0):
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 4), np.uint8)
    pixels[:, :, 3] = 255
    return pixels


shapes = st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(4))


@given(hnp.arrays(np.uint8, shapes), recipes)
def test_pillow_decodes_the_same_pixels_and_recipe(pixels, recipe):
    data = frame_to_png(frame(pixels, recipe))
    with Image.open(io.BytesIO(data)) as image:
        assert image.mode == "RGB"
        assert json.loads(image.info["latentstudio"]) == json.loads(recipe_to_json(recipe))
        assert np.array_equal(np.asarray(image), pixels[:, :, :3])


def test_any_memory_layout_gives_the_same_picture():
    pixels = noise()
    flipped = pixels[::-1, ::-1]
    assert pixels_to_png(flipped) == pixels_to_png(np.ascontiguousarray(flipped))
    assert pixels_to_png(pixels[:, :, :3]) == pixels_to_png(pixels)


def test_equal_frames_give_equal_files():
    assert frame_to_png(frame(noise())) == frame_to_png(frame(noise()))


def test_a_file_brings_the_recipe_back(tmp_path):
    file = tmp_path / "a.png"
    save_png(file, frame(noise()))
    assert read_picture_recipe(file) == RECIPE
    save_png(file, frame(noise(seed=1), Recipe()))
    assert read_picture_recipe(file) == Recipe()
    with Image.open(file) as image:
        assert np.array_equal(np.asarray(image), noise(seed=1)[:, :, :3])


def test_a_preview_is_never_saved(tmp_path):
    with pytest.raises(ValueError, match="preview: render it in full"):
        save_png(tmp_path / "a.png", frame(noise(), preview=True))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((2, 2, 3), np.float32),
        np.zeros((2, 2), np.uint8),
        np.zeros((3, 2, 2), np.uint8),
        np.zeros((0, 2, 4), np.uint8),
    ],
)
def test_what_is_no_picture_is_refused(pixels):
    with pytest.raises(ValueError, match="pixels are"):
        pixels_to_png(pixels)


def test_a_failed_save_keeps_the_old_picture(tmp_path):
    file = tmp_path / "a.png"
    save_png(file, frame(noise()))
    with pytest.raises(SaveError, match="is not a folder"):
        save_png(file / "b.png", frame(noise()))
    assert read_picture_recipe(file) == RECIPE


def test_files_that_are_no_pictures(tmp_path):
    with pytest.raises(RecipeError, match=r"gone\.png is not there"):
        read_picture_recipe(tmp_path / "gone.png")
    with pytest.raises(RecipeError, match="is not a file"):
        read_picture_recipe(tmp_path)
    text = tmp_path / "text.png"
    text.write_text("hello")
    with pytest.raises(RecipeError, match=r"text\.png is not a PNG"):
        read_picture_recipe(text)
    text.write_bytes(png())
    with pytest.raises(RecipeError, match=r"text\.png holds no recipe"):
        read_picture_recipe(text)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.png")
        with pytest.raises(RecipeError, match="is not a file"):
            read_picture_recipe(tmp_path / "pipe.png")


class Counting(io.FileIO):
    """A file that counts the bytes it hands out."""

    taken = 0

    def read(self, size=-1):
        data = super().read(size)
        Counting.taken += len(data)
        return data


def test_the_pixels_of_a_large_file_are_not_read(tmp_path, monkeypatch):
    """64 MiB of pixels stand before the recipe; some hundred bytes are read."""
    file = tmp_path / "large.png"
    bare = png()
    filler = chunk(b"IDAT", bytes(64 << 20))
    made = embed_recipe(bare, RECIPE)
    recipe_chunk = made[33 : made.index(b"IDAT") - 4]
    file.write_bytes(bare[:33] + filler + recipe_chunk + bare[33:])
    monkeypatch.setattr("pathlib.Path.open", lambda self, mode: Counting(self, mode))
    assert read_picture_recipe(file) == RECIPE
    assert 0 < Counting.taken < 10_000
