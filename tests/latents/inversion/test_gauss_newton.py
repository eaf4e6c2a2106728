"""Closing in: held to numpy's least squares, to a known valley, and to what damping promises."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from latentstudio.latents.inversion.gauss_newton import GaussNewton, _steps
from latentstudio.latents.inversion.points import centred
from tests.latents.inversion.plain import GOAL, Plain, starts, to_goal

Residuals = Callable[[Tensor], Tensor]


def closing(
    residuals: Residuals, u: Tensor, prior: float = 0.0, most: int = 200, dim: int = 8
) -> GaussNewton:
    at = centred(Plain(dim), "z")
    return GaussNewton(at, u[:, None], torch.arange(len(u)), residuals, most, prior)


def ended(search: GaussNewton) -> Tensor:
    """Where it stands in the end [k, d]."""
    while search.left > 0:
        drawn = search.step()
    return drawn.u[:, 0]


def valley(images: Tensor) -> Tensor:
    """Rosenbrock's: its floor is a bent line along which nothing happens for a long time."""
    x, y = images[:, 0, 0, 0], images[:, 0, 0, 1]
    return torch.stack([10.0 * (y - x.square()), 1.0 - x], dim=1)


def test_where_residuals_are_straight_it_finds_what_numpy_does() -> None:
    random = np.random.default_rng(3)
    # Directions count between 1 and 1,000 times.
    matrix = random.normal(size=(20, 8)) * np.logspace(0, 3, 8)
    wanted = random.normal(size=20)
    a, b = torch.tensor(matrix, dtype=torch.float32), torch.tensor(wanted, dtype=torch.float32)
    found = ended(closing(lambda images: images[:, 0, 0] @ a.t() - b, starts(1)))
    expected, squares, *_ = np.linalg.lstsq(matrix, wanted, rcond=None)
    loss = float((found[0] @ a.t() - b).square().sum())
    assert loss == pytest.approx(float(squares[0]), rel=1e-3)
    np.testing.assert_allclose(found[0].numpy(), expected, atol=5e-3)


def test_it_follows_a_bent_valley_to_its_end() -> None:
    found = ended(closing(valley, torch.tensor([[-1.2, 1.0]]), dim=2))
    torch.testing.assert_close(found, torch.ones(1, 2), atol=0.02, rtol=0)


def test_a_step_is_the_solution_of_the_damped_equations() -> None:
    random = np.random.default_rng(5)
    slopes, rest = random.normal(size=(6, 30)), random.normal(size=30)
    got = _steps(torch.tensor(slopes), torch.tensor(rest), [0.01, 1.0]).numpy()
    curvature = slopes @ slopes.T
    for step, damping in zip(got, (0.01, 1.0), strict=True):
        damped = curvature + damping * np.trace(curvature) / 6 * np.eye(6)
        np.testing.assert_allclose(step, np.linalg.solve(damped, -slopes @ rest), rtol=1e-9)


def test_no_step_leads_to_a_higher_loss_and_it_ends_by_itself() -> None:
    search = closing(valley, torch.tensor([[-1.2, 1.0], [0.5, -2.0]]), dim=2)
    before = torch.full((2,), torch.inf)
    while search.left > 0:
        loss = search.step().loss
        assert bool((loss <= before).all())
        before = loss
    stuck = closing(lambda images: torch.ones(len(images), 3), starts(1))
    taken = 0
    while stuck.left > 0:
        stuck.step()
        taken += 1
    assert taken < 40  # of 200


def test_searches_take_turns_and_know_nothing_of_each_other() -> None:
    def rest(images: Tensor) -> Tensor:
        return torch.sin(images[:, 0, 0] - GOAL)

    begin = GOAL + 0.2 * starts(3)
    together = ended(closing(rest, begin))
    for i in range(3):
        torch.testing.assert_close(together[i : i + 1], ended(closing(rest, begin[i : i + 1])))
    drawn = closing(rest, begin).step()
    assert drawn.alive.tolist() == [0, 1, 2] and drawn.images.shape == (3, 1, 1, 8)


def test_the_prior_keeps_it_where_samples_are() -> None:
    def outwards(images: Tensor) -> Tensor:
        return 0.1 * (images[:, 0, 0] - 20.0)

    free, held = (ended(closing(outwards, starts(1), prior)) for prior in (0.0, 100.0))
    typical = 8**0.5
    torch.testing.assert_close(free, torch.full((1, 8), 20.0), atol=0.1, rtol=0)
    assert float(held.norm()) < 1.5 * typical


def test_what_is_no_number_is_not_gone_to() -> None:
    def cliff(images: Tensor) -> Tensor:
        rest = images[:, 0, 0] - 3.0
        return torch.where(rest.max(dim=1, keepdim=True).values > -2.0, torch.nan, rest)

    found = ended(closing(cliff, torch.zeros(1, 8)))
    assert bool(found.isfinite().all()) and float(found.max()) <= 1.0
    drawn = closing(lambda images: images[:, 0, 0] * torch.nan, starts(1)).step()
    assert drawn.loss.tolist() == [torch.inf]
    assert float(to_goal(drawn.images)) < torch.inf
