"""StyleGAN2: the synthesis network.

Karras et al., "Analyzing and Improving the Image Quality of StyleGAN" (2020), with the
extensions of "Training Generative Adversarial Networks with Limited Data" (2020): class
conditioning and output clamping. Modulation is unfused: scale the input channels by the
style, convolve with weights shared by the batch, scale the output channels by the
demodulation factor. That equals convolving with modulated weights (2020, appendix B), and
needs no grouped convolution.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from latentstudio.generators.convolution import (
    conv2d,
    conv_transpose2d,
    differentiated,
    doubling,
    fir,
    fir_kernel,
    upsample,
    upsample_image,
)
from latentstudio.generators.info import LayerInfo
from latentstudio.generators.layers import (
    ACTIVATIONS,
    EqualLinear,
    add_plane,
    add_planes,
    compute_dtype,
    scale_channels,
)
from latentstudio.generators.mapping import Mapping
from latentstudio.generators.noise import NoisePlanes, noise_strengths
from latentstudio.generators.protocol import Generator, NoiseMode
from latentstudio.generators.reuse import Activations, State, weights_token
from latentstudio.generators.tap import LayerTap, Tap, states, styled, tap_at, tapped

Architecture = Literal["skip", "resnet", "orig"]
Taps = Sequence[float] | Sequence[Sequence[float]] | None
Scaled = tuple[Tensor, Tensor | None]
_REDUCED = 4  # resolutions: the fewest that hold nearly all of the work


@dataclass(frozen=True)
class Spec:
    """What all layers of one synthesis network share."""

    w_dim: int
    channels: int
    architecture: Architecture
    use_noise: bool
    activation: str
    clamp: float | None
    taps: Taps


class StyledConv(nn.Module):
    """3×3 modulated convolution, optional 2× upsampling, noise, bias, activation."""

    kernel: Tensor
    noise_const: Tensor | None

    def __init__(
        self, in_channels: int, out_channels: int, resolution: int, up: bool, spec: Spec
    ) -> None:
        super().__init__()
        self.up = up
        self.activation, self.clamp = spec.activation, spec.clamp
        self.affine = EqualLinear(spec.w_dim, in_channels, bias_init=1.0)
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, 3, 3))
        self.bias = nn.Parameter(torch.zeros(out_channels))
        self._remembered: dict[str, tuple[tuple[int, int], Tensor]] = {}
        self.register_buffer("kernel", fir_kernel(spec.taps), persistent=False)
        planes = torch.randn(resolution, resolution) if spec.use_noise else None
        self.register_buffer("noise_const", planes)
        if spec.use_noise:
            self.noise_strength = nn.Parameter(torch.zeros([]))

    def forward(self, x: Tensor, w: Tensor, noise: Tensor | None, gain: float) -> Tensor:
        """x [n, in, h, w], w [n, w_dim], noise [n or 1, 1, r, r] -> [n, out, r, r]."""
        y, scale = self.unscaled(x, None, w, noise, gain)
        return y if scale is None else scale_channels(y, scale)

    def unscaled(
        self,
        x: Tensor,
        scale: Tensor | None,
        w: Tensor,
        noise: Tensor | None,
        gain: float,
        spare: bool = False,
        tap: LayerTap | None = None,
    ) -> Scaled:
        """As :meth:`forward`, with input and output each a pair: features times scale [n, c].

        A demodulation factor d > 0 passes through a homogeneous activation,
        act(d·x + b) = d·act(x + b/d), into the scale, which the next layer multiplies into its
        style: one pass over the features less. ``spare`` says that nobody needs x any more.
        For a ``tap`` it is multiplied into the features.
        """
        act = ACTIVATIONS[self.activation]
        style = styled(tap, self.affine(w))
        single = len(x) == 1 and act.homogeneous
        if single and not differentiated(x, style, *self.parameters()):
            x, scale = self._single(x, scale, style, noise, gain, spare)
        else:
            x, scale = self._batch(x, scale, style, noise, gain)
        if tap is None:
            return x, scale
        return tap.features(x if scale is None else scale_channels(x, scale)), None

    def _batch(
        self, x: Tensor, scale: Tensor | None, style: Tensor, noise: Tensor | None, gain: float
    ) -> Scaled:
        """:meth:`unscaled` in general."""
        act = ACTIVATIONS[self.activation]
        # Σ (w·s)² over inputs and taps = s² · Σ_taps w²: no per-sample weights are needed.
        norm = (style.square() @ self._energy().t() + 1e-8).sqrt()
        weight = self.weight.to(x.dtype)
        x = scale_channels(x, style if scale is None else style * scale)
        if self.up:
            # Stride-2 transposed convolution, then the FIR filter with the gain 4 of upsampling.
            taps = self.kernel.shape[0]
            x = conv_transpose2d(x, weight.transpose(0, 1))
            x = fir(x, self.kernel * 4.0, ((taps + 1) // 2 - 1, (taps - 2) // 2))
        else:
            x = conv2d(x, weight, padding=1)
        gain *= act.gain
        late = act.homogeneous and self.clamp is None
        if not late:
            x = scale_channels(x, norm.reciprocal())
        size = norm if late else torch.ones_like(norm)
        strength = self.noise_strength * size if noise is not None else None
        x = act.function(add_planes(x, self.bias * size, noise, strength))
        if late:
            return x, gain / norm
        if gain != 1.0:
            x = x * gain
        if self.clamp is None:
            return x, None
        limit = self.clamp * gain / act.gain
        return x.clamp(-limit, limit), None

    def _single(
        self,
        x: Tensor,
        scale: Tensor | None,
        style: Tensor,
        noise: Tensor | None,
        gain: float,
        spare: bool,
    ) -> Scaled:
        """:meth:`unscaled` of one picture without derivatives, in fewer passes.

        The bias rides in the convolution, the demodulation passes through a clamp as well, and
        a large picture's style goes into its own weights.
        """
        act = ACTIVATIONS[self.activation]
        norm = (style.square() @ self._energy().t() + 1e-8).sqrt()
        if x.dtype == torch.float16:  # keeps the sums of a convolution within its range
            level = norm.amax()
            style, norm = style / level, norm / level
        factor = (style if scale is None else style * scale)[:, :, None, None]
        if self.weight[:, 0].numel() < x[0, 0].numel():
            weight = (self.weight * factor).to(x.dtype)
        else:
            weight, factor = self._cast(x.dtype), factor.to(x.dtype)
            x = x.mul_(factor) if spare else x * factor
        bias = (self.bias * norm[0]).to(x.dtype)
        if self.up:
            taps = self.kernel.shape[0]
            x = conv_transpose2d(x, weight.transpose(0, 1))
            x = fir(x, self.kernel * 4.0, ((taps + 1) // 2 - 1, (taps - 2) // 2), bias=bias)
        else:
            x = conv2d(x, weight, bias, padding=1)
        if noise is not None:
            x = add_plane(x, noise, self.noise_strength * norm)
        x = act.function(x)
        if self.clamp is not None:
            limit = (self.clamp / act.gain * norm).to(x.dtype)[:, :, None, None]
            x = x.clamp_(-limit, limit)
        return x, gain * act.gain / norm

    def settle(self) -> None:
        """Lay the weight out as convolutions read it fastest; its values stay."""
        order = self.weight.data.transpose(0, 1) if self.up else self.weight.data
        order = order.contiguous(memory_format=torch.channels_last)
        self.weight.data = order.transpose(0, 1) if self.up else order

    def _energy(self) -> Tensor:
        """Σ w² over the taps [out, in]."""
        return self._remember("energy", lambda: self.weight.square().sum(dim=(2, 3)))

    def _cast(self, dtype: torch.dtype) -> Tensor:
        """The weight in a dtype."""
        if dtype == self.weight.dtype:
            return self.weight
        return self._remember(str(dtype), lambda: self.weight.to(dtype))

    def _remember(self, name: str, make: Callable[[], Tensor]) -> Tensor:
        """What was made of the weight, kept between frames while the weight stays."""
        # Inference tensors count no versions, so a change of them would go unseen.
        if self.training or torch.is_grad_enabled() or self.weight.is_inference():
            return make()
        key = (self.weight._version, self.weight.data_ptr())
        if name not in self._remembered or self._remembered[name][0] != key:
            self._remembered[name] = (key, make())
        return self._remembered[name][1]


class ToRGB(nn.Module):
    """1×1 modulated convolution to the picture's channels, without demodulation."""

    def __init__(self, in_channels: int, spec: Spec) -> None:
        super().__init__()
        self.clamp = spec.clamp
        self.affine = EqualLinear(spec.w_dim, in_channels, bias_init=1.0)
        self.weight = nn.Parameter(torch.randn(spec.channels, in_channels, 1, 1))
        self.bias = nn.Parameter(torch.zeros(spec.channels))
        self.gain = 1.0 / math.sqrt(in_channels)

    def forward(
        self, x: Tensor, w: Tensor, scale: Tensor | None = None, tap: LayerTap | None = None
    ) -> Tensor:
        """x [n, in, r, r] times scale [n, in], w [n, w_dim] -> [n, channels, r, r].

        In the parameters' dtype, one channel after the other.
        """
        # So few outputs that weights of each sample's own are the cheaper modulation.
        n, channels, h, width = x.shape
        style = styled(tap, self.affine(w)) * self.gain
        if scale is not None:
            style = style * scale
        weight = (style[:, :, None] * self.weight[:, :, 0, 0].t()).to(x.dtype)
        y = torch.bmm(x.permute(0, 2, 3, 1).reshape(n, h * width, channels), weight)
        y = y.transpose(1, 2).to(self.bias.dtype, memory_format=torch.contiguous_format)
        y = y.view(n, -1, h, width) + self.bias[:, None, None]
        return tapped(tap, y if self.clamp is None else y.clamp(-self.clamp, self.clamp))


