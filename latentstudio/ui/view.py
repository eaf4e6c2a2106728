"""Where the picture lies on the canvas: zoom, pan and fit, in numbers."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSizeF

MIN_ZOOM, MAX_ZOOM = 0.05, 256.0
MARGIN = 28.0


@dataclass
class View:
    """A square picture on a canvas.

    Attributes
    ----------
    canvas
        Size of the canvas in logical pixels.
    side
        Height and width of the full-resolution picture in its own pixels. Previews are smaller,
        and are drawn just as large.
    ratio
        Device pixels per logical pixel.
    zoom
        Device pixels per picture pixel: 1 is "actual size" on every screen.
    fitted
        Whether the zoom follows the canvas.
    centre
        The point of the picture, 0 to 1 each way, that stands in the middle of the canvas.
    """

    canvas: QSizeF
    side: int = 1
    ratio: float = 1.0
    zoom: float = 1.0
    fitted: bool = True
    centre: tuple[float, float] = (0.5, 0.5)

    def settle(self) -> None:
        """Refit if fitted, and keep some of the picture on the canvas."""
        if self.fitted:
            room = min(self.canvas.width(), self.canvas.height()) - 2 * MARGIN
            self.zoom = max(MIN_ZOOM, max(16.0, room) * self.ratio / self.side)
            self.centre = (0.5, 0.5)
        x, y = self.centre
        self.centre = (min(1.0, max(0.0, x)), min(1.0, max(0.0, y)))

    def rect(self) -> QRectF:
        """The picture's rectangle in logical pixels, on whole device pixels."""
        size = self.side * self.zoom / self.ratio
        left = self.canvas.width() / 2 - self.centre[0] * size
        top = self.canvas.height() / 2 - self.centre[1] * size
        return QRectF(self._whole(left), self._whole(top), self._whole(size), self._whole(size))

    def _whole(self, value: float) -> float:
        return round(value * self.ratio) / self.ratio

    def zoom_at(self, factor: float, at: QPointF) -> None:
        """Zoom by ``factor``, leaving the picture's point under ``at`` where it is."""
        self.zoom_to(self.zoom * factor, at)

    def zoom_to(self, zoom: float, at: QPointF | None = None) -> None:
        """Set the zoom about ``at`` (the canvas' centre when None)."""
        middle = QPointF(self.canvas.width() / 2, self.canvas.height() / 2)
        at = at or middle
        zoom = min(MAX_ZOOM, max(MIN_ZOOM, zoom))
        before = self.side * self.zoom / self.ratio
        after = self.side * zoom / self.ratio
        offset = at - middle
        # p = centre + offset / size is the point under the cursor, before and after.
        shift = 1 / before - 1 / after
        self.centre = (
            self.centre[0] + offset.x() * shift,
            self.centre[1] + offset.y() * shift,
        )
        self.zoom, self.fitted = zoom, False
        self.settle()

    def pan(self, by: QPointF) -> None:
        """Push the picture by ``by`` logical pixels."""
        size = self.side * self.zoom / self.ratio
        self.centre = (self.centre[0] - by.x() / size, self.centre[1] - by.y() / size)
        self.fitted = False
        self.settle()
