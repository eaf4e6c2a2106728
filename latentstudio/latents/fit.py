"""Whether a recipe can be drawn by a generator. Plain data: no torch."""

from __future__ import annotations

from latentstudio.document.course import Way
from latentstudio.document.recipe import (
    POINT_NAMES,
    Axis,
    Between,
    Edit,
    Point,
    Recipe,
    RecipeError,
    Seed,
    Stop,
    Transform,
)
from latentstudio.document.vector import Vector
from latentstudio.generators.info import GeneratorInfo

_SHAPE_HINT = "choose another point or the checkpoint it was made with"


def involved(recipe: Recipe) -> tuple[str, ...]:
    """Names of the points that can be seen.

    Those with a share in the blend, or with a part in the morph that takes its place, and those
    with a sounding cell.
    """
    morph, mixing = recipe.morph, recipe.mixing
    if morph is None:
        names = {weight.point for weight in recipe.blend.weights if weight.amount > 0}
    else:
        own = (t for t in morph.layers if t is not None)
        positions = {morph.course.position(t) for t in (morph.t, *own)}
        names = {morph.start, morph.end}
        if positions == {0.0} or positions == {1.0}:
            names.remove(morph.start if positions == {1.0} else morph.end)
    names |= {c.point for c in mixing.cells if c.strength > 0 and mixing.sounds(c.point)}
    return tuple(name for name in POINT_NAMES if name in names)


def has_z(info: GeneratorInfo, at: Point | Stop) -> bool:
    """Whether its base has a z: without a mapping network and classes, w is z."""
    base = at.base
    if isinstance(base, Between):
        return goes_in_z(info, base.course.way, base.start, base.end)
    if isinstance(base, Seed) or base.space == "z":
        return True
    return not info.has_mapping and info.num_classes == 0


def goes_in_z(info: GeneratorInfo, way: Way, *ends: Point | Stop) -> bool:
    """Whether a way leads through z: it says so or w is z, and both ends have one."""
    return (way != "lerp w" or not info.has_mapping) and all(has_z(info, end) for end in ends)


def ends_of(at: Point | Stop) -> tuple[Point | Stop, ...]:
    """The stops that a point between others is made from; any other is its own."""
    base = at.base
    return (base.start, base.end) if isinstance(base, Between) else (at,)


def check_fit(info: GeneratorInfo, recipe: Recipe) -> None:
    """Raise a sentence when the generator cannot draw the recipe.

    Only what can be seen is checked: a silent cell or a point without a share changes no
    pixel. Entries of ``noise.layers`` and ``morph.layers`` beyond the generator's layers are
    ignored for the same reason, as is all noise on a generator that adds none. ``label`` None
    on a generator with classes stands for class 0.

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
    _check_morph(info, recipe)
    for edit in recipe.edits:
        _check_edit(info, recipe, edit)
    for bend in recipe.bends:
        if bend.layer >= len(info.layers):
            raise RecipeError(
                f"bend.layer is {bend.layer}, but this generator has layers"
                f" 0 to {len(info.layers) - 1}"
            )


def _check_morph(info: GeneratorInfo, recipe: Recipe) -> None:
    morph, names = recipe.morph, involved(recipe)
    if morph is None or morph.course.way == "lerp w" or not {morph.start, morph.end} <= {*names}:
        return
    for name in (morph.start, morph.end):
        if not has_z(info, recipe.point(name)):
            raise RecipeError(
                f"morph.way is {morph.course.way}, but point {name} is"
                f" {_kind(recipe.point(name))} and has no z: morph in w"
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
            for end in ends_of(recipe.point(name)):
                if not has_z(info, end):
                    raise RecipeError(
                        f"the edit {edit.name} displaces z, but point {name} is {_kind(end)} and"
                        " has no z: use an edit in w"
                    )


def _check_point(info: GeneratorInfo, recipe: Recipe, point: Point) -> None:
    base, whose = point.base, f"point {point.name}"
    if isinstance(base, Between):
        for end, stop in (("start", base.start), ("end", base.end)):
            _check_at(info, recipe, stop, f"the {end} of {whose}")
            if base.course.way != "lerp w" and not has_z(info, stop):
                raise RecipeError(
                    f"{whose} is on a way by {base.course.way}, but its {end} is {_kind(stop)} and"
                    " has no z: go by lerp w"
                )
    _check_at(info, recipe, point, whose)


def _check_at(info: GeneratorInfo, recipe: Recipe, at: Point | Stop, whose: str) -> None:
    """Check a point or a stop; ``whose`` says in sentences which it is."""
    if not isinstance(at.base, Between):
        _check_base(info, at.base, whose)
    for move in at.moves:
        axis = move.axis
        if axis.kind == "principal":
            _check_principal(info, axis, whose)
            continue
        if not has_z(info, at):
            raise RecipeError(
                f"{whose} moves along a {axis.kind} axis of z, but its base is {_kind(at)}:"
                " use a principal axis"
            )
        if axis.kind == "coordinate" and axis.index >= info.z_dim:
            raise RecipeError(
                f"move.axis.index of {whose} is {axis.index}, but z has coordinates"
                f" 0 to {info.z_dim - 1}"
            )
        if axis.kind == "toward":
            _check_toward(info, recipe, axis, whose)


def _check_base(info: GeneratorInfo, base: Seed | Vector, whose: str) -> None:
    if isinstance(base, Seed):
        return
    expected = _shapes(info)[base.space]
    if base.shape != expected:
        raise RecipeError(
            f"vector.shape of {whose} is {list(base.shape)}, but this generator's"
            f" {base.space} has shape {list(expected)}: {_SHAPE_HINT}"
        )


def _check_principal(info: GeneratorInfo, axis: Axis, whose: str) -> None:
    if not info.has_mapping:
        raise RecipeError(
            f"move.axis of {whose} is principal, but a {info.family} generator has no"
            " mapping network and so no principal axes"
        )
    if axis.index >= info.w_dim:
        raise RecipeError(
            f"move.axis.index of {whose} is {axis.index}, but w has principal axes"
            f" 0 to {info.w_dim - 1}"
        )


def _check_toward(info: GeneratorInfo, recipe: Recipe, axis: Axis, whose: str) -> None:
    if axis.index >= len(POINT_NAMES):
        raise RecipeError(
            f"move.axis.index of {whose} is {axis.index}, but toward takes a point:"
            f" 0 to {len(POINT_NAMES) - 1}"
        )
    target = recipe.points[axis.index]
    if not has_z(info, target):
        raise RecipeError(
            f"{whose} moves toward point {target.name}, which is {_kind(target)} and has no z"
        )
    for end in ends_of(target):
        assert not isinstance(end.base, Between)
        _check_base(info, end.base, f"point {target.name}")


def _shapes(info: GeneratorInfo) -> dict[str, tuple[int, ...]]:
    return {"z": (info.z_dim,), "w": (info.w_dim,), "w+": (info.num_layers, info.w_dim)}


def _kind(at: Point | Stop) -> str:
    """What has no z, for a sentence."""
    return f"a {at.base.space} vector" if isinstance(at.base, Vector) else "between others in w"
