"""An inviting place for a photograph."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QFont,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from latentstudio.ui.inverting.mime import all_held_by
from latentstudio.ui.widgets.metrics import GAP, MARGIN, STEP
from latentstudio.ui.widgets.paint import Ink, mixed, small

WORDS = "Drop a photograph here, paste one, or press to choose"
LETTING_GO = "Let go"
MORE = "JPEG, PNG, WebP, TIFF … It stays on this machine."
HEIGHT = 212


class DropArea(QAbstractButton):
    """Takes what is dropped; a click, Enter or Space asks for a file.

    Signals
    -------
    dropped(list)
        Paths of files, or a QImage that another program let go of; each with its name.
    """

    dropped = Signal(list)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.over = False
        self.setText(WORDS)
        self.setAccessibleName(WORDS)
        self.setToolTip("Any picture of the kind that the generator makes, such as a portrait")
        self.setAcceptDrops(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Too large to be overlooked."""
        return QSize(280, HEIGHT)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter as Space."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    # -- drops ---------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Light up for pictures."""
        if all_held_by(event.mimeData()):
            self._light(True)
            event.acceptProposedAction()

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        """Go dark again."""
        self._light(False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Hand it on."""
        self._light(False)
        found = all_held_by(event.mimeData())
        if found:
            event.acceptProposedAction()
            self.dropped.emit(found)

    def _light(self, on: bool) -> None:
        self.over = on
        self.update()

    # -- drawing -------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A dashed frame, a picture in it, and words."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = Ink(self)
        lit = self.over or self.hasFocus() or self.isDown()
        warm = self.over or self.underMouse()
        frame = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.setBrush(ink.tint if self.over else mixed(ink.well, ink.text, 0.04 * warm))
        painter.setPen(QPen(ink.accent if lit else ink.quiet, 1.5, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(frame, 2 * STEP, 2 * STEP)
        middle = frame.center()
        _sign(painter, ink, middle - QPointF(0, 10 * STEP), ink.accent if lit or warm else ink.text)
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * 1.15)
        painter.setFont(font)
        painter.setPen(ink.text)
        flags = Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap
        room = QRectF(frame.left() + MARGIN, middle.y(), frame.width() - 2 * MARGIN, 12 * STEP)
        painter.drawText(room, flags, LETTING_GO if self.over else self.text())
        painter.setFont(small(self.font()))
        painter.setPen(ink.quiet)
        painter.drawText(room.translated(0, room.height() + GAP), flags, MORE)


def _sign(painter: QPainter, ink: Ink, at: QPointF, colour: QColor) -> None:
    """A picture: hills and a sun in a frame."""
    painter.save()
    painter.translate(at)
    join, cap = Qt.PenJoinStyle.RoundJoin, Qt.PenCapStyle.RoundCap
    painter.setPen(QPen(colour, 2, Qt.PenStyle.SolidLine, cap, join))
    painter.setBrush(ink.well)
    painter.drawRoundedRect(QRectF(-30, -24, 60, 48), 6, 6)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawEllipse(QPointF(-14, -9), 5, 5)
    hills = [(-29, 14), (-12, 0), (0, 11), (12, -5), (29, 12)]
    painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in hills]))
    painter.restore()
