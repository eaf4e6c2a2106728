"""Play, loop, length and rate; the key; and everything else in a menu."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QPushButton, QWidget

from latentstudio.document.timeline.timeline import LEAST_SECONDS, Timeline
from latentstudio.document.timeline.tracks import MAX_SECONDS
from latentstudio.ui.timeline.glyph_choice import GlyphChoice
from latentstudio.ui.timeline.key_button import KeyButton
from latentstudio.ui.timeline.selection import Selection
from latentstudio.ui.timeline.signs import LOOPS
from latentstudio.ui.timeline.words import rate_words
from latentstudio.ui.timeline.wrap import Wrap
from latentstudio.ui.widgets.combo import Combo
from latentstudio.ui.widgets.field import NumberField
from latentstudio.ui.widgets.glyph import GlyphButton

RATES = (
    (12, 1), (15, 1), (24000, 1001), (24, 1), (25, 1), (30000, 1001), (30, 1), (48, 1), (50, 1),
    (60000, 1001), (60, 1), (120, 1),
)  # fmt: skip
PLAY, PAUSE = "Play (Space in the timeline)", "Rest: the picture stays (Space)"
_replace = msgspec.structs.replace


class Transport(QWidget):
    """Above the chart, in one line or more.

    Signals
    -------
    film_wanted()
        The hand wants to export the film.
    """

    film_wanted = Signal()

    def __init__(self, selection: Selection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._selection, self._model = selection, selection.model
        self.back = GlyphButton("previous", "To the key before (Ctrl+← in the timeline)")
        self.play = GlyphButton("play", PLAY)
        self.on = GlyphButton("next", "To the next key (Ctrl+→ in the timeline)")
        self.loop = GlyphChoice(LOOPS)
        self.length = NumberField(LEAST_SECONDS, MAX_SECONDS, step=0.5)
        self.length.setSuffix(" s")
        self.length.setFixedWidth(68)
        self.length.setToolTip(
            "Length of the film in seconds; keys stay where they are\n"
            "Unless it is set here, the film ends at its last key"
        )
        self.rate = Combo()
        self.rate.setFixedWidth(92)
        self.rate.setToolTip("Frames a second; 23.976 and its like are exact fractions")
        self.auto = QCheckBox("Auto key")
        self.auto.setToolTip("Every change of the picture becomes a key at the playhead by itself")
        self.key = KeyButton()
        self.more = QPushButton("More")
        self.more.setToolTip("Gallery to timeline, open, save, clear")
        self.film = QPushButton("Export film…")
        self.film.setToolTip("Take the film home: MP4, WebM, GIF, WebP, PNGs, contact sheet")
        names = {
            "back": self.back, "play": self.play, "on": self.on, "loop": self.loop,
            "length": self.length, "rate": self.rate, "auto": self.auto, "more": self.more,
            "film": self.film,
        }  # fmt: skip
        for name, widget in names.items():
            widget.setObjectName(f"timeline.{name}")
        for widget, words in ((self.length, "Length in seconds"), (self.rate, "Frames a second")):
            widget.setAccessibleName(words)
        self._lay_out()
        self._connect()
        self.show_timeline(self._model.timeline)

    def show_timeline(self, timeline: Timeline) -> None:
        """Write loop, length and rate."""
        self.loop.choose(timeline.loop)
        self.length.set_amount(timeline.length)
        own = () if timeline.rate in RATES else (timeline.rate,)
        rates = sorted((*RATES, *own), key=lambda rate: rate[0] / rate[1])
        self.rate.fill([(rate_words(rate), rate) for rate in rates])
        self.rate.choose(timeline.rate)
        self.show_state()

    def show_state(self) -> None:
        """Enable what can be done now."""
        model = self._model
        for widget in (self.back, self.play, self.on, self.film):
            widget.setEnabled(not model.empty)
        self.key.setEnabled(model.document.info is not None)
        self.key.set_new(model.empty or model.astray)
        self.play.set_sign("pause" if model.playing else "play")
        self.play.setToolTip(PAUSE if model.playing else PLAY)
        self.play.setAccessibleName("Pause" if model.playing else "Play")

    def _lay_out(self) -> None:
        row = Wrap()
        for control in (self.back, self.play, self.on, self.loop, self.length, self.rate):
            row.addWidget(control)
        row.part()
        for large in (self.auto, self.key, self.more, self.film):
            row.addWidget(large)
        self.setLayout(row)

    def _connect(self) -> None:
        model = self._model
        self.back.clicked.connect(self._on_back)
        self.on.clicked.connect(self._on_next)
        self.play.clicked.connect(model.turn)
        self.key.clicked.connect(model.set_key)
        self.film.clicked.connect(self.film_wanted)
        self.auto.toggled.connect(self._on_auto)
        self.loop.chosen.connect(model.set_loop)
        self.length.edited.connect(self._on_length)
        self.rate.activated.connect(self._on_rate)
        model.playing_changed.connect(self.show_state)
        model.changed.connect(self.show_state)
        model.document.timeline_changed.connect(self.show_timeline)
        model.document.info_changed.connect(self.show_state)

    def _on_back(self) -> None:
        self._selection.step(-1)

    def _on_next(self) -> None:
        self._selection.step(1)

    def _on_auto(self, on: bool) -> None:
        self._model.auto_key = on

    def _on_length(self, length: float) -> None:
        merge = self.length.gesture.merge("timeline.length")
        if not self._model.change("Length", lambda t: _replace(t, length=length), merge):
            self.length.set_amount(self._model.timeline.length)

    def _on_rate(self) -> None:
        rate = self.rate.currentData()
        if not self._model.change("Frame rate", lambda t: _replace(t, rate=tuple(rate))):
            self.rate.choose(self._model.timeline.rate)
