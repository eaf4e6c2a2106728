"""The studio's own SVG icons: 24 px, strokes of 1.5 px, tinted when they are drawn."""

from __future__ import annotations

import re
from functools import cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from latentstudio.checkpoints.bundled import resources_folder
from latentstudio.ui import theme

FOLDER = resources_folder() / "icons"
SIZES = (16, 18, 24, 36, 48)


@cache
def pixmap(name: str, size: int, colour: str) -> QPixmap:
    """An icon of ``size`` physical pixels in one colour; transparent if it is missing."""
    image = QPixmap(size, size)
    image.fill(Qt.GlobalColor.transparent)
    path = FOLDER / f"{name}.svg"
    if path.is_file():
        svg = path.read_text(encoding="utf-8").replace("currentColor", colour)
        painter = QPainter(image)
        QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(0, 0, size, size))
        painter.end()
    return image


@cache
def icon(name: str) -> QIcon:
    """A tinted icon: dim at rest, the accent while checked, faint while disabled."""
    made = QIcon()
    for size in SIZES:
        off, on = QIcon.State.Off, QIcon.State.On
        made.addPixmap(pixmap(name, size, theme.INK), QIcon.Mode.Normal, off)
        made.addPixmap(pixmap(name, size, theme.ACCENT), QIcon.Mode.Normal, on)
        made.addPixmap(pixmap(name, size, theme.INK), QIcon.Mode.Active, off)
        made.addPixmap(pixmap(name, size, theme.ACCENT), QIcon.Mode.Active, on)
        made.addPixmap(pixmap(name, size, theme.INK_FAINT), QIcon.Mode.Disabled, off)
    return made


def with_icons(qss: str) -> str:
    """The style sheet with each ``@name@`` replaced by the icon's file (drawn as it is there)."""
    return re.sub(r"@([a-z-]+)@", _as_path, qss)


def _as_path(match: re.Match[str]) -> str:
    return (FOLDER / f"{match.group(1)}.svg").as_posix()
