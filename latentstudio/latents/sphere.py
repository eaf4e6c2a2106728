"""Movement on spheres: where a Gaussian prior keeps its mass.

In many dimensions almost all of N(0, I) lies near the sphere of radius sqrt(d), so a straight
line between two prior points runs through places that the generator never saw (White,
"Sampling Generative Networks", 2016). Everything here follows great circles instead.

All functions compute in float64 (float32 on devices without it) and answer in the dtype of
their first argument.
"""

from __future__ import annotations

import torch
from torch import Tensor

# Unit vectors whose orthogonal part is below this count as equal or opposite: far below what
# float32 can tell apart, far above the rounding of float64.
_PARALLEL = 1e-9
_ITERATIONS = 200
_CONVERGED = 1e-13


def slerp(a: Tensor, b: Tensor, t: float) -> Tensor:
    """Go from ``a`` to ``b`` along the shortest great circle.

    Directions are interpolated on the sphere (Shoemake 1985) and norms linearly, so points of
    equal norm keep it.

    Parameters
    ----------
    a, b
        [d], d at least 2.
    t
        0 gives ``a`` and 1 gives ``b``, exactly. Outside [0, 1] the path goes on along the same
        great circle, its norm never below 0.

    Returns
    -------
    Tensor
        [d].

    Notes
    -----
    Opposite points have no shortest path: the one through :func:`perpendicular` is taken, the
    same from either end. A zero vector has no direction and takes the other's.
    """
    if t == 0.0 or t == 1.0:
        return (b if t else a).clone()
    u, norm_a = _polar(a)
    v, norm_b = _polar(b)
    norm = ((1.0 - t) * norm_a + t * norm_b).clamp(min=0.0)
    if norm_a == 0.0 or norm_b == 0.0:
        return (norm * (v if norm_a == 0.0 else u)).to(a.dtype)
    return (norm * _exp(u, t * _log(u, v))).to(a.dtype)


def blend_sphere(points: Tensor, shares: Tensor) -> Tensor:
    """Weighted mean of points on a sphere.

    The direction is the spherical weighted average of Buss and Fillmore ("Spherical averages
    and applications to spherical splines and interpolation", 2001, algorithm A1); the norm is
    the weighted mean of the norms. Two points give exactly :func:`slerp`.

    Parameters
    ----------
    points
        [k, d], d at least 2.
    shares
        [k], 0 or more and not all 0; normalised here to sum to 1.

    Returns
    -------
    Tensor
        [d].

    Raises
    ------
    ValueError
        When shapes disagree or no share is above 0.
    """
    if points.ndim != 2 or shares.shape != points.shape[:1]:
        raise ValueError(f"points {list(points.shape)} and shares {list(shares.shape)} disagree")
    amounts = [float(share) for share in shares]
    if min(amounts) < 0.0 or sum(amounts) <= 0.0:
        raise ValueError("shares must be 0 or more, and one of them above 0")
    heard = [i for i, amount in enumerate(amounts) if amount > 0.0]
    total = sum(amounts)
    if len(heard) == 1:
        return points[heard[0]].clone()
    if len(heard) == 2:
        first, second = heard
        return slerp(points[first], points[second], amounts[second] / total)

    parts = [(amounts[i] / total, *_polar(points[i])) for i in heard]
    norm = torch.stack([share * length for share, _, length in parts]).sum()
    directed = [(share, unit) for share, unit, length in parts if length > 0.0]
    if not directed:
        return torch.zeros_like(points[0])
    mean, length = _polar(torch.stack([share * unit for share, unit in directed]).sum(dim=0))
    if length < _PARALLEL:  # the points cancel out: begin at the heaviest
        mean = max(directed, key=lambda part: part[0])[1]
    for _ in range(_ITERATIONS):
        step = torch.stack([share * _log(mean, unit) for share, unit in directed]).sum(dim=0)
        mean = _polar(_exp(mean, step))[0]
        if torch.linalg.vector_norm(step) < _CONVERGED:
            break
    return (norm * mean).to(points.dtype)


