"""Perceptual path length: how evenly pictures change along a path through the latent space.

Karras et al., "A Style-Based Generator Architecture for Generative Adversarial Networks" (2019),
section 4.1. Their distance is LPIPS of VGG16, which is the squared distance of the vectors that
:class:`~latentstudio.metrics.spaces.lpips.LpipsFeatures` gives; any feature map defines a path
length of its own, so numbers compare within one feature space only. Pictures are taken whole: the
crop to the face, which the authors made for their faces alone, is left out. The unit is that of the
distance; latents have none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal

import msgspec
import numpy as np
import torch
from torch import Tensor

from latentstudio.document.sampling import Sampling
from latentstudio.generators.protocol import Generator
from latentstudio.latents.samples import draws_of
from latentstudio.metrics.quality import Progress, evaluating
from latentstudio.metrics.spaces.features import NetworkFeatures
from latentstudio.metrics.spaces.precision import full_precision

Space = Literal["z", "w"]
Place = Literal["full", "end"]
Embedding = Callable[[Tensor], Tensor]


class PathLength(msgspec.Struct, frozen=True, kw_only=True):
    """A perceptual path length; ready for JSON.

    Attributes
    ----------
    value, stderr
        Mean of the squared feature distance over ε², and its standard error.
    n, kept
        Paths drawn, and those between the 1st and the 99th percentile, which count.
    space, sampling, epsilon
        As asked for.
    features, features_hash
        The feature space; "" for a bare function.
    """

    value: float
    stderr: float
    n: int
    kept: int
    space: Space
    sampling: Place
    epsilon: float
    features: str = ""
    features_hash: str = ""


def perceptual_path_length(
    generator: Generator,
    features: NetworkFeatures | Embedding,
    n: int,
    seed: int,
    batch: int,
    *,
    space: Space | None = None,
    sampling: Place = "full",
    epsilon: float = 1e-4,
    class_shares: Sequence[float] = (),
    progress: Progress | None = None,
) -> PathLength:
    """Mean squared feature distance of neighbours on random paths, over the squared step.

    Parameters
    ----------
    generator
        Drawn without truncation, in float32, with its stored noise (the same within a pair);
        left as it was.
    features
        A feature space of a network, or a function images [n, c, H, W] -> [n, d] for each picture
        by itself. It must not round pictures to 8 bit, which a step of 1e-4 would not survive:
        of a feature space, ``embed`` is taken.
    n, seed, batch
        How many paths, what they are drawn from, and how many at a time (no effect on the value
        but rounding).
    space
        ``z``: spherical interpolation of z; ``w``: straight lines in w. By default w where there
        is a mapping network.
    sampling
        ``full``: the step begins anywhere on the path; ``end``: at its first end.
    epsilon
        The step, as a share of the path.
    class_shares
        As in :func:`~latentstudio.metrics.quality.generate_features`; the ends of a path are of
        one class.
    progress
        Told the share done, 0 to 1; may raise to stop.

    Raises
    ------
    ValueError
        When n is below 2, batch below 1 or a distance not finite.
    """
    if n < 2 or batch < 1:
        raise ValueError(f"{n} paths in batches of {batch}: at least 2 paths, 1 at a time")
    space = space or ("w" if generator.has_mapping else "z")
    named = features if isinstance(features, NetworkFeatures) else None
    ends = generator.sample_z(2 * n, seed).reshape(n, 2, -1)
    drawn = draws_of(generator, Sampling(seed=seed), 0, n, class_shares).labels
    labels = None if drawn is None else torch.from_numpy(drawn).to(generator.device)
    t = torch.from_numpy(np.random.RandomState([seed, 2]).random_sample(n) * (sampling == "full"))
    lengths = []
    with evaluating(generator), full_precision(), torch.inference_mode():
        for start in range(0, n, batch):
            part = slice(start, start + batch)
            label = None if labels is None else labels[part]
            ws = path_step(generator, ends[part], t[part], epsilon, space, label)
            lengths.append(squared_distances(features, generator.synthesize(ws)) / epsilon**2)
            if progress is not None:
                progress(min(n, start + batch) / n)
    kept = inliers(torch.cat(lengths))
    return PathLength(
        value=float(kept.mean()),
        stderr=float(kept.std()) / math.sqrt(len(kept)),
        n=n,
        kept=len(kept),
        space=space,
        sampling=sampling,
        epsilon=epsilon,
        features=named.name if named else "",
        features_hash=named.content_hash if named else "",
    )


def slerp(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """Points on great circles: [n, d] from a [n, d] to b at t [n], in float64 on the CPU.

    Directions turn evenly (Shoemake 1985) and norms go straight from one to the other, so that
    points of a prior keep its norm. Ends that are exactly opposite or zero have no circle, and
    do not occur among random points.
    """
    a, b, t = (x.detach().cpu().to(torch.float64) for x in (a, b, t[:, None]))
    norm_a, norm_b = (torch.linalg.vector_norm(x, dim=1, keepdim=True) for x in (a, b))
    u = a / norm_a
    side = b / norm_b
    cosine = (u * side).sum(dim=1, keepdim=True)
    side = side - cosine * u
    sine = torch.linalg.vector_norm(side, dim=1, keepdim=True)
    angle = t * torch.atan2(sine, cosine)
    # Equal directions leave no side to turn to, and no angle.
    side = side / sine.clamp(min=1e-300)
    points: Tensor = torch.lerp(norm_a, norm_b, t) * (angle.cos() * u + angle.sin() * side)
    return points


def path_step(
    generator: Generator,
    ends: Tensor,
    t: Tensor,
    epsilon: float,
    space: Space,
    label: Tensor | None,
) -> Tensor:
    """Begins of the steps, then their ends: ws [2n, num_layers, w_dim]."""
    if space == "z":
        z = torch.cat([slerp(ends[:, 0], ends[:, 1], s) for s in (t, t + epsilon)])
        label = None if label is None else torch.cat([label, label])
        return generator.map(z.to(ends), label)
    # In float64: float32 would round a good part of the step away.
    a, b = (generator.map(end, label).cpu().to(torch.float64) for end in ends.unbind(dim=1))
    at = t[:, None, None]
    return torch.cat([torch.lerp(a, b, at), torch.lerp(a, b, at + epsilon)]).to(ends)


def squared_distances(features: NetworkFeatures | Embedding, images: Tensor) -> Tensor:
    """Squared distances float64 [n] of the first n of 2n pictures from the others."""
    embed, size = features, len(images)
    if isinstance(features, NetworkFeatures):
        # As few at a time as its vectors need: those of LPIPS take 32 MB.
        embed, size = features.embed, max(1, features.batch // 2)
        images = images.to(features.device)
    pairs = zip(*(torch.split(side, size) for side in images.chunk(2)), strict=True)
    parts = []
    for begins, ends in pairs:
        first, second = embed(torch.cat([begins, ends])).cpu().to(torch.float64).chunk(2)
        parts.append((second - first).square().sum(dim=1))
    return torch.cat(parts)


def inliers(lengths: Tensor) -> Tensor:
    """The lengths from the 1st to the 99th percentile, both included."""
    if not math.isfinite(float(lengths.sum())):
        raise ValueError("some distances are not finite: the pictures hold NaN or infinity")
    ordered = lengths.sort().values
    # In integers: 0.01 (n - 1) rounds the wrong way now and then.
    last = len(lengths) - 1
    return ordered[last // 100 : -(-99 * last // 100) + 1]
