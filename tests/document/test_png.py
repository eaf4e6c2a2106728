"""The recipe in a PNG: written for every reader, read from any writer, never trusted."""

import io
import json
import struct
import time
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from latentstudio.document.codec import MAX_BYTES, recipe_to_json
from latentstudio.document.png import KEYWORD, SIGNATURE, embed_recipe, embed_text, read_recipe
from latentstudio.document.recipe import Recipe, RecipeError, Truncation
from tests.strategies import chunk, png, recipes, with_chunk

RECIPE = Recipe(truncation=Truncation(0.5))
JSON = recipe_to_json(RECIPE)
KEY = KEYWORD.encode()


def kinds(picture):
    """Chunk names in order, walked here by hand."""
    found, at = [], 8
    while at < len(picture):
        (length,) = struct.unpack(">I", picture[at : at + 4])
        found.append(picture[at + 4 : at + 8].decode())
        at += 12 + length
    return found


@given(recipes)
def test_round_trip(recipe):
    assert read_recipe(embed_recipe(png(), recipe)) == recipe


def test_pillow_reads_it_and_sees_the_same_pixels():
    bare = png(5, 3)
    with (
        Image.open(io.BytesIO(bare)) as before,
        Image.open(io.BytesIO(embed_recipe(bare, RECIPE))) as after,
    ):
        assert json.loads(after.info["latentstudio"]) == json.loads(JSON)
        assert list(after.info) == ["latentstudio"], "it stands before the pixels"
        assert after.tobytes() == before.tobytes()
    with Image.open(io.BytesIO(embed_recipe(bare, RECIPE))) as fresh:
        fresh.verify()  # checks every checksum


def test_it_stands_before_the_pixels_and_the_rest_is_untouched():
    bare = png()
    made = embed_recipe(bare, RECIPE)
    assert kinds(made) == ["IHDR", "iTXt", "IDAT", "IEND"]
    text = chunk(b"iTXt", KEY + b"\0\0\0\0\0" + JSON)
    assert made.replace(text, b"") == bare


def test_a_newer_recipe_replaces_the_older_in_whatever_form():
    picture = png()
    for kind, data in FORMS.values():
        picture = with_chunk(picture, kind, data)
    picture = with_chunk(picture, b"tEXt", b"latentstudio-other\0keep")
    picture = with_chunk(picture, b"tEXt", b"Title\0latentstudio")
    made = embed_recipe(embed_recipe(picture, Recipe()), RECIPE)
    assert kinds(made) == ["IHDR", "tEXt", "tEXt", "iTXt", "IDAT", "IEND"]
    assert read_recipe(made) == RECIPE


FORMS = {
    "plain": (b"iTXt", KEY + b"\0\0\0\0\0" + JSON),
    "with a language": (b"iTXt", KEY + b"\0\0\0en\0Rezept\0" + JSON),
    "compressed": (b"iTXt", KEY + b"\0\1\0\0\0" + zlib.compress(JSON)),
    "tEXt": (b"tEXt", KEY + b"\0" + JSON),
    "zTXt": (b"zTXt", KEY + b"\0\0" + zlib.compress(JSON)),
}


@pytest.mark.parametrize("form", FORMS)
def test_other_writers_forms_are_read(form):
    assert read_recipe(with_chunk(png(), *FORMS[form])) == RECIPE


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("method", ["add_text", "add_itxt"])
def test_a_picture_that_pillow_saved_again_is_read(method, zipped):
    info = PngImagePlugin.PngInfo()
    getattr(info, method)("latentstudio", JSON.decode(), zip=zipped)
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4)).save(buffer, "PNG", pnginfo=info)
    assert read_recipe(buffer.getvalue()) == RECIPE


def test_a_recipe_after_the_pixels_is_read():
    bare = png()
    assert read_recipe(bare[:-12] + chunk(*FORMS["plain"]) + bare[-12:]) == RECIPE


def bomb():
    """16 MiB and one byte of spaces in 16 KiB."""
    return zlib.compress(b" " * (MAX_BYTES + 1), 9)


def flipped(picture):
    at = picture.index(b'"psi":0.5') + 6
    return picture[:at] + b"9" + picture[at + 1 :]


