"""Slow float64 statements of what augmentation does to a picture: loops over its pixels."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def reflect(index: int, size: int) -> int:
    """The pixel that stands at ``index`` when the picture goes on mirrored about its edges."""
    index %= 2 * size
    return index if index < size else 2 * size - 1 - index


def lanczos(t: float) -> float:
    """Lanczos-3 kernel."""
    if t == 0:
        return 1.0
    if abs(t) >= 3:
        return 0.0
    return 3 * math.sin(math.pi * t) * math.sin(math.pi * t / 3) / (math.pi * t) ** 2


def interpolate_at(row: Array, place: float) -> float:
    """Lanczos interpolation of ``row`` [size] at a place given in pixel centres."""
    near = range(math.floor(place) - 3, math.floor(place) + 5)
    weights = [lanczos(place - i) for i in near]
    values = [row[reflect(i, len(row))] for i in near]
    return float(np.dot(weights, values) / sum(weights))


def doubled(image: Array) -> Array:
    """[size, size] -> [2 size, 2 size]."""
    size = len(image)
    places = [(i + 0.5) / 2 - 0.5 for i in range(2 * size)]
    wide = np.array([[interpolate_at(row, p) for p in places] for row in image])
    return np.array([[interpolate_at(row, p) for p in places] for row in wide.T]).T


def bilinear(image: Array, x: float, y: float) -> float:
    """``image`` [size, size] at the point x, y in pixel centres."""
    size = len(image)
    left, top = math.floor(x), math.floor(y)
    total = 0.0
    for j, wy in ((top, 1 - (y - top)), (top + 1, y - top)):
        for i, wx in ((left, 1 - (x - left)), (left + 1, x - left)):
            total += wy * wx * image[reflect(j, size), reflect(i, size)]
    return total


def warped(image: Array, forward: Array) -> Array:
    """Move ``image`` [size, size] by ``forward`` [3, 3], in pixels from the centre, y down.

    Doubled by Lanczos-3, read bilinearly at two points a pixel, and averaged by Lanczos-3.
    """
    size = len(image)
    fine = doubled(image)
    back = np.linalg.inv(forward)
    first, last = -5, 2 * size + 5
    samples = np.zeros((last - first, last - first))
    for j in range(first, last):
        for i in range(first, last):
            target = np.array([(i + 0.5) / 2 - size / 2, (j + 0.5) / 2 - size / 2, 1.0])
            x, y, _ = back @ target
            fx, fy = (x + size / 2) * 2 - 0.5, (y + size / 2) * 2 - 0.5
            samples[j - first, i - first] = bilinear(fine, fx, fy)
    result = np.zeros((size, size))
    weights = np.array([lanczos((k - 5.5) / 2) for k in range(12)])
    weights /= weights.sum()
    for j in range(size):
        for i in range(size):
            window = samples[2 * j : 2 * j + 12, 2 * i : 2 * i + 12]
            result[j, i] = weights @ window @ weights
    return result
