"""Between the engine's inverter and the widgets: orders and news. Importable without torch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal

from latentstudio.ui.reading import Reader
from latentstudio.ui.wording import sentence

if TYPE_CHECKING:
    from latentstudio.checkpoints.differences import Differences
    from latentstudio.document.document import Document
    from latentstudio.engine.inverting.values import Ended, Guess, Order, Progress, Tuned, Tuning


def load_inverter() -> Callable[..., Any]:
    """The engine's class; what it imports takes a moment, so a thread does it."""
    from latentstudio.engine.inverting.inverter import Inverter

    return Inverter


class InverterLink(QObject):
    """One :class:`~latentstudio.engine.inverting.inverter.Inverter`, heard in the GUI thread.

    Nothing is imported or opened before it is first asked for something.

    Signals
    -------
    waiting(str, float, float)
        What is being prepared, the share of it, and the seconds left (below 0: not known).
    failed(str)
        One sentence.
    """

    waiting = Signal(str, float, float)
    failed = Signal(str)

    _news = Signal(object, object, object)

    def __init__(
        self,
        document: Document,
        engine: Any,
        locate: Callable[[str], Path | None],
        parent: QObject | None = None,
        differences: Differences | None = None,
    ) -> None:
        super().__init__(parent)
        self.document = document
        self._differences = differences
        self.load_inverter = load_inverter  # tests put theirs here
        self._engine, self._locate = engine, locate
        self._inverter: Any = None
        self._asked: list[tuple[str, tuple[Any, ...]]] = []
        self._round = 0  # of the search: what an earlier one still had under way is not heard
        self._closed = False
        self._loader = Reader(self)
        # Queued explicitly: it is emitted in plain Python threads.
        self._news.connect(self._on_news, Qt.ConnectionType.QueuedConnection)

    def stop(self) -> None:
        """End all work; nothing arrives after this."""
        if not self._closed:
            self._closed = True
            self._loader.stop()
            if self._inverter is not None:
                self._inverter.stop_all()

    def _ask(self, name: str, *values: Any) -> None:
        """Call the inverter's method, now or once it is there."""
        if self._inverter is not None:
            getattr(self._inverter, name)(*values)
        elif not self._closed:
            self._asked.append((name, values))
            if not self._loader.busy:
                self._loader.read(self.load_inverter, self._on_loaded)

    def _on_loaded(self, result: Any) -> None:
        asked, self._asked = self._asked, []
        if isinstance(result, Exception):
            self._on_error(f"No picture can be searched for: {result}")
            return
        self._inverter = result(
            self._engine,
            self._locate,
            on_begun=self._hear(self._on_begun, of_search=True),
            on_progress=self._hear(self._on_progress, of_search=True),
            on_ended=self._hear(self._on_ended, of_search=True),
            on_guess=self._hear(self._on_guess),
            on_tuning=self._hear(self._on_tuning, of_search=True),
            on_tuned=self._hear(self._on_tuned, of_search=True),
            on_waiting=self._hear(self._on_waiting),
            on_error=self._hear(self._on_error),
            differences=self._differences,
        )
        for name, values in asked:
            self._ask(name, *values)

    def _hear(self, slot: Callable[..., None], of_search: bool = False) -> Callable[..., None]:
        """A callback for any thread that calls ``slot`` in the GUI's."""

        def say(*values: object) -> None:
            if not self._closed:
                self._news.emit(slot, values, self._round if of_search else None)

        return say

    def _on_news(
        self, slot: Callable[..., None], values: tuple[object, ...], of: int | None
    ) -> None:
        if not self._closed and of in (None, self._round):
            slot(*values)

    # -- news, in the GUI thread ---------------------------------------------------------

    def _on_begun(self, _order: Order) -> None:
        self._on_waiting("Choosing where to start …", 0.0)

    def _on_progress(self, progress: Progress) -> None:
        """The search has come further."""

    def _on_ended(self, ended: Ended) -> None:
        """The search is over."""

    def _on_guess(self, guess: Guess) -> None:
        """The encoder has answered."""

    def _on_tuning(self, tuning: Tuning) -> None:
        """The tuning has come further."""

    def _on_tuned(self, tuned: Tuned) -> None:
        """The generator was tuned."""

    def _on_waiting(self, what: str, share: float, left: float | None = None) -> None:
        self.waiting.emit(what, share, -1.0 if left is None else left)

    def _on_error(self, words: str) -> None:
        self.failed.emit(sentence(words))
