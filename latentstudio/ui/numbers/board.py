"""The readouts together: how they came about, four large numbers, two quiet ones, small print."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from latentstudio.ui.numbers.readout import Reading, Readout
from latentstudio.ui.numbers.section import WIDE
from latentstudio.ui.numbers.status import Status
from latentstudio.ui.numbers.words import (
    FID,
    KID,
    LARGE,
    SMALL,
    Metric,
    check_words,
    plain_words,
    psi_words,
    short,
    warming_words,
)
from latentstudio.ui.widgets.hint import Hint
from latentstudio.ui.widgets.metrics import GAP, MARGIN
from latentstudio.ui.widgets.paint import small

if TYPE_CHECKING:
    from latentstudio.engine.live.values import Curve
    from latentstudio.metrics.quality import Quality
    from latentstudio.ui.numbers.model import NumbersModel

COMPARABLE = (FID, KID)  # no bias in N: comparable with the floor at any N
ROOM_ABOVE = 2.5  # times the best FID of the curve: right end of the scale


class Board(QWidget):
    """Shows the newest quality of a model."""

    def __init__(self, numbers: NumbersModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._numbers = numbers
        self.status = Status()
        self.large = {metric.field: Readout(metric) for metric in LARGE}
        self.small = {metric.field: Readout(metric, quiet=True) for metric in SMALL}
        self.plain, self.check, self.source = Hint(), Hint(), Hint()
        for name, hint in (("plain", self.plain), ("check", self.check), ("source", self.source)):
            hint.setObjectName(f"numbers.{name}")
            hint.setFont(small(hint.font()))
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(MARGIN)
        self._grid.setVerticalSpacing(GAP)
        self._columns = 0
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(self.status)
        column.addLayout(self._grid)
        for hint in (self.plain, self.check, self.source):
            column.addWidget(hint)
        self._arrange(2)
        numbers.quality_changed.connect(self._on_news)
        numbers.curve_changed.connect(self._on_news)
        numbers.choices_changed.connect(self._on_news)
        numbers.state_changed.connect(self._on_news)
        numbers.floor_changed.connect(self._on_news)
        self._on_news()

    def readouts(self) -> list[Readout]:
        """All six."""
        return [*self.large.values(), *self.small.values()]

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Four beside each other where there is room, as on a stage."""
        self._arrange(4 if event.size().width() >= WIDE else 2)

    def _arrange(self, columns: int) -> None:
        if columns == self._columns:
            return
        self._columns = columns
        for column in range(4):
            self._grid.setColumnStretch(column, int(column < columns))
        for number, readout in enumerate(self.readouts()):
            self._grid.addWidget(
                readout, number // columns, number % columns, Qt.AlignmentFlag.AlignTop
            )

    def _on_news(self, _news: object = None) -> None:
        quality, curve = self._numbers.quality, self._numbers.curve
        floor = self._numbers.floor(quality.n) if quality is not None else None
        plain = plain_words(quality, floor) if quality is not None else ""
        self._say_status(quality)
        for readout in self.readouts():
            metric = readout.what
            reading = self._reading(metric, quality, curve, floor)
            more = plain if metric is FID else ""
            if curve is not None and quality is not None and quality.kind == "interpolated":
                more = "\n".join(filter(None, (more, check_words(curve.checks))))
            readout.show_reading(reading, more)
        self.plain.say(plain)
        self.check.say(check_words(curve.checks) if curve is not None else "")
        self._say_source(quality)

    def _say_status(self, quality: Quality | None) -> None:
        target = self._numbers.choices.target
        if quality is None:
            self.status.show_status("", self._numbers.state, 0.0)
            return
        measured = quality.kind == "measured"
        far = measured and quality.n < target
        many = f"N {quality.n:,} of {target:,}" if far else f"N {quality.n:,}"
        text = " · ".join(filter(None, (psi_words(quality), many)))
        share = quality.n / target if measured else 0.0
        self.status.show_status(quality.kind, text, share, self._numbers.state)

    def _reading(
        self,
        metric: Metric,
        quality: Quality | None,
        curve: Curve | None,
        floor: Quality | None,
    ) -> Reading:
        if quality is None:
            return Reading()
        same = floor is not None and (metric in COMPARABLE or floor.n == quality.n)
        value, interval = metric.value(quality), metric.interval(quality)
        waiting = warming_words(quality.n, self._numbers.dim) if value is None else ""
        about = quality.kind == "interpolated"
        on_floor = metric.value(floor) if floor is not None and same else None
        top = metric.top or _top(metric, value or 0.0, curve)
        return Reading(value, interval, about, waiting, on_floor, top)

    def _say_source(self, quality: Quality | None) -> None:
        if quality is None:
            self.source.say("")
            return
        self.source.say(
            f"Features {quality.features} {short(quality.features_hash)} · data"
            f" {quality.data or 'unknown'} {short(quality.data_hash)}, {quality.n_real:,} pictures"
        )
        self.source.setToolTip(
            f"Features {quality.features}\n{quality.features_hash}\n"
            f"Data {quality.data}\n{quality.data_hash}\n"
            "Numbers of other features or other data cannot be compared with these."
        )


def _top(metric: Metric, value: float, curve: Curve | None) -> float:
    """Right end of an open scale: the same along a curve, so that the dot moves and not it."""
    values = [metric.value(quality) for quality in curve.qualities] if curve is not None else []
    known = [v for v in values if v is not None]
    return max(1e-6, ROOM_ABOVE * min(known) if known else 2.0 * value)
