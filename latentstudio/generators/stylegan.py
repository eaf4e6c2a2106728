"""StyleGAN: mapping network and synthesis network with adaptive instance normalisation.

Karras et al., "A Style-Based Generator Architecture for Generative Adversarial Networks"
(2019), section 2 and appendix C; grown from coarse to fine as in ProGAN (2018).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd import Function

from latentstudio.generators.convolution import conv2d, conv_transpose2d, fir, fir_kernel
from latentstudio.generators.growth import Growth
from latentstudio.generators.info import LayerInfo
from latentstudio.generators.layers import EqualLinear, compute_dtype
from latentstudio.generators.mapping import Mapping
from latentstudio.generators.noise import NoisePlanes, noise_strengths
from latentstudio.generators.progan import ToRGB, doubled, wide_taps, widened
from latentstudio.generators.protocol import Generator, NoiseMode
from latentstudio.generators.stylegan2 import Taps
from latentstudio.generators.tap import LayerTap, Tap, styled, tap_at, tapped

EPSILON = 1e-8  # variance of a channel that is constant
LANES = 512  # numbers side by side that share one pass of a loop


class _AddPlanes(Function):
    """x += left @ right in place, over pixels [n·h·w, c]; see :func:`_add_noise_and_bias`."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, left: Tensor, right: Tensor) -> Tensor:
        ctx.save_for_backward(left, right)
        ctx.mark_dirty(x)
        x.permute(0, 2, 3, 1).view(-1, x.shape[1]).addmm_(left, right)
        return x

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        left, right = ctx.saved_tensors
        n, channels, h, w = grad.shape
        planes = rows = None
        if ctx.needs_input_grad[1]:
            planes = grad.permute(0, 2, 3, 1).reshape(-1, channels) @ right.t()
        if ctx.needs_input_grad[2]:
            # A sum for each picture first: in bfloat16 their total would lose digits.
            pixels = grad.permute(0, 2, 3, 1).reshape(n, h * w, channels)
            sums = left.reshape(n, h * w, -1).transpose(1, 2) @ pixels
            rows = sums.to(torch.promote_types(sums.dtype, torch.float32)).sum(dim=0)
        return grad, planes, rows


def _add_noise_and_bias(
    x: Tensor, bias: Tensor, noise: Tensor | None, strength: Tensor | None
) -> Tensor:
    """``x + bias + noise * strength`` in place, in the dtype of ``x``.

    x [n, c, h, w] in channels_last order, bias and strength [c], noise [n or 1, 1, h, w] or
    [h, w]. Written as a matrix product of planes (1 and noise) and rows, because adding with
    broadcasting is up to ten times slower for few channels in bfloat16.
    """
    n, _, h, w = x.shape
    rows = [bias]
    if noise is not None and strength is not None:
        rows.append(strength)
    left = torch.ones((n, h, w, len(rows)), dtype=x.dtype, device=x.device)
    if noise is not None:
        left[..., 1] = noise.reshape(-1, h, w)
    added: Tensor = _add_planes(x, left.view(n * h * w, -1), torch.stack(rows).to(x.dtype))
    return added


