"""What all panels share: a scrolling column, a line that says why, and the document's news."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from latentstudio.ui.widgets.hint import Hint
from latentstudio.ui.widgets.metrics import GAP, MARGIN

if TYPE_CHECKING:
    from latentstudio.document.recipe import Recipe
    from latentstudio.engine.frame import Frame
    from latentstudio.generators.info import GeneratorInfo
    from latentstudio.ui.panels.context import PanelContext

NARROWEST = 272
NO_GENERATOR = "No generator is open: open or drop a checkpoint (Ctrl+O)."


class Panel(QWidget):
    """One concern of the recipe, as widgets in a column.

    A subclass builds its widgets into :attr:`column`, implements the ``show_`` methods and
    calls :meth:`refresh` at the end of its ``__init__``. The methods only write to widgets;
    widgets tell the panel about the user's changes alone, so nothing can go in a circle.

    Attributes
    ----------
    title
        On the dock's tab.
    name
        The dock's objectName, and the stem of the values' paths.
    """

    title: ClassVar[str]
    name: ClassVar[str]

    def __init__(self, studio: PanelContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"panel.{self.name}")
        self.studio = studio
        self.document = studio.document
        self.setMinimumWidth(NARROWEST)

        self._scroll = QScrollArea(self)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._scroll)

        self.content = QWidget()
        self._scroll.setWidget(self.content)
        self.column = QVBoxLayout(self.content)
        self.column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        self.column.setSpacing(GAP)
        self.reason = Hint()
        self.reason.setObjectName(f"{self.name}.reason")
        self.column.addWidget(self.reason)

        self.document.recipe_changed.connect(self._on_recipe)
        self.document.active_changed.connect(self._on_active)
        self.document.info_changed.connect(self._on_info)
        self.document.begun.connect(self.renew)

    def refresh(self) -> None:
        """Show the document as it is now."""
        self.show_info(self.document.info)
        self.show_active(self.document.active)
        self.show_recipe(self.document.recipe)

    def show_recipe(self, recipe: Recipe) -> None:
        """Write the recipe's values to the widgets."""

    def show_active(self, name: str) -> None:
        """Write the active point's name to the widgets."""

    def show_info(self, info: GeneratorInfo | None) -> None:
        """Enable what the generator can do; say why for what it cannot."""

    def show_frame(self, frame: Frame) -> None:
        """Another picture is on the screen."""

    def renew(self) -> None:
        """Forget what belonged to the session before, and no recipe says."""

    def stop(self) -> None:
        """End what works for this panel in other threads (the window is going)."""

    def say(self, reason: str) -> None:
        """Show one line above the controls, or take it away when empty."""
        self.reason.say(reason)

    def _on_recipe(self, recipe: Recipe) -> None:
        self.show_recipe(recipe)

    def _on_active(self, name: str) -> None:
        self.show_active(name)

    def _on_info(self, info: GeneratorInfo | None) -> None:
        self.show_info(info)
        self.show_recipe(self.document.recipe)
