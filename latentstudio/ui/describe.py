"""A recipe in one short line, and a generator's fit to it. No Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from latentstudio.document.recipe import Between, Point, Seed, Stop, Transform

if TYPE_CHECKING:
    from latentstudio.document.recipe import Morph, Move, Recipe
    from latentstudio.document.vector import Vector
    from latentstudio.generators.info import GeneratorInfo

DOT = " · "


def describe(recipe: Recipe, info: GeneratorInfo | None = None) -> str:
    """The recipe in one line, such as ``A seed 17 · ψ 0.70 < 8 · mix 3 cells · noise ×1.00``.

    With the facts of its generator the class is named, and what it cannot do (noise, a
    transform) is not.
    """
    parts = [_points(recipe) if recipe.morph is None else _morph(recipe, recipe.morph)]
    label = _class(recipe, info)
    if label:
        parts.append(f"class {label}")
    psi, cutoff = recipe.truncation.psi, recipe.truncation.cutoff
    parts.append(f"ψ {_number(psi)}" + ("" if cutoff is None else f" < {cutoff}"))
    parts += [f"{edit.name} {_signed(edit.amount)}" for edit in recipe.edits]
    if recipe.bends:
        parts.append(f"{len(recipe.bends)} bend{'s' if len(recipe.bends) > 1 else ''}")
    sounding = sum(recipe.mixing.sounds(cell.point) for cell in recipe.mixing.cells)
    if sounding:
        parts.append(f"mix {sounding} cell{'s' if sounding > 1 else ''}")
    if info is None or info.has_transform:
        parts += _moved(recipe.transform)
    if info is not None and not info.has_noise:
        return DOT.join(parts)
    noise = recipe.noise
    words = {"none": "no noise", "const": "noise const", "random": f"noise seed {noise.seed}"}
    text = words[noise.mode]
    if noise.mode != "none":
        text += f" ×{_number(noise.strength)}"
        if any(factor != 1.0 for factor in noise.layers):
            text += " by layer"
        if noise.turn % 1.0:
            text += f" turned {_number(noise.turn % 1.0)}"
    parts.append(text)
    if recipe.difference:
        parts.append("fine-tuned")
    return DOT.join(parts)


def _points(recipe: Recipe) -> str:
    shares = [(w.point, recipe.blend.share(w.point)) for w in recipe.blend.weights if w.amount > 0]
    points = [_point(recipe.point(name)) for name, _ in shares]
    if len(points) > 1:
        points = [f"{p} {share:.0%}" for p, (_, share) in zip(points, shares, strict=True)]
    return " + ".join(points)


def _morph(recipe: Recipe, morph: Morph) -> str:
    ends = " → ".join(_point(recipe.point(name)) for name in (morph.start, morph.end))
    own = " by layer" if any(t is not None for t in morph.layers) else ""
    return f"{ends} at {morph.t:.0%}{own}".replace("-", "−")


def _class(recipe: Recipe, info: GeneratorInfo | None) -> str:
    label = recipe.label
    if info is None:
        return "" if label is None else f"{label}"
    label = label or 0
    if label < len(info.labels):
        return info.labels[label]
    return f"{label}" if label < info.num_classes else ""


def _moved(transform: Transform) -> list[str]:
    parts = []
    if transform.x or transform.y:
        parts.append(f"moved {_number(transform.x)}, {_number(transform.y)}")
    if transform.angle:
        parts.append(f"turned {round(transform.angle, 2):g}°".replace("-", "−"))
    return parts


def _point(point: Point) -> str:
    text = base_words(point.base)
    moves = len(point.moves)
    return f"{point.name} {text}" + (f" +{moves} move{'s' if moves > 1 else ''}" if moves else "")


def base_words(base: Seed | Vector | Between) -> str:
    """Where a point comes from, in words."""
    if isinstance(base, Seed):
        return f"seed {base.value}"
    if isinstance(base, Between):
        ends = base_words(base.start.base), base_words(base.end.base)
        return f"{ends[0]} → {ends[1]} at {base.t:.0%}".replace("-", "−")
    return f"vector {base.space}"


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")


def _number(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def fit_recipe(recipe: Recipe, info: GeneratorInfo) -> tuple[Recipe, list[str]]:
    """The recipe made to fit a generator, and the names of what had to be reset.

    Class, mixing cells, noise strengths by layer, the cutoff, the transform and points given by
    vectors mean something only for the generator that they were chosen for.
    """
    reset: list[str] = []
    changes: dict[str, object] = {}
    label = recipe.label
    if label is not None and label >= info.num_classes:
        changes["label"] = None
        reset.append("the class")
    cells = recipe.mixing.cells
    kept = tuple(c for c in cells if info.has_mapping and c.layer < info.num_layers)
    if kept != cells:
        changes["mixing"] = msgspec.structs.replace(recipe.mixing, cells=kept)
        reset.append("style mixing")
    if len(recipe.noise.layers) > (len(info.layers) if info.has_noise else 0):
        changes["noise"] = msgspec.structs.replace(recipe.noise, layers=())
        reset.append("noise by layer")
    cutoff = recipe.truncation.cutoff
    if cutoff is not None and (cutoff > info.num_layers or not info.has_mapping):
        changes["truncation"] = msgspec.structs.replace(recipe.truncation, cutoff=None)
        reset.append("the cutoff")
    if recipe.transform != Transform() and not info.has_transform:
        changes["transform"] = Transform()
        reset.append("the transform")
    if recipe.edits and recipe.checkpoint != info.content_hash:
        changes["edits"] = ()
        reset.append("edits")
    if recipe.bends and recipe.checkpoint != info.content_hash:
        changes["bends"] = ()
        reset.append("bends")
    if recipe.difference and recipe.checkpoint != info.content_hash:
        changes["difference"] = ""
        reset.append("fine tuning")
    if recipe.morph is not None and len(recipe.morph.layers) > info.num_layers:
        changes["morph"] = msgspec.structs.replace(recipe.morph, layers=())
        reset.append("the morph by layer")
    points = tuple(_fitting(point, info) for point in recipe.points)
    if points != recipe.points:
        changes["points"] = points
        reset.append("points that do not exist in it")
    return (msgspec.structs.replace(recipe, **changes) if changes else recipe), reset


def _fitting(point: Point, info: GeneratorInfo) -> Point:
    """The point, or its name's seed where the generator has no such place."""
    base = point.base
    ends = (base.start, base.end) if isinstance(base, Between) else (Stop(base),)
    shapes = {"z": (info.z_dim,), "w": (info.w_dim,), "w+": (info.num_layers, info.w_dim)}
    fits = all(
        isinstance(end.base, Seed) or end.base.shape == shapes[end.base.space] for end in ends
    )
    if not fits:
        return Point(point.name, Seed("ABCD".index(point.name)))
    if isinstance(base, Between):
        start, end = (msgspec.structs.replace(e, moves=_possible(e.moves, info)) for e in ends)
        base = msgspec.structs.replace(base, start=start, end=end)
    return msgspec.structs.replace(point, base=base, moves=_possible(point.moves, info))


def _possible(moves: tuple[Move, ...], info: GeneratorInfo) -> tuple[Move, ...]:
    sizes = {"coordinate": info.z_dim, "principal": info.w_dim if info.has_mapping else 0}
    return tuple(m for m in moves if m.axis.index < sizes.get(m.axis.kind, 2**32))
