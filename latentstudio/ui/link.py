"""Between an agent of the engine and the widgets: asked and heard in the GUI's thread. No torch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from latentstudio.ui.news import News
from latentstudio.ui.numbers.visibility import Attention
from latentstudio.ui.reading import Reader

if TYPE_CHECKING:
    from latentstudio.document.document import Document
    from latentstudio.document.recipe import Recipe


class Link(QObject):
    """Has an agent of the engine, such as its editor: loaded when it is first asked for something.

    A subclass says which: :attr:`USELESS`, :meth:`load`, :meth:`_make`, :meth:`_on_error`.
    """

    USELESS: ClassVar[str]  # begins the sentence where the agent cannot be loaded

    def __init__(self, document: Document, engine: Any, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.document = document
        self._engine = engine
        self._agent: Any = None
        self._round = 0  # of the run: what an earlier one still had under way is not heard
        self._waiting: list[tuple[str, tuple[Any, ...]]] = []
        self._closed = False
        self._loader = Reader(self)
        self._news = News(self)

    def stop(self) -> None:
        """End all work; nothing arrives after this."""
        if not self._closed:
            self._closed = True
            self._news.close()
            self._loader.stop()
            if self._agent is not None:
                self._end()

    def load(self) -> Any:
        """Import what the agent is made of: it takes a moment, so a thread does it."""
        raise NotImplementedError

    def _make(self, loaded: Any) -> Any:
        """Make the agent of what was loaded."""
        raise NotImplementedError

    def _end(self) -> None:
        self._agent.stop_all()

    def _on_error(self, words: str) -> None:
        raise NotImplementedError

    def _ask(self, name: str, *values: Any) -> None:
        """Call the agent's method, now or once it is there."""
        if self._agent is not None:
            getattr(self._agent, name)(*values)
        elif not self._closed:
            self._waiting.append((name, values))
            self._fetch()

    def _let_go(self) -> None:
        """Nobody waits any more for what was asked."""
        self._waiting.clear()
        if self._agent is not None:
            self._agent.cancel()

    def _fetch(self) -> None:
        """Load the agent, unless that is under way."""
        if not self._loader.busy:
            self._loader.read(self.load, self._on_loaded)

    def _on_loaded(self, loaded: Any) -> None:
        if isinstance(loaded, Exception):
            self._waiting.clear()
            self._on_error(f"{self.USELESS}: {loaded}")
        else:
            self._agent = self._make(loaded)
            self._catch_up()

    def _catch_up(self) -> None:
        """The agent is there: ask what was asked before."""
        waiting, self._waiting = self._waiting, []
        for name, values in waiting:
            self._ask(name, *values)

    def _hear(self, slot: Callable[..., Any], *, of_run: bool = False) -> Callable[..., None]:
        """A callback for any thread that calls ``slot`` in the GUI's; not for a run replaced."""
        if not of_run:
            return self._news.hear(slot)

        def arrive(run: int, *values: object) -> None:
            if run == self._round:
                slot(*values)

        say = self._news.hear(arrive)
        return lambda *values: say(self._round, *values)


class WatchedLink(Link):
    """A link whose agent is loaded once somebody looks and the first picture stands.

    What is asked for earlier waits until then.

    Attributes
    ----------
    locate
        Content hash to file; None where it is not here.
    """

    def __init__(self, document: Document, engine: Any, parent: QObject | None = None) -> None:
        super().__init__(document, engine, parent)
        self.locate: Callable[[str], Path | None] = lambda _checkpoint: None
        self._attentions: list[Attention] = []
        self._awake = self._begun = False
        document.recipe_changed.connect(self._on_recipe)

    def follow_visibility(self, widget: QWidget) -> None:
        """Work while ``widget`` can be seen (and while any other that was named can)."""
        attention = Attention(widget)
        attention.changed.connect(self._on_attention)
        self._attentions.append(attention)
        self._on_attention()

    def wake(self) -> None:
        """The first picture stands: from now on torch may be asked for more."""
        if not self._awake:
            self._awake = True
            self._on_attention()

    @property
    def active(self) -> bool:
        """Whether anybody looks."""
        return any(attention.seen for attention in self._attentions)

    def stop(self) -> None:
        """End all work; nothing arrives after this."""
        if not self._closed:
            self.document.recipe_changed.disconnect(self._on_recipe)
            self._attentions.clear()
            super().stop()

    def _fetch(self) -> None:
        if self._awake and not (self._begun or self._closed) and (self.active or self._waiting):
            self._begun = True
            super()._fetch()

    def _on_attention(self) -> None:
        if self._agent is None:
            self._fetch()
        elif not self._closed:
            self._look()

    def _look(self) -> None:
        """The agent is there, and somebody looks or nobody does any more."""
        raise NotImplementedError

    def _on_recipe(self, recipe: Recipe) -> None:
        raise NotImplementedError
