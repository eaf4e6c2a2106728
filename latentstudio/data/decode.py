"""Picture files from outside, decoded to eight bits, upright, or refused with a reason."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from functools import cache
from io import BytesIO
from typing import BinaryIO, NamedTuple

import numpy as np
from PIL import Image, UnidentifiedImageError

from latentstudio.data.errors import printable

MAX_BYTES = 2**28
MAX_PIXELS = 2**27  # 134 megapixels: larger than cameras, smaller than a decompression bomb
# EPS and WMF are drawn by programs of the system, which a file from outside must not start;
# the others hold no pixels that Pillow could decode itself.
REFUSED_FORMATS = frozenset({"EPS", "WMF", "BUFR", "GRIB", "HDF5", "MPEG", "FPX", "MIC"})
GREY_MODES = frozenset({"1", "L", "LA", "La", "I", "I;16", "I;16L", "I;16B", "I;16N", "F"})
_HEADER = 4096  # bytes in which a PPM has said its size
_NETPBM = (b"P1", b"P2", b"P3", b"P4", b"P5", b"P6")
_MAX_TEXT = 2**20  # bytes
_MAX_CHUNKS = 2**16  # of a PNG: pixels come in some thousand bytes each
_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class PictureError(Exception):
    """A picture that cannot be used; its text goes on after the file's name: "is truncated"."""


class Header(NamedTuple):
    """What a picture's first bytes say: size in pixels (before EXIF rotation) and PIL's mode."""

    width: int
    height: int
    mode: str


@cache
def formats() -> tuple[str, ...]:
    """Names of the formats that are read: all of Pillow's but :data:`REFUSED_FORMATS`."""
    Image.preinit()  # the common ones first, as Pillow itself tries them
    Image.init()
    return tuple(name for name in Image.ID if name not in REFUSED_FORMATS)


@cache
def extensions() -> frozenset[str]:
    """File name endings of those formats, in lower case with the dot."""
    formats()
    known = {e.lower() for e, name in Image.registered_extensions().items() if name in formats()}
    return frozenset(known)


def read_header(file: BinaryIO) -> Header:
    """Size and mode from the first bytes of a picture file.

    Raises
    ------
    PictureError
        If it is no picture, damaged, or too large to be decoded safely.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what matters becomes a reason; the rest is noise
        image = _open(file)
        return Header(image.width, image.height, image.mode)


def _as_it_is(image: Image.Image) -> Image.Image:
    return image


def decode(data: bytes, prepared: Callable[[Image.Image], Image.Image] = _as_it_is) -> Image.Image:
    """Decode a picture file: its first frame, upright, with 8 bits a channel.

    Parameters
    ----------
    data
        The file's bytes. A PNG's checksums are compared, so that flipped bits are noticed.
    prepared
        Gets the decoded frame as the file has it, and may give another in its place.

    Returns
    -------
    PIL.Image.Image
        Mode L, LA, RGB or RGBA; with alpha only where the file has transparency. 16-bit grey
        is scaled so that 65535 becomes 255.

    Raises
    ------
    PictureError
        If it cannot be decoded whole.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _refuse_slow(data)
        image = _open(BytesIO(data))
        try:
            if image.format == "PNG":
                image.verify()
                image = _open(BytesIO(data))
            image.load()
            _check_size(image)
            return _upright(eight_bits(prepared(image)), _orientation(image))
        except PictureError:
            raise
        # Decoders of damaged files raise anything from SyntaxError to struct.error.
        except Exception as error:
            raise PictureError(f"is damaged ({_reason(error)})") from error


def eight_bits(image: Image.Image) -> Image.Image:
    """A picture of any mode as L, LA, RGB or RGBA.

    Raises
    ------
    PictureError
        If its numbers have no agreed range, as 32-bit and floating-point pictures.
    """
    mode = image.mode
    if mode.startswith("I;16") or (mode == "I" and image.format in ("PNG", "PPM")):
        wide = np.asarray(image).astype(np.float64).clip(0, 65535)
        return Image.fromarray(np.rint(wide / 257).astype(np.uint8))
    if mode in ("I", "F"):
        raise PictureError("holds 32-bit numbers of unknown range: save it with 8 or 16 bits")
    base = "L" if mode in GREY_MODES else "RGB"
    alpha = "A" if image.has_transparency_data else ""
    return image if mode == base + alpha else image.convert(base + alpha)


def flatten(image: Image.Image, background: tuple[int, int, int]) -> Image.Image:
    """A picture of mode L, LA, RGB or RGBA on a ground, as L or RGB; colours from 0 to 255."""
    if image.mode in ("L", "RGB"):
        return image
    behind = Image.new("RGBA", image.size, (*background, 255))
    flat = Image.alpha_composite(behind, image.convert("RGBA")).convert("RGB")
    # A grey picture on a grey ground stays exactly grey.
    grey = image.mode == "LA" and len(set(background)) == 1
    return flat.getchannel(0) if grey else flat


def _refuse_slow(data: bytes) -> None:
    """Refuse what Pillow would read for minutes: text byte by byte, and parts by the million."""
    if data.startswith(_NETPBM):
        header = re.sub(rb"#[^\r\n]*", b"", data[:_HEADER])
        if len(header.split(None, 4)) < 4 or (data[1:2] in b"123" and len(data) > _MAX_TEXT):
            raise PictureError("is a picture written as text, too long to be read: save it as PNG")
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        position = 8
        for _ in range(_MAX_CHUNKS):
            if position >= len(data):
                return
            position += 12 + int.from_bytes(data[position : position + 4], "big")
        raise PictureError(f"is damaged (it has more than {_MAX_CHUNKS:,} parts)")


def _open(file: BinaryIO | BytesIO) -> Image.Image:
    try:
        image = Image.open(file, formats=formats())
    except Image.DecompressionBombError as error:
        raise PictureError(_TOO_LARGE) from error
    except UnidentifiedImageError as error:
        raise PictureError("is not a picture, or damaged at its beginning") from error
    except Exception as error:
        raise PictureError(f"is damaged ({_reason(error)})") from error
    _check_size(image)
    return image


_TOO_LARGE = f"declares more than {MAX_PIXELS // 10**6} megapixels, too many to be decoded safely"


def _check_size(image: Image.Image) -> None:
    if image.width * image.height > MAX_PIXELS:
        raise PictureError(_TOO_LARGE)
    if image.width < 1 or image.height < 1:
        raise PictureError("has no pixels")


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # the camera's notes are damaged, the pixels are not
        return 1


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)


def _reason(error: Exception) -> str:
    return printable(str(error) or type(error).__name__)
