"""Multi-scale structural similarity of two pictures, and the diversity of samples by it.

Wang, Simoncelli and Bovik, "Multi-scale Structural Similarity for Image Quality Assessment"
(2003); the window that shrinks with small pictures and the use for diversity as in Karras et al.,
"Progressive Growing of GANs" (2018), section 5: 1 for equal pictures, and the lower on average
over pairs of samples, the more diverse they are (Odena et al., 2017). No unit.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
import torch.nn.functional as F
from torch import Tensor

from latentstudio.metrics.estimate import Score
from latentstudio.metrics.spaces.features import quantise

_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # Wang et al., section 3.2
_WINDOW, _SIGMA = 11, 1.5
_LUMINANCE, _CONTRAST = 0.01**2, 0.03**2  # for pictures from 0 to 1
SMALLEST = 2 ** (len(_WEIGHTS) - 1)


def ms_ssim(a: Tensor, b: Tensor, *, per_channel: bool = False) -> Tensor:
    """MS-SSIM of pictures pair by pair: [n], 0 to 1, differentiable in both.

    Parameters
    ----------
    a, b
        Floats [n, c, H, W] in [-1, 1], at least 16 pixels high and wide. The window is one of 11
        pixels and σ = 1.5, or at coarse scales the whole picture and σ in proportion.
    per_channel
        Average similarity over channels at the very end, as TensorFlow and pytorch-msssim do, and
        not at each scale, as ProGAN does. Equal for one channel.

    Raises
    ------
    ValueError
        On pictures of different or too small size.
    """
    if a.shape != b.shape or a.ndim != 4:
        raise ValueError(f"pictures {list(a.shape)} and {list(b.shape)} cannot be compared")
    if min(a.shape[2:]) < SMALLEST:
        height, width = a.shape[2:]
        raise ValueError(f"MS-SSIM needs at least {SMALLEST} pixels; pictures are {width}×{height}")
    x, y = (a + 1.0) / 2.0, (b + 1.0) / 2.0
    product = torch.ones_like(x[:, :, 0, 0] if per_channel else x[:, 0, 0, 0])
    for scale, weight in enumerate(_WEIGHTS):
        if scale:
            odd = [size % 2 for size in x.shape[2:]]
            x, y = (F.avg_pool2d(image, 2, padding=odd) for image in (x, y))
        similarity, contrast = _ssim(x, y)
        last = scale == len(_WEIGHTS) - 1
        part = (similarity if last else contrast).mean(dim=(2, 3))
        part = part if per_channel else part.mean(dim=1)
        # Below 0 counts as 0, where a power has no slope.
        positive = part > 0.0
        product = product * torch.where(positive, part, 1.0).pow(weight) * positive
    return product.mean(dim=1) if per_channel else product


class Diversity:
    """Mean MS-SSIM over pairs of samples: the first with the second, the third with the fourth.

    ProGAN measures 10,000 pairs. Samples come in any order and number, but must be independent:
    sorted ones would look alike.
    """

    def __init__(self) -> None:
        self._values: list[Tensor] = []
        self._left: Tensor | None = None

    @property
    def n(self) -> int:
        """Pairs so far."""
        return sum(len(part) for part in self._values)

    def add(self, images: Tensor) -> None:
        """Take in pictures [n, c, H, W] in [-1, 1], rounded to 8 bit as files would be."""
        images = quantise(images.detach().float())
        if self._left is not None:
            images = torch.cat([self._left.to(images), images])
        even = len(images) // 2 * 2
        self._left = images[even:] if even < len(images) else None
        if even:
            self._values.append(ms_ssim(images[0:even:2], images[1:even:2]).cpu().double())

    def score(self) -> Score:
        """Mean over pairs and its standard error, n the pairs; ValueError below two pairs."""
        if self.n < 2:
            raise ValueError(f"MS-SSIM needs at least 2 pairs of pictures; there are {self.n}")
        values = torch.cat(self._values)
        return Score(float(values.mean()), float(values.std()) / math.sqrt(self.n), self.n)


def ms_ssim_diversity(batches: Iterable[Tensor]) -> Score:
    """:class:`Diversity` of all pictures of the batches."""
    diversity = Diversity()
    for images in batches:
        diversity.add(images)
    return diversity.score()


def _ssim(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Structural similarity and its contrast part at each place of the window [n, c, h, w]."""
    windows = [_window(size).to(x) for size in x.shape[2:]]
    mean_x, mean_y, xx, yy, xy = (_blur(image, windows) for image in (x, y, x * x, y * y, x * y))
    var_x, var_y, cov = xx - mean_x**2, yy - mean_y**2, xy - mean_x * mean_y
    contrast = (2.0 * cov + _CONTRAST) / (var_x + var_y + _CONTRAST)
    luminance = (2.0 * mean_x * mean_y + _LUMINANCE) / (mean_x**2 + mean_y**2 + _LUMINANCE)
    return luminance * contrast, contrast


def _window(size: int) -> Tensor:
    """Gaussian weights of at most 11 pixels, σ in proportion."""
    taps = min(size, _WINDOW)
    sigma = _SIGMA * taps / _WINDOW
    offsets = torch.arange(taps, dtype=torch.float64) - (taps - 1) / 2
    weights = (-(offsets**2) / (2 * sigma**2)).exp()
    return weights / weights.sum()


def _blur(image: Tensor, windows: list[Tensor]) -> Tensor:
    n, c, height, width = image.shape
    flat = image.reshape(n * c, 1, height, width)
    flat = F.conv2d(F.conv2d(flat, windows[0][None, None, :, None]), windows[1][None, None, None])
    return flat.reshape(n, c, *flat.shape[2:])
