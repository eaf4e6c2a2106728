"""The slim bar above the canvas: what is open, and what the hand wants next to it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolBar, QToolButton, QWidget

from latentstudio.ui.icons import icon

LEFT = ("undo", "redo", "", "previous_seed", "random_seed", "next_seed", "", "keep")
RIGHT = ("smooth", "fit", "actual_size", "", "save_picture", "stage")


class Bar(QToolBar):
    """Actions as icons, and the checkpoint's name as a menu of others.

    Signals
    -------
    picked(str)
        Path of a checkpoint chosen from the menu.
    compare_held(bool)
        The compare button went down or up.
    """

    picked = Signal(str)
    compare_held = Signal(bool)

    def __init__(self, actions: dict[str, QAction], choices: Callable[[], list[Path]]) -> None:
        super().__init__("Toolbar")
        self.setObjectName("toolbar")
        self.setMovable(False)
        self.setFloatable(False)
        self.setIconSize(QSize(18, 18))
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self._choices = choices
        self._fill(LEFT, actions)
        self._space()
        self.checkpoint = QToolButton()
        self.checkpoint.setObjectName("checkpoint")
        self.checkpoint.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.checkpoint.setToolTip("The generator that draws; choose another here, or drop one")
        self.checkpoint.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        menu = QMenu(self.checkpoint)
        menu.aboutToShow.connect(self._fill_menu)
        menu.triggered.connect(self._on_picked)
        self.checkpoint.setMenu(menu)
        self._open = actions["open"]
        self.addWidget(self.checkpoint)
        self._space()
        self.compare = QToolButton()
        self.compare.setIcon(icon("compare"))
        self.compare.setToolTip("Hold to compare with the step before (C)")
        self.compare.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.compare.pressed.connect(self._on_pressed)
        self.compare.released.connect(self._on_released)
        self.addWidget(self.compare)
        self._fill(RIGHT, actions)

    def _fill(self, names: tuple[str, ...], actions: dict[str, QAction]) -> None:
        for name in names:
            if name:
                self.addAction(actions[name])
                self.widgetForAction(actions[name]).setFocusPolicy(Qt.FocusPolicy.NoFocus)
            else:
                self.addSeparator()

    def _space(self) -> None:
        space = QWidget()
        space.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(space)

    def name(self, text: str) -> None:
        """Write the generator's name."""
        self.checkpoint.setText(text)

    def _fill_menu(self) -> None:
        menu = self.checkpoint.menu()
        menu.clear()
        for path in self._choices():
            action = menu.addAction(path.stem)
            action.setData(str(path))
            action.setToolTip(str(path))
        menu.addSeparator()
        menu.addAction(self._open)

    def _on_picked(self, action: QAction) -> None:
        if isinstance(action.data(), str):
            self.picked.emit(action.data())

    def _on_pressed(self) -> None:
        self.compare_held.emit(True)

    def _on_released(self) -> None:
        self.compare_held.emit(False)
