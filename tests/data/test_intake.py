"""Pictures that people bring become upright sRGB, or one sentence."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from latentstudio.data import intake
from latentstudio.data.intake import IntakeError, read_intake

RANDOM = np.random.RandomState(0)
COLOURS = RANDOM.randint(0, 256, (6, 9, 3)).astype(np.uint8)


def encoded(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    data = io.BytesIO()
    image.save(data, format=kind, **options)
    return data.getvalue()


def shown(image: Image.Image, kind: str = "PNG", **options) -> np.ndarray:
    return read_intake(encoded(image, kind, **options)).pixels


def sentence(data: bytes, name: str = "holiday.png") -> str:
    with pytest.raises(IntakeError) as raised:
        read_intake(data, name)
    text = str(raised.value)
    assert text.startswith(name) and "\n" not in text and ": " in text
    return text


def test_colours_come_through_to_the_bit():
    intake = read_intake(encoded(Image.fromarray(COLOURS)), "mine")
    assert np.array_equal(intake.pixels, COLOURS) and intake.pixels.dtype == np.uint8
    assert (intake.name, intake.note) == ("mine", "")


def test_a_file_lends_its_name(tmp_path):
    path = tmp_path / "holiday.png"
    path.write_bytes(encoded(Image.fromarray(COLOURS)))
    assert read_intake(path).name == "holiday.png"
    assert read_intake(path, "other").name == "other"


def test_upright_by_the_cameras_note():
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: show it a quarter turn clockwise
    pixels = shown(Image.fromarray(COLOURS), exif=exif.tobytes())
    assert np.array_equal(pixels, np.rot90(COLOURS, -1))


@pytest.mark.parametrize("mode", ["1", "L", "P"])
def test_grey_and_palettes_become_rgb(mode):
    image = Image.fromarray(COLOURS).convert(mode)
    assert np.array_equal(shown(image), np.asarray(image.convert("RGB")))


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_transparency_is_kept_apart(mode):
    image = Image.fromarray(COLOURS).convert(mode)
    image.putalpha(Image.fromarray(RANDOM.randint(0, 256, (6, 9)).astype(np.uint8)))
    assert np.array_equal(shown(image), np.asarray(image.convert("RGBA")))


def test_sixteen_bits_are_scaled():
    wide = np.array([[0, 257, 32896, 65535]] * 4, np.uint16)
    assert shown(Image.fromarray(wide))[0, :, 0].tolist() == [0, 1, 128, 255]


def test_cmyk_without_a_profile():
    ink = Image.new("CMYK", (8, 8), (255, 0, 0, 0))
    assert shown(ink, "TIFF")[4, 4].tolist() == [0, 255, 255]
    assert np.allclose(shown(ink, "JPEG")[4, 4].astype(int), [0, 255, 255], atol=2)


def swapped_profile() -> bytes:
    """sRGB with the primaries of red and blue exchanged, under another name."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profile = profile.replace("sRGB".encode("utf-16-be"), "BGRs".encode("utf-16-be"))
    exchanged = profile.replace(b"rXYZ", b"?XYZ", 1).replace(b"bXYZ", b"rXYZ", 1)
    return exchanged.replace(b"?XYZ", b"bXYZ", 1)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_the_colour_profile_is_honoured(kind):
    lossless = {"lossless": True} if kind == "WEBP" else {}
    pixels = shown(Image.fromarray(COLOURS), kind, icc_profile=swapped_profile(), **lossless)
    assert np.allclose(pixels.astype(int), COLOURS[:, :, ::-1], atol=2)


def test_the_colour_profile_leaves_transparency():
    image = Image.fromarray(COLOURS).convert("RGBA")
    image.putalpha(77)
    pixels = shown(image, icc_profile=swapped_profile())
    assert np.allclose(pixels[..., :3].astype(int), COLOURS[:, :, ::-1], atol=2)
    assert (pixels[..., 3] == 77).all()


@pytest.mark.parametrize(
    "profile",
    [
        b"no profile",
        swapped_profile()[:200],
        ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes(),
        ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
    ],
)
def test_a_profile_that_says_nothing_leaves_the_pixels(profile):
    assert np.array_equal(shown(Image.fromarray(COLOURS), icc_profile=profile), COLOURS)


@pytest.mark.parametrize(
    ("kind", "parts"),
    [("GIF", "frames"), ("WEBP", "frames"), ("PNG", "frames"), ("TIFF", "pages")],
)
def test_of_an_animation_the_first_frame_and_a_note(kind, parts):
    frames = [Image.new("RGB", (8, 8), c) for c in ("red", "blue", "white")]
    lossless = {"lossless": True} if kind == "WEBP" else {}
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], **lossless)
    intake = read_intake(data)
    assert intake.pixels[4, 4, :3].tolist() == [255, 0, 0]
    assert intake.note == f"only the first of 3 {parts}"


# -- what cannot be used ---------------------------------------------------------------------


def box(brands: bytes) -> bytes:
    return (8 + len(brands)).to_bytes(4, "big") + b"ftyp" + brands + b"\0" * 100


