"""The document: the only holder of state, changed by undoable commands.

Widgets call :meth:`Document.change`; everyone who needs to know listens to its signals. The
state is an immutable value, so history is a list of states and undo cannot go wrong.
"""

from __future__ import annotations

import msgspec
from psygnal import Signal

from latentstudio.document.history import History
from latentstudio.document.recipe import POINT_NAMES, Recipe
from latentstudio.document.timeline.timeline import Timeline
from latentstudio.generators.info import GeneratorInfo

MAX_THUMBNAIL = 1 << 20
MAX_TITLE = 1000
_PNG = b"\x89PNG\r\n\x1a\n"


class Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A kept point of the gallery.

    Attributes
    ----------
    recipe
        Of the picture.
    thumbnail
        A small PNG of it, at most 1 MiB; empty while none was drawn.
    title
        What the person calls it.
    """

    recipe: Recipe
    thumbnail: bytes = b""
    title: str = ""

    def __post_init__(self) -> None:
        if self.thumbnail and not self.thumbnail.startswith(_PNG):
            raise ValueError("thumbnail is not a PNG")
        if len(self.thumbnail) > MAX_THUMBNAIL:
            raise ValueError(f"thumbnail has {len(self.thumbnail)} bytes; 1 MiB is the most")
        if len(self.title) > MAX_TITLE:
            raise ValueError(f"title has {len(self.title)} characters; {MAX_TITLE} are the most")


class State(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What undo goes through.

    Attributes
    ----------
    recipe
        Of the picture on the screen.
    active
        Name of the point that seed, pad and drags move (A to D).
    gallery
        Kept points, oldest first.
    timeline
        The film; empty while there is none.
    """

    recipe: Recipe = Recipe()
    active: str = "A"
    gallery: tuple[Kept, ...] = ()
    timeline: Timeline = Timeline()

    def __post_init__(self) -> None:
        if self.active not in POINT_NAMES:
            raise ValueError(f"active is {self.active!r}; it must be A, B, C or D")


class Document:
    """One session's state with its history and signals.

    Signals
    -------
    recipe_changed(Recipe), active_changed(str), gallery_changed(tuple), timeline_changed(Timeline)
        After a change, an undo or a redo touched that part of the state.
    info_changed(GeneratorInfo | None)
        The generator behind the recipe's checkpoint became known, or is not here.
    history_changed()
        What can be undone or redone has changed.
    begun()
        Another session: what widgets remember beside the state belongs to the one before.
    """

    recipe_changed = Signal(Recipe)
    active_changed = Signal(str)
    gallery_changed = Signal(tuple)
    timeline_changed = Signal(Timeline)
    info_changed = Signal(object)
    history_changed = Signal()
    begun = Signal()

    def __init__(self, state: State | None = None) -> None:
        self._history = History(state or State())
        self._info: GeneratorInfo | None = None

    @property
    def state(self) -> State:
        """The present state."""
        return self._history.present

    @property
    def recipe(self) -> Recipe:
        """The present recipe."""
        return self.state.recipe

    @property
    def active(self) -> str:
        """Name of the active point."""
        return self.state.active

    @property
    def gallery(self) -> tuple[Kept, ...]:
        """The kept points, oldest first."""
        return self.state.gallery

    @property
    def timeline(self) -> Timeline:
        """The film."""
        return self.state.timeline

    @property
    def history(self) -> History[State]:
        """The undo history (read it; change it through this class)."""
        return self._history

    @property
    def info(self) -> GeneratorInfo | None:
        """The generator's facts, or None while none is open."""
        return self._info

    def set_info(self, info: GeneratorInfo | None) -> None:
        """Say which generator is open. Not undoable: it follows from the recipe."""
        if info != self._info:
            self._info = info
            self.info_changed.emit(info)

    def change(
        self,
        label: str,
        *,
        recipe: Recipe | None = None,
        active: str | None = None,
        gallery: tuple[Kept, ...] | None = None,
        timeline: Timeline | None = None,
        merge: str | None = None,
    ) -> None:
        """Change the state in one undoable step.

        Parameters
        ----------
        label
            What happened, for the Edit menu: "Truncation", "Seed".
        recipe, active, gallery, timeline
            The parts that change; None leaves a part as it is.
        merge
            Consecutive changes with the same key fold into one step: give each drag its own
            key (such as ``truncation.psi#17``), so that one drag is one step.
        """
        before = self.state
        after = State(
            recipe=before.recipe if recipe is None else recipe,
            active=before.active if active is None else active,
            gallery=before.gallery if gallery is None else gallery,
            timeline=before.timeline if timeline is None else timeline,
        )
        if after == before:
            return
        self._history.push(label, after, merge)
        self._announce(before)

    def undo(self) -> None:
        """Go one step back, if there is one."""
        before = self.state
        if self._history.undo():
            self._announce(before)

    def redo(self) -> None:
        """Go one step forward again, if there is one."""
        before = self.state
        if self._history.redo():
            self._announce(before)

    def reset(self, state: State) -> None:
        """Begin a new history at ``state`` (a session was opened)."""
        before = self.state
        self._history = History(state)
        self._announce(before)
        self.begun.emit()

    def begin(self, label: str, state: State) -> None:
        """Go on from ``state`` as another session, in one step that undo takes back."""
        parts = {name: getattr(state, name) for name in State.__struct_fields__}
        self.change(label, **parts)
        self.begun.emit()

    def _announce(self, before: State) -> None:
        # A listener may change the document again while it is told: what is emitted is always
        # the present, so that nobody is left with an old value.
        now = self.state
        if now.recipe != before.recipe:
            self.recipe_changed.emit(self.recipe)
        if now.active != before.active:
            self.active_changed.emit(self.active)
        if now.gallery != before.gallery:
            self.gallery_changed.emit(self.gallery)
        if now.timeline != before.timeline:
            self.timeline_changed.emit(self.timeline)
        self.history_changed.emit()
