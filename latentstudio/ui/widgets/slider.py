"""A horizontal slider over real numbers, with marks that catch the hand."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QAbstractSlider, QSizePolicy, QWidget

from latentstudio.ui.widgets.gesture import Gesture
from latentstudio.ui.widgets.metrics import ROW
from latentstudio.ui.widgets.paint import Ink, knob, small

KNOB = 6
CATCH = 4
FINE = 0.1


class Slider(QAbstractSlider):
    """Drag (Shift: finer; Alt: past the marks), arrows, Page, Home, End; double-click resets.

    Signals
    -------
    edited(float)
        The hand changed the value. Setting it from the program says nothing.
    typed(str)
        A digit was typed on the slider: the start of a number.
    """

    edited = Signal(float)
    typed = Signal(str)

    def __init__(
        self,
        low: float,
        high: float,
        *,
        step: float = 0.01,
        default: float = 0.0,
        origin: float | None = None,
        marks: Sequence[float] = (),
        labelled: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._unit = step / 10
        self._default = default
        self._origin = low if origin is None else origin
        self._marks = tuple(marks)
        self._labelled = labelled
        self._hand = 0.0
        self._last = 0.0
        self.gesture = Gesture()
        self.setOrientation(Qt.Orientation.Horizontal)
        self.setRange(round(low / self._unit), round(high / self._unit))
        self.setSingleStep(10)
        self.setPageStep(100)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_amount(default)

    def amount(self) -> float:
        """The value."""
        return self.value() * self._unit

    def set_amount(self, amount: float) -> None:
        """Show a value; beyond the ends the handle stands at the end."""
        self.setValue(round(amount / self._unit))

    def sizeHint(self) -> QSize:
        """One row; a taller one with labelled marks."""
        extra = self._caption_height() if self._labelled else 0
        return QSize(96, ROW + extra)

    def minimumSizeHint(self) -> QSize:
        """Wide enough to be useful."""
        return QSize(32, self.sizeHint().height())

    def event(self, event: QEvent) -> bool:
        """Claim the digits, which elsewhere are the window's shortcuts."""
        override = event.type() == QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and _begins_number(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, Page, Home and End; Delete resets; digits begin a number."""
        before = self.value()
        self.gesture.key(event)
        if _begins_number(event):
            self.typed.emit(event.text())
            return
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.set_amount(self._default)
        else:
            super().keyPressEvent(event)
        self._report(before)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Only with the focus: a wheel that scrolls the panel must not change the picture."""
        if not self.hasFocus():
            event.ignore()
            return
        before = self.value()
        self.gesture.wheel()
        super().wheelEvent(event)
        event.accept()
        self._report(before)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the handle, or bring it here."""
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        self.gesture.begin()
        self.setSliderDown(True)
        at, here = self._x_of(self.amount()), event.position().x()
        self._hand = at if abs(here - at) <= KNOB + 2 else here
        self._last = here
        self._follow(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the hand."""
        if self.isSliderDown():
            here = event.position().x()
            fine = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            self._hand += (here - self._last) * (FINE if fine else 1.0)
            self._last = here
            self._follow(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self.setSliderDown(False)
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Back to the default, in the same stroke as the first of the two clicks."""
        before = self.value()
        self.set_amount(self._default)
        self._report(before)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Groove, filling from the origin, marks and handle."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink, middle = Ink(self), ROW / 2
        left, right = float(KNOB), self.width() - float(KNOB)
        at = self._x_of(self.amount())
        zero = self._x_of(self._origin)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink.groove)
        painter.drawRoundedRect(QRectF(left, middle - 1.5, right - left, 3), 1.5, 1.5)
        painter.setBrush(ink.accent)
        painter.drawRoundedRect(QRectF(min(at, zero), middle - 1.5, abs(at - zero), 3), 1.5, 1.5)
        self._paint_marks(painter, ink, middle)
        knob(painter, ink, QPointF(at, middle), KNOB, focus=self.hasFocus())

    def _paint_marks(self, painter: QPainter, ink: Ink, middle: float) -> None:
        painter.setFont(small(self.font()))
        painter.setPen(QPen(ink.quiet, 1))
        metrics, free = painter.fontMetrics(), 0.0
        for mark in sorted(self._marks):
            x = round(self._x_of(mark)) + 0.5
            painter.drawLine(QPointF(x, middle + 6), QPointF(x, middle + 9))
            if self._labelled:
                text = f"{mark:g}"
                width = metrics.horizontalAdvance(text)
                # In a narrow dock neighbours step aside rather than run into each other.
                place = min(max(free, x - width / 2), float(self.width() - width))
                free = place + width + 3
                baseline = middle + 10 + metrics.ascent()
                painter.drawText(QPointF(place, baseline), text)

    def _caption_height(self) -> int:
        # Labels begin ten pixels below the groove, two above the row's end.
        return self.fontMetrics().height() - 2

    def _x_of(self, amount: float) -> float:
        low, high = self.minimum() * self._unit, self.maximum() * self._unit
        share = (amount - low) / ((high - low) or 1.0)
        return KNOB + min(1.0, max(0.0, share)) * (self.width() - 2 * KNOB)

    def _follow(self, event: QMouseEvent) -> None:
        before = self.value()
        low, high = self.minimum() * self._unit, self.maximum() * self._unit
        share = (self._hand - KNOB) / max(1, self.width() - 2 * KNOB)
        amount = low + share * (high - low)
        free = Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ShiftModifier
        if not event.modifiers() & free:
            caught = [m for m in self._marks if abs(self._x_of(m) - self._hand) <= CATCH]
            amount = caught[0] if caught else amount
        self.set_amount(amount)
        self._report(before)

    def _report(self, before: int) -> None:
        if self.value() != before:
            self.edited.emit(self.amount())


def _begins_number(event: QKeyEvent) -> bool:
    command = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
    text = event.text()
    return bool(text) and text in "0123456789.-" and not event.modifiers() & command
