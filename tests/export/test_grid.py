"""Contact sheets: every cell is its picture, and every picture keeps its recipe."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from latentstudio.document.codec import recipe_to_json
from latentstudio.document.png import GRID_KEYWORD, embed_text
from latentstudio.document.recipe import Recipe, RecipeError, Truncation
from latentstudio.engine.frame import Frame
from latentstudio.export.grid import grid, read_grid_recipes, save_grid
from latentstudio.export.picture import read_picture_recipe
from tests.strategies import png


def frame(number, preview=False, size=3):
    pixels = np.full((size, size, 4), number * 10 + 1, np.uint8)
    recipe = Recipe(truncation=Truncation(number / 10))
    return Frame(recipe, pixels, preview, 0.01, "cpu", "float32", number)


@given(
    st.integers(1, 10),
    st.integers(1, 12),
    st.integers(1, 4),
    st.integers(1, 4),
    st.sampled_from([3, 4]),
)
def test_every_pixel_stands_where_it_should(count, columns, height, width, channels):
    """Brute force: each pixel of the sheet is looked up in its picture."""
    random = np.random.default_rng(count)
    pictures = [random.integers(1, 256, (height, width, channels), np.uint8) for _ in range(count)]
    sheet = grid(pictures, columns)
    across = min(columns, count)
    assert sheet.shape == (math.ceil(count / across) * height, across * width, channels)
    for y in range(sheet.shape[0]):
        for x in range(sheet.shape[1]):
            number = (y // height) * across + x // width
            if number < count:
                assert np.array_equal(sheet[y, x], pictures[number][y % height, x % width])
            else:
                assert not sheet[y, x].any()


@pytest.mark.parametrize(
    ("pictures", "columns", "sentence"),
    [
        ([], 4, "there is no picture"),
        ([frame(0).pixels], 0, "columns is 0"),
        ([frame(0).pixels, frame(0, size=4).pixels], 2, "differ in shape"),
    ],
)
def test_what_is_no_grid_is_refused(pictures, columns, sentence):
    with pytest.raises(ValueError, match=sentence):
        grid(pictures, columns)


def test_pillow_finds_pixels_and_recipes(tmp_path):
    file = tmp_path / "grid.png"
    frames = [frame(number) for number in range(5)]
    save_grid(file, frames, 3)
    with Image.open(file) as image:
        text = json.loads(image.info["latentstudio-grid"])
        pixels = np.asarray(image)
    assert pixels.shape == (6, 9, 3)
    assert pixels[::3, ::3, 0].tolist() == [[1, 11, 21], [31, 41, 0]]
    assert text["columns"] == 3
    assert text["recipes"] == [json.loads(recipe_to_json(f.recipe)) for f in frames]
    made = read_grid_recipes(file)
    assert made.columns == 3
    assert made.recipes == tuple(f.recipe for f in frames)


def test_a_grid_opened_as_a_picture_says_what_it_is(tmp_path):
    save_grid(tmp_path / "grid.png", [frame(0), frame(1)], 8)
    assert read_grid_recipes(tmp_path / "grid.png").columns == 2
    with pytest.raises(RecipeError, match=r"grid\.png is a grid of several pictures"):
        read_picture_recipe(tmp_path / "grid.png")


def test_a_preview_is_never_saved(tmp_path):
    with pytest.raises(ValueError, match="preview"):
        save_grid(tmp_path / "grid.png", [frame(0), frame(1, preview=True)], 2)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, "is not a grid saved by latentstudio"),
        (b"{}", "columns"),
        (b'{"columns":2,"recipes":[{}]}', "columns is 2; the grid has 1 recipes"),
        (b'{"columns":1,"recipes":[{},{"label":-1}]}', r"label is -1.*recipes\[1\]"),
        (b'{"columns":1,"recipes":[{}],"version":2}', "version is 2"),
        (b"[" * 5000, "readable"),
    ],
)
def test_damage_is_one_sentence(tmp_path, text, sentence):
    file = tmp_path / "grid.png"
    file.write_bytes(png() if text is None else embed_text(png(), GRID_KEYWORD, text))
    with pytest.raises(RecipeError, match=sentence) as caught:
        read_grid_recipes(file)
    assert "grid.png" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_grid(tmp_path):
    with pytest.raises(RecipeError, match="not there"):
        read_grid_recipes(tmp_path / "none.png")
