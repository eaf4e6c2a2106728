"""Animated GIF, frame by frame (GIF89a specification): 256 colours to each frame.

Delays are hundredths of a second: they are spread so that the whole keeps its rate.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from latentstudio.document.film_text_gif import comment, gif_blocks
from latentstudio.export.film.palette import nearest, palette

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from latentstudio.export.film.plan import Picture, Plan

_OWN_PALETTE = 0x80
_SAMPLE = 48  # pixels a side, at most


def write_gif(path: Path, plan: Plan, pictures: Iterable[Picture]) -> None:
    """Write pictures as they come, with the timeline in a comment."""
    width, height = plan.settings.size
    colors = min(256, 16 + 3 * plan.settings.quality)
    with path.open("wb") as file:
        file.write(b"GIF89a" + struct.pack("<HHBBB", width, height, 0x70, 0, 0))
        if plan.settings.repeat != 1:
            again = max(0, plan.settings.repeat - 1)  # after the first time; 0 is for ever
            file.write(b"\x21\xff\x0bNETSCAPE2.0\x03\x01" + struct.pack("<HB", again, 0))
        file.write(comment(plan.text))
        for picture, delay in zip(pictures, plan.durations(100), strict=True):
            file.write(b"\x21\xf9\x04\x04" + struct.pack("<HBB", delay, 0, 0))
            file.write(_image(picture.pixels, colors))
        file.write(b";")


def _image(pixels: NDArray[np.uint8], colors: int) -> bytes:
    """One image with its palette: what Pillow writes as a file of one image, taken apart."""
    buffer = io.BytesIO()
    # Choosing colours costs by the pixels there are: a sample of them has enough.
    rows, columns = (-(-side // _SAMPLE) for side in pixels.shape[:2])
    chosen = palette(pixels[::rows, ::columns], colors)
    shown = Image.fromarray(nearest(pixels, chosen))
    shown.putpalette(chosen.tobytes())
    shown.save(buffer, "GIF", optimize=False, interlace=0)
    data = buffer.getvalue()
    bits = data[10] & 7
    table = data[13 : 13 + 3 * (2 << bits)]
    start = next(at for kind, at in gif_blocks(buffer) if kind == b",")
    descriptor = data[start : start + 8] + bytes([_OWN_PALETTE | bits])
    return b"," + descriptor + table + data[start + 9 : -1]
