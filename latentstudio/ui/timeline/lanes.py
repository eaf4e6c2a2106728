"""The tracks: a lane each, with its name, its keys, and the line of its value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QContextMenuEvent,
    QMouseEvent,
    QPainter,
    QPen,
    QPixmap,
)
from PySide6.QtWidgets import QMenu, QWidget

from latentstudio.ui.morphing.way_choice import course_words
from latentstudio.ui.timeline.changes import key_times
from latentstudio.ui.timeline.courses import stretches, stretches_from
from latentstudio.ui.timeline.diamonds import DIAMOND
from latentstudio.ui.timeline.flow import flow
from latentstudio.ui.timeline.row import Key, Row
from latentstudio.ui.timeline.scale import NAMES, Scale
from latentstudio.ui.timeline.selection import Selection
from latentstudio.ui.timeline.words import clock, frame_at, row_title
from latentstudio.ui.widgets.metrics import GAP, MARGIN
from latentstudio.ui.widgets.paint import Ink, caption, mixed

if TYPE_CHECKING:
    from latentstudio.document.timeline.timeline import Timeline

LANE = 24
_CROSS = 20  # px at the end of a name that remove the track


class Lanes(Row):
    """Keys of single tracks; the cross beside a name, or the menu, removes a track."""

    def __init__(self, selection: Selection, scale: Scale, parent: QWidget | None = None) -> None:
        self._pictures: dict[str, tuple[object, QPixmap]] = {}
        super().__init__(selection, scale, parent)
        self.setObjectName("timeline.lanes")
        self.setAccessibleName("Tracks")
        self.setToolTip("Drag a key in time, Del removes it, double-click goes there")
        self._named = -1  # the lane whose name is under the mouse
        self.menu = QMenu(self)
        self.menu.triggered.connect(self._on_menu)
        self._asked = ""

    def sizeHint(self) -> QSize:
        """As many lanes as tracks."""
        return QSize(480, LANE * len(self.model.timeline.tracks))

    def lane_at(self, y: float) -> str:
        """Name of the track that lies there, or empty."""
        tracks, number = self.model.timeline.tracks, int(y // LANE)
        return tracks[number].name if 0 <= number < len(tracks) else ""

    def hit(self, at: QPointF) -> Key | None:
        """A diamond."""
        row = self.lane_at(at.y())
        times = key_times(self.model.timeline, row) if row else ()
        near = [t for t in times if abs(self.scale.x(t) - at.x()) <= DIAMOND + 3]
        if not near or at.x() < NAMES - DIAMOND:
            return None
        return row, min(near, key=lambda t: abs(self.scale.x(t) - at.x()))

    def tip(self, key: Key) -> str:
        """Which it is, and what to do with it."""
        timeline = self.model.timeline
        when = f"{clock(key[1])}, frame {frame_at(timeline, key[1])}"
        ways = "".join(f"\nThen {course_words(s.course)}" for s in stretches_from(timeline, *key))
        return f"{row_title(timeline, key[0])} at {when}{ways}\n{self.toolTip()}"

    # -- the hand ------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """On a name: choose its nearest key, or remove the track; else as every row."""
        at = event.position()
        row = self.lane_at(at.y())
        if not row or at.x() >= NAMES - DIAMOND or event.button() != Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
        elif at.x() >= NAMES - DIAMOND - _CROSS:
            self.remove_track(row)
        else:
            times = key_times(self.model.timeline, row)
            self.selection.choose(row, min(times, key=lambda t: abs(t - self.model.time)))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show the cross beside the name under the mouse."""
        super().mouseMoveEvent(event)
        at = event.position()
        self._name(int(at.y() // LANE) if at.x() < NAMES else -1)

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the mouse."""
        self._name(-1)
        super().leaveEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What can be done with the track here, or with the chosen one."""
        keyed = event.reason() == QContextMenuEvent.Reason.Keyboard
        self._asked = self.selection.row if keyed else self.lane_at(event.pos().y())
        if self._asked:
            self.menu.clear()
            title = row_title(self.model.timeline, self._asked)
            self.menu.addAction(f"Remove the track {title}")
            self.menu.popup(event.globalPos())

    def remove_track(self, row: str) -> None:
        """Take an aspect off the timeline (undoable)."""
        title = row_title(self.model.timeline, row)
        self.model.change(f"Remove track {title}", lambda t: t.without_track(row))

    def _on_menu(self) -> None:
        self.remove_track(self._asked)

    def _name(self, lane: int) -> None:
        if lane != self._named:
            self._named = lane
            self.renew()

    # -- painting ------------------------------------------------------------------------

    def paint_still(self, painter: QPainter, ink: Ink) -> None:
        """Lanes, each from its own picture, and their names."""
        timeline = self.model.timeline
        self.paint_time(painter, ink)
        for number, track in enumerate(timeline.tracks):
            painter.drawPixmap(QPointF(0, number * LANE), self._picture(ink, timeline, track))
        painter.fillRect(0, 0, NAMES, self.height(), ink.ground)
        for number, track in enumerate(timeline.tracks):
            self._paint_name(painter, ink, timeline, number, track.name)

    def _picture(self, ink: Ink, timeline: Timeline, track: Any) -> QPixmap:
        """A lane without the playhead; kept until something in it changes."""
        row, ratio = track.name, self.devicePixelRatioF()
        mine = row == self.selection.row and self.selection.time is not None
        chosen = self.selection.time if self.selection.row in ("", row) else None
        over = self.over if self.over and self.over[0] == row else None
        place = self.scale.start, self.scale.pixels, self.width(), ratio
        state = track, timeline.loop, timeline.length, place, mine, chosen, over, ink.text.rgb()
        known = self._pictures.get(row)
        if known is None or known[0] != state:
            picture = QPixmap(round(self.width() * ratio), round(LANE * ratio))
            picture.setDevicePixelRatio(ratio)
            picture.fill(Qt.GlobalColor.transparent)
            painter = QPainter(picture)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_lane(painter, ink, timeline, track, mine)
            painter.end()
            self._pictures[row] = known = (state, picture)
        return known[1]

    def _paint_lane(
        self, painter: QPainter, ink: Ink, timeline: Timeline, track: Any, mine: bool
    ) -> None:
        painter.setPen(QPen(mixed(ink.well, ink.ground, 0.9), 1))
        painter.drawLine(QLineF(0, LANE - 0.5, self.width(), LANE - 0.5))
        painter.setPen(QPen(mixed(ink.well, ink.accent if mine else ink.text, 0.4), 1.25))
        painter.drawPath(flow(track, timeline, self.scale, 5, LANE - 10))
        painter.setPen(QPen(ink.accent, 2))
        for stretch in stretches(timeline, track.name):
            if stretch.course.pace:
                left, right = self.scale.x(stretch.start.time), self.scale.x(stretch.until)
                painter.drawLine(QLineF(left, LANE - 2.5, right, LANE - 2.5))
        low, high = self.scale.time(NAMES), self.scale.time(self.width() + DIAMOND)
        for key in track.keys:
            if low <= key.time <= high:
                self.paint_key(painter, ink, (track.name, key.time), LANE / 2)

    def _paint_name(
        self, painter: QPainter, ink: Ink, timeline: Timeline, number: int, row: str
    ) -> None:
        chosen = row == self.selection.row and self.selection.time is not None
        painter.setPen(ink.accent if chosen else ink.text)
        cross = NAMES - DIAMOND - _CROSS
        room = QRectF(MARGIN, number * LANE, cross - MARGIN, LANE)
        caption(painter, room, row_title(timeline, row))
        if number == self._named:
            painter.setPen(QPen(ink.quiet, 1.4))
            middle = QPointF(cross + GAP, number * LANE + LANE / 2)
            for y in (-3.5, 3.5):
                painter.drawLine(middle + QPointF(-3.5, y), middle + QPointF(3.5, -y))

    def renew(self) -> None:
        """Lanes come and go."""
        names = {track.name for track in self.model.timeline.tracks}
        self._pictures = {name: kept for name, kept in self._pictures.items() if name in names}
        self.setFixedHeight(max(1, self.sizeHint().height()))
        super().renew()
