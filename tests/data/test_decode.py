"""Files from outside become eight bits, or a reason; never another exception."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from latentstudio.data import decode as decoding
from latentstudio.data.decode import PictureError, decode, eight_bits, extensions, read_header

RANDOM = np.random.RandomState(0)
COLOURS = RANDOM.randint(0, 256, (6, 9, 3)).astype(np.uint8)


def encoded(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    data = io.BytesIO()
    image.save(data, format=kind, **options)
    return data.getvalue()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP"])
def test_orientation_is_pillows(orientation, kind):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(Image.fromarray(COLOURS), kind, exif=exif.tobytes())
    expected = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    assert decode(data).size == ((9, 6) if orientation < 5 else (6, 9))
    assert np.array_equal(np.asarray(decode(data)), np.asarray(expected))


def test_damaged_camera_notes_leave_the_pixels():
    data = encoded(Image.fromarray(COLOURS), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7fxx")
    assert decode(data).size == (9, 6)


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("1", "L"),
        ("L", "L"),
        ("LA", "LA"),
        ("P", "RGB"),
        ("RGB", "RGB"),
        ("RGBA", "RGBA"),
    ],
)
def test_modes(mode, expected):
    image = decode(encoded(Image.fromarray(COLOURS).convert(mode)))
    assert image.mode == expected and image.size == (9, 6)


def test_transparent_colour_of_a_palette_becomes_alpha():
    image = Image.fromarray(np.array([[0, 1]], np.uint8)).convert("P")
    image.putpalette([255, 0, 0, 0, 255, 0])
    decoded = decode(encoded(image, transparency=1))
    assert decoded.mode == "RGBA"
    assert np.asarray(decoded).tolist() == [[[255, 0, 0, 255], [0, 255, 0, 0]]]


def test_transparent_colour_without_a_palette_becomes_alpha():
    data = encoded(Image.fromarray(np.array([[3, 9]], np.uint8)), transparency=9)
    assert np.asarray(decode(data)).tolist() == [[[3, 255], [9, 0]]]


def test_sixteen_bits_are_scaled_not_cut_off():
    wide = np.array([[0, 128, 129, 257, 32768, 65535]], np.uint16)
    decoded = decode(encoded(Image.fromarray(wide)))
    assert decoded.mode == "L"
    assert np.asarray(decoded).tolist() == [[0, 0, 1, 1, 128, 255]]  # round(x / 257)


def test_cmyk_is_converted_by_pillow():
    image = Image.fromarray(COLOURS).convert("CMYK")
    data = encoded(image, "TIFF")
    assert np.array_equal(np.asarray(decode(data)), np.asarray(image.convert("RGB")))


@pytest.mark.parametrize("kind", [np.float32, np.int32])
def test_numbers_without_a_range_are_refused(kind):
    with pytest.raises(PictureError, match="unknown range"):
        decode(encoded(Image.fromarray(np.ones((4, 4), kind)), "TIFF"))


def test_first_frame_of_an_animation():
    frames = [Image.new("RGB", (4, 4), c) for c in ("red", "blue")]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert np.asarray(decode(data).convert("RGB"))[0, 0].tolist() == [255, 0, 0]


def bomb(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        checksum = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", checksum)

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head)
    return start + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [11_600, 30_000, 2_000_000])
def test_bombs_are_refused_before_they_are_decoded(side):
    for read in (decode, lambda data: read_header(io.BytesIO(data))):
        with pytest.raises(PictureError, match="134 megapixels"):
            read(bomb(side, side))


def test_formats_that_start_other_programs_are_refused():
    with pytest.raises(PictureError, match="not a picture"):
        decode(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n")
    assert ".eps" not in extensions() and {".png", ".jpeg", ".webp", ".tif"} <= extensions()


def test_rare_color_spaces_are_converted_by_pillow():
    for mode in ("LAB", "HSV", "YCbCr"):
        image = Image.fromarray(COLOURS).convert("RGB")
        image = Image.frombytes(mode, image.size, image.tobytes())
        assert np.array_equal(np.asarray(eight_bits(image)), np.asarray(image.convert("RGB")))


VALID = {
    kind: encoded(Image.fromarray(COLOURS), kind)
    for kind in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "TGA", "ICO", "PPM")
}


@settings(max_examples=200)
@given(st.data())
def test_damaged_files_give_a_picture_or_a_reason(data):
    raw = bytearray(VALID[data.draw(st.sampled_from(sorted(VALID)))])
    if data.draw(st.booleans()):
        del raw[data.draw(st.integers(0, len(raw) - 1)) :]
    for _ in range(data.draw(st.integers(0, 4)) if raw else 0):
        raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    for read in (decode, lambda raw: read_header(io.BytesIO(raw))):
        try:
            read(bytes(raw))
        except PictureError as error:
            assert str(error) and "\n" not in str(error)


@given(st.integers(8, len(VALID["PNG"]) - 1), st.integers(0, 7))
def test_any_flipped_bit_of_a_png_is_noticed(byte, bit):
    raw = bytearray(VALID["PNG"])
    raw[byte] ^= 1 << bit
    try:
        image = decode(bytes(raw))
    except PictureError:
        return
    # What checksums cannot see must not have changed a pixel.
    assert np.array_equal(np.asarray(image.convert("RGB")), COLOURS)


@given(st.binary(max_size=200))
def test_any_bytes_give_a_picture_or_a_reason(raw):
    try:
        decode(raw)
    except PictureError as error:
        assert "\n" not in str(error)


def test_too_little_memory_is_a_reason(monkeypatch):
    def fails(self):
        raise MemoryError

    monkeypatch.setattr(decoding.Image.Image, "load", fails)
    with pytest.raises(PictureError, match="MemoryError"):
        decode(VALID["BMP"])
