"""How fast pictures change along a path, and the pace at which they change at a constant speed.

Lengths are Euclidean distances of neighbours in a feature space. The local perceptual path length
is the squared speed: what Karras et al. (2019, section 4.1) average over random paths, taken along
one. A path is followed from position 0 to 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from latentstudio.metrics.path_length import Embedding, squared_distances

ROUNDS = 6  # of drawing a path, at most
EVEN = 0.05  # a variation of steps that no eye sees: nothing is refined further
FINER = 4  # times of a pace for each of its steps: films have more frames than steps are measured
EPSILON = 1e-3  # a step of which float32 latents keep three digits

Floats = NDArray[np.float64]
Look = Callable[[Sequence[float]], Floats]


class Paced(NamedTuple):
    """Result of :func:`constant_pace`.

    Attributes
    ----------
    pace
        Positions at equally spaced times, from 0 to 1, :data:`FINER` for each step; empty where
        even steps are as good.
    before, after
        :func:`variation` of the steps at even positions, and at this pace.
    """

    pace: tuple[float, ...]
    before: float
    after: float


def constant_pace(look: Look, steps: int) -> Paced:
    """Find the pace at which all steps along a path have the same length.

    Parameters
    ----------
    look
        Feature vectors [n, d] of the pictures at positions.
    steps
        That are made even; at least 1.

    Returns
    -------
    Paced
        The best pace that was seen.

    Notes
    -----
    The length of the path up to each position is read off all pictures seen so far, in order;
    the positions of equal shares of it are looked at next, so that pictures gather where much
    changes, until their steps vary by no more than :data:`EVEN`.
    """
    positions = np.linspace(0.0, 1.0, steps + 1)
    seen: dict[float, Floats] = {}
    best = Paced((), math.inf, math.inf)
    for number in range(ROUNDS):
        fresh = [float(p) for p in dict.fromkeys(positions.tolist()) if p not in seen]
        if fresh:
            seen.update(zip(fresh, look(fresh), strict=True))
        spread = variation(step_lengths([seen[p] for p in positions.tolist()]))
        if number == 0:
            best = Paced((), spread, spread)
        elif spread < best.after:
            best = Paced(tuple(positions.tolist()), best.before, spread)
        if best.after <= EVEN:
            break
        positions = even_pace(*_surveyed(seen), steps)
    if not best.pace:
        return best
    finer = even_pace(*_surveyed(seen), FINER, best.pace)
    return best._replace(pace=tuple(finer.tolist()))


def even_pace(
    positions: ArrayLike, lengths: ArrayLike, parts: int, pace: ArrayLike = (0.0, 1.0)
) -> Floats:
    """Where equal shares of a path's length lie.

    Parameters
    ----------
    positions
        [n], rising from 0 to 1.
    lengths
        [n - 1], of the path between neighbours; 0 or more.
    parts
        Into which each step of ``pace`` is divided, at least 1.
    pace
        [m], rising from 0 to 1; by default one step, the whole path.

    Returns
    -------
    ndarray
        float64 [(m - 1) * parts + 1], from 0 to 1 and never falling; evenly spaced on a path of
        no length.
    """
    places, steps = np.asarray(positions, np.float64), np.asarray(pace, np.float64)
    length = np.concatenate([[0.0], np.cumsum(np.asarray(lengths, np.float64))])
    # As shares: between subnormal lengths a slope would overflow.
    shares = length / length[-1] if length[-1] > 0.0 else places
    times = np.arange((len(steps) - 1) * parts + 1) / parts
    ends = np.interp(steps, places, shares)
    found = np.interp(np.interp(times, np.arange(len(steps)), ends), shares, places)
    found[0], found[-1] = 0.0, 1.0
    rising: Floats = np.maximum.accumulate(found)
    return rising


def _surveyed(seen: dict[float, Floats]) -> tuple[list[float], Floats]:
    """The positions that were looked at, in order, and the lengths between them."""
    places = sorted(seen)
    return places, step_lengths([seen[p] for p in places])


def step_lengths(vectors: Sequence[ArrayLike] | Floats) -> Floats:
    """Distances [n - 1] of neighbours among vectors [n, d]."""
    lengths: Floats = np.linalg.norm(np.diff(np.asarray(vectors, np.float64), axis=0), axis=1)
    return lengths


def variation(lengths: ArrayLike) -> float:
    """The coefficient of variation of steps: standard deviation over mean; 0 where none moves."""
    values = np.asarray(lengths, np.float64)
    mean = float(values.mean())
    return float(values.std()) / mean if mean > 0.0 else 0.0


def local_path_lengths(
    begins: Tensor, ends: Tensor, embed: Embedding, epsilon: float = EPSILON
) -> Floats:
    """Perceptual path lengths float64 [n] of the places where tiny steps were taken.

    Parameters
    ----------
    begins, ends
        Pictures [n, c, H, W] in [-1, 1] at t and at t ± epsilon.
    embed
        Feature vectors of pictures, unrounded.
    epsilon
        The step, as a share of the path.
    """
    squares: NDArray[Any] = squared_distances(embed, torch.cat([begins, ends])).numpy()
    return squares / epsilon**2


def pixel_pyramid(images: Tensor) -> Tensor:
    """Pixels at many sizes, as a feature space where there is no better one.

    Parameters
    ----------
    images
        [n, c, H, W].

    Returns
    -------
    Tensor
        [n, d]: the pictures and their halves down to 4 px, scaled so that the squared distance
        of two is the mean squared difference of pixels, averaged over the sizes.
    """
    levels = [images]
    while min(levels[-1].shape[2:]) >= 8:
        levels.append(F.avg_pool2d(levels[-1], 2))
    return torch.cat([x.flatten(1) / math.sqrt(x[0].numel() * len(levels)) for x in levels], dim=1)