NEWER = KEY + b'\0\0\0\0\0{"version":4}'
BAD = {
    "empty": (b"", "is not a PNG"),
    "JPEG": (b"\xff\xd8\xff\xe0" + bytes(100), "is not a PNG"),
    "only a signature": (SIGNATURE, "cut short"),
    "no header": (SIGNATURE + chunk(b"IDAT", b""), "out of place"),
    "header twice": (with_chunk(png(), b"IHDR", bytes(13)), "out of place"),
    "strange name": (with_chunk(png(), b"a\0bc", b""), "out of place"),
    "no end": (png()[:-12], "cut short"),
    "endless part": (png()[:33] + b"\xff\xff\xff\xfftEXt", "cut short"),
    "no recipe": (png(), "holds no recipe: only pictures saved by latentstudio do"),
    "other keyword": (with_chunk(png(), b"tEXt", b"latentstudio2\0{}"), "holds no recipe"),
    "a grid": (embed_text(png(), "latentstudio-grid", b"{}"), "is a grid of several pictures"),
    "flipped bit": (flipped(embed_recipe(png(), RECIPE)), "damaged: its checksum is wrong"),
    "not JSON": (with_chunk(png(), b"tEXt", KEY + b"\0hello"), "readable recipe.*malformed"),
    "not UTF-8": (
        with_chunk(png(), b"tEXt", KEY + b'\0{"checkpoint":"\xff"}'),
        "readable recipe",
    ),
    "bad field": (
        with_chunk(png(), b"tEXt", KEY + b'\0{"truncation":{"psi":99}}'),
        "psi is 99",
    ),
    "newer": (with_chunk(png(), b"iTXt", NEWER), "newer latentstudio.*version 4.*update"),
    "no fields": (with_chunk(png(), b"iTXt", KEY + b"\0"), "no clear start"),
    "few fields": (with_chunk(png(), b"iTXt", KEY + b"\0\0\0en"), "no clear start"),
    "odd flag": (with_chunk(png(), b"iTXt", KEY + b"\0\2\0\0\0{}"), "no clear start"),
    "odd method": (with_chunk(png(), b"zTXt", KEY + b"\0\1{}"), "unknown compression"),
    "not zlib": (with_chunk(png(), b"zTXt", KEY + b"\0\0{}"), "cannot be unpacked"),
    "half zlib": (
        with_chunk(png(), b"zTXt", KEY + b"\0\0" + zlib.compress(JSON)[:-9]),
        "damaged: it is cut short",
    ),
    "bomb": (with_chunk(png(), b"iTXt", KEY + b"\0\1\0\0\0" + bomb()), "more than 16 MiB"),
    "huge": (
        with_chunk(png(), b"tEXt", KEY + b"\0" + bytes(MAX_BYTES + 2000)),
        "above 16 MiB",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_whatever_is_wrong_is_one_sentence(case):
    data, sentence = BAD[case]
    with pytest.raises(RecipeError, match=sentence) as caught:
        read_recipe(data, "shot.png")
    assert str(caught.value).count("shot.png") == 1
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("case", ["empty", "only a signature", "no end", "header twice"])
def test_nothing_is_embedded_into_what_is_no_whole_png(case):
    with pytest.raises(RecipeError):
        embed_recipe(BAD[case][0], RECIPE)


def test_a_png_without_pixels_is_refused():
    with pytest.raises(RecipeError, match="no pixels"):
        embed_recipe(png()[:33] + png()[-12:], RECIPE)


def test_more_than_can_be_read_is_not_embedded():
    with pytest.raises(RecipeError, match="at most 16 MiB"):
        embed_text(png(), KEYWORD, bytes(MAX_BYTES + 1))


def test_a_bomb_of_a_gigabyte_costs_neither_memory_nor_time():
    packer = zlib.compressobj(9)
    first, again = (
        packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2)
    )
    packed = first + again * 1023
    picture = with_chunk(png(), b"zTXt", KEY + b"\0\0" + packed)
    begun = time.process_time()
    with pytest.raises(RecipeError, match="more than 16 MiB"):
        read_recipe(picture)
    assert time.process_time() - begun < 1.0


SEED_PICTURES = [with_chunk(png(), *form) for form in FORMS.values()]


@given(st.sampled_from(SEED_PICTURES), st.data())
def test_mutations_give_a_recipe_or_a_sentence(picture, data):
    raw = bytearray(picture)
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(raw)))
        raw[at : at + data.draw(st.integers(0, 6))] = data.draw(st.binary(max_size=6))
    check(bytes(raw))


@given(st.sampled_from(list(FORMS.values())), st.data())
def test_damage_under_a_right_checksum_gives_a_recipe_or_a_sentence(form, data):
    kind, body = form
    raw = bytearray(body)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(len(KEY) + 1, len(raw)))
        raw[at : at + data.draw(st.integers(0, 6))] = data.draw(st.binary(max_size=6))
    check(with_chunk(png(), kind, bytes(raw)))


@given(st.binary(max_size=200))
def test_bytes_after_a_signature_give_a_sentence(tail):
    check(SIGNATURE + tail)


@pytest.mark.parametrize("picture", SEED_PICTURES)
def test_every_truncation_gives_a_recipe_or_a_sentence(picture):
    for end in range(len(picture)):
        check(picture[:end])


def check(data):
    try:
        recipe = read_recipe(data, "m")
    except RecipeError as error:
        assert str(error).startswith(("m ", "m: ", "the recipe in m "))
    else:
        assert isinstance(recipe, Recipe)
    try:
        made = embed_recipe(data, RECIPE)
    except RecipeError:
        return
    assert read_recipe(made) == RECIPE


def test_bytes_after_the_end_are_not_read():
    """Some phones and mail programs append to pictures."""
    trailing = chunk(b"tEXt", KEY + b"\0{}") + b"junk"
    assert read_recipe(embed_recipe(png() + trailing, RECIPE) + trailing) == RECIPE
    with pytest.raises(RecipeError, match="holds no recipe"):
        read_recipe(png() + trailing)
