"""StyleGAN3: alias-free synthesis, translation- (T) and rotation-equivariant (R), in one file.

Karras et al., "Alias-Free Generative Adversarial Networks" (2021). Features are samples of
continuous signals: each layer has a sampling rate, a cutoff frequency and a margin beyond the
picture's edges, and its nonlinearity is applied between two low-pass filters. Frequencies are
in cycles, and rates in samples, per width of the picture.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from latentstudio.generators.filtered_lrelu import Rates, filtered_lrelu
from latentstudio.generators.filters import lowpass
from latentstudio.generators.info import LayerInfo
from latentstudio.generators.layers import EqualLinear, compute_dtype
from latentstudio.generators.mapping import Mapping
from latentstudio.generators.protocol import Generator, NoiseMode
from latentstudio.generators.tap import LayerTap, Tap, styled, tap_at, tapped

MAX_RESOLUTION, MAX_LAYERS, MAX_MARGIN, MAX_UPSAMPLING = 4096, 64, 256, 8
MAX_FEATURES = 1 << 28  # values in the output of a layer
TINY = 1e-30  # in place of nothing, where a divisor would be 0


@dataclass(frozen=True)
class Signal:
    """The features between two layers."""

    channels: int
    size: int
    rate: int
    cutoff: float
    half_width: float


@dataclass(frozen=True)
class Spec:
    """What all layers of one synthesis network share."""

    w_dim: int
    conv_kernel: int
    filter_size: int
    lrelu_upsampling: int
    use_radial_filters: bool
    clamp: float | None
    magnitude_ema_beta: float


class FourierInput(nn.Module):
    """Fourier features of the plane, turned and shifted as w says, and a linear map of them.

    Section 3.2 and appendix F; the amplitudes are those of the published implementation.
    """

    freqs: Tensor
    phases: Tensor
    transform: Tensor

    def __init__(self, w_dim: int, signal: Signal) -> None:
        super().__init__()
        self.signal = signal
        count = signal.channels
        # Of a Gaussian point, exp(-radius²/2) is uniform: hence frequencies uniform in a disc.
        freqs = torch.randn(count, 2)
        squared = freqs.square().sum(dim=1, keepdim=True)
        self.register_buffer(
            "freqs", freqs * (signal.cutoff * (squared / -4).exp() / squared.sqrt())
        )
        self.register_buffer("phases", torch.rand(count) - 0.5)
        self.register_buffer("transform", torch.eye(3))
        self.weight = nn.Parameter(torch.randn(count, count))
        # Without training, w does not move the picture: (cosine, sine, x, y) = (1, 0, 0, 0).
        self.affine = EqualLinear(w_dim, 4, bias=False)
        nn.init.zeros_(self.affine.weight)
        self.affine.bias = nn.Parameter(torch.eye(4)[0])

    def forward(self, w: Tensor, inverse: Tensor, tap: LayerTap | None = None) -> Tensor:
        """w [n, w_dim], inverse of the picture's motion [3, 3] -> [n, channels, size, size]."""
        size, rate, cutoff = self.signal.size, self.signal.rate, self.signal.cutoff
        turn = styled(tap, self.affine(w))
        c, s, x, y = (turn / turn[:, :2].norm(dim=1, keepdim=True)).unbind(dim=1)
        zero, one = torch.zeros_like(c), torch.ones_like(c)
        # Shifted by (-x, -y), then turned by (c, s):
        rows = [c, -s, s * y - c * x, s, c, -s * x - c * y, zero, zero, one]
        motion = torch.stack(rows, dim=1).view(-1, 3, 3) @ self.transform @ inverse
        freqs = self.freqs @ motion[:, :2, :2]
        phases = motion[:, :2, 2] @ self.freqs.t() + self.phases
        # What a motion lifts beyond the cutoff fades out, before it would alias.
        excess = (freqs.norm(dim=2) - cutoff) / (rate / 2 - cutoff)
        amplitude = (1 - excess).clamp(0, 1)
        place = (torch.arange(size, device=w.device, dtype=w.dtype) + (1 - size) / 2) / rate
        across, down = (freqs[:, :, None] * place[:, None]).unbind(dim=3)
        angle = across[:, :, None, :] + (down + phases[:, :, None])[:, :, :, None]
        features = (angle * (2 * math.pi)).sin() * amplitude[:, :, None, None]
        return F.conv2d(features, self.weight[:, :, None, None] / math.sqrt(len(self.weight)))


