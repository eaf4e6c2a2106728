"""What every panel is given: the document and the few services of the window around it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from PySide6.QtCore import SignalInstance
    from PySide6.QtGui import QImage

    from latentstudio.document.document import Document, Kept
    from latentstudio.document.recipe import Recipe
    from latentstudio.ui.axes import AxesModel
    from latentstudio.ui.numbers.model import NumbersModel


class Thumbnails(Protocol):
    """Small pictures of recipes, rendered when the engine has time.

    Attributes
    ----------
    ready
        Qt signal with the ``recipe_digest`` of a recipe whose picture has become known.
    """

    ready: SignalInstance

    def get(self, recipe: Recipe, size: int) -> QImage | None:
        """The picture, ``size`` device pixels high; None (and it is asked for) when unknown."""


def _silent(_sentence: str) -> None:
    """Nobody listens."""


@dataclass(frozen=True)
class PanelContext:
    """The document and services that panels work with.

    Attributes
    ----------
    document
        The only holder of state.
    axes
        The axes of the pad and of dragging the picture.
    thumbnails
        Small pictures of recipes.
    numbers
        Live measurements of the sampling that the recipe stands for, and its samples.
    keep_current
        Keep the frame on the screen in the gallery (undoable).
    restore
        Return to a kept point (undoable).
    tell
        Show one sentence in the window's bar, such as why a drop was refused.
    """

    document: Document
    axes: AxesModel
    thumbnails: Thumbnails
    numbers: NumbersModel
    keep_current: Callable[[], None]
    restore: Callable[[Kept], None]
    tell: Callable[[str], None] = _silent
