"""From a recipe to the latents that the synthesis layers receive."""

from __future__ import annotations

import torch
from torch import Tensor

from latentstudio.document.recipe import Point, Recipe
from latentstudio.generators.protocol import Generator
from latentstudio.latents.edits import displaced_ws
from latentstudio.latents.fit import check_fit, has_z, involved
from latentstudio.latents.mixing import mix
from latentstudio.latents.points import AxesOf as AxesOf
from latentstudio.latents.points import Memo as Memo
from latentstudio.latents.points import Points
from latentstudio.latents.sphere import blend_sphere


def compose(
    generator: Generator,
    recipe: Recipe,
    memo: Memo | None = None,
    axes: AxesOf | None = None,
) -> Tensor:
    """Latents of a recipe: points, moves, blend or morph, mixing, truncation, edits, in order.

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
    (:func:`~latentstudio.latents.sphere.turn`). ``toward`` aims at the other point's base, as
    if nothing had been moved; an amount equal to the angle between them arrives. ``principal``
    moves then add ``amount * sigma * component`` to every row of w.

    Edits in z are added to the moved z of each point.

    *Blend.* In ``z`` the moved z's are averaged on the sphere and mapped once, and the principal
    moves are averaged by share; that needs a z for every point with a share, otherwise (a point
    given as w) the blend falls to w. In ``w`` the rows are averaged linearly. Without a mapping
    network w is z, where a straight average would lose norm: the sphere is used for both.

    *Ways.* A point between two stops, and a morph between two points, go through z (which is
    then mapped, and the principal moves of both ends are averaged by share) or straight through
    the rows of w, at the position to which the course brings t. Each layer of a morph listens
    to its own t. Position 0 is the one end and 1 the other, to the bit; outside, the way goes
    on. Without a mapping network ``lerp w`` follows the sphere, as the blend does.
    """
    check_fit(generator.info, recipe)
    points = Points(generator, recipe, memo, axes)
    names = involved(recipe)
    sounding = {n: points.place(recipe.point(n)) for n in names if _mixed(recipe, n)}
    ws = mix(_blend(points) if recipe.morph is None else _morph(points), sounding, recipe.mixing)
    truncation = recipe.truncation
    ws = generator.truncate(ws, truncation.psi, truncation.cutoff)
    return displaced_ws(generator, ws, recipe.edits, memo)


def point_z(generator: Generator, recipe: Recipe, name: str) -> Tensor:
    """The z [z_dim] of a point that has one, with its moves on the sphere and the edits in z."""
    return Points(generator, recipe).edited_z(recipe.point(name))


def _morph(points: Points) -> Tensor:
    """The morph, [1, num_layers, w_dim]."""
    recipe, morph = points.recipe, points.recipe.morph
    assert morph is not None
    times = morph.times(points.info.num_layers)
    positions = [morph.course.position(t) for t in times]
    ends = recipe.point(morph.start), recipe.point(morph.end)
    return points.way(morph.course.way, *ends, positions)


def _blend(points: Points) -> Tensor:
    """The blend of the points, [1, num_layers, w_dim]."""
    blend, info = points.recipe.blend, points.info
    names = [weight.point for weight in blend.weights if weight.amount > 0]
    heard = [points.recipe.point(name) for name in names]
    if len(heard) == 1:
        return points.place(heard[0])
    shares = [blend.share(name) for name in names]
    if all(has_z(info, point) for point in heard) and (blend.space == "z" or not info.has_mapping):
        key = ("blend", *((points.key(p), s) for p, s in zip(heard, shares, strict=True)))
        ws = points.memo(key, lambda: points.map(_sphere(points, heard, shares)))
        for point, share in zip(heard, shares, strict=True):
            ws = points.principal(ws, point, share)
        return ws
    rows = [points.place(point) for point in heard]
    if not info.has_mapping:
        stacked = torch.cat([row[:, 0] for row in rows])
        return blend_sphere(stacked, torch.tensor(shares, dtype=torch.float64))[None, None]
    ws = rows[0] * shares[0]
    for row, share in zip(rows[1:], shares[1:], strict=True):
        ws = ws + row * share
    return ws


def _sphere(points: Points, heard: list[Point], shares: list[float]) -> Tensor:
    stacked = torch.stack([points.edited_z(point) for point in heard])
    return blend_sphere(stacked, torch.tensor(shares, dtype=torch.float64))


def _mixed(recipe: Recipe, name: str) -> bool:
    mixing = recipe.mixing
    return mixing.sounds(name) and any(c.point == name and c.strength for c in mixing.cells)
