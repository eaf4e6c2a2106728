"""ProGAN: a plain stack of convolutions, grown from 4 px to the full resolution.

Karras et al., "Progressive Growing of GANs for Improved Quality, Stability, and Variation"
(2018): equalised learning rate (section 4.1), pixelwise normalisation (4.2), the layers of
table 2, growing with a fade (section 2).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd import Function

from latentstudio.generators.convolution import conv2d, conv_transpose2d
from latentstudio.generators.growth import Growth
from latentstudio.generators.info import LayerInfo
from latentstudio.generators.layers import EqualLinear, compute_dtype, normalize_2nd_moment
from latentstudio.generators.protocol import Generator, NoiseMode
from latentstudio.generators.tap import Tap, tap_at, tapped

Output = Literal["tanh", "linear"]


class PixelConv(nn.Module):
    """3×3 convolution, leaky ReLU and pixelwise normalisation, optionally after doubling.

    The gain √2 of He et al. (2015) is in the weights; the bias is added as it is.
    """

    taps: Tensor

    def __init__(self, in_channels: int, out_channels: int, up: bool) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, 3, 3))
        self.bias = nn.Parameter(torch.zeros(out_channels))
        self.gain, self.up = math.sqrt(2.0 / (9 * in_channels)), up
        if up:
            # A transposed convolution turns its kernel round.
            self.register_buffer("taps", wide_taps(1.0).flip(1), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """[n, in, h, w] -> [n, out, h, w], or twice h and w with ``up``."""
        weight = self.weight * self.gain
        if self.up:
            weight = widened(weight, self.taps).transpose(0, 1)
            x = conv_transpose2d(x, weight.to(x.dtype), padding=1)
        else:
            x = conv2d(x, weight.to(x.dtype), padding=1)
        return activate_and_normalize(x, self.bias)


class First(nn.Module):
    """From w to the features of 4 px, and the 3×3 convolution there."""

    def __init__(self, w_dim: int, width: int, dense_bias: bool) -> None:
        super().__init__()
        self.dense = EqualLinear(w_dim, 16 * width, bias=dense_bias)
        self.bias = nn.Parameter(torch.zeros(width))
        self.conv = PixelConv(width, width, up=False)

    def forward(self, w: Tensor, dtype: torch.dtype) -> Tensor:
        """[n, w_dim] -> [n, width, 4, 4] in ``dtype``."""
        # Seen as a 4×4 convolution of one padded pixel: 16 taps share the gain √2.
        x = self.dense(w).mul(math.sqrt(2.0 / 16.0)).reshape(len(w), -1, 4, 4).to(dtype)
        x = x.contiguous(memory_format=torch.channels_last)
        y: Tensor = self.conv(activate_and_normalize(x, self.bias))
        return y


class Block(nn.Module):
    """Doubling, and the two 3×3 convolutions of one resolution."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv0 = PixelConv(in_channels, out_channels, up=True)
        self.conv1 = PixelConv(out_channels, out_channels, up=False)

    def forward(self, x: Tensor) -> Tensor:
        """[n, in, h, w] -> [n, out, 2h, 2w]."""
        y: Tensor = self.conv1(self.conv0(x))
        return y


class ToRGB(nn.Module):
    """Linear 1×1 convolution to the picture's channels."""

    def __init__(self, in_channels: int, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(channels, in_channels, 1, 1))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.gain = 1.0 / math.sqrt(in_channels)

    def forward(self, x: Tensor) -> Tensor:
        """[n, in, r, r] -> [n, channels, r, r] in the parameters' dtype."""
        weight = (self.weight[:, :, 0, 0] * self.gain).to(x.dtype)
        y = (x.permute(0, 2, 3, 1) @ weight.t()).to(self.bias.dtype) + self.bias
        return y.permute(0, 3, 1, 2)


