from __future__ import annotations

import subprocess
import sys
from typing import Any

import msgspec
import numpy as np
import pytest

from latentstudio.document.course import Course, Way
from latentstudio.document.morph import Morph
from latentstudio.document.recipe import (
    Axis,
    Between,
    Blend,
    Cell,
    Mixing,
    Move,
    Noise,
    Point,
    Recipe,
    RecipeError,
    Seed,
    Stop,
    Transform,
    Weight,
)
from latentstudio.document.vector import Vector
from latentstudio.generators.info import GeneratorInfo
from latentstudio.latents.fit import check_fit, has_z, involved

STYLE = GeneratorInfo("stylegan2", 16, 12, 8, 32, 3, 0, (), True)
PLAIN = GeneratorInfo("dcgan", 16, 16, 1, 32, 3, 0, (), False)


def moved(axis: Axis, base: Seed | Vector | None = None) -> Recipe:
    return Recipe().with_point(Point("A", base or Seed(0), (Move(axis, 1.0),)))


def vector(space: str, *shape: int) -> Vector:
    return Vector.of(space, np.zeros(shape, np.float32))  # type: ignore[arg-type]


def based(base: Vector) -> Recipe:
    return Recipe().with_point(Point("A", base))


@pytest.mark.parametrize(
    ("info", "recipe", "words"),
    [
        (STYLE, Recipe(label=0), "label is 0, but this generator has no classes"),
        (
            msgspec.structs.replace(STYLE, num_classes=3),
            Recipe(label=3),
            "label is 3, but this generator has classes 0 to 2",
        ),
        (STYLE, Recipe(mixing=Mixing((Cell(8, "A", 0.5),))), "mixing.layer is 8.*0 to 7"),
        (PLAIN, Recipe(mixing=Mixing((Cell(1, "A", 0.5),))), "mixing.layer is 1.*0 to 0"),
        (STYLE, based(vector("z", 17)), r"vector.shape of point A is \[17\].*\[16\]"),
        (STYLE, based(vector("w", 16)), r"vector.shape of point A is \[16\].*\[12\]"),
        (STYLE, based(vector("w+", 7, 12)), r"vector.shape.*\[7, 12\].*\[8, 12\]"),
        (STYLE, moved(Axis("coordinate", 16)), "move.axis.index of point A is 16.*0 to 15"),
        (STYLE, moved(Axis("principal", 12)), "move.axis.index of point A is 12.*0 to 11"),
        (PLAIN, moved(Axis("principal", 0)), "principal.*dcgan.*no mapping network"),
        (STYLE, moved(Axis("toward", 4)), "move.axis.index of point A is 4.*0 to 3"),
        (STYLE, moved(Axis("random", 0), vector("w", 12)), "random axis of z.*w vector"),
        (
            STYLE,
            moved(Axis("toward", 1)).with_point(Point("B", vector("w", 12))),
            "toward point B.*no z",
        ),
        (
            STYLE,
            moved(Axis("toward", 1)).with_point(Point("B", vector("z", 3))),
            "vector.shape of point B",
        ),
    ],
)
def test_what_does_not_fit_is_named(info: GeneratorInfo, recipe: Recipe, words: str) -> None:
    with pytest.raises(RecipeError, match=words) as caught:
        check_fit(info, recipe)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(),
        Recipe(noise=Noise(layers=(1.0,) * 100)),
        Recipe(mixing=Mixing((Cell(99, "B", 1.0),), mute=("B",))),
        Recipe(mixing=Mixing((Cell(99, "B", 0.0),))),
        Recipe().with_point(Point("D", vector("z", 99))),
        Recipe().with_point(Point("D", Seed(0), (Move(Axis("coordinate", 99), 1.0),))),
        moved(Axis("principal", 11), vector("w+", 8, 12)),
        moved(Axis("toward", 0)),
    ],
)
def test_what_cannot_be_seen_is_not_in_the_way(recipe: Recipe) -> None:
    check_fit(STYLE, recipe)


def test_only_a_generator_that_can_move_its_picture_is_asked_to() -> None:
    recipe = Recipe(transform=Transform(0.25, 0.0, -90.0))
    with pytest.raises(RecipeError, match=r"transform is x 0\.25, y 0, angle -90, but a stylegan2"):
        check_fit(STYLE, recipe)
    check_fit(msgspec.structs.replace(STYLE, has_transform=True), recipe)


def test_involved_points_have_a_share_or_a_sounding_cell() -> None:
    blend = Blend((Weight("C", 1.0), Weight("A", 0.0)))
    cells = (Cell(0, "B", 0.5), Cell(0, "D", 0.5))
    assert involved(Recipe(blend=blend)) == ("C",)
    assert involved(Recipe(blend=blend, mixing=Mixing(cells, mute=("B",)))) == ("C", "D")


def test_a_morph_involves_the_points_that_it_shows() -> None:
    def seen(t: float, layers: tuple[float | None, ...] = (), pace: Any = ()) -> str:
        return "".join(involved(Recipe(morph=Morph("D", "B", t, Course(pace=pace), layers))))

    assert seen(0.0) == seen(0.0, (0.0, None)) == "D" and seen(1.0) == "B"
    assert seen(0.5) == seen(-0.1) == seen(0.0, (None, 0.1)) == "BD"
    assert seen(0.2, pace=(0.0, 0.0, 1.0)) == "D"  # it has not yet set out
    cells = Mixing((Cell(0, "A", 0.5),))
    assert involved(Recipe(morph=Morph("D", "B"), mixing=cells)) == ("A", "D")


def test_a_point_between_others_has_a_z_where_its_way_has() -> None:
    def between(way: Way, end: Seed | Vector) -> Point:
        return Point("A", Between(Stop(Seed(0)), Stop(end), 0.5, Course(way)))

    ways: tuple[Way, ...] = ("slerp z", "lerp z", "lerp w")
    for way in ways:
        assert has_z(PLAIN, between(way, vector("w", 16)))
        assert not has_z(STYLE, between(way, vector("w", 12)))
        assert has_z(STYLE, between(way, vector("z", 16))) == (way != "lerp w")


def test_without_mapping_and_classes_w_is_z() -> None:
    point = Point("A", vector("w", 16))
    assert has_z(PLAIN, point) and not has_z(STYLE, point)
    assert not has_z(msgspec.structs.replace(PLAIN, num_classes=2), point)


def test_fit_needs_no_torch() -> None:
    code = "import sys, latentstudio.latents.fit; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
