"""Where a run begins, and its displacement as an edit of the recipe that it began with."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from latentstudio.document.edit import Edit
from latentstudio.document.vector import Vector
from latentstudio.latents.compose import compose, point_z
from latentstudio.latents.edits import displaced_ws
from latentstudio.latents.fit import check_fit, ends_of, has_z, involved
from latentstudio.latents.gradient import GradientEdit
from latentstudio.latents.gradient_space import Coordinates
from latentstudio.latents.samples import settings_of
from latentstudio.metrics.scores import Column, standardised

if TYPE_CHECKING:
    from latentstudio.document.recipe import Recipe
    from latentstudio.engine.editing.desk import Desk
    from latentstudio.engine.editing.values import Floats, Goal
    from latentstudio.generators.protocol import Generator


def begin(desk: Desk, generator: Generator, recipe: Recipe, goal: Goal) -> GradientEdit:
    """The edit by gradient that a goal asks for.

    Parameters
    ----------
    desk
        Of the generator.
    generator, recipe, goal
        From where to where.

    Raises
    ------
    RecipeError, ValueError
        One sentence: an attribute that is not read, not shown or also kept; a recipe that does
        not fit, no layers, or no single z.
    """
    column = desk.column(goal.attribute, goal.value)
    held = desk.held(goal.kept, column)
    check_fit(generator.info, recipe)
    population = desk.population
    hold = torch.zeros(len(desk.columns))
    hold[list(held)] = 1.0
    periods = [column.period or math.inf for column in desk.columns]
    with torch.no_grad():  # in inference mode nothing would be made that has gradients
        start = _start(desk, generator, recipe, goal)
    label = recipe.label or 0
    coordinates = Coordinates(
        generator,
        start,
        goal.space,
        first=goal.first,
        stop=goal.stop,
        label=torch.tensor([label], device=generator.device) if generator.num_classes else None,
        psi=recipe.truncation.psi,
        cutoff=recipe.truncation.cutoff,
        settings=settings_of(generator, recipe),
        axes=desk.axes(generator)(label if generator.num_classes else None)
        if generator.has_mapping
        else None,
    )
    return GradientEdit(
        coordinates,
        score=standardised(desk.classifier, population),
        target=column,
        goal=goal.target,
        hold=hold,
        periods=torch.tensor(periods) / torch.from_numpy(desk.score_sd).float(),
        slopes=coordinates.slopes(*desk.placed(generator, goal.space)),
        prior=goal.likely,
    )


def _start(desk: Desk, generator: Generator, recipe: Recipe, goal: Goal) -> Tensor:
    """What is displaced: z [1, z_dim], or the ws [1, num_layers, w_dim] that are drawn."""
    if goal.space == "z":
        return point_z(generator, recipe, _only_point(generator, recipe))[None].to(generator.device)
    if not range(generator.num_layers)[goal.first : goal.stop]:
        raise ValueError(
            f"There is no layer {goal.first}: this generator has layers"
            f" 0 to {generator.num_layers - 1}"
        )
    return compose(generator, recipe, axes=desk.axes(generator))


def _only_point(generator: Generator, recipe: Recipe) -> str:
    """The one point that can be seen; ValueError where z is not one point's."""
    names = involved(recipe)
    if len(names) > 1:
        raise ValueError(
            f"The picture is made of the points {', '.join(names)}, and z is of one point alone:"
            " use w, or show one point"
        )
    point = recipe.point(names[0])
    if not has_z(generator.info, point):
        raise ValueError(f"Point {names[0]} is given by its w and has no z: use w")
    moves = [move for at in (point, *ends_of(point)) for move in at.moves]
    shifted = any(move.axis.kind == "principal" for move in moves)
    if shifted or any(edit.vector.space != "z" for edit in recipe.edits):
        raise ValueError("The picture was moved in w, which z does not reach: use w")
    return names[0]


def edit_of(generator: Generator, recipe: Recipe, goal: Goal, offset: Floats) -> Edit:
    """The displacement found, with what the recipe had under the same key before.

    Parameters
    ----------
    generator, recipe, goal
        Of the run.
    offset
        [z_dim], [w_dim] or [num_layers, w_dim], by the goal's space.
    """
    title = Column(goal.attribute, goal.value).title
    key = f"gradient:{goal.attribute}:{goal.space}"
    first, stop = (0, None) if goal.space == "z" else (goal.first, goal.stop)

    def edit(values: Floats) -> Edit:
        return Edit(key, title, Vector.of(goal.space, values.astype(np.float32)), 1.0, first, stop)

    before = next((each for each in recipe.edits if each.key == key), None)
    if before is None:
        return edit(offset)
    if (before.vector.space, before.first, before.stop) == (goal.space, first, stop):
        return edit(offset + before.amount * before.vector.values())
    # Other layers than before: what each of them gets is written out.
    none = torch.zeros(1, generator.num_layers, generator.w_dim, device=generator.device)
    rows = displaced_ws(generator, none, (before, edit(offset)))
    return Edit(key, title, Vector.of("w+", rows[0].cpu().numpy()))