def turn(z: Tensor, tangents: Tensor) -> Tensor:
    """Move ``z`` on the sphere of its own norm: the exponential map.

    ``z' = cos|t| z + sin|t| |z| t/|t|`` for the sum ``t`` of the tangents, projected orthogonal
    to z (do Carmo, "Riemannian Geometry", chapter 3). Because moves are summed before they act,
    they add up and their order does not matter.

    Parameters
    ----------
    z
        [d].
    tangents
        [k, d], in radians: a tangent of length 1 turns z by 1 rad. k may be 0.

    Returns
    -------
    Tensor
        [d], with the norm of z.
    """
    unit, norm = _polar(z)
    step = _orthogonal(unit, _wide(tangents).sum(dim=0))
    if len(tangents) == 0 or norm == 0.0 or not step.any():
        return z.clone()
    return (norm * _exp(unit, step)).to(z.dtype)


def tangent(z: Tensor, direction: Tensor) -> Tensor:
    """Unit tangent at ``z`` [d] nearest to ``direction`` [d].

    A direction along z itself has no tangent part; it gets :func:`perpendicular`, so that an
    axis always moves something.
    """
    unit, _ = _polar(z)
    aim, _ = _polar(direction)
    side, length = _polar(_orthogonal(unit, aim))
    # Float32 inputs: a part this small is rounding, and must not be blown up to length 1.
    return (side if length > 1e-5 else perpendicular(unit)).to(z.dtype)


def toward(z: Tensor, target: Tensor) -> Tensor:
    """Unit tangent at ``z`` [d] that leads to ``target`` [d] by the shortest way.

    Turning by the angle between them arrives at the target's direction. Zero when z already
    points there or either has no length; :func:`perpendicular` when it is opposite.
    """
    unit, norm = _polar(z)
    aim, length = _polar(target)
    if norm == 0.0 or length == 0.0:
        return torch.zeros_like(z)
    return _polar(_log(unit, aim))[0].to(z.dtype)


def perpendicular(unit: Tensor) -> Tensor:
    """A fixed unit vector orthogonal to ``unit`` [d], the same for its opposite.

    The coordinate axis that ``unit`` uses least (the first of equals), made orthogonal.
    """
    axis = torch.zeros_like(unit)
    axis[unit.abs().argmin()] = 1.0
    return _polar(_orthogonal(unit, axis))[0]


def _wide(x: Tensor) -> Tensor:
    return x.to(torch.float32 if x.device.type == "mps" else torch.float64)


def _polar(x: Tensor) -> tuple[Tensor, Tensor]:
    """Direction (zeros for a zero vector) and norm."""
    wide = _wide(x)
    norm = torch.linalg.vector_norm(wide)
    return (wide / norm if norm > 0.0 else torch.zeros_like(wide)), norm


def _orthogonal(unit: Tensor, x: Tensor) -> Tensor:
    """The part of x orthogonal to unit; subtracted twice, as one pass leaves rounding behind."""
    x = x - (x @ unit) * unit
    return x - (x @ unit) * unit


def _log(unit: Tensor, target: Tensor) -> Tensor:
    """Tangent at ``unit`` that reaches ``target``, both of length 1."""
    side = _orthogonal(unit, target)
    sine, cosine = torch.linalg.vector_norm(side), target @ unit
    if sine < _PARALLEL:
        if cosine > 0.0:
            return torch.zeros_like(unit)
        return torch.pi * perpendicular(unit)
    step: Tensor = torch.atan2(sine, cosine) * side / sine
    return step


def _exp(unit: Tensor, step: Tensor) -> Tensor:
    """Point reached from ``unit`` along the tangent ``step``."""
    angle = torch.linalg.vector_norm(step)
    if angle == 0.0:
        return unit
    reached: Tensor = torch.cos(angle) * unit + torch.sin(angle) * (step / angle)
    return reached
