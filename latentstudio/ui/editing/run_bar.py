"""The run: rest, go on, reverse, end, and its way as a slider."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPolygonF
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from latentstudio.ui.editing.traits import number
from latentstudio.ui.widgets.glyph import GlyphButton, Sign
from latentstudio.ui.widgets.hint import Hint
from latentstudio.ui.widgets.metrics import GAP, STEP
from latentstudio.ui.widgets.rows import labelled
from latentstudio.ui.widgets.slider import Slider

if TYPE_CHECKING:
    from latentstudio.ui.editing.model import EditModel
    from latentstudio.ui.widgets.paint import Ink

IDLE = "Drag an attribute: each step appears as a picture."
AWAY = "The picture has changed since: drag an attribute to begin a new way."
PATH_TIP = """The way of the edit, step by step: drag, or ← →, to stand anywhere on it.
Going on continues from there. Double-click for the start"""
PAUSE, GO_ON = "Rest. The run stays where it is", "Go on to the goal"


class RunGlyph(GlyphButton):
    """A button with one of two signs more."""

    def __init__(self, sign: str, tip: str) -> None:
        super().__init__(cast(Sign, sign), tip)

    def _stop(self, painter: QPainter, ink: Ink) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink.text)
        painter.drawRoundedRect(QRectF(-4.5, -4.5, 9, 9), 1, 1)

    def _reverse(self, painter: QPainter, _ink: Ink) -> None:
        for way, y in ((1, -3.0), (-1, 3.0)):
            painter.drawLine(QPointF(-5 * way, y), QPointF(5 * way, y))
            tip = QPointF(5 * way, y)
            back = QPointF(-3 * way, 0)
            barb = [tip + back + QPointF(0, -2.5), tip, tip + back + QPointF(0, 2.5)]
            painter.drawPolyline(QPolygonF(barb))


class WaySlider(Slider):
    """A slider over whole steps.

    Signals
    -------
    stepped(int)
        The hand stands after that many steps.
    """

    stepped = Signal(int)

    def __init__(self) -> None:
        super().__init__(0.0, 1.0, step=1.0)
        self._place = 0
        self.edited.connect(self._on_edited)

    def show_place(self, place: int, count: int) -> None:
        """Stand after ``place`` of ``count`` steps."""
        self._place = place
        self.setRange(0, max(1, count) * self.singleStep())
        self.set_amount(place)

    def _on_edited(self, amount: float) -> None:
        place = round(amount)
        self.set_amount(place)
        if place != self._place:
            self._place = place
            self.stepped.emit(place)


class RunBar(QWidget):
    """Three buttons, what the run does, and its way."""

    def __init__(self, model: EditModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.go = GlyphButton("play", GO_ON)
        self.reverse = RunGlyph("reverse", "Reverse. To the goal mirrored at where it began")
        self.stop = RunGlyph("stop", "Stop. The edit stays as far as it has come")
        self.words = QLabel()
        self.words.setObjectName("edit.run")
        self.words.setAccessibleName("The run")
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.way = WaySlider()
        self.way.setToolTip(PATH_TIP)
        self.way.setAccessibleName("Way of the edit")
        self.note = Hint()
        for name, widget in (
            ("go", self.go),
            ("reverse", self.reverse),
            ("stop", self.stop),
            ("way", self.way),
            ("note", self.note),
        ):
            widget.setObjectName(f"edit.{name}")
        buttons = QHBoxLayout()
        buttons.setSpacing(STEP)
        for button in (self.go, self.reverse, self.stop):
            buttons.addWidget(button)
        buttons.addSpacing(STEP)
        buttons.addWidget(self.words, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP - STEP)
        column.addLayout(buttons)
        column.addLayout(labelled("Way", self.way))
        column.addWidget(self.note)
        self.go.clicked.connect(self._on_go)
        self.reverse.clicked.connect(self._on_reverse)
        self.stop.clicked.connect(self._on_stop)
        self.way.stepped.connect(self._on_way)
        model.run_changed.connect(self.show_run)
        model.stepped.connect(self._on_step)
        model.known_changed.connect(self.show_run)
        self.show_run()

    def show_run(self) -> None:
        """Write how the run stands."""
        model, goal = self._model, self._model.goal
        moving = model.going and not model.paused
        ready = goal is not None and model.known is not None
        self.go.set_sign("pause" if moving else "play")
        self.go.setToolTip(PAUSE if moving else GO_ON)
        self.go.setAccessibleName((PAUSE if moving else GO_ON).split(".")[0])
        self.go.setEnabled(ready)
        self.reverse.setEnabled(ready)
        self.stop.setEnabled(model.going)
        path, place = model.path, model.place
        self.way.setEnabled(bool(path))
        self.way.show_place(place or 0, len(path))
        self.words.setText(self._words(len(path), place))
        aim = (
            f"{model.title(goal)} to {number(goal.target)} σ" if goal is not None and ready else ""
        )
        if model.going:
            self.note.say(f"{'Resting on the way' if model.paused else 'On the way'}: {aim}.")
        elif goal is not None and place is None:
            self.note.say(AWAY)
        else:
            self.note.say(model.end.reason if model.end is not None else "" if ready else IDLE)

    def _words(self, count: int, place: int | None) -> str:
        if not count:
            return "Starting …" if self._model.going else ""
        return f"Step {place} of {count} · {self._model.seconds:.1f} s"

    def _on_step(self, _step: object) -> None:
        self.show_run()

    def _on_go(self) -> None:
        if self._model.going and not self._model.paused:
            self._model.pause()
        else:
            self._model.go_on()

    def _on_reverse(self) -> None:
        self._model.reverse()

    def _on_stop(self) -> None:
        self._model.stop_run()

    def _on_way(self, place: int) -> None:
        self._model.scrub(place, self.way.gesture.merge("edit.way"))