class ModulatedConv(nn.Module):
    """Convolution with weights that w scales, of inputs scaled to unit magnitude; and a bias.

    Appendix F; modulation as in Karras et al. 2020 (StyleGAN2), section 2.2.
    """

    magnitude_ema: Tensor

    def __init__(self, w_dim: int, before: int, after: int, kernel: int, beta: float) -> None:
        super().__init__()
        self.beta = beta
        self.affine = EqualLinear(w_dim, before, bias_init=1.0)
        self.weight = nn.Parameter(torch.randn(after, before, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(after))
        self.register_buffer("magnitude_ema", torch.ones([]))

    def convolve(self, x: Tensor, w: Tensor, demodulate: bool, tap: LayerTap | None) -> Tensor:
        """x [n, in, h, h], w [n, w_dim] -> [n, out, h + k - 1, h + k - 1], in the dtype of x."""
        if self.training:
            magnitude = x.detach().to(self.magnitude_ema.dtype).square().mean()
            self.magnitude_ema.copy_(magnitude.lerp(self.magnitude_ema, self.beta))
        styles = styled(tap, self.affine(w))
        gain = self.magnitude_ema.rsqrt()
        pad = self.weight.shape[2] - 1
        bias = self.bias.to(x.dtype)
        pictures = []
        # The layers are large and the batches small: weights of each sample's own cost less
        # than passes over the features would.
        for picture, style in zip(torch.split(x, 1), styles, strict=True):
            own = self._scaled(style, demodulate) * gain
            pictures.append(F.conv2d(picture, own.to(x.dtype), bias, padding=pad))
        return pictures[0] if len(pictures) == 1 else torch.cat(pictures)

    def _scaled(self, style: Tensor, demodulate: bool) -> Tensor:
        weight = self.weight * style[:, None, None]
        if not demodulate:
            return weight / math.sqrt(self.weight[0].numel())
        square = weight.square().sum(dim=(1, 2, 3), keepdim=True)
        return weight * square.clamp_min(TINY).rsqrt()


class SynthesisLayer(ModulatedConv):
    """Modulated convolution and filtered leaky ReLU: one signal to the next. Section 3.2."""

    up_filter: Tensor
    down_filter: Tensor

    def __init__(self, before: Signal, after: Signal, critical: bool, spec: Spec) -> None:
        kernel, beta = spec.conv_kernel, spec.magnitude_ema_beta
        super().__init__(spec.w_dim, before.channels, after.channels, kernel, beta)
        self.clamp = spec.clamp
        rate = max(before.rate, after.rate) * spec.lrelu_upsampling
        up, down = rate // before.rate, rate // after.rate
        up_taps, down_taps = (1 if f == 1 else f * spec.filter_size for f in (up, down))
        radial = spec.use_radial_filters and not critical
        rise = lowpass(up_taps, before.cutoff, 2 * before.half_width, rate)
        fall = lowpass(down_taps, after.cutoff, 2 * after.half_width, rate, radial)
        self.register_buffer("up_filter", rise, persistent=up_taps > 1)
        self.register_buffer("down_filter", fall, persistent=down_taps > 1)
        # What the output needs before downsampling, less what there is: shared by both sides so
        # that input and output have the same middle (appendix C).
        size_in = before.size + kernel - 1
        total = (after.size - 1) * down + down_taps + up_taps - 1 - size_in * up
        self.rates = Rates(up, down, (total + up) // 2, size_in, after.size)

    def forward(self, x: Tensor, w: Tensor, tap: LayerTap | None = None) -> Tensor:
        """x [n, in, size, size], w [n, w_dim] -> [n, out, size', size']."""
        x = self.convolve(x, w, True, tap)
        x = filtered_lrelu(x, self.up_filter, self.down_filter, self.rates, self.clamp)
        return tapped(tap, x)


class ToRGB(ModulatedConv):
    """The last signal to the channels of the picture."""

    def __init__(self, before: Signal, channels: int, spec: Spec) -> None:
        super().__init__(spec.w_dim, before.channels, channels, 1, spec.magnitude_ema_beta)
        self.clamp = spec.clamp

    def forward(self, x: Tensor, w: Tensor, tap: LayerTap | None = None) -> Tensor:
        """x [n, in, h, h], w [n, w_dim] -> [n, channels, h, h]."""
        x = self.convolve(x, w, False, tap)
        return tapped(tap, x if self.clamp is None else x.clamp(-self.clamp, self.clamp))


class StyleGAN3(Generator):
    """StyleGAN3 generator.

    The defaults are StyleGAN3-T. StyleGAN3-R has ``conv_kernel=1``, ``use_radial_filters=True``
    and doubled ``channel_base`` and ``channel_max``.

    Parameters
    ----------
    z_dim, w_dim
        Sizes of z and w.
    resolution
        Height and width of the picture, at least 8.
    channels
        1, 3 or 4.
    num_classes
        0 for an unconditional generator.
    channel_base, channel_max
        Features at cutoff f: ``min(channel_base / 2 / f, channel_max)``.
    mapping_layers
        Fully connected layers in the mapping network.
    synthesis_layers
        Layers between the Fourier features and the picture; ``num_layers``, the rows of ``ws``,
        is 2 more.
    num_critical
        How many of the last layers sample critically: their cutoff is half the resolution.
    first_cutoff, first_stopband
        Of the Fourier features, in cycles per picture.
    last_stopband_rel
        Last stopband relative to the last cutoff.
    margin_size
        Samples beyond each edge of the picture.
    output_scale
        Factor on the picture.
    conv_kernel
        Size of the convolutions: 3 (T) or 1 (R).
    filter_size
        Filter taps per sample of the lower rate.
    lrelu_upsampling
        Rate of the nonlinearity relative to the higher of the rates around it.
    use_radial_filters
        Whether layers that do not sample critically have rotationally symmetric filters.
    conv_clamp
        Limit on the magnitude of every layer's output; None for no limit.
    magnitude_ema_beta
        Decay per training forward of the running input magnitudes.
    mapping_lr
        Learning-rate factor of the mapping network.
    w_avg_beta
        Decay per training forward of the running mean of w.

    Raises
    ------
    ValueError
        On an impossible configuration.
    """

    family = "stylegan3"
    has_mapping = True
    has_transform = True
    can_reduce = True

    def __init__(
        self,
        z_dim: int = 512,
        w_dim: int = 512,
        resolution: int = 256,
        channels: int = 3,
        num_classes: int = 0,
        channel_base: int = 32768,
        channel_max: int = 512,
        mapping_layers: int = 2,
        synthesis_layers: int = 14,
        num_critical: int = 2,
        first_cutoff: float = 2.0,
        first_stopband: float = 2**2.1,
        last_stopband_rel: float = 2**0.3,
        margin_size: int = 10,
        output_scale: float = 0.25,
        conv_kernel: int = 3,
        filter_size: int = 6,
        lrelu_upsampling: int = 2,
        use_radial_filters: bool = False,
        conv_clamp: float | None = 256.0,
        magnitude_ema_beta: float = 0.999,
        mapping_lr: float = 0.01,
        w_avg_beta: float = 0.998,
    ) -> None:
        self._config = {k: v for k, v in locals().items() if k not in ("self", "__class__")}
        super().__init__()
        signals = _plan(self._config)
        self.z_dim, self.w_dim, self.num_classes = z_dim, w_dim, num_classes
        self.resolution, self.channels = resolution, channels
        self.num_layers, self.output_scale = synthesis_layers + 2, output_scale
        self.mapping = Mapping(
            z_dim,
            w_dim,
            num_classes,
            mapping_layers,
            w_dim,
            w_dim,
            "lrelu",
            mapping_lr,
            w_avg_beta,
        )
        spec = Spec(
            w_dim,
            conv_kernel,
            filter_size,
            lrelu_upsampling,
            use_radial_filters,
            conv_clamp,
            magnitude_ema_beta,
        )
        self.synthesis = nn.ModuleDict({"input": FourierInput(w_dim, signals[0])})
        before = signals[0]
        for i, signal in enumerate(signals):
            critical = i >= synthesis_layers - num_critical
            name = f"L{i}_{signal.size}_{signal.channels}"
            self.synthesis[name] = SynthesisLayer(before, signal, critical, spec)
            before = signal
        name = f"L{synthesis_layers}_{resolution}_{channels}"
        self.synthesis[name] = ToRGB(before, channels, spec)
        sizes = [signals[0].size, *(signal.size for signal in signals), resolution]
        self.layers = tuple(map(LayerInfo, self.synthesis, sizes))

    def config(self) -> dict[str, Any]:
        """Constructor arguments as JSON-ready data."""
        return dict(self._config)

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
        transform: Tensor | None = None,
    ) -> Tensor:
        """See :meth:`Generator.synthesize`; has no noise, and no picture before the last layer.

        Parameters
        ----------
        ws, noise, noise_seed, noise_strength, noise_turn, max_resolution, tap
            As there; all but ``ws`` and ``tap`` are ignored.
        transform
            [3, 3], moves the picture: what was at p is drawn at M·p, with points (x to the
            right, y down, 1) in picture widths from the middle. None leaves it where it is.

        Raises
        ------
        ValueError
            If ``ws`` or ``transform`` has the wrong shape, or ``transform`` has no inverse.
        """
        self._check_ws(ws)
        dtype = compute_dtype(self.mean_w)
        with torch.autocast(ws.device.type, enabled=False):
            ws = ws.to(self.mean_w.dtype)
            first, *layers = self.synthesis.values()
            own = tap_at(tap, 0)
            x = tapped(own, first(ws[:, 0], _inverse(transform).to(ws), own).to(dtype))
            for i, layer in enumerate(layers, start=1):
                x = layer(x, ws[:, i], tap_at(tap, i))
        image: Tensor = x.to(ws.dtype) * self.output_scale
        return image

    def _affines(self, layer: int) -> list[EqualLinear]:
        chosen = self.synthesis[self.layers[layer].name]
        assert isinstance(chosen, (FourierInput, ModulatedConv))
        return [chosen.affine]


def _plan(config: dict[str, Any]) -> list[Signal]:
    """The signal after each synthesis layer. Section 3.2, "flexible layer specifications".

    Raises
    ------
    ValueError
        On an impossible or unreasonably large network.
    """
    bounds = {
        "resolution": (8, MAX_RESOLUTION),
        "synthesis_layers": (1, MAX_LAYERS),
        "num_critical": (0, config["synthesis_layers"] - 1),
        "margin_size": (0, MAX_MARGIN),
        "lrelu_upsampling": (1, MAX_UPSAMPLING),
        "mapping_layers": (1, MAX_LAYERS),
    }
    for name, (low, high) in bounds.items():
        if not low <= config[name] <= high:
            raise ValueError(f"{name} {config[name]} is outside {low} to {high}")
    layers, resolution = config["synthesis_layers"], config["resolution"]
    first_cutoff, first_stopband = config["first_cutoff"], config["first_stopband"]
    last_stopband = resolution / 2 * config["last_stopband_rel"]
    if min(first_cutoff, first_stopband, last_stopband) <= 0:
        raise ValueError("first_cutoff, first_stopband and last_stopband_rel must be above 0")
    signals = []
    for i in range(layers):
        t = min(i / (layers - config["num_critical"]), 1.0)
        cutoff = first_cutoff * (resolution / 2 / first_cutoff) ** t
        stopband = first_stopband * (last_stopband / first_stopband) ** t
        rate = 2 ** max(0, math.ceil(math.log2(min(2 * stopband, resolution))))
        width = max(stopband, rate / 2) - cutoff
        size = resolution if i == layers - 1 else rate + 2 * config["margin_size"]
        channels = round(min(config["channel_base"] / 2 / cutoff, config["channel_max"]))
        if channels < 1:
            raise ValueError(f"layer {i} has no channels: channel_base or channel_max is too small")
        if max(channels, config["lrelu_upsampling"] ** 2) * size**2 > MAX_FEATURES:
            raise ValueError(f"layer {i} has {channels} × {size}² values, more than any machine")
        signals.append(Signal(channels, size, rate, cutoff, width))
    return signals


def _inverse(transform: Tensor | None) -> Tensor:
    if transform is None:
        return torch.eye(3)
    if transform.shape != (3, 3):
        raise ValueError(f"transform has shape {list(transform.shape)}; expected [3, 3]")
    inverse: Tensor
    inverse, failed = torch.linalg.inv_ex(transform.detach().cpu().double())
    if failed or not torch.isfinite(inverse).all():
        raise ValueError("transform has no inverse: it must not flatten the picture")
    return inverse