@pytest.mark.parametrize("brands", [b"heic\0\0\0\0mif1heic", b"mif1\0\0\0\0mif1heic"])
def test_heic(brands):
    assert sentence(box(brands)) == (
        "holiday.png is a HEIC picture, which cannot be read here: save or export it as JPEG or PNG"
    )


@pytest.mark.parametrize(
    "text",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        b'\xef\xbb\xbf<?xml version="1.0"?>\n<!DOCTYPE svg>\n<SVG width="4"/>',
        b"<!-- made by hand -->\n<svg></svg>",
    ],
)
def test_svg(text):
    assert "is an SVG drawing, which has no pixels: save or export it as JPEG" in sentence(text)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (box(b"isom\0\0\x02\0isomavc1"), "is a video"),
        (b"%PDF-1.7\n", "is a document to be printed"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\nshowpage\n", "is a document to be printed"),
        (b"", "is empty"),
        (b"\0" * 999, "is empty"),
        (b"<?xml version='1.0'?><notes/>", "is not a picture"),
        (b"MZ\x90\0 a program", "is not a picture"),
        (encoded(Image.fromarray(COLOURS), "JPEG")[:-40], "is damaged"),
        (encoded(Image.fromarray(COLOURS))[:-30], "is damaged"),
        (encoded(Image.new("F", (8, 8)), "TIFF"), "unknown range"),
        (encoded(Image.new("L", (1, 1))), "has 1 × 1 pixels"),
        (encoded(Image.new("L", (900, 3))), "has 900 × 3 pixels"),
    ],
)
def test_other_bad_files(data, what):
    assert what in sentence(data)


def test_twenty_thousand_pixels_a_side():
    row = Image.new("1", (20_000, 20_000))
    assert "megapixels" in sentence(encoded(row, "TIFF", compression="group4"))


def test_a_name_from_outside_stays_on_one_line():
    with pytest.raises(IntakeError, match=r"^a\?b is not a picture"):
        read_intake(b"nothing", "a\x1bb\nand more")


@pytest.mark.parametrize("make", [lambda path: path.mkdir(), lambda path: None])
def test_a_path_without_a_file(tmp_path, make):
    make(tmp_path / "gone.png")
    with pytest.raises(IntakeError, match=r"gone\.png is not") as raised:
        read_intake(tmp_path / "gone.png")
    assert "\n" not in str(raised.value)


VALID = {
    kind: encoded(Image.fromarray(COLOURS), kind, **options)
    for kind, options in {
        "PNG": {"icc_profile": swapped_profile()},
        "JPEG": {"icc_profile": swapped_profile()},
        "TIFF": {"icc_profile": swapped_profile()},
        "GIF": {"save_all": True, "append_images": [Image.new("RGB", (9, 6), "red")]},
        "WEBP": {},
    }.items()
}


@settings(max_examples=150)
@given(st.data())
def test_damaged_files_give_a_picture_or_a_sentence(data):
    raw = bytearray(VALID[data.draw(st.sampled_from(sorted(VALID)))])
    if data.draw(st.booleans()):
        del raw[data.draw(st.integers(0, len(raw) - 1)) :]
    for _ in range(data.draw(st.integers(0, 4)) if raw else 0):
        raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        intake = read_intake(bytes(raw))
    except IntakeError as error:
        assert str(error) and "\n" not in str(error)
    else:
        assert intake.pixels.dtype == np.uint8 and intake.pixels.shape[2] in (3, 4)


@given(st.binary(max_size=200), st.text(max_size=20))
def test_any_bytes_and_names_give_a_picture_or_a_sentence(raw, name):
    try:
        read_intake(raw, name)
    except IntakeError as error:
        assert "\n" not in str(error)


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def test_what_would_be_read_for_minutes_is_refused_at_once():
    png = encoded(Image.fromarray(COLOURS))
    assert "more than 65,536 parts" in sentence(png[:33] + chunk(b"aaAa") * 2**16 + png[33:])
    plain = b"P3 3000 3000 255\n" + b"1 " * 2**20
    assert "written as text" in sentence(plain)
    assert "written as text" in sentence(b"P6 " + b"#" * 30 * 2**20 + b"\n1 1 255\n")
    assert sentence(bytes(2**26)) == "holiday.png is empty: choose another picture"


def test_small_pictures_as_text_and_with_many_parts_are_read():
    assert read_intake(b"P3 # by hand\n4 4 255\n" + b"7 " * 48).pixels.max() == 7
    png = encoded(Image.fromarray(COLOURS))
    many = read_intake(png[:33] + chunk(b"aaAa") * 1000 + png[33:])
    assert np.array_equal(many.pixels, COLOURS)


def test_frames_of_a_large_file_are_not_counted(monkeypatch):
    frames = [Image.fromarray(COLOURS), Image.fromarray(COLOURS[::-1])]
    film = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    monkeypatch.setattr(intake, "_COUNTED", len(film) - 1)
    assert read_intake(film).note == "only the first of several frames"
    monkeypatch.setattr(intake, "_COUNTED", len(film))
    assert read_intake(film).note == "only the first of 2 frames"
