"""The discriminator of ProGAN (Karras et al. 2018, section 2 and table 2)."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from latentstudio.generators.convolution import conv2d, fir, fir_kernel
from latentstudio.generators.growth import Growth
from latentstudio.generators.layers import EqualLinear, compute_dtype, normalize_2nd_moment
from latentstudio.generators.progan import wide_taps, widened
from trainer.discriminators.stylegan2 import EqualConv, minibatch_std


class FromRGB(nn.Module):
    """1×1 convolution and leaky ReLU, of the picture or of the picture at half the size."""

    def __init__(self, channels: int, out_channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_channels, channels, 1, 1))
        self.bias = nn.Parameter(torch.zeros(out_channels))
        self.gain = math.sqrt(2.0 / channels)

    def forward(self, image: Tensor, halved: bool = False) -> Tensor:
        """[n, channels, r, r] -> [n, out, r, r], or [n, out, r/2, r/2] when ``halved``."""
        weight, bias = self.weight * self.gain, (self.bias * math.sqrt(2.0)).to(image.dtype)
        if halved:  # averaging 2×2 pixels first is the same as 2×2 equal taps
            weight = (weight / 4.0).expand(-1, -1, 2, 2).contiguous()
        x = conv2d(image, weight.to(image.dtype), bias, stride=1 + halved)
        return F.leaky_relu(x, 0.2, inplace=True)


class PooledConv(nn.Module):
    """3×3 convolution, averaging of 2×2 pixels, bias and leaky ReLU, optionally after a blur.

    Averaged before the nonlinearity, as in the published code, the 3×3 taps and the averaging
    are together 4×4 taps with stride 2.
    """

    kernel: Tensor
    taps: Tensor

    def __init__(self, in_channels: int, out_channels: int, blur: bool) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, 3, 3))
        self.bias = nn.Parameter(torch.zeros(out_channels))
        self.gain, self.blur = math.sqrt(2.0 / (9 * in_channels)), blur
        self.register_buffer("taps", wide_taps(0.25), persistent=False)
        self.register_buffer("kernel", fir_kernel((1, 2, 1)), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """[n, in, h, w] -> [n, out, h/2, w/2]."""
        if self.blur:
            x = fir(x, self.kernel, (1, 1))
        weight = widened(self.weight * self.gain, self.taps).to(x.dtype)
        bias = (self.bias * math.sqrt(2.0)).to(x.dtype)
        return F.leaky_relu(conv2d(x, weight, bias, stride=2, padding=1), 0.2, inplace=True)


class Block(nn.Module):
    """The two 3×3 convolutions of one resolution, and halving."""

    def __init__(self, in_channels: int, out_channels: int, blur: bool) -> None:
        super().__init__()
        self.conv0 = EqualConv(in_channels, in_channels, 3)
        self.conv1 = PooledConv(in_channels, out_channels, blur)

    def forward(self, x: Tensor) -> Tensor:
        """[n, in, h, w] -> [n, out, h/2, w/2]."""
        y: Tensor = self.conv1(self.conv0(x))
        return y


class Last(nn.Module):
    """The layers of 4 px: minibatch statistics, a convolution and a dense layer."""

    def __init__(self, width: int, group: int) -> None:
        super().__init__()
        self.group = group
        self.conv = EqualConv(width + 1, width, 3)
        self.fc = EqualLinear(width * 16, width, activation="lrelu")

    def forward(self, x: Tensor) -> Tensor:
        """[n, width, 4, 4] -> [n, width] in the parameters' dtype."""
        x = self.conv(minibatch_std(x, self.group))
        y: Tensor = self.fc(x.to(self.fc.weight.dtype).flatten(1))
        return y


