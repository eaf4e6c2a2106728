"""Between the engine's live numbers and the widgets. Importable without torch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal

from latentstudio.document.sampling import Sampling
from latentstudio.ui.link import WatchedLink
from latentstudio.ui.numbers.choices import Choices, data_title, known_data
from latentstudio.ui.numbers.download import Download
from latentstudio.ui.numbers.remembered import is_gone, recall, remember
from latentstudio.ui.reading import Reader
from latentstudio.ui.wording import sentence

if TYPE_CHECKING:
    from latentstudio.document.document import Document
    from latentstudio.document.recipe import Recipe
    from latentstudio.engine.live.values import Curve
    from latentstudio.metrics.quality import Quality
    from latentstudio.metrics.reals import Reals
    from latentstudio.metrics.spaces.features import Features
    from latentstudio.metrics.spaces.register import SpaceInfo
    from latentstudio.ui.numbers.history import History
    from latentstudio.ui.samples.source import SampleSet

HISTORY, CHOICES = "measurements.json", "measuring.json"
SETTLED = 500  # ms without a choice after which the choices are written
NO_DATA = "It is not known which pictures this generator learned from: choose them below."


class NumbersModel(WatchedLink):
    """Follows the document and the choices while somebody looks; tells what was measured.

    Nothing is imported or started before a widget given to :meth:`follow_visibility` is seen
    and the first picture has been drawn (:meth:`wake`).

    Signals
    -------
    quality_changed(Quality), curve_changed(Curve), samples_changed()
        News from the engine; always in the GUI thread.
    floor_changed()
        Reals have been held against reals at as many samples as were measured.
    state_changed(str)
        A short sentence on what is going on.
    troubled(str)
        One sentence: why there are no numbers; "" when there are again.
    noticed(str)
        One sentence: what was chosen earlier and is gone.
    choices_changed(Choices)
        The hand, or another checkpoint, changed what is measured.
    history_changed()
        A measurement was kept, pinned or removed.
    spaces_changed()
        It became known which feature spaces are at hand.
    stopping()
        The window is going: threads that work for its widgets must end now.

    Attributes
    ----------
    choices
        What is measured, beside the recipe.
    quality, curve, state, trouble
        The newest of what the signals told; None or "" while there is none.
    history
        None until the first measuring begins.
    worker
        For short work away from the window, such as writing a figure.
    download
        Fetches a feature space's network.
    """

    quality_changed = Signal(object)
    curve_changed = Signal(object)
    samples_changed = Signal()
    floor_changed = Signal()
    state_changed = Signal(str)
    troubled = Signal(str)
    noticed = Signal(str)
    choices_changed = Signal(object)
    history_changed = Signal()
    spaces_changed = Signal()
    stopping = Signal()

    USELESS = "Nothing can be measured"

    def __init__(self, document: Document, engine: Any, parent: QObject | None = None) -> None:
        super().__init__(document, engine, parent)
        self.choices = Choices()
        self.quality: Quality | None = None
        self.curve: Curve | None = None
        self.state = ""
        self.trouble = ""
        self.history: History | None = None
        self.spaces: tuple[SpaceInfo, ...] = ()
        self._folder: Path | None = None
        self._data: dict[str, str] = {}
        self._lost: dict[str, str] = {}
        self._keeping = QTimer(self)
        self._keeping.setSingleShot(True)
        self._keeping.setInterval(SETTLED)
        self._keeping.timeout.connect(self._keep)
        self.worker = Reader(self)
        self.download = Download(self)
        self._opened: tuple[str, str] | None = None
        self._followed: Sampling | None = None
        self._moving = False

    # -- life ----------------------------------------------------------------------------

    def settle(self, folder: Path, locate: Callable[[str], Path | None]) -> None:
        """Say where history and choices are kept, and who finds a checkpoint by its hash."""
        self._folder, self.locate = folder, locate
        kept = recall(folder / CHOICES)
        self._data = dict(kept.data)
        features = kept.choices.features
        if is_gone(features):
            self._lost["features"] = f"{features} is gone: the data set's own features are taken."
            features = Choices().features
        self.choices = msgspec.structs.replace(kept.choices, data="", features=features)
        self.choices_changed.emit(self.choices)
        self._fit_data()

    def stop(self) -> None:
        """End the measuring; nothing arrives after this."""
        if self._closed:
            return
        if self._keeping.isActive():
            self._keeping.stop()
            self._keep()
        self.stopping.emit()
        self.download.stop()
        self.worker.stop()
        super().stop()

    def _fetch(self) -> None:
        begun = self._begun
        super()._fetch()
        if self._begun and not begun:
            self._on_state("Getting ready to measure")

    def load_live(self) -> Any:
        """Import the engine's class; tests put theirs here."""
        from latentstudio.engine.live.numbers import LiveNumbers

        return LiveNumbers

    def load(self) -> tuple[Any, History, tuple[SpaceInfo, ...]]:
        """See the base."""
        live = self.load_live()
        from latentstudio.metrics.spaces.register import known
        from latentstudio.ui.numbers.history import History

        return live, History(self._folder and self._folder / HISTORY), known()

    def _make(self, loaded: Any) -> Any:
        live, self.history, self.spaces = loaded
        return live(
            self._engine,
            on_quality=self._hear(self._on_quality),
            on_curve=self._hear(self._on_curve),
            on_samples=self._hear(lambda _samples: self.samples_changed.emit()),
            on_state=self._hear(self._on_state),
            on_error=self._hear(self._on_error),
            on_floor=self._hear(lambda _floor: self.floor_changed.emit()),
            locate=lambda content_hash: self.locate(content_hash),
        )

    def _catch_up(self) -> None:
        self._agent.set_target(self.choices.target)
        self._agent.set_active(self.active)
        self.history_changed.emit()
        self.spaces_changed.emit()
        self._open()
        self._follow()

    def _end(self) -> None:
        self._agent.stop()

    def _look(self) -> None:
        self._agent.set_active(self.active)
        self._follow()

    # -- what is measured ----------------------------------------------------------------

    def samples(self) -> SampleSet | None:
        """The samples measured so far, or None."""
        return None if self._agent is None else self._agent.samples()

    def floor(self, n: int) -> Quality | None:
        """Reals against other reals at n samples where that is known, or at the curve's."""
        known = None if self._agent is None else self._agent.floor(n)
        return known or (self.curve.floor if self.curve is not None else None)

    @property
    def reals(self) -> Reals | None:
        """The data in use, once they are open."""
        return None if self._agent is None else self._agent.reals

    @property
    def features(self) -> Features | None:
        """The feature space in use, once it is open."""
        return None if self._agent is None else self._agent.features

    @property
    def dim(self) -> int | None:
        """Dimensions of the feature space, once the data are open."""
        reals = self.reals
        return None if reals is None else reals.side.statistics.dim

    @property
    def sampling(self) -> Sampling:
        """What the document and the choices ask to be measured."""
        chosen = self.choices
        return Sampling.of(
            self.document.recipe,
            seed=chosen.seed,
            mixing=chosen.mixing,
            any_class=chosen.any_class,
        )

    def choose(self, **changes: Any) -> None:
        """Change some of the :class:`Choices`."""
        before = self.choices
        self.choices = msgspec.structs.replace(before, **changes)
        if self.choices == before:
            return
        if self.choices.data != before.data:
            checkpoint = self.document.recipe.checkpoint
            self._data.pop(checkpoint, None)
            self._data[checkpoint] = self.choices.data
        self._keeping.start()
        self.choices_changed.emit(self.choices)
        if self._agent is not None:
            if self.choices.target != before.target:
                self._agent.set_target(self.choices.target)
            self._open()
            self._follow()

    def rest(self) -> None:
        """The hand rests."""
        if self._moving:
            self._moving = False
            self._follow(again=True)

    def look_for_spaces(self) -> None:
        """See again which feature spaces are at hand."""
        from latentstudio.metrics.spaces.register import known

        self.spaces = known()
        self.spaces_changed.emit()

    def _on_recipe(self, recipe: Recipe) -> None:
        if self._followed is None or recipe.checkpoint != self._followed.checkpoint:
            self._fit_data()
            self._open()
        if self.sampling != self._followed:
            self._moving = True
            self._follow()

    def _fit_data(self) -> None:
        """Turn to the data of the checkpoint that is open now."""
        checkpoint = self.document.recipe.checkpoint
        data, known = self._data.get(checkpoint, ""), known_data(self.locate(checkpoint))
        self._lost.pop("data", None)
        if is_gone(data):
            instead = f"{data_title(known)} is taken" if known else "choose other pictures"
            self._lost["data"] = f"{data} is gone: {instead}."
            data = ""
        data = data or known
        if data != self.choices.data:
            self.choices = msgspec.structs.replace(self.choices, data=data)
            self.choices_changed.emit(self.choices)

    def _keep(self) -> None:
        if self._folder is not None:
            remember(self._folder / CHOICES, self.choices, self._data)

    def _open(self) -> None:
        if self._agent is None:
            return
        if self._lost:
            self.noticed.emit(" ".join(self._lost.values()))
            self._lost.clear()
        wanted = self.choices.data, self.choices.features
        if wanted == self._opened:
            return
        self._opened = wanted
        self._forget()
        if self.choices.data:
            self._on_error("")
            self._agent.open(*wanted)
        else:
            self._on_error(NO_DATA)

    def _follow(self, again: bool = False) -> None:
        sampling = self.sampling
        ready = self._agent is not None and self.choices.data and sampling.checkpoint
        if ready and self.active and (again or sampling != self._followed):
            if self._followed is not None and sampling.checkpoint != self._followed.checkpoint:
                self._forget()
            self._followed = sampling
            self._agent.follow(sampling, moving=self._moving)

    def _forget(self) -> None:
        """Numbers of other data, features or checkpoints leave the screen."""
        self.quality = self.curve = None
        self.quality_changed.emit(None)
        self.curve_changed.emit(None)

    # -- news, in the GUI thread ---------------------------------------------------------

    def _on_quality(self, quality: Quality) -> None:
        sampling = quality.sampling
        if sampling is None or sampling.checkpoint != self.document.recipe.checkpoint:
            return  # late
        self.quality = quality
        if self.trouble:
            self._on_error("")
        self.quality_changed.emit(quality)
        settled = quality.kind == "measured" and quality.n >= self.choices.target
        if settled and self.history is not None:
            info = self.document.info
            name = (info.name or info.family) if info is not None else ""
            if self.history.keep(quality, name, self.choices.data, self.choices.features):
                self.history_changed.emit()

    def _on_curve(self, curve: Curve) -> None:
        self.curve = curve
        if self.history is not None:
            self.history.remember(curve.qualities)
        self.curve_changed.emit(curve)

    def _on_state(self, state: str) -> None:
        self.state = state
        self.state_changed.emit(state)

    def _on_error(self, words: str) -> None:
        self.trouble = sentence(words) if words else ""
        self.troubled.emit(self.trouble)
