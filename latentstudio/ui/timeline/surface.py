"""What stands over time, painted once, and the playhead that moves over it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QLineF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from latentstudio.ui.timeline.scale import NAMES, Scale
from latentstudio.ui.timeline.selection import Selection
from latentstudio.ui.widgets.paint import Ink, mixed

_HALF = 9  # px beside the playhead that it can paint on


class Surface(QWidget):
    """A picture of everything that rests, kept until it changes, under the playhead.

    So a film of a thousand keys plays as smoothly as one of two: only two strips are painted
    for a frame.
    """

    def __init__(self, selection: Selection, scale: Scale, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.selection, self.scale = selection, scale
        self.model = selection.model
        self._still: QPixmap | None = None
        self._at = 0.0  # where the playhead is painted
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.model.moved.connect(self._on_moved)
        self.model.document.timeline_changed.connect(self.renew)
        selection.changed.connect(self.renew)
        scale.changed.connect(self.renew)

    def paint_still(self, painter: QPainter, ink: Ink) -> None:
        """Paint all but the playhead; names left of :data:`NAMES`."""
        raise NotImplementedError

    def renew(self) -> None:
        """Something that rests has changed."""
        self._still = None
        self.update()

    def paint_time(self, painter: QPainter, ink: Ink, top: float = 0.0) -> None:
        """The ground: what lies beyond the end, and the beats below ``top``."""
        timeline = self.model.timeline
        painter.fillRect(self.rect(), ink.well)
        end = self.scale.x(timeline.length)
        beyond = QRectF(end, 0, self.width() - end, self.height())
        painter.fillRect(beyond, mixed(ink.well, ink.ground, 0.8))
        low, high = self.scale.time(NAMES), self.scale.time(self.width())
        colour = QColor(ink.accent)
        for beat in timeline.beats:
            if low <= beat.time <= high:
                colour.setAlphaF(0.14 + 0.26 * min(1.0, beat.strength))
                painter.setPen(QPen(colour, 1))
                x = round(self.scale.x(beat.time)) + 0.5
                painter.drawLine(QLineF(x, top, x, self.height()))

    def paint_playhead(self, painter: QPainter, ink: Ink) -> None:
        """A line at the time that is seen."""
        painter.setPen(QPen(ink.accent, 1.5))
        x = self.scale.x(self.model.time)
        if x >= NAMES:
            painter.drawLine(QLineF(x, 0, x, self.height()))

    def paintEvent(self, event: QPaintEvent) -> None:
        """What rests, and the playhead."""
        ink, ratio = Ink(self), self.devicePixelRatioF()
        if self._still is None or self._still.devicePixelRatio() != ratio:
            self._still = QPixmap(self.size() * ratio)
            self._still.setDevicePixelRatio(ratio)
            self._still.fill(Qt.GlobalColor.transparent)
            below = QPainter(self._still)
            below.setFont(self.font())
            below.setRenderHint(QPainter.RenderHint.Antialiasing)
            below.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            self.paint_still(below, ink)
            below.end()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._still)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.paint_playhead(painter, ink)
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another size."""
        self.renew()
        super().resizeEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Other colours, another font, enabled or not."""
        self.renew()
        super().changeEvent(event)

    def focusInEvent(self, event: QEvent) -> None:
        """The name lights up."""
        self.renew()
        super().focusInEvent(event)  # type: ignore[arg-type]

    def focusOutEvent(self, event: QEvent) -> None:
        """And steps back."""
        self.renew()
        super().focusOutEvent(event)  # type: ignore[arg-type]

    def _on_moved(self, time: float) -> None:
        for x in (self.scale.x(self._at), self.scale.x(time)):
            self.update(QRect(int(x) - _HALF, 0, 2 * _HALF, self.height()))
        self._at = time
