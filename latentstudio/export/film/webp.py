"""Animated WebP, frame by frame (WebP container specification, RFC 9649)."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, features

from latentstudio.document.film_text_boxes import WEBP_KIND, riff_chunk, riff_chunks
from latentstudio.export.film.errors import FilmError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from latentstudio.export.film.plan import Picture, Plan

_ANIMATED = 0x02
_REPLACING = 0x02  # a frame stands for itself, not over the one before
_MAX_BYTES = 0xFFFFFFFE


def check_webp() -> None:
    """Raise FilmError, one sentence, if Pillow was built without WebP."""
    if not features.check("webp"):
        raise FilmError("Pillow on this machine has no WebP: reinstall it with pip, or choose GIF")


def write_webp(path: Path, plan: Plan, pictures: Iterable[Picture]) -> None:
    """Write pictures as they come, each whole, with the timeline in a chunk at the end."""
    size = b"".join(_three(side - 1) for side in plan.settings.size)
    quality = 50 + plan.settings.quality // 2  # below 50 flat colours are off by 8 grey levels
    with path.open("wb") as file:
        file.write(b"RIFF\0\0\0\0WEBP")
        file.write(riff_chunk(b"VP8X", bytes([_ANIMATED, 0, 0, 0]) + size))
        file.write(riff_chunk(b"ANIM", struct.pack("<IH", 0xFF000000, plan.settings.repeat)))
        for picture, milliseconds in zip(pictures, plan.durations(1000), strict=True):
            head = bytes(6) + size + _three(milliseconds) + bytes([_REPLACING])
            file.write(riff_chunk(b"ANMF", head + _image(picture.pixels, quality)))
        file.write(riff_chunk(WEBP_KIND, plan.text))
        length = file.tell() - 8
        if length > _MAX_BYTES:
            raise FilmError("a WebP ends at 4 GiB: make the film shorter or smaller, or choose MP4")
        file.seek(4)
        file.write(struct.pack("<I", length))


def _image(pixels: NDArray[np.uint8], quality: int) -> bytes:
    """The chunk with the pixels of a WebP of one picture."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "WEBP", quality=quality, method=2)
    data = buffer.getvalue()
    found = (
        riff_chunk(kind, data[at : at + length])
        for kind, at, length in riff_chunks(buffer, "the picture")
        if kind in (b"VP8 ", b"VP8L")
    )
    return next(found)


def _three(value: int) -> bytes:
    return value.to_bytes(3, "little")
