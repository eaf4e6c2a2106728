from __future__ import annotations

import numpy as np
import pytest
import torch

from latentstudio.latents.directions.errors import DirectionError
from latentstudio.latents.directions.groups import difference_of, fit_examples, validate_examples


def chosen_by_eye(d: int, each: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Examples from the ends of a wall of 300, of uneven spread; and the truth."""
    random = np.random.RandomState(seed)
    spread = np.arange(1.0, d + 1.0) ** -0.5
    wall = random.randn(300, d) * spread
    truth = np.zeros(d)
    truth[:30] = random.randn(30)
    truth /= np.linalg.norm(truth)
    order = np.argsort(wall @ truth)
    more, less = random.choice(order[-60:], each, False), random.choice(order[:60], each, False)
    return wall[more], wall[less], truth


def test_the_way_from_one_mean_to_the_other_by_hand():
    more, less = torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([[1.0, 1.0]])
    np.testing.assert_array_equal(difference_of(more, less), [1.0, 2.0])
    layered = np.arange(12.0).reshape(2, 3, 2)
    np.testing.assert_array_equal(difference_of(layered, layered[:1]), np.full((3, 2), 3.0))


def test_few_examples_find_more_of_the_truth_than_the_difference_of_their_means():
    found = []
    for seed in range(5):
        more, less, truth = chosen_by_eye(256, 15, seed)
        gap = difference_of(more, less)
        found.append(
            (fit_examples(more, less).direction @ truth, gap @ truth / np.linalg.norm(gap))
        )
    ours, means = np.mean(found, axis=0)
    assert ours > means + 0.03
    assert ours > 0.6


def test_clear_examples_are_found_worth_it_and_arbitrary_ones_are_not():
    more, less, _ = chosen_by_eye(64, 20, 3)
    clear = validate_examples(more, less)
    assert (clear.kind, clear.weak, clear.n) == ("AUC", False, 40)
    assert "of pairs in the right order (AUC 0." in clear.sentence
    mixed = np.random.RandomState(0).permutation(np.concatenate([more, less]))
    assert validate_examples(mixed[:20], mixed[20:]).weak


def test_refusals():
    points = np.eye(3)
    with pytest.raises(DirectionError, match="both sides are the same"):
        difference_of(points, points[::-1])
    with pytest.raises(DirectionError, match=r"shape \[3, 3\] and \[2, 2\]"):
        difference_of(points, np.eye(2))
    with pytest.raises(DirectionError, match="one side has no points"):
        difference_of(points, points[:0])
    with pytest.raises(DirectionError, match="at least 2 points"):
        fit_examples(points, points[:1])
