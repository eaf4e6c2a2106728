"""From a recipe to the latents that the synthesis layers receive."""

from __future__ import annotations

from collections.abc import Callable, Hashable

import torch
from torch import Tensor

from latentstudio.document.recipe import Move, Point, Recipe, Seed
from latentstudio.generators.protocol import Generator
from latentstudio.latents.edits import displaced_ws, displaced_z, in_z
from latentstudio.latents.fit import check_fit, has_z, involved
from latentstudio.latents.mixing import mix
from latentstudio.latents.principal import PrincipalAxes, principal_axes
from latentstudio.latents.sphere import blend_sphere, tangent, toward, turn

Memo = Callable[[Hashable, Callable[[], Tensor]], Tensor]
AxesOf = Callable[[int | None], PrincipalAxes]


def compose(
    generator: Generator,
    recipe: Recipe,
    memo: Memo | None = None,
    axes: AxesOf | None = None,
) -> Tensor:
    """Latents of a recipe: points, moves, blend, mixing, truncation, edits, in that order.

    Parameters
    ----------
    generator
        Who will draw them. Its hash is not compared with the recipe's.
    recipe
        One that fits (:func:`~latentstudio.latents.fit.check_fit`).
    memo
        ``memo(key, make)`` returns a kept tensor or makes it; one per generator. Keeps mapped
        points, so that a truncation drag maps nothing.
    axes
        Principal axes for a class index; computed here, slowly, when None.

    Returns
    -------
    Tensor
        float32 [1, num_layers, w_dim] on the generator's device; not to be written to.

    Raises
    ------
    RecipeError
        One sentence that names the field that does not fit.

    Notes
    -----
    *Moves.* Along ``random``, ``coordinate`` and ``toward`` axes a point's z turns on its own
    sphere: one unit tangent per move at the base's z, times the amount in radians, all summed
    (:func:`~latentstudio.latents.sphere.turn`). ``toward`` aims at the other point's base;
    an amount equal to the angle between them arrives. ``principal`` moves then add
    ``amount * sigma * component`` to every row of w.

    Edits in z are added to the moved z of each point.

    *Blend.* In ``z`` the moved z's are averaged on the sphere and mapped once, and the principal
    moves are averaged by share; that needs a z for every point with a share, otherwise (a point
    given as w) the blend falls to w. In ``w`` the rows are averaged linearly. Without a mapping
    network w is z, where a straight average would lose norm: the sphere is used for both.
    """
    check_fit(generator.info, recipe)
    composer = _Composer(generator, recipe, _make if memo is None else memo, axes)
    names = involved(recipe)
    sounding = {name: composer.point(name) for name in names if _mixed(recipe, name)}
    ws = mix(composer.blend(), sounding, recipe.mixing)
    truncation = recipe.truncation
    ws = generator.truncate(ws, truncation.psi, truncation.cutoff)
    return displaced_ws(generator, ws, recipe.edits, memo)


def point_z(generator: Generator, recipe: Recipe, name: str) -> Tensor:
    """The z [z_dim] of a point that has one, with its moves on the sphere and the edits in z."""
    return _Composer(generator, recipe, _make, None)._z(recipe.point(name))


