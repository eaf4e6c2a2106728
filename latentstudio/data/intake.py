"""Pictures that a person brings: any file or bytes to upright sRGB, and a square cut out of it."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from PIL import Image, ImageCms

from latentstudio.data.crop import Crop as Crop
from latentstudio.data.crop import cropped as cropped
from latentstudio.data.decode import MAX_BYTES, PictureError, decode
from latentstudio.data.errors import printable
from latentstudio.document.bounded import read_bounded

if TYPE_CHECKING:
    from numpy.typing import NDArray

_COUNTED = 2 << 20  # bytes of a file whose frames are counted
LEAST = 4  # pixels of the shorter side
_SAVE = "save or export it as JPEG or PNG"
_FTYP = {  # brands behind "ftyp" (ISO 14496-12)
    **dict.fromkeys((b"heic", b"heix", b"hevc", b"heim", b"heis", b"hevx", b"mif1", b"msf1"), "H"),
    **dict.fromkeys((b"isom", b"iso2", b"mp41", b"mp42", b"M4V ", b"qt  ", b"avc1"), "V"),
}
_MOVING = {"GIF": "frames", "PNG": "frames", "WEBP": "frames", "AVIF": "frames", "FLI": "frames"}
_PAGED = {"TIFF": "pages", "DCX": "pages"}
_COLOURS = {"RGB": ("RGB", "RGBA", "P", "PA"), "GRAY": ("L",), "CMYK": ("CMYK",)}


class IntakeError(ValueError):
    """A picture that cannot be used; its text is one sentence."""


class Intake(msgspec.Struct, frozen=True, eq=False):
    """A picture from outside.

    Attributes
    ----------
    pixels
        uint8 [H, W, 3], or [H, W, 4] with alpha (not premultiplied): upright, sRGB.
    name
        For people.
    note
        What was left out, such as ``only the first of 12 frames``; mostly empty.
    """

    pixels: NDArray[np.uint8]
    name: str
    note: str = ""


def read_intake(source: Path | bytes, name: str = "") -> Intake:
    """Decode a picture that a person dropped, pasted or opened.

    Parameters
    ----------
    source
        A file, or its bytes. Untrusted.
    name
        For people; by default the file's own.

    Returns
    -------
    Intake
        Orientation and colour profile are honoured; CMYK, palettes, grey and 16 bits become RGB
        with 8. Of an animation there is the first frame, and a note that says so.

    Raises
    ------
    IntakeError
        One sentence that says what is wrong with it and what to do.
    """
    if isinstance(source, bytes):
        data = source
    else:
        name = name or source.name
        data = read_bounded(source, MAX_BYTES, "picture", IntakeError)
    name = printable(name) or "The picture"
    note = ""

    def prepared(image: Image.Image) -> Image.Image:
        nonlocal note
        managed = _managed(image)
        parts = _parts(image)
        if parts and managed is image:
            managed = image.copy()  # counting frames may go on to another one
        note = _left_out(image, parts, len(data))
        return managed

    try:
        image = decode(data, prepared)
    except PictureError as error:
        raise IntakeError(f"{name} {_kind(data) or error}{_hint(str(error), data)}") from error
    if min(image.size) < LEAST:
        raise IntakeError(
            f"{name} has {image.width} × {image.height} pixels, and at least {LEAST} × {LEAST} are"
            " needed: choose a larger picture"
        )
    mode = "RGBA" if image.mode in ("LA", "RGBA") else "RGB"
    return Intake(np.asarray(image if image.mode == mode else image.convert(mode)), name, note)


def _managed(image: Image.Image) -> Image.Image:
    """In sRGB, by the colour profile that the file brings; as it is without a sound one."""
    profile = image.info.get("icc_profile")
    if not profile:
        return image
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        if "sRGB" in ImageCms.getProfileDescription(source):
            return image  # to the bit, and in no time
        space = source.profile.xcolor_space.strip()
        if image.mode not in _COLOURS.get(space, ()):
            return image
        alpha = space == "RGB" and image.has_transparency_data
        if space == "RGB":
            image = image.convert("RGBA" if alpha else "RGB")
        made = ImageCms.profileToProfile(
            image,
            source,
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGBA" if alpha else "RGB",
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError, AttributeError):
        return image  # a damaged profile; the pixels are sound
    return made or image


def _parts(image: Image.Image) -> str:
    """What the file may have several of; "" for nothing."""
    return (_MOVING | _PAGED).get(image.format or "", "")


def _left_out(image: Image.Image, parts: str, size: int) -> str:
    if not parts or not getattr(image, "is_animated", False):
        return ""
    if size > _COUNTED:  # there may be millions, and counting walks through all
        return f"only the first of several {parts}"
    return f"only the first of {getattr(image, 'n_frames', 1)} {parts}"


def _kind(data: bytes) -> str:
    """What a file that is no picture is, for the kinds that people take for one."""
    brands = {data[at : at + 4] for at in range(8, 32, 4)} if data[4:8] == b"ftyp" else set()
    kinds = {_FTYP[brand] for brand in brands if brand in _FTYP}
    beginning = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"avif" not in brands and "H" in kinds:
        return "is a HEIC picture, which cannot be read here"
    if "V" in kinds:
        return "is a video, not a picture"
    if beginning.startswith((b"<svg", b"<?xml", b"<!--", b"<!doctype")) and b"<svg" in beginning:
        return "is an SVG drawing, which has no pixels"
    if data.startswith((b"%PDF", b"%!PS")):
        return "is a document to be printed, not a picture"
    return "is empty" if _is_empty(data) else ""


def _is_empty(data: bytes) -> bool:
    return data.count(0) == len(data)


def _hint(reason: str, data: bytes) -> str:
    """What to do, as the end of a sentence."""
    if ": " in reason:
        return ""  # it says so itself
    if _kind(data):
        return ": choose another picture" if _is_empty(data) else f": {_SAVE}"
    if "megapixels" in reason:
        return ": save a smaller copy"
    return ": choose another picture, or save it anew"
