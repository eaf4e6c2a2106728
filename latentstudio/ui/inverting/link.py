"""Between the engine's inverter and the widgets: orders and news. Importable without torch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from latentstudio.ui.link import Link
from latentstudio.ui.wording import sentence

if TYPE_CHECKING:
    from latentstudio.checkpoints.differences import Differences
    from latentstudio.document.document import Document
    from latentstudio.engine.inverting.values import Ended, Guess, Order, Progress, Tuned, Tuning


class InverterLink(Link):
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

    USELESS = "No picture can be searched for"

    def __init__(
        self,
        document: Document,
        engine: Any,
        locate: Callable[[str], Path | None],
        parent: QObject | None = None,
        differences: Differences | None = None,
    ) -> None:
        super().__init__(document, engine, parent)
        self._locate, self._differences = locate, differences

    def load(self) -> Any:
        """Import the engine's class; tests put theirs here."""
        from latentstudio.engine.inverting.inverter import Inverter

        return Inverter

    def _make(self, loaded: Any) -> Any:
        return loaded(
            self._engine,
            self._locate,
            on_begun=self._hear(self._on_begun, of_run=True),
            on_progress=self._hear(self._on_progress, of_run=True),
            on_ended=self._hear(self._on_ended, of_run=True),
            on_guess=self._hear(self._on_guess),
            on_tuning=self._hear(self._on_tuning, of_run=True),
            on_tuned=self._hear(self._on_tuned, of_run=True),
            on_waiting=self._hear(self._on_waiting),
            on_error=self._hear(self._on_error),
            differences=self._differences,
        )

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
