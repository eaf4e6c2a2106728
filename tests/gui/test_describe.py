"""A recipe in one line, and its fit to another generator. No window."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from latentstudio.document.recipe import (
    Axis,
    Blend,
    Cell,
    Mixing,
    Move,
    Noise,
    Point,
    Recipe,
    Seed,
    Transform,
    Truncation,
    Weight,
)
from latentstudio.document.vector import Vector
from latentstudio.generators.info import GeneratorInfo, LayerInfo
from latentstudio.ui.describe import describe, fit_recipe
from latentstudio.ui.wording import sentence

INFO = GeneratorInfo(
    "stylegan2", 8, 8, 4, 16, 3, 0, tuple(LayerInfo(f"l{i}", 16, True) for i in range(4)), True
)
PLAIN = GeneratorInfo("dcgan", 8, 8, 1, 16, 3, 0, (LayerInfo("l", 16),), False)


@pytest.mark.parametrize(
    ("recipe", "line"),
    [
        (Recipe(), "A seed 0 · ψ 1.00 · noise const ×1.00"),
        (
            Recipe(
                truncation=Truncation(-0.7, 8),
                mixing=Mixing(
                    (Cell(0, "B", 1.0), Cell(1, "B", 0.5), Cell(1, "C", 1.0)), mute=("C",)
                ),
                noise=Noise("none"),
                label=3,
            ),
            "A seed 0 · class 3 · ψ −0.70 < 8 · mix 2 cells · no noise",
        ),
        (
            Recipe(
                blend=Blend((Weight("A", 3.0), Weight("C", 1.0), Weight("D", 0.0))),
                noise=Noise("random", 9, 0.5, (1.0, 0.0)),
            ),
            "A seed 0 75% + C seed 2 25% · ψ 1.00 · noise seed 9 ×0.50 by layer",
        ),
        (
            Recipe().with_point(Point("A", Seed(4), (Move(Axis(), 0.1),))),
            "A seed 4 +1 move · ψ 1.00 · noise const ×1.00",
        ),
    ],
)
def test_one_line(recipe, line):
    assert describe(recipe) == line


def test_in_the_words_of_the_generator():
    named = msgspec.structs.replace(PLAIN, num_classes=2, labels=("round", "long"))
    numbered = msgspec.structs.replace(INFO, num_classes=2)
    recipe = Recipe(label=1)
    assert describe(recipe, named) == "A seed 0 · class long · ψ 1.00"
    assert describe(Recipe(), named) == "A seed 0 · class round · ψ 1.00"  # the first, unchosen
    assert describe(recipe, numbered) == "A seed 0 · class 1 · ψ 1.00 · noise const ×1.00"
    assert describe(Recipe(), PLAIN) == "A seed 0 · ψ 1.00"


@pytest.mark.parametrize(
    ("transform", "words"),
    [
        (Transform(0.1, -0.05, 36.0), " · moved 0.10, −0.05 · turned 36°"),
        (Transform(x=0.5), " · moved 0.50, 0.00"),
        (Transform(angle=-12.5), " · turned −12.5°"),
        (Transform(), ""),
    ],
)
def test_a_transform_is_named_where_it_can_be_seen(transform, words):
    recipe = Recipe(transform=transform)
    movable = msgspec.structs.replace(PLAIN, has_transform=True)
    assert describe(recipe, movable) == f"A seed 0 · ψ 1.00{words}"
    assert describe(recipe) == f"A seed 0 · ψ 1.00{words} · noise const ×1.00"
    assert describe(recipe, PLAIN) == "A seed 0 · ψ 1.00"


def test_a_generator_that_cannot_move_its_picture_gets_it_unmoved():
    recipe = Recipe(transform=Transform(0.1, 0.2, 30.0))
    assert fit_recipe(recipe, INFO) == (Recipe(), ["the transform"])
    movable = msgspec.structs.replace(INFO, has_transform=True)
    assert fit_recipe(recipe, movable) == (recipe, [])


def test_what_fits_is_left_alone():
    recipe = Recipe(
        mixing=Mixing((Cell(3, "B", 1.0),)),
        noise=Noise(layers=(1.0, 0.5, 1.0, 1.0)),
        truncation=Truncation(0.5, 4),
    ).with_point(Point("B", Vector.of("w+", np.zeros((4, 8), np.float32))))
    assert fit_recipe(recipe, INFO) == (recipe, [])


def test_what_does_not_fit_is_reset_and_named():
    recipe = Recipe(
        label=2,
        mixing=Mixing((Cell(0, "B", 1.0), Cell(9, "B", 1.0))),
        noise=Noise(layers=(1.0,) * 9),
        truncation=Truncation(0.5, 9),
    ).with_point(Point("B", Vector.of("w", np.zeros(5, np.float32)), (Move(Axis("random"), 1.0),)))
    fitted, reset = fit_recipe(recipe, INFO)
    assert fitted.label is None
    assert fitted.mixing.cells == (Cell(0, "B", 1.0),)
    assert fitted.noise.layers == ()
    assert fitted.truncation == Truncation(0.5, None)
    assert fitted.point("B") == Point("B", Seed(1))
    assert len(reset) == 5
    assert fit_recipe(fitted, INFO) == (fitted, [])


def test_a_generator_without_mapping_has_no_mixing_and_no_components():
    truncation = Truncation(0.5, 0)
    recipe = Recipe(mixing=Mixing((Cell(0, "B", 1.0),)), truncation=truncation).with_point(
        Point("A", Seed(1), (Move(Axis("principal", 2), 1.0), Move(Axis("coordinate", 2), 0.5)))
    )
    fitted, _ = fit_recipe(recipe, PLAIN)
    assert fitted.mixing.cells == ()
    assert fitted.truncation == Truncation(0.5)  # a cutoff of 0 would silence psi
    assert fitted.point("A").moves == (Move(Axis("coordinate", 2), 0.5),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("the file is cut", "The file is cut."),
        ("a.png is cut.", "a.png is cut."),
        ("/x/y is cut", "/x/y is cut."),
    ],
)
def test_sentences(text, said):
    assert sentence(ValueError(text)) == said
