"""Beats from a file, keys on them, and what jumps with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from latentstudio.document.timeline.motion import Pulse
from latentstudio.ui.timeline.changes import on_beats
from latentstudio.ui.timeline.entry import Entries, Entry
from latentstudio.ui.timeline.words import row_title
from latentstudio.ui.widgets.field import NumberField
from latentstudio.ui.widgets.glyph import GlyphButton
from latentstudio.ui.widgets.hint import Hint
from latentstudio.ui.widgets.metrics import STEP

if TYPE_CHECKING:
    from latentstudio.document.timeline.timeline import Timeline
    from latentstudio.ui.timeline.files import TimelineFiles
    from latentstudio.ui.timeline.model import TimelineModel

NO_BEATS = "A CSV file with a time in seconds on each line, and a strength if you like."
PLAIN = [("Truncation ψ", "psi"), ("Noise strength", "noise"), ("Morph", "morph")]
_replace = msgspec.structs.replace


class PulseEntry(Entry):
    """Target, amount and decay."""

    def __init__(self, model: TimelineModel) -> None:
        super().__init__("pulse")
        self._model = model
        self.add_field(
            "amount", "Amount", "Added at a beat of strength 1", NumberField(-100, 100, step=0.05)
        )
        self.add_field(
            "decay",
            "Decay, s",
            "Seconds until it is down to 37%",
            NumberField(0.001, 60, step=0.05),
        )

    def show_value(self, value: Pulse) -> None:
        """Write a pulse, among what can jump now."""
        items = pulse_targets(self._model)
        if value.target not in [target for _, target in items]:
            items.append((value.target.removeprefix("edit "), value.target))
        self.target.fill(list(items))
        self.target.choose(value.target)
        self.show_fields(value)

    def value(self) -> Pulse:
        """The pulse as it is set."""
        amount, decay = (self.fields[name].value() for name in ("amount", "decay"))
        return Pulse(self.target.currentData(), amount, decay)


def pulse_targets(model: TimelineModel) -> list[tuple[str, str]]:
    """What can jump with the beats: (words, target); every edit of picture and film with it."""
    timeline = model.timeline
    edits = {f"edit {e.key}": e.name for e in (*timeline.base.edits, *model.document.recipe.edits)}
    tracks = [track.name for track in timeline.tracks if track.name.startswith("edit ")]
    edits |= {name: row_title(timeline, name) for name in tracks}
    return [*PLAIN, *((name or "Edit", target) for target, name in edits.items())]


class BeatsBox(QWidget):
    """A file's beats, and pulses."""

    def __init__(
        self, model: TimelineModel, files: TimelineFiles, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._model = model
        self.open = QPushButton("Beats from CSV…")
        self.open.setObjectName("timeline.beats")
        self.open.setToolTip(NO_BEATS)
        self.clear = GlyphButton("clear", "Forget the beats")
        self.words = Hint(NO_BEATS)
        self.spread = QPushButton("Spread keys over the beats")
        self.spread.setObjectName("timeline.spread")
        self.spread.setToolTip("Move every key to a beat, evenly from the first to the last")
        self.pulse = QPushButton("Pulse on the beats")
        self.pulse.setObjectName("timeline.pulse")
        self.pulse.setToolTip("Something jumps at every beat, and falls back")
        self.pulses = Entries(lambda: PulseEntry(model))
        top = QHBoxLayout()
        top.setSpacing(STEP)
        top.addWidget(self.open, 1)
        top.addWidget(self.clear)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(STEP)
        column.addLayout(top)
        for widget in (self.words, self.spread, self.pulse, self.pulses):
            column.addWidget(widget)
        column.addStretch(1)
        self.open.clicked.connect(files.open_beats)
        self.clear.clicked.connect(self._on_clear)
        self.spread.clicked.connect(self._on_spread)
        self.pulse.clicked.connect(self._on_pulse)
        self.pulses.edited.connect(self._on_edited)
        model.document.timeline_changed.connect(self.show_timeline)
        self.show_timeline(model.timeline)

    def show_timeline(self, timeline: Timeline) -> None:
        """Write how many beats there are, and the pulses."""
        beats = timeline.beats
        late = sum(beat.time > timeline.length for beat in beats)
        words = f"{len(beats)} beats, {beats[0].time:g} to {beats[-1].time:g} s" if beats else ""
        words += f"; {late} after the film's end" if late else ""
        self.words.say(words or NO_BEATS)
        self.clear.setEnabled(bool(beats))
        self.spread.setEnabled(bool(beats) and len(timeline.marks) > 1)
        self.pulse.setEnabled(bool(beats) and bool(timeline.marks))
        self.pulses.set_values(timeline.pulses)

    def _on_clear(self) -> None:
        self._model.change("Forget beats", lambda t: _replace(t, beats=()))

    def _on_spread(self) -> None:
        self._model.change("Spread keys over the beats", on_beats)

    def _on_pulse(self) -> None:
        used = {pulse.target for pulse in self._model.timeline.pulses}
        targets = [target for _, target in pulse_targets(self._model)]
        target = next((t for t in targets if t not in used), targets[0])
        pulse = Pulse(target, 1.0 if target.startswith("edit ") else 0.3)
        self._model.change("Pulse", lambda t: _replace(t, pulses=(*t.pulses, pulse)))

    def _on_edited(self, pulses: tuple[Pulse, ...], merge: str) -> None:
        self._model.change("Pulse", lambda t: _replace(t, pulses=pulses), merge or None)
