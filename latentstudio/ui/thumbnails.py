"""Small pictures of recipes for panels, rendered when the engine has time."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QImage

from latentstudio.document.codec import recipe_digest
from latentstudio.ui.scaling import to_image

if TYPE_CHECKING:
    from collections.abc import Callable

    from latentstudio.document.recipe import Recipe
    from latentstudio.engine.frame import Frame

KEPT = 256
PENDING = 64


class Draws(Protocol):
    """The part of the engine that is needed here."""

    def thumbnail(self, recipe: Recipe, size: int, done: Callable[[Frame], None]) -> Any:
        """Begin a background job; it has a ``cancel()``."""


class EngineThumbnails(QObject):
    """A bounded cache in front of the engine's thumbnail jobs.

    Signals
    -------
    ready(str)
        ``recipe_digest`` of a recipe whose picture has become known.
    """

    ready = Signal(str)
    _arrived = Signal(object)

    def __init__(self, engine: Draws, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine = engine
        self._images: OrderedDict[Recipe, QImage] = OrderedDict()
        self._scaled: OrderedDict[tuple[Recipe, int], QImage] = OrderedDict()
        self._pending: OrderedDict[Recipe, Any] = OrderedDict()
        self._arrived.connect(self._on_arrived, Qt.ConnectionType.QueuedConnection)

    @property
    def idle(self) -> bool:
        """Whether nothing is on its way (a job that failed is over, too)."""
        return all(job is not None and job.finished for job in self._pending.values())

    def get(self, recipe: Recipe, size: int) -> QImage | None:
        """The picture, ``size`` pixels high; None, and asked for, while unknown."""
        image = self._images.get(recipe)
        if image is None:
            if recipe.checkpoint and recipe not in self._pending:
                self._ask(recipe, size)
            return None
        self._images.move_to_end(recipe)
        if image.height() == size:
            return image
        key = (recipe, size)
        if key not in self._scaled:
            mode = Qt.TransformationMode.SmoothTransformation
            self._scaled[key] = image.scaledToHeight(size, mode)
            if len(self._scaled) > KEPT:
                self._scaled.popitem(last=False)
        return self._scaled[key]

    def _ask(self, recipe: Recipe, size: int) -> None:
        if len(self._pending) >= PENDING:
            # A drag asks for more than anyone will see: the oldest wishes are stale.
            _, stale = self._pending.popitem(last=False)
            if stale is not None:
                stale.cancel()
        self._pending[recipe] = None
        job = self._engine.thumbnail(recipe, size, self._done)
        if recipe in self._pending:
            self._pending[recipe] = job

    def _done(self, frame: Frame) -> None:
        self._arrived.emit(frame)

    def _on_arrived(self, frame: Frame) -> None:
        self._pending.pop(frame.recipe, None)
        self._images[frame.recipe] = to_image(frame.pixels)
        if len(self._images) > KEPT:
            self._images.popitem(last=False)
        self.ready.emit(recipe_digest(frame.recipe))

    def forget_pending(self) -> None:
        """Cancel what is on its way (another checkpoint, or the end)."""
        for job in self._pending.values():
            if job is not None:
                job.cancel()
        self._pending.clear()