class _AdaIN(Function):
    """Instance normalisation, then scale and shift by the style; see :func:`adain`.

    Every pass runs over rows of about :data:`LANES` numbers, in which the c channels repeat.
    ``x`` is centred before it is squared, so that the variance keeps its digits. The derivative
    is written in operations that can themselves be differentiated (path length regularisation).
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
        centred, rest, rstd = _centre(x, scale.dtype)
        ctx.save_for_backward(x, scale, centred, rest, rstd)
        gain = scale * rstd
        y = torch.addcmul(_repeat(shift - rest * gain, centred), centred, _repeat(gain, centred))
        return _picture(y, x.shape)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x, scale, centred, rest, rstd = ctx.saved_tensors
        if torch.is_grad_enabled():  # somebody will differentiate this derivative by x
            centred, rest, rstd = _centre(x, scale.dtype)
        g = _rows(grad)
        pixels = x.shape[2] * x.shape[3]
        # Means over the pixels of g and of g · (x - mean); x - mean is centred - rest.
        first = _mean(g, scale.shape, scale.dtype)
        second = _mean(g * centred, scale.shape, scale.dtype) - rest * first
        # dx = gain · (g - mean(g) - x̂ · mean(g · x̂)) with x̂ = (x - mean) · rstd.
        gain = scale * rstd
        slope = -gain * rstd.square() * second
        offset = -gain * first - slope * rest
        dx = torch.addcmul(_repeat(offset, g), centred, _repeat(slope, g))
        dx = dx.addcmul_(g, _repeat(gain, g))
        return _picture(dx, x.shape), pixels * rstd * second, pixels * first


def adain(x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """Adaptive instance normalisation: section 2 of the paper, equation 1.

    Parameters
    ----------
    x
        [n, c, h, w], h and w powers of two; fast in channels_last order.
    scale, shift
        The style, each [n, c]: standard deviation and mean of the result.

    Returns
    -------
    Tensor
        As ``x``: normalised over its own pixels, times ``scale``, plus ``shift``. Statistics are
        kept in the dtype of the style.
    """
    result: Tensor = _adain(x, scale, shift)
    return result


_add_planes: Callable[..., Tensor] = _AddPlanes.apply
_adain: Callable[..., Tensor] = _AdaIN.apply


def _centre(x: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
    """x [n, c, h, w] -> rows of x - mean, what rounding left over, 1 / standard deviation."""
    rows, size = _rows(x), x.shape[:2]
    mean = _mean(rows, size, dtype)
    rounded = mean.to(x.dtype)
    centred = rows - _repeat(rounded, rows)
    rest = mean - rounded  # the mean of centred
    variance = _mean(centred * centred, size, dtype) - rest.square()
    return centred, rest, (variance.clamp_min(0.0) + EPSILON).rsqrt()


def _rows(x: Tensor) -> Tensor:
    """[n, c, h, w] -> [n, h·w / k, k·c], a view of channels_last order."""
    n, channels, h, w = x.shape
    k = 1
    while k < h * w and 2 * k * channels <= LANES:
        k *= 2
    return x.permute(0, 2, 3, 1).reshape(n, h * w // k, k * channels)


def _picture(rows: Tensor, size: torch.Size) -> Tensor:
    """Undo :func:`_rows`."""
    n, channels, h, w = size
    return rows.view(n, h, w, channels).permute(0, 3, 1, 2)


def _repeat(values: Tensor, rows: Tensor) -> Tensor:
    """[n, c] -> [n, 1, k·c], in the dtype of ``rows``."""
    n, channels = values.shape
    k = rows.shape[2] // channels
    return values.to(rows.dtype)[:, None].expand(n, k, channels).reshape(n, 1, k * channels)


def _mean(rows: Tensor, size: Sequence[int], dtype: torch.dtype) -> Tensor:
    """Mean over the pixels, [n, c].

    torch sums bfloat16 in float32 and rounds the result; summing to float32 takes it eight times
    as long. Only the sums of the lanes are rounded here, and independently.
    """
    n, channels = size
    sums = rows.sum(dim=1).to(dtype).view(n, -1, channels).sum(dim=1)
    return sums / (rows.shape[1] * rows.shape[2] // channels)


@dataclass(frozen=True)
class Spec:
    """What all layers of one synthesis network share."""

    w_dim: int
    use_noise: bool
    blur: Taps


class StyledLayer(nn.Module):
    """Convolution, noise, bias, leaky ReLU, AdaIN: figure 1b of the paper.

    Parameters
    ----------
    in_channels, out_channels
        Features; 0 in: there is no convolution, as after the constant.
    resolution
        Height and width of the result.
    up
        Whether to double the size: nearest upsampling, convolution, blur.
    spec
        What all layers share.
    """

    kernel: Tensor
    taps: Tensor
    noise_const: Tensor | None
    noise_strength: nn.Parameter | None

    def __init__(
        self, in_channels: int, out_channels: int, resolution: int, up: bool, spec: Spec
    ) -> None:
        super().__init__()
        self.up, self.blurs = up, up and spec.blur is not None
        self.weight: nn.Parameter | None = None
        if in_channels > 0:
            self.weight = nn.Parameter(torch.randn(out_channels, in_channels, 3, 3))
            self.gain = math.sqrt(2.0 / (9 * in_channels))  # of He et al. (2015), at run time
        if up:
            # A transposed convolution turns its kernel round.
            self.register_buffer("taps", wide_taps(1.0).flip(1), persistent=False)
        if self.blurs:
            self.register_buffer("kernel", fir_kernel(spec.blur), persistent=False)
        self.bias = nn.Parameter(torch.zeros(out_channels))
        self.affine = EqualLinear(spec.w_dim, 2 * out_channels)
        plane = torch.randn(resolution, resolution) if spec.use_noise else None
        self.register_buffer("noise_const", plane)
        strength = nn.Parameter(torch.zeros(out_channels)) if spec.use_noise else None
        self.register_parameter("noise_strength", strength)

    def forward(
        self, x: Tensor, w: Tensor, noise: Tensor | None, tap: LayerTap | None = None
    ) -> Tensor:
        """x [n, in, h, w], w [n, w_dim], noise [n, 1, r, r] or [r, r] -> [n, out, r, r]."""
        if self.weight is not None and self.up:
            weight = widened(self.weight * self.gain, self.taps).transpose(0, 1)
            x = conv_transpose2d(x, weight.to(x.dtype), padding=1)
        elif self.weight is not None:
            x = conv2d(x, (self.weight * self.gain).to(x.dtype), padding=1)
        if self.blurs:
            k = self.kernel.shape[0]
            x = fir(x, self.kernel, (k // 2, (k - 1) // 2))
        x = x.contiguous(memory_format=torch.channels_last)
        x = _add_noise_and_bias(x, self.bias, noise, self.noise_strength)
        x = F.leaky_relu(x, 0.2, inplace=True)
        scale, shift = styled(tap, self.affine(w)).chunk(2, dim=1)
        return tapped(tap, adain(x, scale + 1.0, shift))


class Block(nn.Module):
    """Both styled layers of one resolution; the first block starts from a learned constant."""

    def __init__(self, in_channels: int, out_channels: int, resolution: int, spec: Spec) -> None:
        super().__init__()
        self.const: nn.Parameter | None = None
        if in_channels == 0:
            # Not 1 as in the paper: the normalisation would divide its variance of 0 by itself.
            self.const = nn.Parameter(torch.randn(out_channels, resolution, resolution))
        self.conv0 = StyledLayer(in_channels, out_channels, resolution, in_channels > 0, spec)
        self.conv1 = StyledLayer(out_channels, out_channels, resolution, False, spec)


class StyleGAN(Generator):
    """StyleGAN generator, the first of its name.

    Parameters
    ----------
    z_dim, w_dim
        Sizes of z and w.
    resolution
        Height and width of the picture: a power of two, at least 8.
    channels
        1, 3 or 4.
    num_classes
        0 for an unconditional generator; otherwise the mapping also sees the class.
    channel_base, channel_max
        Features at resolution r: ``min(channel_base // r, channel_max)``.
    mapping_layers, mapping_lr
        Fully connected layers in the mapping network, and their learning-rate factor.
    use_noise
        Whether the layers add noise.
    blur
        Taps of the filter after each doubling, one- or two-dimensional; None for no filter.
    growing
        Own a picture output for every resolution, and obey ``growth``.
    w_avg_beta
        Decay per training forward of the running mean of w.

    Attributes
    ----------
    growth
        Where a growing network stands; of full resolution at first.

    Raises
    ------
    ValueError
        On an impossible configuration.
    """

    family = "stylegan"
    has_mapping = True

    def __init__(
        self,
        z_dim: int = 512,
        w_dim: int = 512,
        resolution: int = 256,
        channels: int = 3,
        num_classes: int = 0,
        channel_base: int = 16384,
        channel_max: int = 512,
        mapping_layers: int = 8,
        mapping_lr: float = 0.01,
        use_noise: bool = True,
        blur: Taps = (1, 2, 1),
        growing: bool = False,
        w_avg_beta: float = 0.995,
    ) -> None:
        self._config = {k: v for k, v in locals().items() if k not in ("self", "__class__")}
        super().__init__()
        if resolution < 8 or resolution & (resolution - 1):
            raise ValueError(f"resolution {resolution} is not a power of two of at least 8")
        if min(channel_base // resolution, channel_max) < 1:
            raise ValueError(f"channel_base {channel_base} leaves no features at {resolution} px")
        self.z_dim, self.w_dim, self.num_classes = z_dim, w_dim, num_classes
        self.resolution, self.channels, self.growing = resolution, channels, growing
        self.growth = Growth(resolution)
        self.mapping = Mapping(
            z_dim,
            w_dim,
            num_classes,
            mapping_layers,
            embed_dim=w_dim,
            hidden_dim=w_dim,
            activation="lrelu",
            lr_multiplier=mapping_lr,
            w_avg_beta=w_avg_beta,
        )
        self.resolutions = [2**i for i in range(2, resolution.bit_length())]
        self.num_layers = 2 * len(self.resolutions)
        spec = Spec(w_dim, use_noise, blur)
        before = 0
        for r in self.resolutions:
            width = min(channel_base // r, channel_max)
            self.add_module(f"b{r}", Block(before, width, r, spec))
            if growing or r == resolution:
                self.add_module(f"torgb{r}", ToRGB(width, channels))
            before = width
        self.layers = tuple(
            LayerInfo(f"b{r}.conv{i}", r, use_noise) for r in self.resolutions for i in (0, 1)
        )

    def config(self) -> dict[str, Any]:
        """Constructor arguments as JSON-ready data."""
        taps = self._config["blur"]
        return self._config | {"blur": None if taps is None else list(taps)}

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

    @property
    def mean_w(self) -> Tensor:
        """Running mean of w [w_dim]."""
        return self.mapping.w_avg

    def _map(self, z: Tensor, onehot: Tensor | None) -> Tensor:
        with torch.autocast(z.device.type, enabled=False):
            w: Tensor = self.mapping(z, onehot)
        return w.unsqueeze(1).expand(-1, self.num_layers, -1)

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
        """See :meth:`Generator.synthesize`; max_resolution does nothing.

        While the network grows, the picture has the resolution ``growth.resolution``, and rows
        of ``ws`` beyond it do nothing.
        """
        self._check_ws(ws)
        strengths = noise_strengths(noise_strength, self.num_layers)
        planes = NoisePlanes(noise, noise_seed, noise_turn, ws)
        dtype = compute_dtype(self.mean_w)
        last, alpha = self.growth
        with torch.autocast(ws.device.type, enabled=False):
            rows = ws.to(self.mean_w.dtype).unbind(dim=1)
            const = self.get_submodule("b4").const
            assert isinstance(const, Tensor)
            # A copy, because the first layer writes into it.
            x = const.to(dtype).expand(len(ws), -1, -1, -1)
            x = coarse = x.clone(memory_format=torch.channels_last)
            for i, info in enumerate(self.layers):
                if info.resolution > last:
                    break
                if info.resolution == last and i % 2 == 0:
                    coarse = x
                layer = self._layer(i)
                plane = planes.next(layer.noise_const, strengths[i])
                x = layer(x, rows[i], plane, tap_at(tap, i))
            image: Tensor = self.get_submodule(f"torgb{last}")(x)
            if alpha < 1.0 and last > 4:
                before: Tensor = self.get_submodule(f"torgb{last // 2}")(coarse)
                image = torch.lerp(doubled(before), image, alpha)
        return image

    def _affines(self, layer: int) -> list[EqualLinear]:
        return [self._layer(layer).affine]

    def _layer(self, index: int) -> StyledLayer:
        layer = self.get_submodule(self.layers[index].name)
        assert isinstance(layer, StyledLayer)
        return layer
