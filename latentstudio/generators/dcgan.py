"""DCGAN: a stack of transposed convolutions with batch norm.

Radford et al., "Unsupervised Representation Learning with Deep Convolutional Generative
Adversarial Networks" (2016).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from latentstudio.generators.info import LayerInfo
from latentstudio.generators.protocol import Generator, NoiseMode
from latentstudio.generators.tap import Tap, tap_at, tapped

Upsample = Literal["transpose", "resize"]
Output = Literal["tanh", "linear"]


class DCGAN(Generator):
    """DCGAN generator: w = z (and its class), one row of ``ws``, no noise inputs.

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
    ngf
        Features of the last hidden stage; each coarser stage has twice as many.
    upsample
        ``transpose``: 4×4 stride-2 transposed convolutions as in the paper. ``resize``: nearest
        upsampling and 3×3 convolutions, which leave no checkerboard (Odena et al. 2016).
    max_features
        Limit on the features of the coarse stages.
    output
        What the last convolution's values go through.
    label_dim
        Size of an embedding of the class that is appended to z: w has ``z_dim + label_dim``
        entries. 0: it has the size of z and is added.

    Raises
    ------
    ValueError
        On an impossible configuration.
    """

    family = "dcgan"
    has_mapping = False

    def __init__(
        self,
        z_dim: int = 100,
        resolution: int = 64,
        channels: int = 3,
        num_classes: int = 0,
        ngf: int = 64,
        upsample: Upsample = "transpose",
        max_features: int = 1024,
        output: Output = "tanh",
        label_dim: int = 0,
    ) -> None:
        super().__init__()
        if resolution < 8 or resolution & (resolution - 1):
            raise ValueError(f"resolution {resolution} is not a power of two of at least 8")
        if upsample not in ("transpose", "resize"):
            raise ValueError(f"upsample {upsample!r} is not transpose or resize")
        if output not in ("tanh", "linear"):
            raise ValueError(f"output {output!r} is not tanh or linear")
        if label_dim < 0 or (label_dim and not num_classes):
            raise ValueError(f"label_dim {label_dim} needs classes, and is not negative")
        self.z_dim, self.w_dim = z_dim, z_dim + label_dim
        self.resolution, self.channels, self.num_classes = resolution, channels, num_classes
        self.ngf, self.upsample, self.max_features = ngf, upsample, max_features
        self.output, self.label_dim = output, label_dim
        self.num_layers = 1
        self.embed: nn.Linear | None = None
        if num_classes > 0:
            self.embed = nn.Linear(num_classes, label_dim or z_dim, bias=False)

        # Sizes 4, 8, ... resolution / 2, each with batch norm and ReLU; then the picture.
        sizes = [2**i for i in range(2, resolution.bit_length() - 1)]
        widths = [min(ngf * (resolution // (2 * s)), max_features) for s in sizes]
        self.stem = nn.ConvTranspose2d(self.w_dim, widths[0], 4, bias=False)
        self.stem_norm = nn.BatchNorm2d(widths[0])
        self.stages = nn.ModuleList(self._stage(a, b, bias=False) for a, b in pairwise(widths))
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for width in widths[1:])
        self.head = self._stage(widths[-1], channels, bias=True)
        self.layers = tuple(LayerInfo(f"b{s}", s) for s in (*sizes, resolution))
        self.apply(_initialise)

    def _stage(self, in_channels: int, out_channels: int, *, bias: bool) -> nn.Module:
        if self.upsample == "transpose":
            return nn.ConvTranspose2d(in_channels, out_channels, 4, 2, 1, bias=bias)
        return nn.Conv2d(in_channels, out_channels, 3, 1, 1, bias=bias)

    def config(self) -> dict[str, Any]:
        """Constructor arguments as JSON-ready data."""
        config: dict[str, Any] = {
            "z_dim": self.z_dim,
            "resolution": self.resolution,
            "channels": self.channels,
            "num_classes": self.num_classes,
            "ngf": self.ngf,
            "upsample": self.upsample,
            "max_features": self.max_features,
        }
        # Later options only where they are used: content hashes cover the configuration.
        if self.output != "tanh":
            config["output"] = self.output
        if self.label_dim:
            config["label_dim"] = self.label_dim
        return config

    def _map(self, z: Tensor, onehot: Tensor | None) -> Tensor:
        w = z.to(torch.float32)
        if self.embed is not None and onehot is not None:
            code = self.embed(onehot).to(torch.float32)
            w = torch.cat([w, code], dim=1) if self.label_dim else w + code
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
        """See :meth:`Generator.synthesize`; the noise arguments and max_resolution do nothing."""
        self._check_ws(ws)
        taps = [tap_at(tap, i) for i in range(len(self.layers))]
        x = ws[:, 0, :, None, None].contiguous(memory_format=torch.channels_last)
        x = tapped(taps[0], F.relu(self.stem_norm(self.stem(x))))
        for stage, norm, own in zip(self.stages, self.norms, taps[1:-1], strict=True):
            x = tapped(own, F.relu(norm(stage(self._resize(x)))))
        image = tapped(taps[-1], self.head(self._resize(x)).to(torch.float32))
        return torch.tanh(image) if self.output == "tanh" else image

    def affine_weights(self, layer: int) -> Tensor:
        """See :meth:`Generator.affine_weights`."""
        return self.stem.weight.flatten(1).t() if layer == 0 else super().affine_weights(layer)

    def _resize(self, x: Tensor) -> Tensor:
        """Nearest-neighbour doubling before the convolution, unless that doubles by itself."""
        if self.upsample == "transpose":
            return x
        n, channels, h, w = x.shape
        # In channels_last order, where F.interpolate takes ten times as long in bfloat16.
        x = x.permute(0, 2, 3, 1)[:, :, None, :, None].expand(n, h, 2, w, 2, channels)
        return x.reshape(n, 2 * h, 2 * w, channels).permute(0, 3, 1, 2)


def _initialise(module: nn.Module) -> None:
    """N(0, 0.02) weights, N(1, 0.02) norm gains: section 4 of the paper."""
    if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
        nn.init.normal_(module.weight, 0.0, 0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)
        nn.init.zeros_(module.bias)
