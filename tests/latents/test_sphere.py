from __future__ import annotations

import math

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given, settings

from latentstudio.latents.sphere import blend_sphere, perpendicular, slerp, tangent, toward, turn

seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(2, 40)
parts = st.floats(0.0, 1.0)
# The first call of a torch operation takes long; that is no failure.
quick = settings(deadline=None, max_examples=50)


def gaussian(seed: int, *shape: int) -> torch.Tensor:
    return torch.from_numpy(np.random.RandomState(seed).randn(*shape))


def angle(a: torch.Tensor, b: torch.Tensor) -> float:
    # Kahan's formula: accurate at 0 and pi alike.
    u, v = a / a.norm(), b / b.norm()
    return 2 * math.atan2(float((u - v).norm()), float((u + v).norm()))


@quick
@given(seeds, sizes, st.floats(-1.0, 2.0))
def test_slerp_is_shoemakes_formula(seed: int, d: int, t: float) -> None:
    a, b = gaussian(seed, 2, d)
    a, b = a / a.norm() * 3, b / b.norm() * 3
    theta = angle(a, b)
    if not 1e-3 < theta < math.pi - 1e-3:
        return
    expected = (math.sin((1 - t) * theta) * a + math.sin(t * theta) * b) / math.sin(theta)
    torch.testing.assert_close(slerp(a, b, t), expected, rtol=0, atol=1e-9)


@quick
@given(seeds, sizes, parts)
def test_slerp_interpolates_norms_and_splits_the_angle(seed: int, d: int, t: float) -> None:
    a, b = gaussian(seed, 2, d)
    if 1e-6 < angle(a, b) < math.pi - 1e-6:
        c = slerp(a, b, t)
        assert float(c.norm()) == pytest.approx(float((1 - t) * a.norm() + t * b.norm()))
        assert angle(a, c) == pytest.approx(t * angle(a, b), abs=1e-7)


@quick
@given(seeds, sizes, parts)
def test_slerp_reads_the_same_from_either_end(seed: int, d: int, t: float) -> None:
    a, b = gaussian(seed, 2, d)
    torch.testing.assert_close(slerp(a, b, t), slerp(b, a, 1 - t), rtol=0, atol=1e-9)
    torch.testing.assert_close(slerp(a, -a, t), slerp(-a, a, 1 - t), rtol=0, atol=1e-9)


def test_slerp_ends_exactly_at_its_ends() -> None:
    a, b = gaussian(0, 2, 512).float()
    assert torch.equal(slerp(a, b, 0.0), a) and torch.equal(slerp(a, b, 1.0), b)
    assert slerp(a, b, 0.3).dtype == torch.float32


def test_slerp_of_equal_points_stays() -> None:
    a = gaussian(0, 8)
    torch.testing.assert_close(slerp(a, a.clone(), 0.4), a)
    torch.testing.assert_close(slerp(a, 2 * a, 0.5), 1.5 * a)


def test_slerp_between_opposite_points_keeps_the_norm_and_is_halfway() -> None:
    a = gaussian(0, 8)
    middle = slerp(a, -a, 0.5)
    assert float(middle.norm()) == pytest.approx(float(a.norm()))
    assert angle(a, middle) == pytest.approx(math.pi / 2)
    assert torch.equal(middle, slerp(a, -a, 0.5))


def test_slerp_beyond_its_ends_goes_on_along_the_circle() -> None:
    a, b = torch.eye(2, dtype=torch.float64)
    torch.testing.assert_close(slerp(a, b, 2.0), -a)
    torch.testing.assert_close(slerp(a, b, -1.0), -b)
    assert float(slerp(a, 3 * b, -2.0).norm()) == 0.0


def test_slerp_with_a_zero_vector_takes_the_other_direction() -> None:
    a = torch.tensor([0.0, 2.0])
    torch.testing.assert_close(slerp(torch.zeros(2), a, 0.25), 0.25 * a)
    torch.testing.assert_close(slerp(a, torch.zeros(2), 0.25), 0.75 * a)
    assert torch.equal(slerp(torch.zeros(2), torch.zeros(2), 0.5), torch.zeros(2))


@quick
@given(seeds, sizes, st.floats(0.01, 0.99))
def test_blend_of_two_is_slerp(seed: int, d: int, t: float) -> None:
    points = gaussian(seed, 2, d)
    blended = blend_sphere(points, torch.tensor([1 - t, t], dtype=torch.float64) * 7)
    torch.testing.assert_close(blended, slerp(points[0], points[1], t), rtol=0, atol=1e-9)


def test_blend_on_a_half_circle_is_the_mean_angle() -> None:
    angles = torch.tensor([0.1, 0.5, 1.4], dtype=torch.float64)
    shares = torch.tensor([0.2, 0.5, 0.3], dtype=torch.float64)
    points = torch.stack([angles.cos(), angles.sin()], dim=1)
    mean = float((angles * shares).sum())
    expected = torch.tensor([math.cos(mean), math.sin(mean)], dtype=torch.float64)
    torch.testing.assert_close(blend_sphere(points, shares), expected, rtol=0, atol=1e-9)


def test_blend_of_the_three_axes_is_their_diagonal() -> None:
    blended = blend_sphere(torch.eye(3, dtype=torch.float64), torch.ones(3))
    torch.testing.assert_close(blended, torch.full((3,), 3**-0.5, dtype=torch.float64))


