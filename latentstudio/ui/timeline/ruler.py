"""The ruler: seconds, frames, and the handle of the playhead."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QWidget

from latentstudio.ui.timeline.row import Row
from latentstudio.ui.timeline.scale import NAMES, Scale
from latentstudio.ui.timeline.selection import Selection
from latentstudio.ui.timeline.words import clock, frame_at, short
from latentstudio.ui.widgets.metrics import MARGIN
from latentstudio.ui.widgets.paint import Ink, mixed, small

HEIGHT = 30
_APART = 84  # px between labels, at least
_STEPS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600)


class Ruler(Row):
    """Drag to scrub; double-click shows the whole film."""

    def __init__(self, selection: Selection, scale: Scale, parent: QWidget | None = None) -> None:
        super().__init__(selection, scale, parent)
        self.setObjectName("timeline.ruler")
        self.setAccessibleName("Time")
        self.setToolTip(
            "Drag to see the film at any time; it snaps to frames, keys and beats (Ctrl: not)\n"
            "Space plays, ← → go by a frame, Ctrl+← → to the next key; Ctrl+wheel enlarges"
        )
        self.model.playing_changed.connect(self._renew_clock)

    def sizeHint(self) -> QSize:
        """One strip."""
        return QSize(480, HEIGHT)

    def step(self) -> float:
        """Seconds from a label to the next."""
        return next((s for s in _STEPS if s * self.scale.pixels >= _APART), _STEPS[-1])

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show everything."""
        self.scale.fit()

    def paint_still(self, painter: QPainter, ink: Ink) -> None:
        """Ticks and labels."""
        self.paint_time(painter, ink, HEIGHT / 2)
        self._paint_ticks(painter, ink)
        painter.fillRect(0, 0, NAMES, HEIGHT, ink.ground)
        painter.setPen(QPen(ink.line, 1))
        painter.drawLine(QLineF(0, HEIGHT - 0.5, self.width(), HEIGHT - 0.5))

    def paint_playhead(self, painter: QPainter, ink: Ink) -> None:
        """Its handle, and where it stands in figures."""
        if self.scale.x(self.model.time) >= NAMES:
            self._paint_handle(painter, ink)
        self._paint_clock(painter, ink)

    def _paint_ticks(self, painter: QPainter, ink: Ink) -> None:
        timeline, step = self.model.timeline, self.step()
        painter.setFont(small(self.font()))
        metrics = painter.fontMetrics()
        faint = mixed(ink.well, ink.text, 0.25)
        each = 1 / float(timeline.fps)
        fine = each if each * self.scale.pixels >= 5 else step / 5
        end = self.scale.start + self.scale.span + 1e-9
        painter.setPen(QPen(faint, 1))
        for i in range(int(self.scale.start / fine), int(end / fine) + 1):
            x = self.scale.x(i * fine)
            painter.drawLine(QLineF(x, HEIGHT - 5, x, HEIGHT))
        for i in range(int(self.scale.start / step), int(end / step) + 1):
            x = self.scale.x(i * step)
            painter.setPen(QPen(ink.quiet, 1))
            painter.drawLine(QLineF(x, HEIGHT - 10, x, HEIGHT))
            text = short(i * step)
            painter.setPen(ink.text)
            painter.drawText(QPointF(x + 4, 12), text)
            painter.setPen(faint)
            after = x + 10 + metrics.horizontalAdvance(text)
            frame = str(frame_at(timeline, i * step))
            if after + metrics.horizontalAdvance(frame) <= self.width():
                painter.drawText(QPointF(after, 12), frame)

    def _paint_handle(self, painter: QPainter, ink: Ink) -> None:
        """A little house upside down."""
        x = self.scale.x(self.model.time)
        painter.setPen(QPen(ink.text if self.hasFocus() else ink.accent, 1.5))
        painter.setBrush(ink.accent)
        top, eaves = HEIGHT - 15, HEIGHT - 7
        left, right = x - 5.5, x + 5.5
        corners = [QPointF(left, top), QPointF(right, top), QPointF(right, eaves)]
        painter.drawPolygon([*corners, QPointF(x, HEIGHT - 1), QPointF(left, eaves)])

    def _paint_clock(self, painter: QPainter, ink: Ink) -> None:
        font = self.font()
        font.setPointSizeF(font.pointSizeF() * 1.15)
        painter.setFont(font)
        painter.setPen(ink.accent if self.model.playing else ink.text)
        room = QRectF(MARGIN, 0, NAMES - 2 * MARGIN, HEIGHT)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, clock(self.model.time))
        painter.setFont(small(self.font()))
        painter.setPen(ink.quiet)
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(room, flags, str(frame_at(self.model.timeline, self.model.time)))

    def _on_moved(self, time: float) -> None:
        super()._on_moved(time)
        self._renew_clock()

    def _renew_clock(self) -> None:
        self.update(0, 0, NAMES, HEIGHT)
