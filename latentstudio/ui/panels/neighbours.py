"""The neighbours panel: the training pictures that this one is nearest to."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QWidget

from latentstudio.ui.numbers.visibility import Attention
from latentstudio.ui.panels.base import NO_GENERATOR, Panel
from latentstudio.ui.samples.distance_gauge import DistanceGauge
from latentstudio.ui.samples.lookup import NEIGHBOURS, Found, Lookup, verdict
from latentstudio.ui.samples.picture import PictureButton
from latentstudio.ui.samples.side_by_side import SideBySide
from latentstudio.ui.samples.worker import Worker
from latentstudio.ui.widgets.hint import Hint
from latentstudio.ui.widgets.metrics import GAP, STEP
from latentstudio.ui.widgets.rows import Heading
from latentstudio.ui.wording import sentence

if TYPE_CHECKING:
    from latentstudio.engine.frame import Frame
    from latentstudio.generators.info import GeneratorInfo
    from latentstudio.ui.panels.context import PanelContext
    from latentstudio.ui.samples.source import Numbers

REST = 200  # ms without a new picture, after which the hand rests
NO_DATA = "The data set is not open yet: the neighbours come with the numbers."
NO_PICTURES = (
    "The training pictures themselves are not at hand, only their features: open the data set's"
    " folder among the numbers to see them."
)


class NeighboursPanel(Panel):
    """The nearest training pictures, and whether they are suspiciously near.

    The window connects the studio's ``shown`` to :meth:`show_frame`. Nothing is looked up while
    the panel is hidden or the hand moves.
    """

    title = "Neighbours"
    name = "neighbours"

    def __init__(self, studio: PanelContext, parent: QWidget | None = None) -> None:
        super().__init__(studio, parent)
        self.numbers: Numbers = studio.numbers
        self.found: Found | None = None
        self._frame: Frame | None = None
        self._worker, self._lookup, self._attention = Worker(self), Lookup(), Attention(self)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST)
        self._rest.timeout.connect(self.look_up)
        self._large: SideBySide | None = None

        self.picture = PictureButton()
        self.picture.setObjectName("neighbours.picture")
        self.near = [PictureButton(160 if place == 0 else 64) for place in range(NEIGHBOURS)]
        self.heading = Heading("")
        self.verdict = Hint()
        self.verdict.setObjectName("neighbours.verdict")
        self.gauge = DistanceGauge()
        self.gauge.setToolTip(
            "How far training pictures are from their nearest training picture, and where this"
            " picture stands"
        )
        self._buttons = QButtonGroup(self)
        self._buttons.setExclusive(False)
        for place, button in enumerate((self.picture, *self.near)):
            button.setToolTip("Click: both large, side by side")
            self._buttons.addButton(button, max(0, place - 1))
        pair, others = QHBoxLayout(), QHBoxLayout()
        pair.setSpacing(GAP)
        pair.addWidget(self.picture)
        pair.addWidget(self.near[0])
        others.setSpacing(STEP)
        for button in self.near[1:]:
            others.addWidget(button)
        self.column.addLayout(pair)
        self.column.addWidget(self.heading)
        self.column.addWidget(self.verdict)
        self.column.addWidget(self.gauge)
        self.column.addLayout(others)
        self.column.addStretch(1)

        self._buttons.idClicked.connect(self._on_clicked)
        self.numbers.samples_changed.connect(self._on_samples)
        self._attention.changed.connect(self._on_attention)
        self.numbers.follow_visibility(self)
        self._show(None)
        self.refresh()

    def show_info(self, info: GeneratorInfo | None) -> None:
        """There must be a picture."""
        if info is None:
            self._frame = None
            self._worker.forget()
            self._show(None)
        self._explain()

    def show_frame(self, frame: Frame) -> None:
        """The newest frame; it is looked up when the hand rests."""
        if not frame.preview:
            self._frame = frame
            self._rest.start()

    def look_up(self) -> None:
        """Find the neighbours of the frame, away from the window."""
        reals, features = self.numbers.reals, self.numbers.features
        frame = self._frame
        self._explain()
        ready = frame is not None and reals is not None and features is not None
        if ready and self._attention.seen:
            assert frame is not None
            work = partial(self._lookup, frame.pixels, reals, features)
            self._worker.ask(work, self._on_found, soon=True)

    def stop(self) -> None:
        """Wait for what is being looked up (the window is going)."""
        self._rest.stop()
        self._worker.stop()

    def _explain(self) -> None:
        reals = self.numbers.reals
        if self.document.info is None:
            self.say(NO_GENERATOR)
        elif reals is None or self.numbers.features is None:
            self.say(NO_DATA)
        else:
            self.say("" if reals.pictures is not None else NO_PICTURES)

    def _on_found(self, result: Found | Exception) -> None:
        if isinstance(result, Exception):
            self._show(None)
            self.say(sentence(result))
        else:
            self._show(result)

    def _show(self, found: Found | None) -> None:
        self.found = found
        for widget in (self.picture, *self.near, self.heading, self.gauge):
            widget.setVisible(found is not None)
        short, words = ("", "") if found is None else verdict(found)
        self.heading.setText(short)
        self.verdict.say(words)
        if found is None:
            return
        self.picture.show_picture(found.pixels, "On the screen")
        for place, button in enumerate(self.near):
            button.setVisible(place < len(found.neighbours))
            if place < len(found.neighbours):
                near = found.neighbours[place]
                words = f"{near.distance:.2f}" if near.pixels is not None else f"no. {near.number}"
                button.show_picture(near.pixels, f"Nearest · {words}" if place == 0 else words)
        self.gauge.show_distance(found.own, found.neighbours[0].distance)
        if self._large is not None and self._large.isVisible():
            self._large.show_found(found, self._large.place)

    def _on_clicked(self, place: int) -> None:
        if self.found is not None:
            if self._large is None:
                self._large = SideBySide(self)
            self._large.show_found(self.found, place)
            self._large.show()
            self._large.raise_()

    def _on_samples(self) -> None:
        if self.found is None and not self._worker.busy:
            self.look_up()  # the data set has been opened meanwhile

    def _on_attention(self) -> None:
        if self._attention.seen:
            self.look_up()
        else:
            self._rest.stop()
            self._worker.forget()