@quick
@given(seeds, st.integers(3, 4), st.integers(8, 40))
def test_blend_minimises_the_weighted_squared_angles(seed: int, k: int, d: int) -> None:
    points = gaussian(seed, k, d)
    shares = gaussian(seed + 1 if seed < 2**32 - 1 else 0, k).abs() + 0.1
    mean = blend_sphere(points, shares)

    def cost(at: torch.Tensor) -> float:
        pairs = zip(points, shares, strict=True)
        return sum(float(share) * angle(at, point) ** 2 for point, share in pairs)

    for i in range(5):
        assert cost(mean) <= cost(mean + 1e-3 * gaussian(i, d)) + 1e-12
    norms = (points.norm(dim=1) * shares).sum() / shares.sum()
    torch.testing.assert_close(mean.norm(), norms)


def test_blend_takes_no_notice_of_order_and_of_silent_points() -> None:
    points, shares = gaussian(0, 4, 32), torch.tensor([1.0, 2.0, 0.0, 4.0])
    order = torch.tensor([3, 2, 0, 1])
    expected = blend_sphere(points, shares)
    torch.testing.assert_close(blend_sphere(points[order], shares[order]), expected)
    heard = torch.tensor([0, 1, 3])
    torch.testing.assert_close(blend_sphere(points[heard], shares[heard]), expected)
    assert torch.equal(blend_sphere(points, torch.tensor([0.0, 0.0, 3.0, 0.0])), points[2])


def test_blend_of_points_that_cancel_out_has_a_direction() -> None:
    a, b = torch.eye(3, dtype=torch.float64)[:2]
    blended = blend_sphere(torch.stack([a, -a, b, -b]), torch.ones(4))
    assert float(blended.norm()) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("points", "shares"),
    [((2, 3), [1.0]), ((2, 3), [0.0, 0.0]), ((2, 3), [1.0, -1.0]), ((3,), [1.0, 1.0, 1.0])],
)
def test_blend_refuses_nonsense(points: tuple[int, ...], shares: list[float]) -> None:
    with pytest.raises(ValueError, match="shares"):
        blend_sphere(torch.ones(points), torch.tensor(shares))


@quick
@given(seeds, sizes, st.floats(-7.0, 7.0))
def test_turn_is_the_rotation_in_the_plane_of_z_and_tangent(
    seed: int, d: int, amount: float
) -> None:
    z, direction = gaussian(seed, 2, d)
    u, t = z / z.norm(), tangent(z, direction)
    rotation = torch.matrix_exp(amount * (torch.outer(t, u) - torch.outer(u, t)))
    moved = turn(z, (amount * t)[None])
    torch.testing.assert_close(moved, rotation @ z, rtol=0, atol=1e-8)
    assert float(moved.norm()) == pytest.approx(float(z.norm()))


@quick
@given(seeds, sizes)
def test_turns_add_up_in_any_order(seed: int, d: int) -> None:
    z, a, b = gaussian(seed, 3, d)
    whole = turn(z, torch.stack([a, b]))
    torch.testing.assert_close(turn(z, torch.stack([b, a])), whole)
    torch.testing.assert_close(turn(z, (a + b)[None]), whole)


def test_turn_takes_only_the_orthogonal_part() -> None:
    z, t = torch.tensor([2.0, 0.0]), torch.tensor([[5.0, math.pi / 2]])
    torch.testing.assert_close(turn(z, t), torch.tensor([0.0, 2.0]))


def test_turn_by_nothing_changes_no_bit() -> None:
    z = gaussian(0, 9).float()
    for tangents in (torch.zeros(0, 9), torch.zeros(2, 9)):
        assert torch.equal(turn(z, tangents), z)
    assert torch.equal(turn(torch.zeros(3), torch.ones(1, 3)), torch.zeros(3))


@quick
@given(seeds, sizes)
def test_tangent_is_orthogonal_and_of_length_one(seed: int, d: int) -> None:
    z, direction = gaussian(seed, 2, d)
    for aim in (direction, z, -z, torch.zeros(d, dtype=torch.float64)):
        t = tangent(z, aim)
        assert float(t @ z) == pytest.approx(0.0, abs=1e-9 * float(z.norm()))
        assert float(t.norm()) == pytest.approx(1.0)


def test_tangent_of_rounding_is_not_blown_up() -> None:
    z = gaussian(0, 512).float()
    unit = (z / z.norm()).double()
    torch.testing.assert_close(tangent(z.double(), z * 1.7), perpendicular(unit), atol=1e-5, rtol=0)


@quick
@given(seeds, sizes)
def test_toward_arrives_at_the_target(seed: int, d: int) -> None:
    z, target = gaussian(seed, 2, d)
    theta = angle(z, target)
    if theta > 1e-6:
        moved = turn(z, (theta * toward(z, target))[None])
        torch.testing.assert_close(moved / z.norm(), target / target.norm(), rtol=0, atol=1e-7)


def test_toward_the_same_place_or_nowhere_is_no_move() -> None:
    z = gaussian(0, 6)
    assert not toward(z, 2 * z).any() and not toward(z, torch.zeros(6)).any()
    assert float(toward(z, -z).norm()) == pytest.approx(1.0)