class ProGANDiscriminator(nn.Module):
    """ProGAN discriminator, the mirror image of the generator.

    Parameters
    ----------
    resolution
        Height and width of the pictures: a power of two, at least 8.
    channels
        1, 3 or 4.
    num_classes
        0, or the number of classes for a projection head (Miyato and Koyama 2018).
    channel_base, channel_max
        Features at resolution r: ``min(channel_base // r, channel_max)``.
    mbstd_group
        Group size of the minibatch standard deviation.
    growing
        Own a picture input for every resolution, and obey ``growth``.
    blur
        Blur with [1, 2, 1] before each halving, as StyleGAN does (Karras et al. 2019).

    Attributes
    ----------
    growth
        Where a growing network stands; of full resolution at first.

    Raises
    ------
    ValueError
        On an impossible configuration.
    """

    def __init__(
        self,
        resolution: int,
        channels: int = 3,
        num_classes: int = 0,
        channel_base: int = 16384,
        channel_max: int = 512,
        mbstd_group: int = 4,
        growing: bool = False,
        blur: bool = False,
    ) -> None:
        super().__init__()
        if resolution < 8 or resolution & (resolution - 1):
            raise ValueError(f"resolution {resolution} is not a power of two of at least 8")
        if min(channel_base // resolution, channel_max) < 1:
            raise ValueError(f"channel_base {channel_base} leaves no features at {resolution} px")
        self.resolution, self.channels, self.num_classes = resolution, channels, num_classes
        self.channel_base, self.channel_max = channel_base, channel_max
        self.mbstd_group, self.growing, self.blur = mbstd_group, growing, blur
        self.growth = Growth(resolution)

        self.resolutions = [2**i for i in range(2, resolution.bit_length())]
        widths = [min(channel_base // r, channel_max) for r in self.resolutions]
        for i, r in enumerate(self.resolutions):
            if growing or r == resolution:
                self.add_module(f"fromrgb{r}", FromRGB(channels, widths[i]))
            if i > 0:
                self.add_module(f"b{r}", Block(widths[i], widths[i - 1], blur))
        self.b4 = Last(widths[0], mbstd_group)
        self.out = EqualLinear(widths[0], max(1, widths[0] if num_classes else 1))
        self.embed = EqualLinear(num_classes, widths[0]) if num_classes > 0 else None

    def config(self) -> dict[str, Any]:
        """Constructor arguments as JSON-ready data."""
        return {
            "resolution": self.resolution,
            "channels": self.channels,
            "num_classes": self.num_classes,
            "channel_base": self.channel_base,
            "channel_max": self.channel_max,
            "mbstd_group": self.mbstd_group,
            "growing": self.growing,
            "blur": self.blur,
        }

    def set_growth(self, growth: Growth) -> None:
        """Judge pictures at this point of the growth from now on.

        Raises
        ------
        ValueError
            If the network cannot be there, or is not a growing one.
        """
        growth.checked(self.resolution)
        if not self.growing and growth != Growth(self.resolution):
            raise ValueError("this discriminator does not grow: make it with growing=True")
        self.growth = growth

    def forward(self, image: Tensor, label: Tensor | None = None) -> Tensor:
        """Judge pictures.

        Parameters
        ----------
        image
            [n, channels, r, r] in [-1, 1], r being ``growth.resolution``.
        label
            One-hot [n, num_classes]; required when there are classes.

        Returns
        -------
        Tensor
            Logits [n], float32; positive for real.

        Raises
        ------
        ValueError
            If the pictures are of another resolution, or a needed label is missing.
        """
        first, alpha = self.growth
        if image.shape[2:] != (first, first):
            height, width = image.shape[2:]
            raise ValueError(f"pictures are {height} × {width} px; expected {first} px")
        if self.embed is not None and label is None:
            raise ValueError(f"this discriminator has {self.num_classes} classes: give a label")
        dtype = compute_dtype(self.out.weight)
        with torch.autocast(image.device.type, enabled=False):
            image = image.to(dtype).contiguous(memory_format=torch.channels_last)
            x = self.get_submodule(f"fromrgb{first}")(image)
            for r in reversed(self.resolutions[1:]):
                if r > first:
                    continue
                x = self.get_submodule(f"b{r}")(x)
                if r == first and alpha < 1.0:
                    coarse = self.get_submodule(f"fromrgb{r // 2}")(image, halved=True)
                    x = torch.lerp(coarse, x, alpha)
            x = self.out(self.b4(x))
            if self.embed is not None and label is not None:
                code = normalize_2nd_moment(self.embed(label.to(x.dtype)))
                x = (x * code).sum(dim=1, keepdim=True) / math.sqrt(code.shape[1])
        logits: Tensor = x.squeeze(1)
        return logits
