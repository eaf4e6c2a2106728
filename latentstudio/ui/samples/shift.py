"""The shift tool: a picture moved by a pixel, as pixels see it and as features see it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from latentstudio.ui.samples.picture import PictureButton
from latentstudio.ui.samples.shift_plot import ShiftPlot
from latentstudio.ui.samples.worker import Worker
from latentstudio.ui.widgets.hint import Hint
from latentstudio.ui.widgets.metrics import GAP, MARGIN
from latentstudio.ui.widgets.rows import labelled
from latentstudio.ui.widgets.slider_row import SliderRow
from latentstudio.ui.wording import sentence

if TYPE_CHECKING:
    from latentstudio.engine.frame import Frame
    from latentstudio.metrics.picture_distance import ShiftCurve
    from latentstudio.ui.panels.context import PanelContext
    from latentstudio.ui.samples.source import Numbers

FURTHEST = 16
OTHERS = 24  # pictures of the data whose distances are the unit
SIDE = 232
REST = 200  # ms
WAITING = "The distances come with the numbers: the data set and its features are being opened."
NO_PICTURE = "There is no picture on the screen yet."


class ShiftTool(QDialog):
    """Moves the current picture to the right and plots both distances.

    The window connects the studio's ``shown`` to :meth:`show_frame`.
    """

    def __init__(self, context: PanelContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("shift")
        self.setWindowTitle("Shift: pixels against features")
        self.numbers: Numbers = context.numbers
        self.curve: ShiftCurve | None = None
        self._frame: Frame | None = None
        self._worker = Worker(self)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST)
        self._rest.timeout.connect(self.measure)

        self.still, self.moved = PictureButton(SIDE), PictureButton(SIDE)
        pair = QHBoxLayout()
        pair.setSpacing(MARGIN)
        for picture in (self.still, self.moved):
            picture.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            picture.setFixedSize(picture.sizeHint())
            pair.addWidget(picture)
        self.shift = SliderRow(0, FURTHEST, step=1, decimals=0, suffix=" px", default=1)
        self.shift.setObjectName("shift.by")
        self.shift.setToolTip("By how many pixels the picture is moved to the right")
        self.shift.name("Shift")
        self.plot = ShiftPlot()
        self.plot.setObjectName("shift.plot")
        self.words = Hint(WAITING)
        self.words.setObjectName("shift.words")
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.setSpacing(GAP)
        column.addLayout(pair)
        column.addLayout(labelled("Shift", self.shift))
        column.addWidget(self.plot, 1)
        column.addWidget(self.words)

        self.shift.edited.connect(self._on_shift)
        self.numbers.samples_changed.connect(self._on_samples)
        self.numbers.follow_visibility(self)
        self._show_pictures()

    def show_frame(self, frame: Frame) -> None:
        """The newest frame; it is measured when the hand rests."""
        if not frame.preview:
            self._frame = frame
            if self.isVisible():
                self._show_pictures()
                self._rest.start()

    def measure(self) -> None:
        """Hold the picture against itself at every shift, away from the window."""
        frame, reals, features = self._frame, self.numbers.reals, self.numbers.features
        if frame is None or reals is None or features is None:
            self.words.say(NO_PICTURE if frame is None else WAITING)
            return
        samples = self.numbers.samples()
        thumbs = samples.thumbs[:OTHERS] if samples is not None else ()
        work = partial(measure, features, frame.pixels, reals.pictures, thumbs)
        self._worker.ask(work, self._on_measured, soon=True)

    def stop(self) -> None:
        """Wait for what is being measured (the window is going)."""
        self._rest.stop()
        self._worker.stop()

    def _on_measured(self, result: ShiftCurve | Exception) -> None:
        if isinstance(result, Exception):
            self.words.say(sentence(result))
            return
        self.curve = result
        if result.relative is not None:
            self.plot.show_curves(*result.relative)
        self._say()

    def _on_shift(self, _value: float) -> None:
        self._show_pictures()
        self._say()

    def _show_pictures(self) -> None:
        shift = round(self.shift.value())
        self.plot.set_shift(shift)
        if self._frame is None:
            self.words.say(NO_PICTURE)
            return
        pixels = np.ascontiguousarray(self._frame.pixels[..., :3])
        self.still.show_picture(pixels, "On the screen")
        pixel = "pixel" if shift == 1 else "pixels"
        self.moved.show_picture(shifted(pixels, shift), f"Moved by {shift} {pixel}")

    def _say(self) -> None:
        if self.curve is None or self.curve.relative is None:
            return
        shift = round(self.shift.value())
        pixel, feature = (values[shift] for values in self.curve.relative)
        if shift == 0:
            words = "Not moved: both distances are 0. Move it by a single pixel."
        else:
            count = "one pixel" if shift == 1 else f"{shift} pixels"
            words = (
                f"Moved by {count}, the picture is {pixel:.0%} of the way to another picture"
                f" by its pixels and {feature:.0%} by its features"
            )
            less = ": that is why pictures are compared by features."
            words += less if 2 * feature < pixel else "."
        self.words.say(words)

    def _on_samples(self) -> None:
        if self.curve is None and self.isVisible() and not self._worker.busy:
            self.measure()  # the data set has been opened meanwhile

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up."""
        super().showEvent(event)
        self._show_pictures()
        self.measure()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody waits any more."""
        self._rest.stop()
        self._worker.forget()
        super().hideEvent(event)


def shifted(pixels: NDArray[np.uint8], by: int) -> NDArray[np.uint8]:
    """A picture [H, W, 3] moved to the right by up to its width, its edge repeated."""
    by = min(by, pixels.shape[1] - 1)
    wide = np.pad(pixels, ((0, 0), (by, 0), (0, 0)), mode="edge")
    return np.ascontiguousarray(wide[:, : pixels.shape[1]])


def measure(features: Any, pixels: NDArray[np.uint8], pictures: Any, thumbs: Any) -> ShiftCurve:
    """The curve of a frame's pixels, uint8 [H, W, 4], in units of other pictures' distances.

    Parameters
    ----------
    features
        The feature space.
    pixels
        Of the frame.
    pictures
        Of the data; where they are not at hand, ``thumbs`` uint8 [n, S, S, 3] of samples serve.

    Raises
    ------
    ValueError
        One sentence, when there are no other pictures to compare with.
    """
    import torch
    from PIL import Image

    from latentstudio.metrics.picture_distance import shift_curve

    size = (pixels.shape[1], pixels.shape[0])
    others = thumbs
    if pictures is not None:
        others = [pictures.picture(number) for number in range(min(OTHERS, pictures.count))]
    if len(others) < 2:
        raise ValueError("there are no other pictures yet whose distance could be the unit")
    fitted = [np.asarray(Image.fromarray(other).resize(size)) for other in others]
    stack = torch.from_numpy(np.stack([pixels[..., :3], *fitted])).permute(0, 3, 1, 2)
    images = stack.float().div(127.5).sub(1.0)
    shifts = range(min(FURTHEST, size[0] - 1) + 1)
    return shift_curve(features, images[0], shifts, images[1:])
