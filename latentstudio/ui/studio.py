"""The controller: document to engine, and the engine's frames to the window."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec
from PySide6.QtCore import QObject, Qt, QTimer, Signal

from latentstudio.document.document import Document, Kept
from latentstudio.ui.axes import AxesModel, axis_words
from latentstudio.ui.bridge import Bridge
from latentstudio.ui.describe import describe, fit_recipe
from latentstudio.ui.directions.library import Library
from latentstudio.ui.editing.model import EditModel
from latentstudio.ui.inverting.model import InvertModel
from latentstudio.ui.morphing.model import MorphModel
from latentstudio.ui.numbers.model import NumbersModel
from latentstudio.ui.panels.context import PanelContext
from latentstudio.ui.scaling import to_image, to_png
from latentstudio.ui.thumbnails import EngineThumbnails
from latentstudio.ui.timeline.model import TimelineModel

if TYPE_CHECKING:
    from pathlib import Path

    from latentstudio.checkpoints.differences import Differences
    from latentstudio.document.recipe import Recipe
    from latentstudio.engine.frame import Frame
    from latentstudio.generators.info import GeneratorInfo
    from latentstudio.ui.folders import Folders

REST = 120  # ms without a change after which the hand rests
THUMBNAIL = 128
RECENT_FRAMES = 16

EngineFactory = Callable[..., Any]


class Studio(QObject):
    """Ties one document to one engine. Owns no widget.

    Parameters
    ----------
    document
        The only holder of state.
    make_engine
        Called with the four callbacks.
    directions
        Folder of this user's directions.
    locate
        Content hash of a checkpoint or a fine tuning to its file, or None when it is not here.
    differences
        Where fine tunings are kept.
    folders
        Where dialogs begin.

    Signals
    -------
    shown(Frame)
        The newest frame has arrived.
    compared(Frame | None)
        The previous step's frame is held up, or taken away.
    troubled(str, Recipe | None), noticed(str)
        One sentence for the error bar.
    engine_state(str)
        What the engine is busy with.
    """

    shown = Signal(object)
    compared = Signal(object)
    troubled = Signal(str, object)
    noticed = Signal(str)
    engine_state = Signal(str)

    def __init__(
        self,
        document: Document,
        make_engine: EngineFactory,
        directions: Path,
        locate: Callable[[str], Path | None],
        differences: Differences,
        folders: Folders,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.document = document
        self.differences = differences
        self.folders = folders
        self.axes = AxesModel(self)
        self.bridge = Bridge(self)
        self.bridge.listen(self._on_frame, self._on_error, self._on_model, self._on_state)
        self.engine = make_engine(
            on_frame=self.bridge.on_frame,
            on_error=self.bridge.on_error,
            on_model=self.bridge.on_model,
            on_state=self.bridge.on_state,
        )
        self.thumbnails = EngineThumbnails(self.engine, self)
        self.numbers = NumbersModel(document, self.engine, self)
        self.editing = EditModel(document, self.engine, self)
        self.library = Library(directions, self)
        self.library.troubled.connect(self.noticed)
        self.inverting = InvertModel(document, self.engine, locate, self, differences)
        self.morphing = MorphModel(document, self.engine, locate, self)
        self.timeline = TimelineModel(document, self._play, locate, self)
        self.timeline.troubled.connect(self.noticed)
        self.frame: Frame | None = None
        self.context = PanelContext(
            document=document,
            axes=self.axes,
            thumbnails=self.thumbnails,
            numbers=self.numbers,
            editing=self.editing,
            library=self.library,
            inverting=self.inverting,
            morphing=self.morphing,
            timeline=self.timeline,
            study=self.engine.study,
            locate=locate,
            keep_current=self.keep_current,
            restore=self.restore,
            engine=self.engine,
            tell=self.noticed.emit,
            folders=folders,
        )
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST)
        self._rest.timeout.connect(self._on_rest)
        self._frames: OrderedDict[Recipe, Frame] = OrderedDict()
        self._infos: dict[str, GeneratorInfo] = {}
        self._comparing: Recipe | None = None
        self._held_up: set[int] = set()
        self._waiting: list[Callable[[Frame], None]] = []
        self._drags = 0
        document.recipe_changed.connect(self._on_recipe)
        document.active_changed.connect(self._fit_axes)

    # -- life ----------------------------------------------------------------------------

    def start(self) -> None:
        """Start the engine's thread and ask for the first picture."""
        self.engine.start()
        if self.document.recipe.checkpoint:
            self.engine.request(self.document.recipe)

    def stop(self) -> None:
        """Stop the engine; nothing arrives after this."""
        self._rest.stop()
        self.bridge.close()
        self.numbers.stop()
        self.editing.stop()
        self.inverting.stop()
        self.morphing.stop()
        self.timeline.stop()
        self.document.recipe_changed.disconnect(self._on_recipe)
        self.document.active_changed.disconnect(self._fit_axes)
        self.thumbnails.forget_pending()
        self.engine.stop()

    # -- document to engine --------------------------------------------------------------

    def _on_recipe(self, recipe: Recipe) -> None:
        known = self._infos.get(recipe.checkpoint)
        if known is not None:
            self.document.set_info(known)
            self._fit_axes()
        if not recipe.checkpoint:
            return
        self._rest.start()
        # The engine draws a preview only where an exact picture would be slow.
        self.engine.request(recipe, preview=True)

    def _play(self, recipe: Recipe) -> None:
        """Show a moment of the film; the document stays."""
        if recipe.checkpoint:
            self.engine.request(recipe, preview=True)

    def _on_rest(self) -> None:
        self.numbers.rest()
        frame, recipe = self.frame, self.document.recipe
        if frame is None or frame.recipe != recipe or frame.preview:
            self.engine.request(recipe)

    def set_previews(self, on: bool) -> None:
        """Whether a slow generator may draw coarser pictures while the hand moves."""
        self.engine.set_previews(on)

    # -- engine to window ----------------------------------------------------------------

    def _on_frame(self, frame: Frame) -> None:
        if not frame.preview:
            self._remember(frame)
        if frame.request in self._held_up:
            # Asked for by hold-to-compare: never the picture of the document.
            self._held_up.discard(frame.request)
            if frame.recipe == self._comparing:
                self.compared.emit(frame)
            return
        self.frame = frame
        self.shown.emit(frame)
        self.numbers.wake()
        self.editing.wake()
        if not frame.preview and frame.recipe == self.document.recipe and self._waiting:
            waiting, self._waiting = self._waiting, []
            for done in waiting:
                done(frame)

    def _remember(self, frame: Frame) -> None:
        self._frames[frame.recipe] = frame
        self._frames.move_to_end(frame.recipe)
        while len(self._frames) > RECENT_FRAMES:
            self._frames.popitem(last=False)

    def _fit_axes(self) -> None:
        point = self.document.recipe.point(self.document.active)
        self.axes.fit(self.document.info, point)

    def _on_error(self, sentence: str, recipe: Recipe | None) -> None:
        self._waiting.clear()
        self.troubled.emit(sentence, recipe)

    def _on_model(self, info: GeneratorInfo) -> None:
        self._infos[info.content_hash] = info
        if info.content_hash == self.document.recipe.checkpoint:
            self.document.set_info(info)
            self._fit_axes()

    def _on_state(self, state: str) -> None:
        self.engine_state.emit(state)

    def when_exact(self, done: Callable[[Frame], None]) -> None:
        """Call ``done`` with the document's exact frame: now, or when it has come."""
        frame = self.frame
        if frame is not None and not frame.preview and frame.recipe == self.document.recipe:
            done(frame)
        else:
            self._waiting.append(done)
            self.engine.request(self.document.recipe)

    # -- what the person does ------------------------------------------------------------

    def open_generator(self, info: GeneratorInfo) -> None:
        """Put a checkpoint, by its header, under the recipe (undoable)."""
        self._infos[info.content_hash] = info
        self.thumbnails.forget_pending()
        recipe, reset = fit_recipe(self.document.recipe, info)
        recipe = msgspec.structs.replace(recipe, checkpoint=info.content_hash)
        self.document.change(f"Open {info.name or info.family}", recipe=recipe)
        self.document.set_info(info)
        self._fit_axes()
        if reset:
            name = info.name or info.family
            self.noticed.emit(f"{name} is different inside; reset: {', '.join(reset)}.")

    def learn(self, info: GeneratorInfo) -> None:
        """Remember a generator's facts, and show them if the recipe means it."""
        self._on_model(info)

    def facts(self, content_hash: str) -> GeneratorInfo | None:
        """The facts of a generator that was met, by its hash."""
        return self._infos.get(content_hash)

    def begin_drag(self) -> None:
        """A drag on the picture begins: everything until the next one is one undo step."""
        self._drags += 1

    def drag(self, dx: float, dy: float) -> str:
        """Move the active point; returns in words where it stands."""
        self.axes.drag(self.document, dx, dy, f"canvas#{self._drags}")
        x, y = self.axes.position(self.document.recipe.point(self.document.active))
        words = [(self.axes.x, x)] if self.axes.x == self.axes.y else []
        words = words or [(self.axes.x, x), (self.axes.y, y)]
        text = "    ".join(f"{axis_words(axis)} {amount:+.2f}" for axis, amount in words)
        return f"{self.document.active}   {text}".replace("-", "−")

    def compare(self, on: bool) -> None:
        """Hold up the previous step's picture, or take it away."""
        previous = self.document.history.previous
        if not on or previous is None:
            self._comparing = None
            self.compared.emit(None)
            if not on and self.document.recipe.checkpoint:
                self._on_rest()  # the request that compare replaced, if it replaced one
            return
        self._comparing = previous.recipe
        kept = self._frames.get(previous.recipe)
        if kept is not None:
            self.compared.emit(kept)
        elif previous.recipe.checkpoint:
            self._held_up.add(self.engine.request(previous.recipe))

    def keep_current(self) -> None:
        """Put the frame on the screen into the gallery (undoable)."""
        if self.frame is None:
            self.noticed.emit("There is no picture to keep yet.")
            return
        frame = self.frame
        kept = Kept(frame.recipe, small_png(frame), describe(frame.recipe).split(" · ")[0])
        self.document.change("Keep", gallery=(*self.document.gallery, kept))

    def restore(self, kept: Kept) -> None:
        """Return to a kept point (undoable)."""
        self.document.change("Return to kept point", recipe=kept.recipe)


def small_png(frame: Frame) -> bytes:
    """The frame at no more than 128 px, as PNG."""
    image = to_image(frame.pixels)
    if image.height() > THUMBNAIL:
        image = image.scaledToHeight(THUMBNAIL, Qt.TransformationMode.SmoothTransformation)
    return to_png(image)
