"""Points in a recipe: where they and the ways between them lie in z and in w."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

import torch
from torch import Tensor

from latentstudio.document.course import Way
from latentstudio.document.recipe import Between, Move, Point, Recipe, Seed, Stop
from latentstudio.document.vector import Vector
from latentstudio.generators.protocol import Generator
from latentstudio.latents.edits import displaced_z, in_z
from latentstudio.latents.fit import ends_of, goes_in_z, has_z
from latentstudio.latents.paths import lerp, travel
from latentstudio.latents.principal import PrincipalAxes, principal_axes
from latentstudio.latents.sphere import slerp, tangent, toward, turn

Memo = Callable[[Hashable, Callable[[], Tensor]], Tensor]
AxesOf = Callable[[int | None], PrincipalAxes]
At = Point | Stop


class Points:
    """The points of one recipe, and the ends of ways, as one generator maps them.

    Parameters
    ----------
    generator, recipe, memo, axes
        As for :func:`~latentstudio.latents.compose.compose`; the recipe fits.
    """

    def __init__(
        self,
        generator: Generator,
        recipe: Recipe,
        memo: Memo | None = None,
        axes: AxesOf | None = None,
    ) -> None:
        self.generator, self.recipe = generator, recipe
        self.info = generator.info
        self.memo: Memo = (lambda _key, make: make()) if memo is None else memo
        self.axes = axes or (lambda label: principal_axes(generator, label=label))
        # Without a label, a generator with classes shows its first.
        self.label = (recipe.label or 0) if generator.num_classes else None

    def place(self, at: At) -> Tensor:
        """The latents [1, num_layers, w_dim] of a point or a stop."""
        base = at.base
        if isinstance(base, Between) and not has_z(self.info, at):
            position = base.course.position(base.t)
            positions = [position] * self.info.num_layers
            ws = self.way(base.course.way, base.start, base.end, positions)
        else:
            ws = self.memo(self.key(at), lambda: self._mapped(at))
        return self.principal(ws, at, 1.0)

    def way(self, way: Way, start: At, end: At, positions: Sequence[float]) -> Tensor:
        """The latents on the way from one to another: each layer at its own position."""
        for position, at in ((0.0, start), (1.0, end)):
            if set(positions) == {position}:  # and what the other may be does not matter
                return self.place(at)
        if goes_in_z(self.info, way, start, end):
            places = {p: self._along(way, start, end, p) for p in positions}
            return torch.stack([places[p][:, i] for i, p in enumerate(positions)], dim=1)
        rows = self.place(start), self.place(end)
        if self.info.has_mapping:
            return lerp(*rows, positions)
        return slerp(rows[0][0, 0], rows[1][0, 0], positions[0])[None, None]

    def _along(self, way: Way, start: At, end: At, position: float) -> Tensor:
        """Mapped from the z at a position of the way, with both ends' principal moves."""
        key = (way, self.key(start), self.key(end), position)
        ws = self.memo(
            key,
            lambda: self.map(travel(way, self.edited_z(start), self.edited_z(end), position)),
        )
        return self.principal(self.principal(ws, start, 1.0 - position), end, position)

    def key(self, at: At) -> Hashable:
        """What the mapped z depends on."""
        turns = _turns(at)
        moves = [*turns, *(move for end in ends_of(at) for move in _turns(end))]
        targets = tuple(
            self.recipe.points[m.axis.index].base for m in moves if m.axis.kind == "toward"
        )
        edits = tuple((edit.vector, edit.amount) for edit in in_z(self.recipe.edits))
        return (at.base, turns, targets, edits, self.label)

    def principal(self, ws: Tensor, at: At, share: float) -> Tensor:
        """Add a share of the principal moves; a way through z brings those of its ends."""
        base = at.base
        if isinstance(base, Between) and has_z(self.info, at):
            position = base.course.position(base.t)
            ws = self.principal(ws, base.start, share * (1.0 - position))
            ws = self.principal(ws, base.end, share * position)
        for move in at.moves:
            if move.axis.kind == "principal" and share:
                axes = self.axes(self.label)
                index = move.axis.index
                ws = ws + (share * move.amount * axes.sigma[index]) * axes.components[index]
        return ws

    def edited_z(self, at: At) -> Tensor:
        """The moved z [z_dim] with the edits in z, on the CPU: the same on every device."""
        return displaced_z(self._z(at), self.recipe.edits)

    def map(self, z: Tensor) -> Tensor:
        """[z_dim] on the CPU -> [1, num_layers, w_dim] on the device; always a batch of one."""
        device = self.generator.device
        label = None if self.label is None else torch.tensor([self.label], device=device)
        return self.generator.map(z[None].to(device), label)

    def _mapped(self, at: At) -> Tensor:
        """A point or a stop in w, before principal moves."""
        if has_z(self.info, at):
            return self.map(self.edited_z(at))
        assert isinstance(at.base, Vector)
        values = torch.from_numpy(at.base.values()).to(self.generator.device)
        return values.expand(1, self.info.num_layers, -1)

    def _z(self, at: At) -> Tensor:
        """The moved z [z_dim]."""
        z = self._base_z(at, self._z)
        tangents = [move.amount * self._tangent(z, move) for move in _turns(at)]
        return turn(z, torch.stack(tangents)) if tangents else z

    def _unmoved_z(self, at: At) -> Tensor:
        """The z that others move toward: so that two may move toward each other."""
        return self._base_z(at, self._unmoved_z)

    def _base_z(self, at: At, z_of: Callable[[At], Tensor]) -> Tensor:
        base = at.base
        if isinstance(base, Between):
            position = base.course.position(base.t)
            return travel(base.course.way, z_of(base.start), z_of(base.end), position)
        if isinstance(base, Seed):
            return self.generator.sample_z(1, base.value)[0].cpu()
        return torch.from_numpy(base.values()).reshape(-1)

    def _tangent(self, z: Tensor, move: Move) -> Tensor:
        axis = move.axis
        if axis.kind == "toward":
            return toward(z.double(), self._unmoved_z(self.recipe.points[axis.index]))
        if axis.kind == "coordinate":
            direction = torch.zeros_like(z)
            direction[axis.index] = 1.0
        else:
            direction = self.generator.sample_z(1, axis.index)[0].cpu()
        return tangent(z.double(), direction)


def _turns(at: At) -> tuple[Move, ...]:
    """The moves in z, in one order however they were made."""
    moves = [move for move in at.moves if move.axis.kind != "principal" and move.amount]
    return tuple(sorted(moves, key=lambda move: (move.axis.kind, move.axis.index)))
