"""The watch for mode collapse."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from trainer.watch import collapse_warning, nearest_share, spread


def test_spread_is_the_root_of_the_total_variance() -> None:
    x = torch.tensor([[0.0, 0.0], [2.0, 0.0], [0.0, 4.0], [2.0, 4.0]])
    # Variances 4/3 and 16/3.
    assert spread(x) == pytest.approx((20 / 3) ** 0.5)
    assert spread(torch.ones(5, 3)) == 0.0


@pytest.mark.parametrize(
    ("share", "earlier", "words"),
    [
        (0.0, [], "is 0% of the data's"),
        (0.09, [0.05], "is 9% of the data's"),
        (0.2, [0.3, 0.8, 0.7], "fell to 20% of the data's, from 80%"),
    ],
)
def test_too_much_alike(share: float, earlier: list[float], words: str) -> None:
    warning = collapse_warning(share, earlier)
    assert warning is not None
    assert warning.startswith("The generator is collapsing:")
    assert words in warning


@pytest.mark.parametrize(
    ("share", "earlier"), [(0.11, []), (0.3, [0.5]), (0.9, [1.0, 1.1]), (1.2, [])]
)
def test_all_is_well(share: float, earlier: list[float]) -> None:
    assert collapse_warning(share, earlier) is None


def test_nearest_neighbours_against_scipy() -> None:
    random = np.random.RandomState(0)
    fake, real = random.randn(31, 4) * 0.5, random.randn(31, 4)

    def median(x: np.ndarray) -> float:
        distances = np.linalg.norm(x[:, None] - x[None], axis=2) + np.diag([np.inf] * len(x))
        return float(np.median(distances.min(axis=1)))

    share = nearest_share(torch.from_numpy(fake).float(), torch.from_numpy(real).float())
    assert share == pytest.approx(median(fake) / median(real), rel=1e-5)


def test_copies_of_few_pictures_have_no_distance() -> None:
    real = torch.randn(20, 3, generator=torch.Generator().manual_seed(0))
    assert nearest_share(real[:2].repeat(10, 1), real) == pytest.approx(0.0, abs=1e-6)
    assert nearest_share(real, real) == pytest.approx(1.0)
