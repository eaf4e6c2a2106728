"""Below the wall: the two groups that were sorted by eye, and the button that makes a slider."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from latentstudio.ui.samples.groups import ENOUGH, FEWEST, SIDES, Example, Groups, Side, guidance
from latentstudio.ui.samples.tiles import badge, scaled
from latentstudio.ui.widgets.hint import Hint
from latentstudio.ui.widgets.metrics import GAP, RADIUS, ROW, STEP
from latentstudio.ui.widgets.paint import Ink, caption, small
from latentstudio.ui.widgets.rows import Heading

if TYPE_CHECKING:
    from latentstudio.document.document import Document

PICTURE = 40
HELP = (
    "A slider for what you see: point at pictures and press + where there is more of it, − where"
    " there is less."
)
BOTH = f"{FEWEST} pictures on each side at least; {ENOUGH} make a good slider."
STRIP_TIP = "Click: take it out · ← → and Del"


class GroupStrip(QWidget):
    """The pictures of one group, the newest first; what has no room is counted.

    Signals
    -------
    removed(int)
        The hand wants the example of that place out.
    """

    removed = Signal(int)

    def __init__(self, side: Side, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.side: Side = side
        self._examples: list[Example] = []
        self._images: dict[int, QImage] = {}
        self.current = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumWidth(2 * PICTURE)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(f"Pictures with {side}")

    def show_examples(self, examples: Sequence[Example]) -> None:
        """Show a group."""
        self._examples = list(reversed(examples))
        self._images = {id(e): self._images.get(id(e)) or self._image(e) for e in self._examples}
        self.current = min(self.current, max(0, len(self._examples) - 1))
        self.update()

    def sizeHint(self) -> QSize:
        """One row of small pictures."""
        return QSize(6 * (PICTURE + STEP), PICTURE)

    def _image(self, example: Example) -> QImage:
        ratio = self.devicePixelRatioF()
        image = scaled(example.pixels, round(PICTURE * ratio))
        image.setDevicePixelRatio(ratio)
        return image

    def _room(self) -> int:
        return max(1, (self.width() + STEP) // (PICTURE + STEP))

    def _shown(self) -> int:
        """How many pictures are shown: the last place may be needed for a number."""
        count, room = len(self._examples), self._room()
        return count if count <= room else room - 1

    def face(self, place: int) -> QRectF:
        """Where a picture stands."""
        return QRectF(place * (PICTURE + STEP), 0, PICTURE, PICTURE)

    def _place(self, x: float) -> int:
        place = int(x // (PICTURE + STEP))
        return place if place < self._shown() else -1

    def _remove(self, place: int) -> None:
        if 0 <= place < len(self._examples):
            self.removed.emit(len(self._examples) - 1 - place)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take it out."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._remove(self._place(event.position().x()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows choose; Del takes out."""
        key, last = event.key(), max(0, self._shown() - 1)
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            way = 1 if key == Qt.Key.Key_Right else -1
            self.current = min(last, max(0, self.current + way))
            self.update()
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._remove(self.current)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """What a click does."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            place = self._place(event.pos().x())
            if place >= 0:
                words = f"Sample {self._examples[place].number}\n{STRIP_TIP}"
                QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Pictures, and how many more there are."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink, shown = Ink(self), self._shown()
        for place, example in enumerate(self._examples[:shown]):
            face = self.face(place)
            shape = QPainterPath()
            shape.addRoundedRect(face.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
            painter.save()
            painter.setClipPath(shape)
            painter.drawImage(face.topLeft(), self._images[id(example)])
            painter.restore()
            if self.hasFocus() and place == self.current:
                painter.setPen(QPen(ink.accent, 2))
                painter.drawPath(shape)
        if shown < len(self._examples):
            painter.setPen(ink.quiet)
            painter.setFont(small(self.font()))
            words = f"+{len(self._examples) - shown}"
            caption(painter, self.face(shown), words, Qt.AlignmentFlag.AlignHCenter)


class _Badge(QWidget):
    """The sign of a side, as on the tiles."""

    def __init__(self, side: Side) -> None:
        super().__init__()
        self._side: Side = side
        self.setFixedSize(ROW - STEP, ROW)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Filled, as on a tile that was sorted."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        badge(painter, Ink(self), QRectF(self.rect()).center(), self._side, filled=True)


class TrayBar(QFrame):
    """Both groups with their counts, Clear, and Make slider.

    Signals
    -------
    make()
        The hand wants a slider from these.
    """

    make = Signal()

    def __init__(self, groups: Groups, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("samples.tray")
        self._groups, self._document = groups, document
        self.strips = {side: GroupStrip(side) for side in SIDES}
        self.counts = {side: QLabel() for side in SIDES}
        self.help = Hint(HELP)
        self.help.setObjectName("samples.tray.help")
        self.help.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        self.button = QPushButton("Make slider…")
        self.button.setObjectName("samples.make")
        self.button.setToolTip("Fit a direction from less to more, look at it, and keep it")
        self.clear = QPushButton("Clear")
        self.clear.setObjectName("samples.clear")
        self._arrange()
        for side, strip in self.strips.items():
            strip.removed.connect(self._on_more if side == "more" else self._on_less)
        self.button.clicked.connect(self.make)
        self.clear.clicked.connect(self._on_clear)
        groups.changed.connect(self.refresh)
        self.refresh()

    def _arrange(self) -> None:
        self._both = QWidget()
        grid = QGridLayout(self._both)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(GAP)
        grid.setVerticalSpacing(0)
        for place, side in enumerate(SIDES):
            head = QHBoxLayout()
            head.setSpacing(STEP)
            title = Heading(side.capitalize())
            title.setContentsMargins(0, 0, 0, 0)
            self.counts[side].setEnabled(False)
            head.addWidget(_Badge(side))
            head.addWidget(title)
            head.addSpacing(STEP)
            head.addWidget(self.counts[side])
            head.addStretch(1)
            grid.addLayout(head, 0, place)
            grid.addWidget(self.strips[side], 1, place)
            grid.setColumnStretch(place, 1)
        buttons = QVBoxLayout()
        buttons.setSpacing(STEP)
        buttons.addWidget(self.button)
        buttons.addWidget(self.clear)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, STEP, 0, GAP)
        row.setSpacing(2 * GAP)
        row.addWidget(self.help, 1)
        row.addWidget(self._both, 1)
        row.addLayout(buttons)

    def refresh(self) -> None:
        """Show the groups of the open generator."""
        checkpoint = self._document.recipe.checkpoint
        counts = []
        for side in SIDES:
            examples = self._groups.of(checkpoint, side)
            self.strips[side].show_examples(examples)
            self.counts[side].setText(guidance(len(examples)))
            counts.append(len(examples))
        self.help.setVisible(not any(counts))
        self._both.setVisible(any(counts))
        self.button.setVisible(any(counts))
        self.button.setEnabled(min(counts) >= FEWEST)
        self.button.setToolTip(BOTH)
        back = self._groups.restorable
        self.clear.setVisible(any(counts) or back)
        self.clear.setText("Bring back" if back else "Clear")
        self.clear.setToolTip("Bring both groups back" if back else "Empty both groups")

    def _on_clear(self) -> None:
        self._groups.restore() if self._groups.restorable else self._groups.clear()

    def _on_more(self, place: int) -> None:
        self._out("more", place)

    def _on_less(self, place: int) -> None:
        self._out("less", place)

    def _out(self, side: Side, place: int) -> None:
        example = self._groups.of(self._document.recipe.checkpoint, side)[place]
        self._groups.take(example.sampling, [example.number])
