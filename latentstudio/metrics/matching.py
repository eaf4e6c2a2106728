"""How far pictures are from one that is wanted: what inversion makes small.

A squared distance of features says whether it looks like the same thing, and squared differences
of pixels at many sizes where things are: large ones lead from afar, fine ones at the end. What
cannot be compared, under a mask or beyond the size of a small picture, does not count (PULSE,
Menon et al. 2020, section 3).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

LEAST = 4  # pixels: the smallest size at which pictures are compared
LPIPS_LEAST = 16
ROUNDING = 1e-4  # of the loss: what eight bits leave of a picture's own point, or a little more
# Ten for pixels: beside features, as found best over random portraits of the bundled networks.
WEIGHTS = {"features": 1.0, "lpips": 1.0, "pixels": 10.0}


class Embedding(Protocol):
    """A feature space with derivatives, as networks have it."""

    def embed(self, images: Tensor) -> Tensor:
        """Pictures [n, c, H, W] in [-1, 1] to vectors [n, dim]."""
        ...


class Matching:
    """The loss of pictures against a target: a callable, [k, c, H, W] to [k].

    Parameters
    ----------
    features
        Whose squared distance counts, per dimension and halved: 1 is the distance of two
        independent pictures where features have variance 1, as those of a data set's own
        classifier. None for pixels alone.
    target
        [1, c, h, w] in [-1, 1], or uint8; on the device and of the size of the pictures that will
        be compared, with ``small`` of any size.
    weights
        Of the parts; what is missing is as in :data:`WEIGHTS`.
    mask
        [h, w], above 0 where the target is known; None for everywhere.
    small
        Compare pictures shrunk by area to this size, the target as well: for enlarging.
    lpips
        Whose squared distance is LPIPS, where its weights are there; left out below 16 px, where
        it is not defined.

    Raises
    ------
    ValueError
        When the target is no single picture, the mask has another size, keeps nothing, or both
        a mask and a small size are given.
    """

    def __init__(
        self,
        features: Embedding | None,
        target: Tensor,
        *,
        weights: Mapping[str, float] | None = None,
        mask: Tensor | None = None,
        small: int | None = None,
        lpips: Embedding | None = None,
    ) -> None:
        if target.ndim != 4 or len(target) != 1:
            raise ValueError(f"the target has shape {list(target.shape)}; expected [1, c, h, w]")
        if mask is not None and (small is not None or mask.shape != target.shape[2:]):
            raise ValueError("a mask needs a target of its own size, and cannot be shrunk")
        if mask is not None and not bool((mask > 0).any()):
            raise ValueError("the mask keeps nothing of the picture: keep at least one pixel")
        if target.dtype == torch.uint8:
            target = target.float() / 127.5 - 1.0
        self._weights = WEIGHTS | dict(weights or {})
        self._small = small
        self._mask = None if mask is None else (mask > 0).to(target)[None, None]
        target = target.clamp(-1.0, 1.0)
        # Where the target is as bright or dark as a screen can be, pictures may exceed that.
        self._low = torch.where(target > -1.0, -torch.inf, target)
        self._high = torch.where(target < 1.0, torch.inf, target)
        self._distinct = features
        self._pixels = self._visible(target)
        if min(self._pixels.shape[2:]) < LPIPS_LEAST:
            lpips = None
        self._spaces = {
            name: space
            for name, space in (("features", features), ("lpips", lpips))
            if space is not None and self._weights[name] > 0
        }
        with torch.no_grad():
            self._wanted = {name: s.embed(self._pixels) for name, s in self._spaces.items()}

    def __call__(self, images: Tensor) -> Tensor:
        """The weighted sum of all parts [k], differentiable in the pictures."""
        parts = self.parts(images)
        total = torch.stack([self._weights[name] * part for name, part in parts.items()])
        return total.sum(dim=0)

    def residuals(self, images: Tensor) -> Tensor:
        """What is left everywhere [k, m]: its squares add up to the loss.

        Parameters
        ----------
        images
            As in :meth:`parts`.
        """
        weighted = [
            math.sqrt(self._weights[name]) * each
            for name, pieces in self._pieces(images).items()
            for each in pieces
        ]
        return torch.cat(weighted, dim=1)

    def parts(self, images: Tensor) -> dict[str, Tensor]:
        """Squared distances [k] by name, before they are weighted.

        Parameters
        ----------
        images
            [k, c, H, W], nominally in [-1, 1]. What lies beyond is as if on a screen where the
            target is at that end, too.

        Returns
        -------
        dict of str to Tensor
            ``features`` over twice their number, ``lpips``, and ``pixels``: mean squares at full
            size, a half, … down to 4 px, averaged over the sizes.
        """
        return {
            name: torch.stack([each.square().sum(dim=1) for each in pieces]).sum(dim=0)
            for name, pieces in self._pieces(images).items()
        }

    @torch.no_grad()
    def distance(self, images: Tensor) -> Tensor:
        """How far pictures are from the target [k]: the number to show.

        The Euclidean distance of features of what can be compared, or without a feature space
        the root of the mean squared difference of pixels. Pictures are clamped to [-1, 1], as a
        screen does. :meth:`usual` gives its unit.
        """
        return self._apart(self._visible(images.clamp(-1.0, 1.0)), self._pixels)

    @torch.no_grad()
    def usual(self, images: Tensor) -> float:
        """The mean of :meth:`distance` over pairs of neighbours of independent pictures.

        Parameters
        ----------
        images
            [n, c, H, W], at least 2: samples of the generator, or of the data.
        """
        if len(images) < 2:
            raise ValueError("a usual distance needs at least 2 pictures")
        visible = self._visible(images.clamp(-1.0, 1.0))
        return float(self._apart(visible[1:], visible[:-1]).mean())

    def _apart(self, some: Tensor, others: Tensor) -> Tensor:
        """Distances [n] of what is visible of pictures."""
        if self._distinct is None:
            apart = _rooted(some - others, self._mask)
        else:
            apart = self._distinct.embed(some) - self._distinct.embed(others)
        return apart.square().sum(dim=1).sqrt()

    def _visible(self, images: Tensor) -> Tensor:
        """What can be compared of pictures: the rest is mid grey, or averaged away."""
        if self._mask is not None:
            return images * self._mask
        if self._small is not None:
            return F.interpolate(images, size=(self._small, self._small), mode="area")
        return images

    def _pieces(self, images: Tensor) -> dict[str, list[Tensor]]:
        """Differences [k, ...] by part, so scaled that their squares add up to it."""
        if self._small is None:
            images = images.clamp(self._low, self._high)
        visible = self._visible(images)
        found = {}
        for name, space in self._spaces.items():
            apart = space.embed(visible) - self._wanted[name]
            scale = math.sqrt(2.0 * apart.shape[1]) if name == "features" else 1.0
            found[name] = [apart / scale]
        levels = self._levels(visible - self._pixels)
        found["pixels"] = [level / math.sqrt(len(levels)) for level in levels]
        return found

    def _levels(self, difference: Tensor) -> list[Tensor]:
        """Means over ever larger squares [k, ...]; squares of each add up to the mean square."""
        mask = self._mask
        levels = [_rooted(difference, mask)]
        while min(difference.shape[2:]) >= 2 * LEAST:
            difference = F.avg_pool2d(difference, 2)
            mask = None if mask is None else F.avg_pool2d(mask, 2)
            levels.append(_rooted(difference, mask))
        return levels


def _rooted(sums: Tensor, mask: Tensor | None) -> Tensor:
    """Means over squares of which a share ``mask`` [1, 1, h, w] is known, over the root of n.

    The squares of a row of the result [k, n] add up to the mean square of what is known.
    """
    if mask is not None:
        sums = sums / (mask.clamp_min(1e-6).sqrt() * mask.mean().sqrt())
    flat: Tensor = sums.flatten(1) / math.sqrt(sums[0].numel())
    return flat
