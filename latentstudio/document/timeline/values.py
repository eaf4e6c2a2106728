"""Values on the way between two keys: ``t`` is 0 at the first, 1 at the second.

Numbers go along a straight line, within what the recipe allows; what has no middle (modes, seeds,
classes) is the first's until the second is reached.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import TypeVar

import msgspec

from latentstudio.document.course import Course
from latentstudio.document.edit import Bend, Edit
from latentstudio.document.morph import Morph
from latentstudio.document.point import Between, Move, Point, Stop
from latentstudio.document.recipe import (
    Blend,
    Cell,
    Mixing,
    Noise,
    Transform,
    Truncation,
    Weight,
)

V = TypeVar("V")
_replace = msgspec.structs.replace


def mix_point(a: Point, b: Point, t: float, course: Course) -> Point:
    """Between two points of one name: their moves where they share a base, else the course.

    A key that was set on the way between two others lies on that way still: the film goes on along
    it, before and behind. Places on other ways jump: a place between places would nest without
    end.
    """
    if t in (0.0, 1.0):
        return b if t else a
    if a.base == b.base:
        return _replace(a, moves=_mix_moves(a, b, t))
    if isinstance(a.base, Between) or isinstance(b.base, Between):
        shared = way_through(a, b)
        if shared is None:
            return b if t >= 1.0 else a
        way, (begin, a), (end, b) = shared
        return Point(a.name, _replace(way, t=_time(begin, end, t)), _mix_moves(a, b, t))
    way = Between(Stop(a.base, a.moves), Stop(b.base, b.moves), _clamp(t, -1.0, 2.0), course)
    return Point(a.name, way)


Place = tuple[float, Point]  # a time on a way, and a point's moves beside it


def way_through(a: Point, b: Point) -> tuple[Between, Place, Place] | None:
    """The way on which one or both of two points were set, if the other lies on it too."""
    way = next((p.base for p in (a, b) if isinstance(p.base, Between)), None)
    begin, end = (way and _along(way, point) for point in (a, b))
    return (way, begin, end) if way and begin and end else None


def _along(way: Between, point: Point) -> Place | None:
    base = point.base
    if isinstance(base, Between):
        return (base.t, point) if _replace(base, t=way.t) == way else None
    for t, stop in ((0.0, way.start), (1.0, way.end)):
        if Stop(base, point.moves) == stop:
            return t, _replace(point, moves=())  # the way has them
    return None


def _mix_moves(a: Point, b: Point, t: float) -> tuple[Move, ...]:
    axes = dict.fromkeys(move.axis for move in (*a.moves, *b.moves))
    moves = (Move(axis, _line(a.along(axis), b.along(axis), t)) for axis in axes)
    return tuple(move for move in moves if move.amount)


def mix_truncation(a: Truncation, b: Truncation, t: float) -> Truncation:
    """Psi along a line; the cutoff jumps."""
    psi = _clamp(_line(a.psi, b.psi, t), -10.0, 10.0)
    return Truncation(psi, _jump(a, b, t).cutoff)


def mix_noise(a: Noise, b: Noise, t: float) -> Noise:
    """Strengths and turn along lines; mode and seed jump."""
    pairs = zip_longest(a.layers, b.layers, fillvalue=1.0)
    return _replace(
        _jump(a, b, t),
        strength=_clamp(_line(a.strength, b.strength, t), 0.0, 100.0),
        layers=tuple(_clamp(_line(x, y, t), 0.0, 100.0) for x, y in pairs),
        turn=_line(a.turn, b.turn, t),
    )


def mix_transform(a: Transform, b: Transform, t: float) -> Transform:
    """Place and angle along lines."""
    return Transform(_line(a.x, b.x, t), _line(a.y, b.y, t), _line(a.angle, b.angle, t))


def mix_blend(a: Blend, b: Blend, t: float) -> Blend:
    """Shares along lines; the space jumps."""
    names = sorted({weight.point for weight in (*a.weights, *b.weights)})
    shares = {name: max(0.0, _line(_share(a, name), _share(b, name), t)) for name in names}
    weights = tuple(Weight(name, share) for name, share in shares.items() if share)
    near = _jump(a, b, t)
    return Blend(weights or near.weights, near.space)


def mix_mixing(a: Mixing, b: Mixing, t: float) -> Mixing:
    """Strengths along lines; solo and mute jump."""
    keys = sorted({(cell.layer, cell.point) for cell in (*a.cells, *b.cells)})
    strengths = ((k, _line(a.strength(*k), b.strength(*k), t)) for k in keys)
    cells = tuple(Cell(*k, _clamp(s, 0.0, 1.0)) for k, s in strengths if s > 0.0)
    return _replace(_jump(a, b, t), cells=cells)


def mix_morph(a: Morph | None, b: Morph | None, t: float) -> Morph | None:
    """The t's along lines, between morphs of the same points; anything else jumps."""
    if a is None or b is None or (a.start, a.end) != (b.start, b.end):
        return b if t >= 1.0 else a
    listed = zip_longest(a.layers, b.layers)
    own = tuple(
        None if x is y is None else _time(a.t if x is None else x, b.t if y is None else y, t)
        for x, y in listed
    )
    return _replace(_jump(a, b, t), t=_time(a.t, b.t, t), layers=own)


def mix_edit(a: Edit, b: Edit, t: float) -> Edit:
    """The amount along a line; between other displacements it jumps."""
    if a.vector != b.vector:
        return b if t >= 1.0 else a
    return _replace(_jump(a, b, t), amount=_clamp(_line(a.amount, b.amount, t), -100.0, 100.0))


def mix_bends(a: tuple[Bend, ...], b: tuple[Bend, ...], t: float) -> tuple[Bend, ...]:
    """Amounts along lines, where the same channels are bent in the same way; else they jump."""
    if [_replace(x, amount=1.0) for x in a] != [_replace(x, amount=1.0) for x in b]:
        return b if t >= 1.0 else a
    inside = _clamp(t, 0.0, 1.0)  # the ranges of a bend's amount depend on its kind
    pairs = zip(a, b, strict=True)
    return tuple(_replace(x, amount=_line(x.amount, y.amount, inside)) for x, y in pairs)


def _line(a: float, b: float, t: float) -> float:
    return b if t == 1.0 else a + (b - a) * t


def _time(a: float, b: float, t: float) -> float:
    return _clamp(_line(a, b, t), -1.0, 2.0)


def _clamp(value: float, low: float, high: float) -> float:
    return min(high, max(low, value))


def _share(blend: Blend, name: str) -> float:
    return next((blend.share(w.point) for w in blend.weights if w.point == name), 0.0)


def _jump(a: V, b: V, t: float) -> V:
    return b if t >= 1.0 else a