class _Composer:
    """One recipe's way through one generator."""

    def __init__(
        self, generator: Generator, recipe: Recipe, memo: Memo, axes: AxesOf | None
    ) -> None:
        self.generator, self.recipe, self.memo = generator, recipe, memo
        self.axes = axes or (lambda label: principal_axes(generator, label=label))
        # Without a label, a generator with classes shows its first.
        self.label = (recipe.label or 0) if generator.num_classes else None

    def blend(self) -> Tensor:
        """The blend of the points, [1, num_layers, w_dim]."""
        recipe, info = self.recipe, self.generator.info
        weights = [weight for weight in recipe.blend.weights if weight.amount > 0]
        if len(weights) == 1:
            return self.point(weights[0].point)
        points = [recipe.point(weight.point) for weight in weights]
        shares = [recipe.blend.share(point.name) for point in points]
        if all(has_z(info, point) for point in points) and (
            recipe.blend.space == "z" or not info.has_mapping
        ):
            key = ("blend", *((self._key(p), s) for p, s in zip(points, shares, strict=True)))
            ws = self.memo(key, lambda: self._map(self._sphere(points, shares)))
            for point, share in zip(points, shares, strict=True):
                ws = self._principal(ws, point, share)
            return ws
        rows = [self.point(point.name) for point in points]
        if not info.has_mapping:
            stacked = torch.cat([row[:, 0] for row in rows])
            return blend_sphere(stacked, torch.tensor(shares, dtype=torch.float64))[None, None]
        ws = rows[0] * shares[0]
        for row, share in zip(rows[1:], shares[1:], strict=True):
            ws = ws + row * share
        return ws

    def point(self, name: str) -> Tensor:
        """One point's [1, num_layers, w_dim]."""
        point = self.recipe.point(name)
        return self._principal(self.memo(self._key(point), lambda: self._base(point)), point, 1.0)

    def _key(self, point: Point) -> Hashable:
        """What the point's mapped z depends on."""
        moves = _turns(point)
        targets = tuple(
            self.recipe.points[m.axis.index].base for m in moves if m.axis.kind == "toward"
        )
        edits = tuple((edit.vector, edit.amount) for edit in in_z(self.recipe.edits))
        return (point.base, moves, targets, edits, self.label)

    def _base(self, point: Point) -> Tensor:
        """The point in w, before principal moves."""
        if has_z(self.generator.info, point):
            return self._map(self._z(point))
        assert not isinstance(point.base, Seed)
        values = torch.from_numpy(point.base.values()).to(self.generator.device)
        return values.expand(1, self.generator.num_layers, -1)

    def _map(self, z: Tensor) -> Tensor:
        """[z_dim] on the CPU -> [1, num_layers, w_dim] on the device; always a batch of one."""
        device = self.generator.device
        label = None if self.label is None else torch.tensor([self.label], device=device)
        return self.generator.map(z[None].to(device), label)

    def _z(self, point: Point) -> Tensor:
        """The moved z [z_dim], on the CPU: the same on every device."""
        z = self._base_z(point)
        tangents = [move.amount * self._tangent(z, move) for move in _turns(point)]
        z = turn(z, torch.stack(tangents)) if tangents else z
        return displaced_z(z, self.recipe.edits)

    def _base_z(self, point: Point) -> Tensor:
        if isinstance(point.base, Seed):
            return self.generator.sample_z(1, point.base.value)[0].cpu()
        return torch.from_numpy(point.base.values()).reshape(-1)

    def _tangent(self, z: Tensor, move: Move) -> Tensor:
        axis = move.axis
        if axis.kind == "toward":
            return toward(z.double(), self._base_z(self.recipe.points[axis.index]))
        if axis.kind == "coordinate":
            direction = torch.zeros_like(z)
            direction[axis.index] = 1.0
        else:
            direction = self.generator.sample_z(1, axis.index)[0].cpu()
        return tangent(z.double(), direction)

    def _sphere(self, points: list[Point], shares: list[float]) -> Tensor:
        stacked = torch.stack([self._z(point) for point in points])
        return blend_sphere(stacked, torch.tensor(shares, dtype=torch.float64))

    def _principal(self, ws: Tensor, point: Point, share: float) -> Tensor:
        for move in point.moves:
            if move.axis.kind == "principal":
                axes = self.axes(self.label)
                index = move.axis.index
                ws = ws + (share * move.amount * axes.sigma[index]) * axes.components[index]
        return ws


def _turns(point: Point) -> tuple[Move, ...]:
    """The moves in z, in one order however they were made."""
    moves = [move for move in point.moves if move.axis.kind != "principal" and move.amount]
    return tuple(sorted(moves, key=lambda move: (move.axis.kind, move.axis.index)))


def _mixed(recipe: Recipe, name: str) -> bool:
    mixing = recipe.mixing
    return mixing.sounds(name) and any(c.point == name and c.strength for c in mixing.cells)


def _make(_key: Hashable, make: Callable[[], Tensor]) -> Tensor:
    return make()
