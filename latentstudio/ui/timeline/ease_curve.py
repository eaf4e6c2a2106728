"""A small square in which an easing is shaped by hand."""

from __future__ import annotations

from PySide6.QtCore import QLineF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QWidget

from latentstudio.document.timeline.ease import Ease
from latentstudio.ui.timeline.ease_view import BEYOND, KNOTS, EaseView
from latentstudio.ui.widgets.gesture import Gesture

_STEP = 0.05


class EaseCurve(EaseView):
    """Time across, way up. Handles are dragged; any other curve is drawn over, by hand.

    Keys: Left and Right choose a handle, or a place of the drawn curve; Up and Down change its
    height, Shift+Left and Right move a handle across.

    Signals
    -------
    edited(Ease)
        The hand changed the curve.
    """

    edited = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.gesture = Gesture()
        self._held: int | None = None
        self._last: tuple[float, float] | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Easing curve")
        self.setToolTip("How far on the way (up) at which time (across): draw it, or drag handles")

    # -- the hand ------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the nearer handle, or begin to draw."""
        if event.button() != Qt.MouseButton.LeftButton or self._ease is None:
            event.ignore()
            return
        self.gesture.begin()
        if self._ease.kind == "bezier":
            away = [QLineF(spot, event.position()).length() for spot in self.handles()]
            self._held = self._place = away.index(min(away))
            self._drag(event)
        else:
            self._last = self._share(event)
            self._draw(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the hand."""
        if self._held is not None:
            self._drag(event)
        elif self._last is not None:
            self._draw(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._held = self._last = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows shape the curve."""
        keys = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0),
                Qt.Key.Key_Down: (0, -1), Qt.Key.Key_Up: (0, 1)}  # fmt: skip
        if self._ease is None or event.key() not in keys:
            super().keyPressEvent(event)
            return
        self.gesture.key(event)
        across, up = keys[Qt.Key(event.key())]
        handles = self._ease.kind == "bezier"
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if across and not (handles and shift):
            last = 1 if handles else KNOTS - 2
            self._place = min(max(self._place + across, 0 if handles else 1), last)
            self.update()
        elif handles:
            x, y = self._ease.knots[2 * self._place : 2 * self._place + 2]
            self._put(self._place, x + _STEP * across, y + _STEP * up)
        else:
            self._place = min(max(self._place, 1), KNOTS - 2)
            knots = self.drawn()
            knots[self._place] = _within(knots[self._place] + _STEP * up)
            self._say(Ease("drawn", tuple(knots)))

    def _drag(self, event: QMouseEvent) -> None:
        assert self._held is not None
        self._put(self._held, *self._share(event))

    def _put(self, handle: int, x: float, y: float) -> None:
        assert self._ease is not None
        knots = list(self._ease.knots)
        knots[2 * handle : 2 * handle + 2] = round(min(1.0, max(0.0, x)), 3), round(_within(y), 3)
        self._say(Ease("bezier", tuple(knots)))

    def _draw(self, event: QMouseEvent) -> None:
        """Put the knots between the last place and this one on the line between them."""
        assert self._last is not None
        (x0, y0), (x1, y1) = sorted((self._last, self._share(event)))
        self._last = self._share(event)
        knots, last = self.drawn(), KNOTS - 1
        for i in range(max(1, round(x0 * last)), min(last, round(x1 * last) + 1)):
            share = 0.5 if x1 == x0 else (i / last - x0) / (x1 - x0)
            knots[i] = _within(y0 + (y1 - y0) * min(1.0, max(0.0, share)))
        self._say(Ease("drawn", tuple(knots)))

    def drawn(self) -> list[float]:
        """The curve as it is, as a drawn one."""
        assert self._ease is not None
        return [self._ease.at(i / (KNOTS - 1)) for i in range(KNOTS)]

    def _share(self, event: QMouseEvent) -> tuple[float, float]:
        area, at = self.area(), event.position()
        x = (at.x() - area.left()) / area.width()
        return min(1.0, max(0.0, x)), _within((area.bottom() - at.y()) / area.height())

    def _say(self, ease: Ease) -> None:
        if ease != self._ease:
            self.set_ease(ease)
            self.edited.emit(ease)


def _within(height: float) -> float:
    return min(1.0 + BEYOND, max(-BEYOND, height))
