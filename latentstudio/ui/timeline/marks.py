"""The row on top: the moments at which a key was set, with small pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QWidget

from latentstudio.ui.timeline.diamonds import DIAMOND
from latentstudio.ui.timeline.row import Key, Row
from latentstudio.ui.timeline.scale import NAMES, Scale
from latentstudio.ui.timeline.selection import Selection
from latentstudio.ui.timeline.words import clock, frame_at
from latentstudio.ui.widgets.metrics import MARGIN, RADIUS
from latentstudio.ui.widgets.paint import Ink

if TYPE_CHECKING:
    from latentstudio.document.recipe import Recipe
    from latentstudio.document.timeline.timeline import Timeline
    from latentstudio.ui.panels.context import Thumbnails

FACE = 36
HEIGHT = FACE + 22


class Marks(Row):
    """Each moves all the keys of its moment."""

    def __init__(
        self,
        selection: Selection,
        scale: Scale,
        thumbnails: Thumbnails,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(selection, scale, parent)
        self.setObjectName("timeline.marks")
        self.setAccessibleName("Keys")
        self.setToolTip("Whole keys: drag one in time, Del removes it, double-click goes there")
        self._thumbnails = thumbnails
        self._recipes: tuple[Timeline, list[Recipe]] | None = None
        thumbnails.ready.connect(self._on_ready)

    def sizeHint(self) -> QSize:
        """Pictures and diamonds."""
        return QSize(480, HEIGHT)

    def hit(self, at: QPointF) -> Key | None:
        """A picture, or the diamond under it; the later one, where they lie over each other."""
        reach = FACE / 2 if at.y() <= FACE + 4 else DIAMOND + 3
        near = [m for m in self.model.timeline.marks if abs(self.scale.x(m) - at.x()) <= reach]
        if not near or at.x() < NAMES:
            return None
        return "", min(reversed(near), key=lambda m: abs(self.scale.x(m) - at.x()))

    def tip(self, key: Key) -> str:
        """When it is, and what to do with it."""
        frame = frame_at(self.model.timeline, key[1])
        return f"Key at {clock(key[1])}, frame {frame}\n{self.toolTip()}"

    def recipes(self) -> list[Recipe]:
        """The picture of each mark, without what walks and pulses add; behind the end as well."""
        timeline = self.model.timeline
        if self._recipes is None or self._recipes[0] != timeline:
            bare = msgspec.structs.replace(
                timeline, walks=(), pulses=(), loop="once", length=self.model.reach
            )
            self._recipes = timeline, [bare.at(mark) for mark in timeline.marks]
        return self._recipes[1]

    def paint_still(self, painter: QPainter, ink: Ink) -> None:
        """Pictures above their diamonds."""
        self.paint_time(painter, ink)
        shown = [
            (mark, recipe)
            for mark, recipe in zip(self.model.timeline.marks, self.recipes(), strict=True)
            if NAMES - FACE <= self.scale.x(mark) <= self.width() + FACE
        ]
        for mark, recipe in shown:
            self._paint_face(painter, ink, mark, recipe)
        for mark, _ in shown:
            self.paint_key(painter, ink, ("", mark), FACE + 13)
        painter.fillRect(0, 0, NAMES, HEIGHT, ink.ground)
        painter.setPen(ink.accent if self.hasFocus() else ink.text)
        count = len(self.model.timeline.marks)
        room = QRectF(MARGIN, 0, NAMES - MARGIN, HEIGHT)
        words = f"{count} key{'s' if count != 1 else ''}"
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, words)
        painter.setPen(QPen(ink.line, 1))
        painter.drawLine(QLineF(0, HEIGHT - 0.5, self.width(), HEIGHT - 0.5))

    def _paint_face(self, painter: QPainter, ink: Ink, mark: float, recipe: Recipe) -> None:
        x = self.scale.x(mark)
        face = QRectF(x - FACE / 2, 4, FACE, FACE)
        shape = QPainterPath()
        shape.addRoundedRect(face, RADIUS, RADIUS)
        painter.fillPath(shape, ink.ground)
        image = self._thumbnails.get(recipe, round(FACE * self.devicePixelRatioF()))
        if image is not None:
            painter.save()
            painter.setClipPath(shape, Qt.ClipOperation.IntersectClip)
            painter.drawImage(face, image)
            painter.restore()
        chosen = self.selection.chosen("", mark)
        painter.setPen(QPen(ink.accent if chosen else ink.line, 2 if chosen else 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(shape)
        painter.drawLine(QLineF(x, FACE + 4, x, FACE + 8))

    def _on_ready(self, _digest: str) -> None:
        self.renew()
