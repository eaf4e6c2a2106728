"""Whether a recipe can be drawn by a generator. Plain data: no torch."""

from __future__ import annotations

from latentstudio.document.recipe import (
    POINT_NAMES,
    Axis,
    Edit,
    Point,
    Recipe,
    RecipeError,
    Seed,
    Transform,
)
from latentstudio.generators.info import GeneratorInfo

_SHAPE_HINT = "choose another point or the checkpoint it was made with"


def involved(recipe: Recipe) -> tuple[str, ...]:
    """Names of the points that can be seen: a share in the blend, or a sounding cell."""
    names = {weight.point for weight in recipe.blend.weights if weight.amount > 0}
    mixing = recipe.mixing
    names |= {c.point for c in mixing.cells if c.strength > 0 and mixing.sounds(c.point)}
    return tuple(name for name in POINT_NAMES if name in names)


def has_z(info: GeneratorInfo, point: Point) -> bool:
    """Whether the point's base has a z: without a mapping network and classes, w is z."""
    if isinstance(point.base, Seed) or point.base.space == "z":
        return True
    return not info.has_mapping and info.num_classes == 0


def check_fit(info: GeneratorInfo, recipe: Recipe) -> None:
    """Raise a sentence when the generator cannot draw the recipe.

    Only what can be seen is checked: a silent cell or a point without a share changes no
    pixel. Entries of ``noise.layers`` beyond the generator's layers are ignored for the same
    reason, as is all noise on a generator that adds none. ``label`` None on a generator with
    classes stands for class 0.

    Raises
    ------
    RecipeError
        Names the field that does not fit.
    """
    label = recipe.label
    if label is not None and label >= info.num_classes:
        classes = f"classes 0 to {info.num_classes - 1}" if info.num_classes else "no classes"
        raise RecipeError(f"label is {label}, but this generator has {classes}")
    mixing = recipe.mixing
    for cell in mixing.cells:
        if cell.strength > 0 and mixing.sounds(cell.point) and cell.layer >= info.num_layers:
            raise RecipeError(
                f"mixing.layer is {cell.layer}, but this generator has layers"
                f" 0 to {info.num_layers - 1}"
            )
    transform = recipe.transform
    if transform != Transform() and not info.has_transform:
        raise RecipeError(
            f"transform is x {transform.x:g}, y {transform.y:g}, angle {transform.angle:g}, but a"
            f" {info.family} generator cannot move its picture"
        )
    for name in involved(recipe):
        _check_point(info, recipe, recipe.point(name))
    for edit in recipe.edits:
        _check_edit(info, recipe, edit)
    for bend in recipe.bends:
        if bend.layer >= len(info.layers):
            raise RecipeError(
                f"bend.layer is {bend.layer}, but this generator has layers"
                f" 0 to {len(info.layers) - 1}"
            )


def _check_edit(info: GeneratorInfo, recipe: Recipe, edit: Edit) -> None:
    vector = edit.vector
    expected = _shapes(info)[vector.space]
    if vector.shape != expected:
        raise RecipeError(
            f"the edit {edit.name} displaces {vector.space} by {list(vector.shape)}, but this"
            f" generator's has shape {list(expected)}: open the checkpoint it was made with"
        )
    if edit.first >= info.num_layers and vector.space != "z":
        raise RecipeError(
            f"the edit {edit.name} begins at layer {edit.first}, but this generator has layers"
            f" 0 to {info.num_layers - 1}"
        )
    if vector.space == "z" and edit.amount:
        for name in involved(recipe):
            if not has_z(info, recipe.point(name)):
                raise RecipeError(
                    f"the edit {edit.name} displaces z, but point {name} is a"
                    f" {_space(recipe.point(name))} vector and has no z: use an edit in w"
                )


def _check_point(info: GeneratorInfo, recipe: Recipe, point: Point) -> None:
    _check_base(info, point)
    for move in point.moves:
        axis = move.axis
        if axis.kind == "principal":
            _check_principal(info, point, axis)
            continue
        if not has_z(info, point):
            raise RecipeError(
                f"point {point.name} moves along a {axis.kind} axis of z, but its base is a"
                f" {_space(point)} vector: use a principal axis"
            )
        if axis.kind == "coordinate" and axis.index >= info.z_dim:
            raise RecipeError(
                f"move.axis.index of point {point.name} is {axis.index}, but z has coordinates"
                f" 0 to {info.z_dim - 1}"
            )
        if axis.kind == "toward":
            _check_toward(info, recipe, point, axis)


def _check_base(info: GeneratorInfo, point: Point) -> None:
    if isinstance(point.base, Seed):
        return
    expected = _shapes(info)[point.base.space]
    if point.base.shape != expected:
        raise RecipeError(
            f"vector.shape of point {point.name} is {list(point.base.shape)}, but this generator's"
            f" {point.base.space} has shape {list(expected)}: {_SHAPE_HINT}"
        )


def _check_principal(info: GeneratorInfo, point: Point, axis: Axis) -> None:
    if not info.has_mapping:
        raise RecipeError(
            f"move.axis of point {point.name} is principal, but a {info.family} generator has no"
            " mapping network and so no principal axes"
        )
    if axis.index >= info.w_dim:
        raise RecipeError(
            f"move.axis.index of point {point.name} is {axis.index}, but w has principal axes"
            f" 0 to {info.w_dim - 1}"
        )


def _check_toward(info: GeneratorInfo, recipe: Recipe, point: Point, axis: Axis) -> None:
    if axis.index >= len(POINT_NAMES):
        raise RecipeError(
            f"move.axis.index of point {point.name} is {axis.index}, but toward takes a point:"
            f" 0 to {len(POINT_NAMES) - 1}"
        )
    target = recipe.points[axis.index]
    if not has_z(info, target):
        raise RecipeError(
            f"point {point.name} moves toward point {target.name}, which is a {_space(target)}"
            " vector and has no z"
        )
    _check_base(info, target)


def _shapes(info: GeneratorInfo) -> dict[str, tuple[int, ...]]:
    return {"z": (info.z_dim,), "w": (info.w_dim,), "w+": (info.num_layers, info.w_dim)}


def _space(point: Point) -> str:
    return "seed" if isinstance(point.base, Seed) else point.base.space
