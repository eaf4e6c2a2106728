"""The two plots of the panel: fidelity against diversity, and FID against ψ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Signal
from PySide6.QtWidgets import QWidget

from latentstudio.ui.numbers.plot import KEY_STEP, Dot, Interval, Level, Line, Mark, Plot
from latentstudio.ui.numbers.words import FID, PRECISION, RECALL, Metric, digits

if TYPE_CHECKING:
    from latentstudio.engine.live.values import Curve
    from latentstudio.metrics.quality import Quality

WAITING = "The curve appears when the same samples have been seen at every ψ."
TOO_FEW = "Warming up: {n:,} samples at every ψ are too few for a FID."
MARKED = (0.0, 0.3, 0.5, 0.7, 1.0)  # psi that the curve names
AIR = 0.06  # of the range, beyond the outermost value


@dataclass(frozen=True)
class Pin:
    """A pinned measurement that may stand on the same axes.

    Attributes
    ----------
    name
        Of the checkpoint.
    quality
        The number itself: a dot.
    curve
        The same over ψ, or empty.
    colour
        Of both.
    """

    name: str
    quality: Quality
    curve: tuple[Quality, ...]
    colour: str


@dataclass(frozen=True)
class Spot:
    """A metric's value and interval at one ψ."""

    value: float
    interval: Interval | None


def psi_of(quality: Quality) -> float:
    """The truncation that was measured."""
    return quality.sampling.truncation.psi if quality.sampling is not None else 1.0


def spot(metric: Metric, quality: Quality) -> Spot | None:
    """A measurement as a point of a plot; None where it means nothing yet."""
    value = metric.value(quality)
    return None if value is None else Spot(value, metric.interval(quality))


def on_curve(metric: Metric, curve: Sequence[Quality], psi: float) -> Spot | None:
    """Where a curve passes ψ; None beyond its ends."""
    for left, right in pairwise(curve):
        low, high = psi_of(left), psi_of(right)
        if low <= psi <= high:
            a, b = spot(metric, left), spot(metric, right)
            if a is None or b is None:
                return None
            t = (psi - low) / (high - low)
            ends = None
            if a.interval and b.interval:
                (low_a, high_a), (low_b, high_b) = a.interval, b.interval
                ends = (low_a + t * (low_b - low_a), high_a + t * (high_b - high_a))
            return Spot(a.value + t * (b.value - a.value), ends)
    return None


def present(metric: Metric, quality: Quality, curve: Sequence[Quality]) -> Spot | None:
    """The present measurement, if its N is the curve's; else the curve's own value there.

    Precision and recall drift with N: a dot of another N would lie beside its curve.
    """
    if not curve or quality.n == curve[0].n:
        return spot(metric, quality)
    return on_curve(metric, curve, psi_of(quality))


def incomparable(quality: Quality, other: Quality, n: int) -> str:
    """Why a measurement must not stand beside another of ``n`` samples; "" when it may."""
    if quality.features_hash != other.features_hash:
        return f"other features: {quality.features}"
    if quality.data_hash != other.data_hash:
        return f"other data: {quality.data or 'unknown'}"
    return "" if quality.n == n else f"N is {quality.n:,}, not {n:,}"


class FidelityPlot(Plot):
    """Precision over recall, along ψ.

    Signals
    -------
    psi_picked(float)
        The hand is nearest to this ψ of the curve.
    """

    psi_picked = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Recall: diversity →", "↑ Precision: fidelity", parent=parent)
        self._curve: tuple[Quality, ...] = ()
        self._psi = 1.0
        self._shown: tuple[Curve | None, Sequence[Pin], list[Line]] | None = None
        self.set_content(note=WAITING)
        self.picked.connect(self._on_picked)

    def show_numbers(
        self, quality: Quality | None, curve: Curve | None, pins: Sequence[Pin] = ()
    ) -> None:
        """Draw the curve, the pinned ones, and the dot."""
        # While the hand moves the curves stay, and are not made again.
        if self._shown is None or self._shown[0] is not curve or self._shown[1] != pins:
            self._curve = tuple(curve.qualities) if curve is not None else ()
            lines = [self._along(pin.curve, pin.colour) for pin in pins if pin.curve]
            lines += [self._along(self._curve, "")] if self._curve else []
            self._shown = curve, pins, lines
        lines = self._shown[2]
        dots = [dot for pin in pins for dot in _cross(pin.quality, pin.curve, pin.colour)]
        if quality is not None:
            self._psi = psi_of(quality)
            dots += _cross(quality, self._curve) if self._curve else []
        places = [point for line in lines for point in line.points]
        places += [(dot.x, dot.y) for dot in dots]
        self.set_range(_room([x for x, _ in places]), _room([y for _, y in places]))
        marks = [Mark(q.recall, q.precision, _mark_words(q)) for q in self._curve if _marked(q)]
        self.set_content(lines, dots, marks=marks, note=WAITING)

    def _along(self, qualities: Sequence[Quality], colour: str) -> Line:
        return Line(tuple((q.recall, q.precision) for q in qualities), colour=colour)

    def _on_picked(self, x: float, y: float) -> None:
        if not self._curve:
            return
        hand = self.place(x, y)
        found = min(self._curve, key=lambda q: _far(self.place(q.recall, q.precision) - hand))
        self.psi_picked.emit(psi_of(found))

    def step(self, way: int) -> None:
        """Arrow keys go along the curve, not along recall."""
        self.psi_picked.emit(round(min(1.0, max(0.0, self._psi + way * KEY_STEP)), 4))


