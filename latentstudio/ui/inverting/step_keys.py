"""Undo and redo of a photograph's steps: by buttons, and by the keys that mean the document."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QSize
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from latentstudio.ui.icons import icon
from latentstudio.ui.widgets.metrics import ROW, STEP

if TYPE_CHECKING:
    from latentstudio.ui.inverting.steps import Steps

HOW = """Crop and brush have steps of their own: a drag or a stroke is one. {keys} goes through them
while the photograph or the brush has the focus; once none is left, and everywhere else, it means
the point and all its settings. Another photograph begins anew"""


@dataclass(frozen=True)
class Verb:
    """Undo or redo: its name, its keys, and the steps' label and deed for it."""

    name: str
    keys: QKeySequence.StandardKey
    label: Callable[[], str]
    go: Callable[[], None]


def verbs(steps: Steps) -> tuple[Verb, Verb]:
    """What can be done with steps."""
    keys = QKeySequence.StandardKey
    return (
        Verb("undo", keys.Undo, lambda: steps.undo_label, steps.undo),
        Verb("redo", keys.Redo, lambda: steps.redo_label, steps.redo),
    )


class StepButtons(QWidget):
    """A button for each verb."""

    def __init__(self, steps: Steps, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._verbs = verbs(steps)
        self.buttons = {verb.name: self._button(verb, name) for verb in self._verbs}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(STEP)
        for button in self.buttons.values():
            row.addWidget(button)
        steps.changed.connect(self._show)
        self._show()

    def _button(self, verb: Verb, name: str) -> QToolButton:
        button = QToolButton()
        button.setObjectName(f"{name}.{verb.name}")
        button.setIcon(icon(verb.name))
        button.setIconSize(QSize(16, 16))
        button.setFixedSize(ROW, ROW)
        button.setAutoRaise(True)
        button.clicked.connect(verb.go)
        return button

    def _show(self) -> None:
        for verb in self._verbs:
            button, label = self.buttons[verb.name], verb.label()
            keys = QKeySequence(verb.keys).toString(QKeySequence.SequenceFormat.NativeText)
            words = f"{verb.name.capitalize()} {label.lower() or 'crop and brush'}"
            button.setToolTip(f"{words} ({keys}).\n{HOW.format(keys=keys)}")
            button.setAccessibleName(words)
            button.setEnabled(bool(label))


class StepKeys(QObject):
    """Has the keys of undo and redo mean the photograph's steps inside of some widgets.

    A key that is pressed in one of them, or in a child that has no use for it, is claimed before
    it becomes the document's shortcut. While there is no such step it is left alone.
    """

    def __init__(self, steps: Steps, *widgets: QWidget) -> None:
        super().__init__(widgets[0])
        self._verbs = verbs(steps)
        for widget in widgets:
            widget.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Claim the key, then obey it."""
        obeys = event.type() == QEvent.Type.KeyPress
        if not isinstance(event, QKeyEvent) or not (
            obeys or event.type() == QEvent.Type.ShortcutOverride
        ):
            return False
        verb = next((v for v in self._verbs if event.matches(v.keys) and v.label()), None)
        if verb is None:
            return False
        if obeys:
            verb.go()
        event.accept()
        return True
