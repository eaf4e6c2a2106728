"""The two axes that the pad and a drag on the picture move along."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from PySide6.QtCore import QObject, Signal

from latentstudio.document.recipe import POINT_NAMES, Axis, Move
from latentstudio.latents.fit import has_z

if TYPE_CHECKING:
    from latentstudio.document.document import Document
    from latentstudio.document.recipe import Point
    from latentstudio.generators.info import GeneratorInfo

MAX_AMOUNT = 100.0
MIN_GAIN, MAX_GAIN = 0.05, 6.0
DEFAULT_GAIN = 1.5


class AxesModel(QObject):
    """Which axes the hand moves along, and how far a whole stroke reaches.

    This is a choice of tool, not a value of the picture, so undo does not go through it; the
    session keeps it in its view.

    Signals
    -------
    changed()
        An axis or the gain changed.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._x = Axis("random", 1)
        self._y = Axis("random", 2)
        self._gain = DEFAULT_GAIN
        self._of_z: dict[str, Axis] = {}  # what stands back while the point has no z

    @property
    def x(self) -> Axis:
        """The axis to the right."""
        return self._x

    @x.setter
    def x(self, axis: Axis) -> None:
        self._set(axis, self._y, self._gain)

    @property
    def y(self) -> Axis:
        """The axis upwards."""
        return self._y

    @y.setter
    def y(self, axis: Axis) -> None:
        self._set(self._x, axis, self._gain)

    @property
    def gain(self) -> float:
        """Radians (or standard deviations) from the pad's centre to its edge, 0.05 to 6."""
        return self._gain

    @gain.setter
    def gain(self, gain: float) -> None:
        self._set(self._x, self._y, min(MAX_GAIN, max(MIN_GAIN, gain)))

    def _set(self, x: Axis, y: Axis, gain: float) -> None:
        if (x, y, gain) != (self._x, self._y, self._gain):
            self._x, self._y, self._gain = x, y, gain
            self.changed.emit()

    def position(self, point: Point) -> tuple[float, float]:
        """Where ``point`` stands along x and y."""
        return point.along(self._x), point.along(self._y)

    def place(self, document: Document, x: float, y: float, merge: str | None = None) -> None:
        """Put the active point at amounts ``x`` and ``y`` along the axes, as one undo step.

        Where both axes are the same there is one amount: ``x``.
        """
        point = document.recipe.point(document.active)
        point = _moved(point, self._x, _clamped(x))
        if self._y != self._x:
            point = _moved(point, self._y, _clamped(y))
        recipe = document.recipe.with_point(point)
        document.change(f"Move {point.name}", recipe=recipe, merge=merge)

    def drag(self, document: Document, dx: float, dy: float, merge: str | None = None) -> None:
        """Move the active point by ``dx * gain`` along x and ``dy * gain`` along y.

        Parameters
        ----------
        document
            Whose active point moves.
        dx, dy
            The way of the hand in half-widths of the pad or picture, right and up positive.
        merge
            Key of the drag: changes with the same key are one undo step.
        """
        x, y = self.position(document.recipe.point(document.active))
        if self._y == self._x:
            # One axis, one amount: both directions of the hand feed it.
            dx += dy
        self.place(document, x + dx * self._gain, y + dy * self._gain, merge)

    def fit(self, info: GeneratorInfo | None, point: Point) -> None:
        """Replace axes that the generator or the point does not have.

        A point that was found in w has no z: it moves along principal components, until a point
        with a z is moved again.
        """
        if info is not None:
            x, y = (self._fitting(name, info, point) for name in ("x", "y"))
            self._set(x, y, self._gain)

    def _fitting(self, name: str, info: GeneratorInfo, point: Point) -> Axis:
        spare = 1 if name == "x" else 2
        component = Axis("principal", spare - 1)
        axis = self._x if name == "x" else self._y
        if not info.has_mapping or has_z(info, point):
            before = self._of_z.pop(name, axis)
            return _known(before if axis == component else axis, info, spare)
        if axis.kind != "principal":
            self._of_z[name] = axis
            axis = component
        return _known(axis, info, spare)

    def to_view(self) -> dict[str, Any]:
        """Plain data for the session's view."""
        return {
            "x": msgspec.to_builtins(self._x),
            "y": msgspec.to_builtins(self._y),
            "gain": self._gain,
        }

    def from_view(self, view: dict[str, Any]) -> None:
        """Take over what :meth:`to_view` gave; what does not fit is left as it is."""
        x, y, gain = self._x, self._y, self._gain
        try:
            x = msgspec.convert(view.get("x", msgspec.to_builtins(x)), Axis)
            y = msgspec.convert(view.get("y", msgspec.to_builtins(y)), Axis)
            gain = msgspec.convert(view.get("gain", gain), float)
        except (msgspec.ValidationError, ValueError):
            # The view is a convenience: a session with a damaged one still opens.
            return
        if MIN_GAIN <= gain <= MAX_GAIN:
            self._set(x, y, gain)


def axis_words(axis: Axis) -> str:
    """The axis in two words, such as ``z 12`` or ``toward B``."""
    if axis.kind == "toward":
        return f"toward {POINT_NAMES[axis.index % len(POINT_NAMES)]}"
    word = {"random": "direction", "coordinate": "z", "principal": "component"}[axis.kind]
    return f"{word} {axis.index}"


def _clamped(amount: float) -> float:
    return min(MAX_AMOUNT, max(-MAX_AMOUNT, amount))


def _moved(point: Point, axis: Axis, amount: float) -> Point:
    # In its place among the moves: turns on the sphere do not commute, so a new order would
    # make the picture jump at the first touch.
    if any(move.axis == axis for move in point.moves) and amount != 0:
        moves = tuple(Move(axis, amount) if m.axis == axis else m for m in point.moves)
        return msgspec.structs.replace(point, moves=moves)
    return point.moved(axis, amount)


def _known(axis: Axis, info: GeneratorInfo, spare: int) -> Axis:
    known = {
        "random": True,
        "coordinate": axis.index < info.z_dim,
        "principal": info.has_mapping and axis.index < info.w_dim,
        "toward": axis.index < len(POINT_NAMES),
    }
    return axis if known[axis.kind] else Axis("random", spare)
