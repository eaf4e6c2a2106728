"""The easing of the chosen key."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from latentstudio.document.timeline.ease import Ease
from latentstudio.ui.timeline.ease_curve import EaseCurve
from latentstudio.ui.timeline.glyph_choice import GlyphChoice
from latentstudio.ui.timeline.selection import Selection
from latentstudio.ui.timeline.signs import BEZIER, EASES
from latentstudio.ui.timeline.words import from_key
from latentstudio.ui.widgets.metrics import STEP

NONE = "Choose a key: its easing says how the film goes on from there."
LAST = "Nothing follows this key: choose an earlier one, or let the film loop."


class EaseBox(QWidget):
    """Eight drawn easings, and the square that shapes two of them."""

    def __init__(self, selection: Selection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._selection = selection
        self.words = QLabel()
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.kinds = GlyphChoice(EASES)
        self.kinds.setObjectName("timeline.easings")
        self.curve = EaseCurve()
        self.curve.setObjectName("timeline.curve")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(STEP)
        column.addWidget(self.words)
        column.addWidget(self.kinds)
        column.addWidget(self.curve, 1)
        self.kinds.chosen.connect(self._on_kind)
        self.curve.edited.connect(self._on_curve)
        selection.changed.connect(self.show_key)
        selection.model.document.timeline_changed.connect(self.show_key)
        self.show_key()

    def show_key(self) -> None:
        """Write the chosen key's easing."""
        selection, ease = self._selection, self._selection.ease
        self.words.setText(from_key(selection.model.timeline, selection.row, selection.time))
        self.kinds.setEnabled(ease is not None)
        self.kinds.choose(None if ease is None else ease.kind)
        self.curve.set_ease(ease, NONE if selection.time is None else LAST)

    def _on_kind(self, kind: str) -> None:
        before = self._selection.ease
        if before is None or before.kind == kind:
            return
        if kind == "bezier":
            ease = BEZIER
        elif kind == "drawn":
            ease = Ease("drawn", tuple(self.curve.drawn()))
        else:
            ease = Ease(kind)  # type: ignore[arg-type]
        self._selection.set_ease(ease)

    def _on_curve(self, ease: Ease) -> None:
        self._selection.set_ease(ease, self.curve.gesture.merge("timeline.ease"))
