"""Hand-computed places of a moved picture."""

import pytest
import torch

from latentstudio.document.recipe import RecipeError, Transform
from latentstudio.latents.transform import transform_matrix


def moved(transform, x, y):
    return (transform_matrix(transform) @ torch.tensor([x, y, 1.0])).tolist()[:2]


def test_nothing_moves_by_default():
    assert torch.equal(transform_matrix(Transform()), torch.eye(3))


def test_a_quarter_turn_is_counter_clockwise_to_the_eye():
    # From the right edge to the top; y points down.
    assert moved(Transform(angle=90.0), 1.0, 0.0) == pytest.approx([0.0, -1.0], abs=1e-6)


def test_the_turn_comes_before_the_move():
    transform = Transform(x=0.25, y=-0.5, angle=90.0)
    assert moved(transform, 1.0, 0.0) == pytest.approx([0.25, -1.5], abs=1e-6)


def test_a_transform_has_bounds():
    with pytest.raises(RecipeError, match=r"transform\.x"):
        Transform(x=float("nan"))
