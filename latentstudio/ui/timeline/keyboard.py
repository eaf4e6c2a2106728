"""The keys that work the timeline while one of its rows has the focus."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from latentstudio.ui.timeline.selection import Selection
from latentstudio.ui.timeline.words import frame_at
from latentstudio.ui.widgets.gesture import Gesture

_K = Qt.Key
_CTRL, _ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
_HELD = _CTRL | _ALT | Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.MetaModifier


class Keyboard:
    """Space plays, arrows go by frames, Ctrl+arrows by keys; Alt+arrows move the chosen key.

    Home and End go to the ends, Up and Down choose a row, Enter sets a key, Del removes one.
    """

    def __init__(self, selection: Selection, gesture: Gesture) -> None:
        self._selection, self._gesture = selection, gesture
        self._model = selection.model
        none, ctrl, alt = Qt.KeyboardModifier.NoModifier, _CTRL, _ALT
        self._deeds: dict[tuple[Qt.Key, Qt.KeyboardModifier], Callable[[], None]] = {
            (_K.Key_Space, none): self._model.turn,
            (_K.Key_Return, none): self._model.set_key,
            (_K.Key_Enter, none): self._model.set_key,
            (_K.Key_Delete, none): selection.remove,
            (_K.Key_Backspace, none): selection.remove,
            (_K.Key_Home, none): lambda: self._model.seek(0.0),
            (_K.Key_End, none): lambda: self._model.seek(self._model.timeline.length),
            (_K.Key_Left, none): lambda: self._frames(-1),
            (_K.Key_Right, none): lambda: self._frames(1),
            (_K.Key_Left, ctrl): lambda: selection.step(-1),
            (_K.Key_Right, ctrl): lambda: selection.step(1),
            (_K.Key_Left, alt): lambda: selection.nudge(-1, gesture.merge("timeline.key")),
            (_K.Key_Right, alt): lambda: selection.nudge(1, gesture.merge("timeline.key")),
            (_K.Key_Up, none): lambda: selection.climb(-1),
            (_K.Key_Down, none): lambda: selection.climb(1),
        }

    def knows(self, event: QKeyEvent) -> bool:
        """Whether the timeline answers to it."""
        return self._of(event) in self._deeds

    def press(self, event: QKeyEvent) -> bool:
        """Do what the key says; whether it says anything."""
        deed = self._deeds.get(self._of(event))
        if deed is None:
            return False
        self._gesture.key(event)
        deed()
        return True

    def _frames(self, by: int) -> None:
        timeline = self._model.timeline
        self._model.seek(timeline.time(frame_at(timeline, self._model.time) + by))

    @staticmethod
    def _of(event: QKeyEvent) -> tuple[Qt.Key, Qt.KeyboardModifier]:
        return Qt.Key(event.key()), event.modifiers() & _HELD