class FidPlot(Plot):
    """FID over ψ, with its band, and what the data get against themselves.

    Signals
    -------
    psi_picked(float)
        The hand is at this ψ.
    """

    psi_picked = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("ψ →", "↑ FID, N → ∞ (root scale)", root=True, parent=parent)
        self._shown: tuple[Curve | None, Sequence[Pin], list[Line]] | None = None
        self.set_content(note=WAITING)
        self.picked.connect(self._on_picked)

    def show_numbers(
        self, quality: Quality | None, curve: Curve | None, pins: Sequence[Pin] = ()
    ) -> None:
        """Draw the curve with its band, the pinned ones, the floor and the dot."""
        if self._shown is None or self._shown[0] is not curve or self._shown[1] != pins:
            lines = [line for pin in pins for line in _over_psi(pin.curve, pin.colour)]
            lines += _over_psi(curve.qualities, "") if curve is not None else []
            self._shown = curve, pins, lines
        lines, dots, levels = self._shown[2], [], []
        for pin in pins:
            there = spot(FID, pin.quality)
            if there is not None:
                dots.append(Dot(psi_of(pin.quality), there.value, colour=pin.colour))
        if curve is not None:
            floor = spot(FID, curve.floor) if curve.floor is not None else None
            if floor is not None:
                value = max(0.0, floor.value)
                levels.append(Level(value, f"real against real {digits(value)}"))
        now = spot(FID, quality) if quality is not None else None
        if quality is not None and now is not None and lines:
            hollow = quality.kind == "interpolated"
            dots.append(Dot(psi_of(quality), now.value, None, now.interval, hollow))
        tops = [high for line in lines for _, high in line.band]
        tops += [dot.y for dot in dots]
        xs = [dot.x for dot in dots]
        self.set_range((min([0.0, *xs]), max([1.0, *xs])), (0.0, 1.05 * max([1.0, *tops])))
        few = TOO_FEW.format(n=curve.qualities[0].n) if curve is not None else WAITING
        self.set_content(lines, dots, levels, note=few)

    def _on_picked(self, x: float, _y: float) -> None:
        self.psi_picked.emit(round(x, 2))


def _marked(quality: Quality) -> bool:
    return any(abs(psi_of(quality) - psi) < 1e-6 for psi in MARKED)


def _mark_words(quality: Quality) -> str:
    return f"ψ {psi_of(quality):g}"


def _cross(quality: Quality, curve: Sequence[Quality], colour: str = "") -> list[Dot]:
    """The dot of a measurement between recall and precision; whiskers on the present one."""
    x, y = (present(metric, quality, curve) for metric in (RECALL, PRECISION))
    if x is None or y is None:
        return []
    if colour:
        return [Dot(x.value, y.value, colour=colour)]
    hollow = quality.kind == "interpolated"
    return [Dot(x.value, y.value, x.interval, y.interval, hollow)]


def _over_psi(curve: Sequence[Quality], colour: str) -> list[Line]:
    spots = [(psi_of(quality), spot(FID, quality)) for quality in curve]
    known = [(psi, s) for psi, s in spots if s is not None and s.interval is not None]
    if not known:
        return []
    points = tuple((psi, max(0.0, s.value)) for psi, s in known)
    return [Line(points, tuple(s.interval for _, s in known if s.interval), colour)]


def _room(values: Sequence[float]) -> Interval:
    """A range of shares around values, with some air, the most of it above for words."""
    if not values:
        return 0.0, 1.0
    air = AIR * max(0.2, max(values) - min(values))
    return max(0.0, min(values) - air), min(1.0 + AIR, max(values) + 3 * air)


def _far(offset: QPointF) -> float:
    return offset.x() ** 2 + offset.y() ** 2
