"""A square with the points A to D at its corners: the place between them is the blend."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from latentstudio.document.recipe import POINT_NAMES
from latentstudio.ui.widgets.gesture import Gesture
from latentstudio.ui.widgets.metrics import RADIUS
from latentstudio.ui.widgets.paint import Ink, bed, knob
from latentstudio.ui.widgets.shares import Shares, bilinear, is_bilinear, place

SIDE = 120
INSET = 12
KNOB = 6
STEP = 0.05
CORNERS = tuple((index % 2, index // 2) for index in range(4))


class BlendPad(QWidget):
    """Drag, arrows (Shift: finer), A to D or a double-click on a corner: wholly that point.

    Signals
    -------
    blended(tuple)
        The hand chose these four shares of A to D; they sum to 1.
    """

    blended = Signal(tuple)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.gesture = Gesture()
        self._shares: Shares = (1.0, 0.0, 0.0, 0.0)
        self._dragging = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """A square."""
        return QSize(SIDE, SIDE)

    def shares(self) -> Shares:
        """The shares shown."""
        return self._shares

    def set_shares(self, shares: Shares) -> None:
        """Show shares; where no place gives them exactly, the handle is hollow."""
        if shares != self._shares:
            self._shares = shares
            self.update()

    def event(self, event: QEvent) -> bool:
        """Claim the letters A to D, which elsewhere may be the window's shortcuts."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and self._letter(event) is not None
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, Home and End (A and D), letters."""
        self.gesture.key(event)
        letter = self._letter(event)
        fine = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        step = STEP / 5 if fine else STEP
        ways = {
            Qt.Key.Key_Left: (-step, 0.0),
            Qt.Key.Key_Right: (step, 0.0),
            Qt.Key.Key_Up: (0.0, -step),
            Qt.Key.Key_Down: (0.0, step),
        }
        key = Qt.Key(event.key())
        if letter is not None:
            self._put(*CORNERS[letter])
        elif key == Qt.Key.Key_Home:
            self._put(0, 0)
        elif key == Qt.Key.Key_End:
            self._put(1, 1)
        elif key in ways:
            x, y = place(self._shares)
            self._put(round(x + ways[key][0], 6), round(y + ways[key][1], 6))
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Bring the handle here."""
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        self.gesture.begin()
        self._dragging = True
        self._follow(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the hand."""
        if self._dragging:
            self._follow(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._dragging = False

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Wholly the nearest corner, in the same stroke as the first click."""
        x, y = self._unit(event.position())
        self._dragging = False
        self._put(round(x), round(y))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Bed, a letter in every corner as strong as its share, and the handle."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink, area = Ink(self), self._area()
        bed(painter, ink, QRectF(self.rect()), self.hasFocus())
        painter.setPen(ink.line)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(area, RADIUS, RADIUS)
        painter.drawLine(
            QPointF(area.center().x(), area.top()), QPointF(area.center().x(), area.bottom())
        )
        painter.drawLine(
            QPointF(area.left(), area.center().y()), QPointF(area.right(), area.center().y())
        )
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        for name, share, (x, y) in zip(POINT_NAMES, self._shares, CORNERS, strict=True):
            room = QRectF(0, 0, 22, 22)
            room.moveCenter(
                QPointF(
                    area.right() - 14 if x else area.left() + 14,
                    area.bottom() - 14 if y else area.top() + 14,
                )
            )
            disc = QColor(ink.accent)
            disc.setAlphaF(0.45 * share)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(disc)
            painter.drawEllipse(room)
            painter.setPen(ink.text if share > 0 else ink.quiet)
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter, name)
        right, down = place(self._shares)
        at = area.topLeft() + QPointF(right * area.width(), down * area.height())
        hollow = not is_bilinear(self._shares)
        knob(painter, ink, at, KNOB, focus=self.hasFocus(), hollow=hollow)

    def _area(self) -> QRectF:
        return QRectF(self.rect()).adjusted(INSET + 0.5, INSET + 0.5, -INSET - 0.5, -INSET - 0.5)

    def _unit(self, position: QPointF) -> tuple[float, float]:
        area = self._area()
        x = (position.x() - area.left()) / area.width()
        y = (position.y() - area.top()) / area.height()
        return min(1.0, max(0.0, x)), min(1.0, max(0.0, y))

    def _follow(self, position: QPointF) -> None:
        self._put(*self._unit(position))

    def _put(self, x: float, y: float) -> None:
        shares = bilinear(x, y)
        if shares != self._shares:
            self._shares = shares
            self.update()
            self.blended.emit(shares)

    @staticmethod
    def _letter(event: QKeyEvent) -> int | None:
        text = event.text().upper()
        plain = not event.modifiers() & (
            Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
        )
        return POINT_NAMES.index(text) if plain and text and text in POINT_NAMES else None
