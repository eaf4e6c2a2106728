"""What every panel is given: the document and the few services of the window around it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from latentstudio.ui.folders import Folders

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtCore import SignalInstance
    from PySide6.QtGui import QImage

    from latentstudio.document.document import Document, Kept
    from latentstudio.document.recipe import Recipe
    from latentstudio.engine.engine import Engine
    from latentstudio.engine.job import Job
    from latentstudio.ui.axes import AxesModel
    from latentstudio.ui.directions.library import Library
    from latentstudio.ui.editing.model import EditModel
    from latentstudio.ui.inverting.model import InvertModel
    from latentstudio.ui.morphing.model import MorphModel
    from latentstudio.ui.numbers.model import NumbersModel
    from latentstudio.ui.timeline.model import TimelineModel


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
    editing
        Attributes of the picture, edits by gradient, directions being fitted, leakage.
    library
        The directions at hand.
    inverting
        Photographs, searches for their points, and what was found.
    morphing
        The way between two points: its pictures, its speed, an even pace.
    timeline
        The film: where its playhead stands, playing, keys.
    study
        The engine's :meth:`~latentstudio.engine.engine.Engine.study`: work with a generator in
        slices, while the hand rests.
    locate
        Content hash of a checkpoint to its file, or None when it is not here.
    keep_current
        Keep the frame on the screen in the gallery (undoable).
    restore
        Return to a kept point (undoable).
    engine
        Draws; for what takes its own time, such as a film.
    tell
        Show one sentence in the window's bar, such as why a drop was refused.
    folders
        Where dialogs for files begin.
    """

    document: Document
    axes: AxesModel
    thumbnails: Thumbnails
    numbers: NumbersModel
    editing: EditModel
    library: Library
    inverting: InvertModel
    morphing: MorphModel
    timeline: TimelineModel
    study: Callable[..., Job]
    locate: Callable[[str], Path | None]
    keep_current: Callable[[], None]
    restore: Callable[[Kept], None]
    engine: Engine | None = None
    tell: Callable[[str], None] = _silent
    folders: Folders = field(default_factory=Folders)
