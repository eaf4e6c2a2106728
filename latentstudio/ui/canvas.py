"""The canvas: the picture, large and calm, and the hand on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QCursor,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QEnterEvent,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from latentstudio.ui import drawing, scaling
from latentstudio.ui.view import View

if TYPE_CHECKING:
    from PySide6.QtCore import QEvent

    from latentstudio.engine.frame import Frame

FINE = 0.1
LESSONS = 3  # visits of the mouse that the hint is shown to
HINT = "Drag the picture to move the point · Shift for fine"
SHORT_HINT = "Drag to move the point"
NARROW = 400  # px of a picture that has no room for the whole hint


class Canvas(QWidget):
    """Shows one frame; reports what the hand does and changes nothing itself.

    Signals
    -------
    grabbed(), moved(dx, dy), released()
        A drag on the picture: steps in half-widths of the picture, right and up positive.
    zoomed(float)
        Device pixels per picture pixel.
    dropped(list)
        Paths of local files that were dropped.
    painted()
        A frame can be seen that could not be seen before.

    Attributes
    ----------
    lessons
        How many more visits of the mouse the hint is shown to; the first drag ends them.
    bare
        Whether nothing but the picture is shown, and what the hand is doing: no hint.
    """

    grabbed = Signal()
    moved = Signal(float, float)
    released = Signal()
    zoomed = Signal(float)
    dropped = Signal(list)
    painted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("canvas")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAcceptDrops(True)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Picture")
        self.view = View(QSizeF(self.size()))
        self._frame: Frame | None = None
        self._before: Frame | None = None
        self._image: tuple[Frame, int, QImage] | None = None
        self._ground: tuple[object, QPixmap] | None = None
        self._smooth = True
        self._hand = False
        self._pan_from: QPointF | None = None
        self._drag_from: QPointF | None = None
        self._dropping = False
        self._painted: Frame | None = None
        self.lessons = LESSONS
        self.bare = False
        self._title, self._subtitle, self._amounts = "", "", ""

    # -- what is shown -------------------------------------------------------------------

    @property
    def frame(self) -> Frame | None:
        """The frame on the screen (not the one held up for comparison)."""
        return self._frame

    @property
    def shown(self) -> Frame | None:
        """What is painted: the earlier frame while comparing, else the frame."""
        return self._before or self._frame

    def set_frame(self, frame: Frame | None) -> None:
        """Show ``frame``; None goes back to the words of :meth:`set_words`."""
        self._frame = frame
        self.update()

    def set_before(self, frame: Frame | None) -> None:
        """Hold up an earlier frame for comparison; None takes it away."""
        self._before = frame
        self.update()

    def set_side(self, side: int) -> None:
        """Say how large the full picture is, so that previews fill the same space."""
        if side != self.view.side:
            if not self.view.fitted:
                self.view.zoom *= self.view.side / side
            self.view.side = side
            self._settle()

    def set_words(self, title: str, subtitle: str) -> None:
        """What to read while there is no picture yet."""
        self._title, self._subtitle = title, subtitle
        self.update()

    def set_amounts(self, words: str) -> None:
        """Where the point stands, shown under the picture while it is dragged."""
        self._amounts = words
        self.update()

    @property
    def smooth(self) -> bool:
        """Whether enlargement is smooth (bicubic) rather than by nearest pixel."""
        return self._smooth

    def set_smooth(self, smooth: bool) -> None:
        """Choose smooth or nearest enlargement."""
        self._smooth = smooth
        self.update()

    # -- zoom and pan --------------------------------------------------------------------

    def fit(self) -> None:
        """Let the whole picture fill the canvas, and follow it."""
        self.view.fitted = True
        self._settle()

    def zoom_in(self) -> None:
        """Enlarge about the middle."""
        self._zoom(self.view.zoom * 1.25)

    def zoom_out(self) -> None:
        """Reduce about the middle."""
        self._zoom(self.view.zoom / 1.25)

    def actual_size(self) -> None:
        """One picture pixel on one pixel of the screen."""
        self._zoom(1.0)

    def _zoom(self, zoom: float) -> None:
        self.view.zoom_to(zoom)
        self._settle()

    def _settle(self) -> None:
        self.view.canvas = QSizeF(self.size())
        self.view.ratio = self.devicePixelRatioF()
        self.view.settle()
        self.zoomed.emit(self.view.zoom)
        self.update()

    def set_hand(self, hand: bool) -> None:
        """Hold the hand tool: a left drag pans instead of moving the latent."""
        self._hand = hand
        self._show_cursor()

    def sizeHint(self) -> QSize:
        """Generous, so that docks take the rest."""
        return QSize(880, 880)

    def minimumSizeHint(self) -> QSize:
        """Small enough for a laptop."""
        return QSize(240, 200)

    def resizeEvent(self, _event: QResizeEvent) -> None:
        """Refit."""
        self._settle()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the cursor."""
        steps = event.angleDelta().y() / 120
        if steps:
            self.view.zoom_at(1.2**steps, event.position())
            self._settle()
        event.accept()

    # -- the hand ------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the view (middle, or Space and left) or of the latent (left)."""
        left = event.button() == Qt.MouseButton.LeftButton
        if event.button() == Qt.MouseButton.MiddleButton or (left and self._hand):
            self._pan_from = event.position()
        elif left and self._frame and self.view.rect().contains(event.position()):
            self._drag_from = event.position()
            self.lessons = 0
            self.grabbed.emit()
        self._show_cursor()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Pan, or move the latent."""
        here = event.position()
        if self._pan_from is not None:
            self.view.pan(here - self._pan_from)
            self._pan_from = here
            self._settle()
        elif self._drag_from is not None:
            step, self._drag_from = here - self._drag_from, here
            half = self.view.rect().width() / 2
            gain = FINE if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0
            self.moved.emit(gain * step.x() / half, -gain * step.y() / half)
        else:
            self._show_cursor()

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """Let go."""
        dragging = self._drag_from is not None
        self._pan_from = self._drag_from = None
        self._amounts = ""
        self._show_cursor()
        self.update()
        if dragging:
            self.released.emit()

    def enterEvent(self, _event: QEnterEvent) -> None:
        """Show the hint."""
        self.update()

    def leaveEvent(self, _event: QEvent) -> None:
        """Hide the hint: that was a lesson."""
        if self._frame and not self.bare:
            self.lessons = max(0, self.lessons - 1)
        self.update()

    def _show_cursor(self) -> None:
        if self._pan_from is not None:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif self._hand:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        elif self._drag_from is not None or (
            self._frame and self.view.rect().contains(QPointF(self.mapFromGlobal(QCursor.pos())))
        ):
            self.setCursor(Qt.CursorShape.SizeAllCursor)
        else:
            self.unsetCursor()

    # -- files ---------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Light up for local files."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            self._dropping = True
            self.update()
            event.acceptProposedAction()

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        """Go dark again."""
        self._dropping = False
        self.update()

    def dropEvent(self, event: QDropEvent) -> None:
        """Hand the paths on."""
        self._dropping = False
        self.update()
        event.acceptProposedAction()
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        self.dropped.emit(paths)

    # -- painting ------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The backdrop, the picture in its frame, and few words."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame, rect = self.shown, self.view.rect()
        if frame is None:
            drawing.backdrop(painter, self.rect())
            drawing.words(painter, self.rect(), self._title, self._subtitle)
        else:
            painter.drawPixmap(0, 0, self._surround(rect))
            self._paint_picture(painter, frame, rect)
            tag = f"preview {len(frame.pixels)} px" if frame.preview else ""
            tag = "before" if self._before else tag
            if tag:
                drawing.tag(painter, rect, self.rect(), tag, strong=bool(self._before))
            drawing.pill(painter, rect, self.rect(), self._hint())
        if self._dropping:
            drawing.drop_target(painter, self.rect(), "Drop a checkpoint, a session or a picture")
        painter.end()
        if frame is not self._painted:
            self._painted = frame
            if frame is not None:
                self.painted.emit()

    def _surround(self, rect: QRectF) -> QPixmap:
        """Everything behind the picture: costlier than the picture, and it seldom changes."""
        key = (QRectF(rect), self.size(), self.view.ratio)
        if self._ground is None or self._ground[0] != key:
            pixmap = QPixmap(self.size() * self.view.ratio)
            pixmap.setDevicePixelRatio(self.view.ratio)
            painter = QPainter(pixmap)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            drawing.backdrop(painter, self.rect())
            drawing.surround(painter, rect)
            drawing.border(painter, rect)
            painter.end()
            self._ground = (key, pixmap)
        return self._ground[1]

    def _hint(self) -> str:
        if self._amounts:
            return self._amounts
        teaching = self.lessons and self.underMouse() and not (self.bare or self._before)
        if not teaching:
            return ""
        return HINT if self.view.rect().width() >= NARROW else SHORT_HINT

    def _paint_picture(self, painter: QPainter, frame: Frame, rect: QRectF) -> None:
        side = frame.pixels.shape[0]
        factor = scaling.step(side, rect.height() * self.view.ratio) if self._smooth else 1
        if self._image is None or self._image[0] is not frame or self._image[1] != factor:
            self._image = (frame, factor, scaling.enlarged(frame.pixels, factor))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self._smooth)
        painter.drawImage(rect, self._image[2])
