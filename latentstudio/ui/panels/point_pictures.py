"""Pictures of the points A to D for the panels that show them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal

from latentstudio.document.codec import recipe_digest
from latentstudio.document.recipe import (
    DEFAULT_POINTS,
    POINT_NAMES,
    Blend,
    Mixing,
    Noise,
    Recipe,
    Weight,
)

if TYPE_CHECKING:
    from latentstudio.ui.panels.context import PanelContext

SIZE = 96
PAUSE = 150  # ms of rest before a picture is asked for: a drag asks for none


class PointPictures(QObject):
    """Fetches each point's picture when the document has been quiet for a moment.

    Signals
    -------
    changed(str, object)
        The point's name and its picture (QImage, or None while there is none).
    """

    changed = Signal(str, object)

    def __init__(self, studio: PanelContext, parent: QObject) -> None:
        super().__init__(parent)
        self._studio = studio
        self._waiting: dict[str, str] = {}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE)
        self._timer.timeout.connect(self.fetch)
        studio.document.recipe_changed.connect(self._on_recipe)
        studio.thumbnails.ready.connect(self._on_ready)

    def fetch(self) -> None:
        """Ask for all four now."""
        self._waiting.clear()
        for name in POINT_NAMES:
            self._get(name)

    def _get(self, name: str) -> None:
        recipe = self._studio.document.recipe
        if not recipe.checkpoint:
            self.changed.emit(name, None)
            return
        wanted = alone(recipe, name)
        image = self._studio.thumbnails.get(wanted, SIZE)
        if image is None:
            # The last picture stays until the new one is there: calmer than a gap.
            self._waiting[recipe_digest(wanted)] = name
        else:
            self.changed.emit(name, image)

    def _on_recipe(self, _recipe: Recipe) -> None:
        self._timer.start()

    def _on_ready(self, digest: str) -> None:
        name = self._waiting.pop(digest, None)
        if name is not None:
            self._get(name)


def alone(recipe: Recipe, name: str) -> Recipe:
    """The point by itself: no blend, no mixing, and nothing of the other points if it can be.

    What does not touch the picture is set to its default, so that moving one point leaves the
    pictures of the others as they are.
    """
    point = recipe.point(name)
    leans = any(move.axis.kind == "toward" for move in point.moves)
    points = recipe.points if leans else DEFAULT_POINTS
    return msgspec.structs.replace(
        recipe,
        points=tuple(point if p.name == name else p for p in points),
        blend=Blend((Weight(name, 1.0),)),
        morph=None,
        mixing=Mixing(),
        noise=Noise(),
    )
