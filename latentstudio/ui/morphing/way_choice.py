"""Three ways from one point to another, and which of them lead there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from latentstudio.latents.fit import has_z
from latentstudio.ui.widgets.segmented import Segmented

if TYPE_CHECKING:
    from latentstudio.document.course import Course
    from latentstudio.document.point import Point
    from latentstudio.generators.info import GeneratorInfo

WAYS = [
    ("lerp w", "Line in w", "Straight in w: usually the smoothest (Karras et al. 2019)"),
    ("slerp z", "Arc in z", "Along a great circle of z: every picture is as likely as the ends"),
    ("lerp z", "Line in z", "Straight in z: the middle lies nearer to 0 than samples do"),
]
PACE_TIP = "Measure the way in feature space and pace it so that every step changes as much"
SPHERE = "No mapping network: w is z, and the way goes along the sphere."
NO_Z = (
    "{} in w alone, as pictures do that were found there: the line in w is the way. To go"
    " through z, search for the picture in z (Picture, More)."
)


def course_words(course: Course) -> str:
    """A course, such as ``line in w at constant speed``."""
    title = next(title for way, title, _ in WAYS if way == course.way)
    return f"{title[0].lower()}{title[1:]}{' at constant speed' if course.pace else ''}"


class WayChoice(Segmented):
    """Straight in w, on an arc in z, or straight in z."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(WAYS, parent)

    def show_way(self, way: str, info: GeneratorInfo, ends: Sequence[Point]) -> str:
        """Show a way, and enable those that the generator has between these ends.

        Returns
        -------
        str
            Why not all of them lead there; empty where they do.
        """
        without = [point.name for point in ends if not has_z(info, point)]
        for name in ("slerp z", "lerp z"):
            self.buttons[name].setEnabled(not without)
        self.buttons["lerp w"].setEnabled(info.has_mapping or bool(without))
        # Without a mapping network the line in w is the arc in z.
        self.choose(way if info.has_mapping or way != "lerp w" else "slerp z")
        if without:
            names = " and ".join(without)
            return NO_Z.format(f"Points {names} lie" if len(without) > 1 else f"Point {names} lies")
        return "" if info.has_mapping else SPHERE