class Block(nn.Module):
    """All layers of one resolution."""

    kernel: Tensor
    doubling: Tensor | None

    def __init__(
        self, in_channels: int, out_channels: int, resolution: int, has_rgb: bool, spec: Spec
    ) -> None:
        super().__init__()
        self.resolution, self.architecture = resolution, spec.architecture
        self.first = in_channels == 0
        self.register_buffer("kernel", fir_kernel(spec.taps), persistent=False)
        matrix: Tensor | None = None
        if not self.first and resolution <= 128:
            matrix = doubling(spec.taps, resolution // 2)
        self.register_buffer("doubling", matrix, persistent=False)
        if self.first:
            self.const = nn.Parameter(torch.randn(out_channels, resolution, resolution))
        else:
            self.conv0 = StyledConv(in_channels, out_channels, resolution, True, spec)
        self.conv1 = StyledConv(out_channels, out_channels, resolution, False, spec)
        self.torgb = ToRGB(out_channels, spec) if has_rgb else None
        if spec.architecture == "resnet" and not self.first:
            self.skip = nn.Conv2d(in_channels, out_channels, 1, bias=False)
            nn.init.normal_(self.skip.weight)

    @property
    def convs(self) -> list[StyledConv]:
        """The styled convolutions in order."""
        return [self.conv1] if self.first else [self.conv0, self.conv1]

    def forward(
        self,
        x: Tensor,
        scale: Tensor | None,
        image: Tensor | None,
        ws: Sequence[Tensor],
        noises: Sequence[Tensor | None],
        taps: Sequence[LayerTap | None],
        spare: bool = False,
    ) -> State:
        """Features, their scale and the picture so far -> all three at this block's resolution.

        A w and a tap for each convolution and for the picture output. ``spare`` says that nobody
        needs the features any more.
        """
        shortcut: Tensor | None = None
        if self.architecture == "resnet" and not self.first:
            weight = (self.skip.weight / math.sqrt(self.skip.in_channels)).to(x.dtype)
            if scale is not None:
                x, scale = scale_channels(x, scale), None
            shortcut = upsample(conv2d(x, weight), self.kernel) * math.sqrt(0.5)
        for conv, w, noise, tap in zip(self.convs, ws, noises, taps, strict=False):
            gain = math.sqrt(0.5) if shortcut is not None and conv is self.conv1 else 1.0
            x, scale = conv.unscaled(x, scale, w, noise, gain, spare, tap)
            spare = tap is None  # it may keep what it saw
        if shortcut is not None:
            x, scale = (x if scale is None else scale_channels(x, scale)) + shortcut, None
        if image is not None:
            if self.doubling is None:
                image = upsample(image, self.kernel)
            else:
                image = upsample_image(image, self.doubling)
        if self.torgb is not None:
            rgb = self.torgb(x, ws[-1], scale, taps[-1])
            image = rgb if image is None else image + rgb
        return x, scale, image


class StyleGAN2(Generator):
    """StyleGAN2 generator.

    Parameters
    ----------
    z_dim, w_dim
        Sizes of z and w.
    resolution
        Height and width of the picture: a power of two, at least 8.
    channels
        1, 3 or 4.
    num_classes
        0 for an unconditional generator.
    channel_base, channel_max
        Features at resolution r: ``min(channel_base // r, channel_max)``.
    mapping_layers
        Fully connected layers in the mapping network.
    architecture
        ``skip`` (a picture at every resolution, summed), ``resnet`` or ``orig``.
    activation
        Key of :data:`~latentstudio.generators.layers.ACTIVATIONS`, for the convolutions.
    conv_clamp
        Limit on the magnitude of every convolution's output; None for no limit.
    resample_filter
        FIR taps, one- or two-dimensional; None for the identity.
    use_noise
        Whether the convolutions add noise.
    embed_dim, hidden_dim
        Sizes of the class embedding and of the mapping's hidden layers; ``w_dim`` when None.
    mapping_activation, mapping_lr
        Activation and learning-rate factor of the mapping network.
    w_avg_beta
        Decay per training forward of the running mean of w.
    fp16_resolutions
        How many of the highest resolutions drawn a preview computes in reduced precision (4 px
        never is); 0 for the usual four.

    Raises
    ------
    ValueError
        On an impossible configuration.
    """

    family = "stylegan2"
    has_mapping = True
    can_reuse = True
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
        mapping_layers: int = 8,
        architecture: Architecture = "skip",
        activation: str = "lrelu",
        conv_clamp: float | None = None,
        resample_filter: Taps = (1, 3, 3, 1),
        use_noise: bool = True,
        embed_dim: int | None = None,
        hidden_dim: int | None = None,
        mapping_activation: str = "lrelu",
        mapping_lr: float = 0.01,
        w_avg_beta: float = 0.998,
        fp16_resolutions: int = 0,
    ) -> None:
        self._config = {k: v for k, v in locals().items() if k not in ("self", "__class__")}
        super().__init__()
        if resolution < 8 or resolution & (resolution - 1):
            raise ValueError(f"resolution {resolution} is not a power of two of at least 8")
        if architecture not in ("skip", "resnet", "orig"):
            raise ValueError(f"architecture {architecture!r} is not skip, resnet or orig")
        for name in (activation, mapping_activation):
            if name not in ACTIVATIONS:
                raise ValueError(f"activation {name!r} is not one of {', '.join(ACTIVATIONS)}")
        self.z_dim, self.w_dim, self.num_classes = z_dim, w_dim, num_classes
        self.resolution, self.channels = resolution, channels
        self.architecture = architecture
        self.fp16_resolutions = fp16_resolutions or _REDUCED
        self.mapping = Mapping(
            z_dim,
            w_dim,
            num_classes,
            mapping_layers,
            embed_dim or w_dim,
            hidden_dim or w_dim,
            mapping_activation,
            mapping_lr,
            w_avg_beta,
        )
        self.resolutions = [2**i for i in range(2, resolution.bit_length())]
        self.num_layers = 2 * len(self.resolutions)
        self.synthesis = nn.ModuleDict()
        spec = Spec(
            w_dim, channels, architecture, use_noise, activation, conv_clamp, resample_filter
        )
        before = 0
        for r in self.resolutions:
            width = min(channel_base // r, channel_max)
            has_rgb = architecture == "skip" or r == resolution
            self.synthesis[f"b{r}"] = Block(before, width, r, has_rgb, spec)
            before = width
        names = [
            LayerInfo(f"b{r}.conv{i}", r, use_noise)
            for r in self.resolutions
            for i in ((1,) if r == 4 else (0, 1))
        ]
        self.layers = (*names, LayerInfo(f"b{resolution}.torgb", resolution, False))

    def config(self) -> dict[str, Any]:
        """Constructor arguments as JSON-ready data."""
        taps = self._config["resample_filter"]
        config = self._config | {"resample_filter": None if taps is None else list(taps)}
        if not config["fp16_resolutions"]:
            del config["fp16_resolutions"]  # it came later: older content hashes must hold
        return config

    @property
    def stops_early(self) -> bool:
        """See :attr:`Generator.stops_early`."""
        return self.architecture == "skip"

    def settle(self) -> None:
        """See :meth:`Generator.settle`."""
        for module in self.modules():
            if isinstance(module, StyledConv):
                module.settle()

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
        reuse: Activations | None = None,
    ) -> Tensor:
        """See :meth:`Generator.synthesize`; stops early only with the skip architecture.

        Under autocast a network in training computes in reduced precision throughout, and one in
        evaluation mode its highest resolutions only: the low ones cost little, and their errors
        would reach every pixel. ``reuse`` restarts behind the last block that nothing changed,
        for a tap by its states, and is left alone while derivatives are recorded.

        A tap sees the convolutions' own outputs (of a residual network before the shortcut is
        added) and the picture output of full resolution, which adds to the others.
        """
        self._check_ws(ws)
        strengths = noise_strengths(noise_strength, self.num_layers)
        last = self.resolution
        if max_resolution is not None and self.stops_early:
            last = max(r for r in self.resolutions if r == 4 or r <= max_resolution)
        planes = NoisePlanes(noise, noise_seed, noise_turn, ws)
        reduced, exact = compute_dtype(self.mean_w), self.mean_w.dtype
        blocks = [self._block(r) for r in self.resolutions if r <= last]
        least = 0 if self.training else max(8, last >> (self.fp16_resolutions - 1))
        dtypes = [reduced if block.resolution >= least else exact for block in blocks]
        ends = [2 * (i + 1) for i in range(len(blocks))]  # rows that a block and all below need
        taps = [tap_at(tap, k) for k in range(self.num_layers)]
        # Picture outputs of lower resolutions are no entries of ``layers``.
        own = [[*taps[max(0, e - 3) : e - 1], taps[-1] if e == len(taps) else None] for e in ends]
        start, state = 0, None
        recorded = differentiated(ws, *self.parameters())
        recorded |= tap is not None and torch.is_grad_enabled()
        unseeded = noise_seed is None and (noise == "random" or noise_turn % 1.0 != 0.0)
        if recorded or unseeded:
            reuse = None
        if reuse is not None:
            facts = (weights_token(self), noise, repr(noise_seed), noise_turn % 1.0)
            needs = [
                (d, *strengths[max(0, e - 3) : e - 1], *states(t))
                for d, e, t in zip(dtypes, ends, own, strict=True)
            ]
            start, state = reuse.resume(facts, ws, list(zip(needs, ends, strict=True)))
        with torch.autocast(ws.device.type, enabled=False):
            rows = list(ws.to(exact).unbind(dim=1))
            x, scale, image = state or (self._start(len(ws)), None, None)
            for i, (block, dtype) in enumerate(zip(blocks, dtypes, strict=True)):
                first = ends[i] - 1 - len(block.convs)
                noises = [
                    planes.next(conv.noise_const, strengths[first + k])
                    for k, conv in enumerate(block.convs)
                ]
                if i < start:  # its planes had to be drawn: the next ones follow them
                    continue
                kept = reuse is not None and reuse.keep(i, (x, scale, image))
                held = kept or i == 0 or taps[first - 1] is not None
                spare = x.dtype != dtype or not held
                x, scale, image = block(
                    x.to(dtype), scale, image, rows[first : ends[i]], noises, own[i], spare
                )
        assert image is not None
        return image

    def _affines(self, layer: int) -> list[EqualLinear]:
        blocks = [self._block(r) for r in self.resolutions]
        convs = [conv.affine for block in blocks for conv in block.convs]
        rgb = blocks[(layer - 1) // 2].torgb if layer % 2 else None
        return [*convs[layer : layer + 1], *([rgb.affine] if rgb else [])]

    def _block(self, resolution: int) -> Block:
        block = self.synthesis[f"b{resolution}"]
        assert isinstance(block, Block)
        return block

    def _start(self, n: int) -> Tensor:
        """The learned constant, [n, c, 4, 4]."""
        x = self._block(4).const.expand(n, -1, -1, -1)
        return x.contiguous(memory_format=torch.channels_last)
