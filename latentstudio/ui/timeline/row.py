"""What ruler, marks and tracks share: the mouse and the keyboard."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QWheelEvent
from PySide6.QtWidgets import QToolTip, QWidget

from latentstudio.ui.timeline.diamonds import stamp
from latentstudio.ui.timeline.keyboard import Keyboard
from latentstudio.ui.timeline.scale import Scale
from latentstudio.ui.timeline.selection import Selection
from latentstudio.ui.timeline.snapping import snapped
from latentstudio.ui.timeline.surface import Surface
from latentstudio.ui.widgets.gesture import Gesture
from latentstudio.ui.widgets.paint import Ink

CATCH = 6  # px within which a beat or a key catches the hand
_STILL = 3  # px that a key must be dragged before it moves

Key = tuple[str, float]


class Row(Surface):
    """A press on a key chooses and drags it, anywhere else it scrubs."""

    def __init__(self, selection: Selection, scale: Scale, parent: QWidget | None = None) -> None:
        super().__init__(selection, scale, parent)
        self.gesture = Gesture()
        self.over: Key | None = None  # the key under the mouse
        self._keyboard = Keyboard(selection, self.gesture)
        self._grabbed: QPointF | None = None
        self._carried: Key | None = None
        self._moving = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)

    # -- for the rows to say -------------------------------------------------------------

    def hit(self, _at: QPointF) -> Key | None:
        """The key that lies there: its row and its time."""
        return None

    def tip(self, _key: Key) -> str:
        """What a key is, in words."""
        return ""

    def paint_key(self, painter: QPainter, ink: Ink, key: Key, y: float) -> None:
        """A diamond."""
        at = QPointF(self.scale.x(key[1]), y)
        stamp(painter, ink, at, chosen=self.selection.chosen(*key), over=key == self.over)

    # -- the hand ------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """Words of the key under the mouse; keys that the timeline keeps from the window."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            key = self.hit(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), self.tip(key) if key else self.toolTip(), self)
            return True
        override = event.type() == QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and self._keyboard.knows(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """See :class:`~latentstudio.ui.timeline.keyboard.Keyboard`."""
        if not self._keyboard.press(event):
            super().keyPressEvent(event)
        self.scale.reveal(self.model.time)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the key here, or bring the playhead."""
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        self.gesture.begin()
        self.scale.hold()
        self._grabbed = event.position()
        self._carried = self.hit(event.position())
        if self._carried is None:
            self.selection.choose("", None)
            self._scrub(event)
        else:
            self.selection.choose(*self._carried)
            self.selection.grab()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the key, or scrub."""
        if self._grabbed is None:
            self._hover(self.hit(event.position()))
        elif self._carried is None:
            self._scrub(event)
        elif abs(event.position().x() - self._grabbed.x()) >= _STILL or self._moving:
            self._moving = True
            by = (event.position().x() - self._grabbed.x()) / self.scale.pixels
            rest = (mark for mark in self.model.timeline.marks if mark != self.selection.time)
            to = self._caught(self._carried[1] + by, event, (*rest, self.model.time))
            self.selection.drag(to, self.gesture.merge("timeline.key"))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._grabbed, self._moving = None, False
        self.scale.let_go()
        self._hover(self.hit(event.position()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Go to the key."""
        key = self.hit(event.position())
        if key is None:
            self.mousePressEvent(event)
        else:
            self.model.seek(key[1])

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the mouse."""
        self._hover(None)
        super().leaveEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """With Ctrl zoom, with Shift or sideways go along; else scroll the tracks."""
        turned, held = event.angleDelta(), event.modifiers()
        if held & Qt.KeyboardModifier.ControlModifier:
            self.scale.zoom(1.2 ** (turned.y() / 120), event.position().x())
        elif held & Qt.KeyboardModifier.ShiftModifier or turned.x():
            self.scale.scroll(-(turned.x() or turned.y()) / 2)
        else:
            event.ignore()
            return
        event.accept()

    def _scrub(self, event: QMouseEvent) -> None:
        time = self.scale.time(event.position().x())
        time = self._caught(time, event, self.model.timeline.marks)
        self.model.seek(time)

    def _caught(self, time: float, event: QMouseEvent, also: tuple[float, ...]) -> float:
        time = min(max(time, 0.0), self.scale.length)
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            return time
        return snapped(self.model.timeline, time, CATCH / self.scale.pixels, also=also)

    def _hover(self, key: Key | None) -> None:
        if key != self.over:
            self.over = key
            self.renew()
