"""Arithmetic of shares: four numbers, 0 or more, that sum to 1."""

from __future__ import annotations

Shares = tuple[float, float, float, float]


def bilinear(x: float, y: float) -> Shares:
    """Shares of the corners A (top left), B (top right), C, D at x, y in the unit square."""
    x, y = min(1.0, max(0.0, x)), min(1.0, max(0.0, y))
    return (1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y


def place(shares: Shares) -> tuple[float, float]:
    """Where in the unit square (y down) shares stand: exact where they are bilinear."""
    return shares[1] + shares[3], shares[2] + shares[3]


def is_bilinear(shares: Shares, tolerance: float = 1e-3) -> bool:
    """Whether a place in the square gives exactly these shares."""
    there = bilinear(*place(shares))
    return all(abs(a - b) <= tolerance for a, b in zip(shares, there, strict=True))


def with_share(shares: Shares, index: int, share: float) -> Shares:
    """One share set; the others keep their proportions in what is left (equal when all are 0)."""
    share = min(1.0, max(0.0, share))
    # Summed, not subtracted: what is left beside a share of nearly 1 would be lost.
    others = sum(value for i, value in enumerate(shares) if i != index)
    scaled = [(1 - share) * (value / others if others > 0 else 1 / 3) for value in shares]
    scaled[index] = share
    return scaled[0], scaled[1], scaled[2], scaled[3]
