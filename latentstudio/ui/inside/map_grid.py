"""The maps of a layer as small pictures, of which some are chosen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QSizePolicy, QToolTip, QWidget

from latentstudio.ui.inside.selection import Selection
from latentstudio.ui.inside.tile import CAPTION, Mark, paint_tile
from latentstudio.ui.inside.tints import pixmap_of
from latentstudio.ui.widgets.metrics import GAP, ROW, STEP
from latentstudio.ui.widgets.paint import Ink, small

if TYPE_CHECKING:
    from latentstudio.engine.editing.values import Floats
    from latentstudio.ui.inside.maps import Maps

NARROWEST, WIDEST = 48, 128  # px of a map across
HELP = "Click, Ctrl, Shift, the arrow keys: choose channels to bend"


class MapGrid(QAbstractScrollArea):
    """Tiles in rows; only those that can be seen are painted.

    Signals
    -------
    chosen()
        The hand chose other channels.

    Attributes
    ----------
    selection
        Channels in their order, and which are chosen.
    own
        Whether each map has a scale of its own.
    correlation
        How each channel answers; None while nobody asks.
    """

    chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.maps: Maps | None = None
        self.selection = Selection()
        self.own = False
        self.correlation: Floats | None = None
        self.answers: frozenset[int] = frozenset()
        self._pixmaps: dict[int, QPixmap] = {}
        self._note = ""
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Channels")
        self.setToolTip(HELP)

    def show_maps(self, maps: Maps | None, note: str = "") -> None:
        """Show these, or a note while there are none."""
        self.maps, self._note = maps, note
        self._pixmaps.clear()
        if maps is None:
            self.arrange(())
        self._measure()

    def arrange(self, order: Iterable[int]) -> None:
        """Show channels in another order."""
        self.selection.arrange(order)
        self._measure()

    def set_own(self, on: bool) -> None:
        """Give each map a scale of its own, or all the same."""
        self.own = on
        self._pixmaps.clear()
        self.viewport().update()

    def show_answers(self, correlation: Floats | None, answers: Iterable[int] = ()) -> None:
        """Write on each tile how it answers; all but ``answers`` step back."""
        self.correlation, self.answers = correlation, frozenset(answers)
        self.viewport().update()

    def choose(self, channels: Iterable[int]) -> None:
        """Choose these alone, without reporting it; the first of them comes into sight."""
        self.selection.choose(channels)
        order, chosen = self.selection.order, self.selection.chosen
        if chosen:
            self._reveal(min(order.index(channel) for channel in chosen))
        self._update()

    def words(self, channel: int) -> str:
        """What is known of a channel, in one line."""
        parts = [f"Channel {channel}"]
        if self.maps is not None and channel < len(self.maps):
            parts.append(f"strength {self.maps.strength[channel]:.3g}")
        if self.correlation is not None:
            parts.append(f"correlation {self.correlation[channel]:+.2f}".replace("-", "−"))
        return " · ".join(parts)

    def sizeHint(self) -> QSize:
        """A few rows."""
        return QSize(260, 4 * (NARROWEST + CAPTION))

    def minimumSizeHint(self) -> QSize:
        """Some three rows."""
        return QSize(200, 3 * (NARROWEST + CAPTION) + 2 * ROW)

    # -- places --------------------------------------------------------------------------

    @property
    def columns(self) -> int:
        """Tiles in a row: as few as let all be seen at once, else as many as can be made out."""
        count, width = len(self.selection.order), self.viewport().width() + STEP
        most = max(1, width // (NARROWEST + STEP))
        for columns in range(max(1, width // (WIDEST + STEP)), most):
            if -(-count // columns) * (width // columns + CAPTION) <= self.viewport().height():
                return columns
        return most

    def tile(self, place: int) -> QRect:
        """Where a tile lies on the viewport."""
        width = self._pitch()
        row, column = divmod(place, self.columns)
        top = row * (width + CAPTION) - self.verticalScrollBar().value()
        return QRect(column * width, top, width - STEP, width - STEP + CAPTION)

    def place_at(self, pos: QPointF) -> int:
        """Place of the tile there; -1 for none."""
        width = self._pitch()
        column = int(pos.x() // width)
        row = int((pos.y() + self.verticalScrollBar().value()) // (width + CAPTION))
        place = row * self.columns + column
        inside = 0 <= column < self.columns and 0 <= place < len(self.selection.order)
        return place if inside and self.tile(place).contains(pos.toPoint()) else -1

    def _pitch(self) -> int:
        return (self.viewport().width() + STEP) // self.columns

    def _measure(self) -> None:
        rows = -(-len(self.selection.order) // self.columns)
        high, page = rows * (self._pitch() + CAPTION), self.viewport().height()
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, high - page))
        bar.setPageStep(page)
        bar.setSingleStep((self._pitch() + CAPTION) // 2)
        self._update()

    def _reveal(self, place: int) -> None:
        tile, bar = self.tile(place), self.verticalScrollBar()
        if tile.top() < 0:
            bar.setValue(bar.value() + tile.top())
        elif tile.bottom() > self.viewport().height():
            bar.setValue(bar.value() + tile.bottom() - self.viewport().height() + STEP)

    def _update(self) -> None:
        at, order = self.selection.at, self.selection.order
        here = self.words(order[at]) if 0 <= at < len(order) else ""
        self.setAccessibleDescription(f"{len(self.selection.chosen)} chosen. {here}".strip())
        self.viewport().update()

    # -- the hand ------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """Claim the keys that choose all or none."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            clears = event.key() == Qt.Key.Key_Escape and bool(self.selection.chosen)
            if clears or event.matches(QKeySequence.StandardKey.SelectAll):
                event.accept()
                return True
        return super().event(event)

    def viewportEvent(self, event: QEvent) -> bool:
        """What is known of the channel under the mouse."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            place = self.place_at(QPointF(event.pos()))
            if place >= 0:
                words = self.words(self.selection.order[place])
                QToolTip.showText(event.globalPos(), f"{words}\n{HELP}", self)
            else:
                QToolTip.hideText()
            return True
        return super().viewportEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose."""
        place = self.place_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and place >= 0:
            control, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
            held = event.modifiers()
            self.selection.take(place, add=bool(held & control), extend=bool(held & shift))
            self._report()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go and choose, with Shift a range, with Ctrl they only go; space chooses."""
        order, at = self.selection.order, self.selection.at
        page = max(1, self.viewport().height() // (self._pitch() + CAPTION)) * self.columns
        ways = {Qt.Key.Key_Left: at - 1, Qt.Key.Key_Right: at + 1,
                Qt.Key.Key_Up: at - self.columns, Qt.Key.Key_Down: at + self.columns,
                Qt.Key.Key_Home: 0, Qt.Key.Key_End: len(order) - 1,
                Qt.Key.Key_PageUp: at - page, Qt.Key.Key_PageDown: at + page}  # fmt: skip
        held = event.modifiers()
        if event.matches(QKeySequence.StandardKey.SelectAll) and order:
            self.selection.choose(order)
        elif event.key() == Qt.Key.Key_Escape and self.selection.chosen:
            self.selection.choose(())
        elif event.key() == Qt.Key.Key_Space and at >= 0:
            self.selection.take(at, add=True)
        elif event.key() in ways and order:
            place = ways[Qt.Key(event.key())] if at >= 0 else 0
            shift, control = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
            looks = bool(held & control)
            self.selection.step(place, extend=bool(held & shift), only_move=looks)
            self._reveal(self.selection.at)
        else:
            super().keyPressEvent(event)
            return
        self._report()

    def _report(self) -> None:
        self._update()
        self.chosen.emit()

    # -- drawing -------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Other rows; the first tile in sight stays there."""
        super().resizeEvent(event)
        self._measure()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The tiles in sight."""
        painter = QPainter(self.viewport())
        ink = Ink(self)
        if self.maps is None:
            painter.setPen(ink.quiet)
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            room = self.viewport().rect().adjusted(GAP, GAP, -GAP, -GAP)
            painter.drawText(room, flags, self._note)
            return
        painter.setFont(small(self.font()))
        size = self._pitch() + CAPTION
        scrolled = self.verticalScrollBar().value()
        first = (event.rect().top() + scrolled) // size * self.columns
        last = ((event.rect().bottom() + scrolled) // size + 1) * self.columns
        for place in range(first, min(last, len(self.selection.order))):
            channel = self.selection.order[place]
            mark = Mark(
                channel in self.selection.chosen,
                place == self.selection.at and self.hasFocus(),
                None if self.correlation is None else float(self.correlation[channel]),
                channel in self.answers,
            )
            paint_tile(painter, ink, self.tile(place), self._pixmap(channel), channel, mark)

    def _pixmap(self, channel: int) -> QPixmap:
        if channel not in self._pixmaps:
            assert self.maps is not None
            self._pixmaps[channel] = pixmap_of(self.maps.indices(channel, own=self.own))
        return self._pixmaps[channel]
