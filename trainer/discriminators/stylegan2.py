"""The residual discriminator of StyleGAN2 (Karras et al. 2020, section 4.1 and figure 7)."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any, Literal

import torch
from torch import Tensor, nn

from latentstudio.generators.convolution import conv2d, conv2d_lrelu, fir, fir_kernel
from latentstudio.generators.layers import EqualLinear, compute_dtype, normalize_2nd_moment

Stem = Literal["residual", "strided"]


class EqualConv(nn.Module):
    """Convolution with equalised learning rate; optional FIR-filtered halving, bias and lrelu."""

    kernel: Tensor

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        size: int,
        *,
        stride: int = 1,
        down: bool = False,
        activate: bool = True,
        gain: float = 1.0,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, size, size))
        self.bias = nn.Parameter(torch.zeros(out_channels)) if activate else None
        # lrelu(√2 (W x + b)) = √2 lrelu(W x + b): every gain goes into the weights for free.
        self.gain = gain * math.sqrt(2.0) if activate else gain
        self.stride, self.down = stride, down
        self.padding = (size - stride + 1) // 2
        self.register_buffer("kernel", fir_kernel((1, 3, 3, 1)), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """[n, in, h, w] -> [n, out, h, w], or half of h and w with ``down``."""
        fan_in = self.weight[0].numel()
        weight = (self.weight * (self.gain / math.sqrt(fan_in))).to(x.dtype)
        bias = None if self.bias is None else (self.bias * self.gain).to(x.dtype)
        stride, padding = self.stride, self.padding
        if self.down and padding == 0:
            x = fir(x, self.kernel, (1, 1), down=2)
        elif self.down:
            x, stride, padding = fir(x, self.kernel, (2, 2)), 2, 0
        if bias is None:
            return conv2d(x, weight, stride=stride, padding=padding)
        return conv2d_lrelu(x, weight, bias, stride=stride, padding=padding)


class Block(nn.Module):
    """Residual block that halves the resolution."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        half = math.sqrt(0.5)
        self.conv0 = EqualConv(in_channels, in_channels, 3)
        self.conv1 = EqualConv(in_channels, out_channels, 3, down=True, gain=half)
        self.skip = EqualConv(in_channels, out_channels, 1, down=True, activate=False, gain=half)

    def forward(self, x: Tensor) -> Tensor:
        """[n, in, h, w] -> [n, out, h/2, w/2]."""
        y: Tensor = self.conv1(self.conv0(x)) + self.skip(x)
        return y


def minibatch_std(x: Tensor, group: int) -> Tensor:
    """Append one channel: the mean standard deviation over groups (Karras et al. 2018, section 3).

    The group is the largest divisor of the batch that is at most ``group``.
    """
    n, _, h, w = x.shape
    size = max(g for g in range(1, min(group, n) + 1) if n % g == 0)
    wide = torch.promote_types(x.dtype, torch.float32)
    y = x.to(wide).reshape(size, n // size, *x.shape[1:])
    y = (y - y.mean(dim=0)).square().mean(dim=0)
    y = (y + 1e-8).sqrt().mean(dim=(1, 2, 3))
    y = y.repeat(size).to(x.dtype).reshape(n, 1, 1, 1).expand(n, 1, h, w)
    return torch.cat([x, y], dim=1)


class StyleGAN2Discriminator(nn.Module):
    """StyleGAN2 discriminator.

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
    stem
        ``residual``: a 1×1 convolution and a residual block at full resolution, as in the
        paper. ``strided``: one 4×4 stride-2 convolution instead, as DCGAN begins; a
        training step then takes a fifth less time on a CPU.

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
        channel_base: int = 32768,
        channel_max: int = 512,
        mbstd_group: int = 4,
        stem: Stem = "residual",
    ) -> None:
        super().__init__()
        if resolution < 8 or resolution & (resolution - 1):
            raise ValueError(f"resolution {resolution} is not a power of two of at least 8")
        if stem not in ("residual", "strided"):
            raise ValueError(f"stem {stem!r} is not residual or strided")
        self.resolution, self.channels, self.num_classes = resolution, channels, num_classes
        self.channel_base, self.channel_max = channel_base, channel_max
        self.mbstd_group, self.stem = mbstd_group, stem

        sizes = [2**i for i in range(resolution.bit_length() - 1, 1, -1)]
        widths = [min(channel_base // s, channel_max) for s in sizes]
        if stem == "residual":
            self.from_rgb = EqualConv(channels, widths[0], 1)
        else:
            widths = widths[1:]
            self.from_rgb = EqualConv(channels, widths[0], 4, stride=2)
        self.blocks = nn.ModuleList(Block(a, b) for a, b in pairwise(widths))
        width = widths[-1]
        self.conv = EqualConv(width + 1, width, 3)
        self.fc = EqualLinear(width * 16, width, activation="lrelu")
        self.out = EqualLinear(width, max(1, width if num_classes else 1))
        self.embed = EqualLinear(num_classes, width) if num_classes > 0 else None

    def config(self) -> dict[str, Any]:
        """Constructor arguments as JSON-ready data."""
        return {
            "resolution": self.resolution,
            "channels": self.channels,
            "num_classes": self.num_classes,
            "channel_base": self.channel_base,
            "channel_max": self.channel_max,
            "mbstd_group": self.mbstd_group,
            "stem": self.stem,
        }

    def forward(self, image: Tensor, label: Tensor | None = None) -> Tensor:
        """Judge pictures.

        Parameters
        ----------
        image
            [n, channels, resolution, resolution] in [-1, 1].
        label
            One-hot [n, num_classes]; required when there are classes.

        Returns
        -------
        Tensor
            Logits [n], float32; positive for real.

        Raises
        ------
        ValueError
            If a needed label is missing.
        """
        if self.embed is not None and label is None:
            raise ValueError(f"this discriminator has {self.num_classes} classes: give a label")
        dtype = compute_dtype(self.out.weight)
        with torch.autocast(image.device.type, enabled=False):
            x = image.to(dtype).contiguous(memory_format=torch.channels_last)
            x = self.from_rgb(x)
            for block in self.blocks:
                x = block(x)
            x = self.conv(minibatch_std(x, self.mbstd_group))
            x = self.out(self.fc(x.to(self.out.weight.dtype).flatten(1)))
            if self.embed is not None and label is not None:
                code = normalize_2nd_moment(self.embed(label.to(x.dtype)))
                x = (x * code).sum(dim=1, keepdim=True) / math.sqrt(code.shape[1])
        logits: Tensor = x.squeeze(1)
        return logits
