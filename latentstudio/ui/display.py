"""Can a window be shown here? Asked before Qt, which would abort. No Qt."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable, Mapping

# Shared libraries that Qt's wheels leave to the system, and the Debian package of each.
ALWAYS = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
}
FOR_X = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}


def complaint(
    environ: Mapping[str, str] = os.environ,
    platform: str = sys.platform,
    load: Callable[[str], object] = ctypes.CDLL,
) -> str | None:
    """One line that says why no window can be shown, or None if one can.

    Parameters
    ----------
    environ, platform, load
        The environment, ``sys.platform`` and what opens a shared library; for tests.
    """
    if not platform.startswith("linux"):
        return None
    wanted = environ.get("QT_QPA_PLATFORM", "").split(":")[0].split(";")[0]
    has_x, has_wayland = environ.get("DISPLAY"), environ.get("WAYLAND_DISPLAY")
    if not wanted and not has_x and not has_wayland:
        return (
            "There is no display here to show a window on: draw one into a file with"
            " `latentstudio screenshot --out window.png`."
        )
    needed = dict(ALWAYS)
    if wanted == "xcb" or (not wanted and has_x and not has_wayland):
        needed |= FOR_X
    missing = [package for library, package in needed.items() if not _loads(library, load)]
    if missing:
        return (
            "Qt needs system libraries that are not installed: "
            f"`sudo apt-get install {' '.join(missing)}` installs them on Debian and Ubuntu."
        )
    return None


def _loads(library: str, load: Callable[[str], object]) -> bool:
    try:
        load(library)
    except OSError:
        return False
    return True