class ProGAN(Generator):
    """ProGAN generator: one row of ``ws``, no noise inputs.

    w is z (plus the class's embedding) scaled to a mean square of 1, as the network sees it;
    truncation moves it from that sphere to the centre, whose picture the biases alone draw.

    Parameters
    ----------
    z_dim
        Size of z.
    resolution
        Height and width of the picture: a power of two, at least 8.
    channels
        1, 3 or 4.
    num_classes
        0 for an unconditional generator; otherwise an embedding of the class is added to z, or
        appended with ``label_dim``.
    channel_base, channel_max
        Features at resolution r: ``min(channel_base // r, channel_max)``.
    growing
        Own a picture output for every resolution, and obey ``growth``.
    output
        What the picture's values go through.
    dense_bias
        Whether the first layer has a bias for each of the 4×4 pixels, too.
    label_dim
        Size of an embedding of the class that is appended to z: w has ``z_dim + label_dim``
        entries. 0: it has the size of z and is added.

    Attributes
    ----------
    growth
        Where a growing network stands; of full resolution at first.

    Raises
    ------
    ValueError
        On an impossible configuration.
    """

    family = "progan"
    has_mapping = False

    def __init__(
        self,
        z_dim: int = 512,
        resolution: int = 256,
        channels: int = 3,
        num_classes: int = 0,
        channel_base: int = 16384,
        channel_max: int = 512,
        growing: bool = False,
        output: Output = "linear",
        dense_bias: bool = False,
        label_dim: int = 0,
    ) -> None:
        super().__init__()
        if resolution < 8 or resolution & (resolution - 1):
            raise ValueError(f"resolution {resolution} is not a power of two of at least 8")
        if min(channel_base // resolution, channel_max) < 1:
            raise ValueError(f"channel_base {channel_base} leaves no features at {resolution} px")
        if output not in ("tanh", "linear"):
            raise ValueError(f"output {output!r} is not tanh or linear")
        if label_dim < 0 or (label_dim and not num_classes):
            raise ValueError(f"label_dim {label_dim} needs classes, and is not negative")
        self.z_dim, self.w_dim = z_dim, z_dim + label_dim
        self.resolution, self.channels, self.num_classes = resolution, channels, num_classes
        self.channel_base, self.channel_max, self.growing = channel_base, channel_max, growing
        self.output, self.dense_bias, self.label_dim = output, dense_bias, label_dim
        self.num_layers = 1
        self.growth = Growth(resolution)
        self.embed: EqualLinear | None = None
        if num_classes > 0:
            self.embed = EqualLinear(num_classes, label_dim or z_dim, bias=False)

        self.resolutions = [2**i for i in range(2, resolution.bit_length())]
        widths = [min(channel_base // r, channel_max) for r in self.resolutions]
        self.b4 = First(self.w_dim, widths[0], dense_bias)
        for i, r in enumerate(self.resolutions):
            if i > 0:
                self.add_module(f"b{r}", Block(widths[i - 1], widths[i]))
            if growing or r == resolution:
                self.add_module(f"torgb{r}", ToRGB(widths[i], channels))
        self.layers = tuple(LayerInfo(f"b{r}", r) for r in self.resolutions)

    def config(self) -> dict[str, Any]:
        """Constructor arguments as JSON-ready data."""
        config: dict[str, Any] = {
            "z_dim": self.z_dim,
            "resolution": self.resolution,
            "channels": self.channels,
            "num_classes": self.num_classes,
            "channel_base": self.channel_base,
            "channel_max": self.channel_max,
            "growing": self.growing,
        }
        # Later options only where they are used: content hashes cover the configuration.
        if self.output != "linear":
            config["output"] = self.output
        if self.dense_bias:
            config["dense_bias"] = True
        if self.label_dim:
            config["label_dim"] = self.label_dim
        return config

    def set_growth(self, growth: Growth) -> None:
        """Draw pictures at this point of the growth from now on.

        Raises
        ------
        ValueError
            If the network cannot be there, or is not a growing one.
        """
        growth.checked(self.resolution)
        if not self.growing and growth != Growth(self.resolution):
            raise ValueError("this generator does not grow: make it with growing=True")
        self.growth = growth

    def _map(self, z: Tensor, onehot: Tensor | None) -> Tensor:
        with torch.autocast(z.device.type, enabled=False):
            w = z.to(self.b4.bias.dtype)
            code: Tensor | None = None
            if self.embed is not None and onehot is not None:
                code = self.embed(onehot.to(w.dtype))
                if self.label_dim:
                    w, code = torch.cat([w, code], dim=1), None
            w = normalize_2nd_moment(w)
            if code is not None:
                w = normalize_2nd_moment(w + normalize_2nd_moment(code))
        return w.unsqueeze(1)

    def synthesize(
        self,
        ws: Tensor,
        noise: NoiseMode = "const",
        *,
        noise_seed: int | Sequence[int] | None = None,
        noise_strength: float | Sequence[float] = 1.0,
        noise_turn: float = 0.0,
        max_resolution: int | None = None,
        tap: Tap | None = None,
    ) -> Tensor:
        """See :meth:`Generator.synthesize`; the noise arguments and max_resolution do nothing.

        While the network grows, the picture has the resolution ``growth.resolution``.
        """
        self._check_ws(ws)
        last, alpha = self.growth
        dtype = compute_dtype(self.b4.bias)
        with torch.autocast(ws.device.type, enabled=False):
            x = self.b4(ws[:, 0].to(self.b4.bias.dtype), dtype)
            x = before = tapped(tap_at(tap, 0), x)
            for i, r in enumerate(self.resolutions[1:], start=1):
                if r > last:
                    break
                before, x = x, tapped(tap_at(tap, i), self.get_submodule(f"b{r}")(x))
            image: Tensor = self.get_submodule(f"torgb{last}")(x)
            if alpha < 1.0 and last > 4:
                coarse = self.get_submodule(f"torgb{last // 2}")(before)
                image = torch.lerp(doubled(coarse), image, alpha)
        return torch.tanh(image) if self.output == "tanh" else image

    def affine_weights(self, layer: int) -> Tensor:
        """See :meth:`Generator.affine_weights`."""
        return self.b4.dense.effective if layer == 0 else super().affine_weights(layer)


def wide_taps(gain: float) -> Tensor:
    """[9, 16]: from 3×3 taps to the 4×4 taps of stride 2 that double or halve as well.

    Nearest-neighbour doubling before a convolution, or adding up 2×2 pixels after it, is one
    convolution with the sum of four copies of the kernel, shifted by 0 or 1 on each axis. It
    takes 16 products where the two steps take 36, and no passes over the larger features. A
    ``gain`` of 1/4 averages the pixels; powers of two keep the matrix exact.
    """
    shifts = torch.tensor([[1.0, 1.0, 0.0, 0.0], [0.0, 1.0, 1.0, 0.0], [0.0, 0.0, 1.0, 1.0]])
    return torch.kron(shifts, shifts) * gain


def widened(weight: Tensor, taps: Tensor) -> Tensor:
    """Kernels [o, i, 3, 3] -> [o, i, 4, 4] by the matrix of :func:`wide_taps`."""
    return (weight.reshape(-1, 9) @ taps).reshape(*weight.shape[:2], 4, 4)


def doubled(x: Tensor) -> Tensor:
    """Nearest-neighbour doubling of [n, c, h, w], in channels_last order."""
    n, channels, h, w = x.shape
    # F.interpolate takes ten times as long in bfloat16.
    x = x.permute(0, 2, 3, 1)[:, :, None, :, None].expand(n, h, 2, w, 2, channels)
    return x.reshape(n, 2 * h, 2 * w, channels).permute(0, 3, 1, 2)


def activate_and_normalize(x: Tensor, bias: Tensor) -> Tensor:
    """Bias and leaky ReLU, then scale each pixel's features to a mean square of 1.

    Parameters
    ----------
    x
        [n, c, h, w] in channels_last order.
    bias
        [c].
    """
    return _finish(x, bias)


class _Finish(Function):
    """Few passes over the features: torch's own operators take twice as long together."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, bias: Tensor) -> Tensor:
        n, channels, h, w = x.shape
        pixels = x.permute(0, 2, 3, 1).reshape(-1, channels)
        ones = pixels.new_ones(len(pixels), 1)
        y = F.leaky_relu_(torch.addmm(pixels, ones, bias.to(x.dtype)[None]), 0.2)
        scale = ((y * y) @ _averaging(y)).add_(1e-8).rsqrt_()
        y.mul_(scale)
        ctx.save_for_backward(x, bias, y, scale)
        return y.reshape(n, h, w, channels).permute(0, 3, 1, 2)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, bias, y, scale = ctx.saved_tensors
        if torch.is_grad_enabled():  # to be differentiated once more: in terms of x and bias
            a = F.leaky_relu(x + bias.to(x.dtype)[:, None, None], 0.2)
            scale = (a.square().mean(dim=1, keepdim=True) + 1e-8).rsqrt()
            y = a * scale
            d = scale * (grad - y * (grad * y).mean(dim=1, keepdim=True))
            d = torch.where(a > 0, d, 0.2 * d)
            return d, d.sum(dim=(0, 2, 3)).to(bias.dtype)
        n, channels, h, w = x.shape
        g = grad.permute(0, 2, 3, 1).reshape(-1, channels)
        # With y = s·a and s = mean(a²)^(-1/2): dL/da = s (g - y mean(g y)).
        d = ((g * y) @ _averaging(y)) * y
        d = torch.sub(g, d, out=d).mul_(scale)
        d = torch.ops.aten.leaky_relu_backward(d, y, 0.2, True)
        dbias = (d.new_ones(1, len(d)) @ d)[0].to(bias.dtype)
        return d.reshape(n, h, w, channels).permute(0, 3, 1, 2), dbias


def _averaging(y: Tensor) -> Tensor:
    """A matrix that takes [pixels, c] to the mean over the features, [pixels, 1 or c]."""
    channels = y.shape[1]
    # Multiplying by [pixels, 1] is slow for few features: repeat the mean for each of them.
    return y.new_full((channels, channels if channels <= 32 else 1), 1.0 / channels)


_finish: Callable[..., Tensor] = _Finish.apply
