"""The one protocol under which every generator family stands.

Terms follow Karras et al., "A Style-Based Generator Architecture for GANs" (2019):
``z`` is drawn from the prior, the mapping network turns it into ``w``, and ``ws`` holds one
w for each synthesis layer. A generator without a mapping network (DCGAN, ProGAN) has w = z
and a single row of ``ws``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor, nn

from latentstudio.generators.info import GeneratorInfo, LayerInfo
from latentstudio.generators.layers import EqualLinear
from latentstudio.generators.tap import Tap

NoiseMode = Literal["const", "none", "random"]
MAX_SEED = 2**32 - 1


class Generator(nn.Module, ABC):
    """A trained map from latent points to pictures.

    Subclasses set the attributes below in ``__init__`` and implement :meth:`_map`,
    :meth:`synthesize` and :meth:`config`.

    Attributes
    ----------
    family
        Name of the architecture; selects the class when a checkpoint is read.
    has_mapping, has_transform
        As in :class:`~latentstudio.generators.info.GeneratorInfo`. With a transform,
        ``synthesize`` takes ``transform``: the 3×3 matrix that moves the picture.
    can_reuse, can_reduce
        Whether ``synthesize`` takes ``reuse``, to restart behind what is unchanged, and whether
        it obeys autocast in evaluation mode.
    z_dim, w_dim, num_layers, resolution, channels, num_classes, layers
        As in :class:`~latentstudio.generators.info.GeneratorInfo`.
    labels, name, content_hash
        Filled in by the checkpoint reader; empty for a fresh network.
    """

    family: ClassVar[str]
    has_mapping: ClassVar[bool]
    has_transform: ClassVar[bool] = False
    can_reuse: ClassVar[bool] = False
    can_reduce: ClassVar[bool] = False

    z_dim: int
    w_dim: int
    num_layers: int
    resolution: int
    channels: int
    num_classes: int
    layers: tuple[LayerInfo, ...]
    labels: tuple[str, ...] = ()
    name: str = ""
    content_hash: str = ""

    @property
    def info(self) -> GeneratorInfo:
        """The generator's fixed facts as plain data."""
        return GeneratorInfo(
            family=self.family,
            z_dim=self.z_dim,
            w_dim=self.w_dim,
            num_layers=self.num_layers,
            resolution=self.resolution,
            channels=self.channels,
            num_classes=self.num_classes,
            layers=self.layers,
            has_mapping=self.has_mapping,
            labels=self.labels,
            name=self.name,
            content_hash=self.content_hash,
            has_transform=self.has_transform,
        )

    @abstractmethod
    def config(self) -> dict[str, Any]:
        """Constructor arguments as JSON-ready data: ``type(g)(**g.config())`` has g's shape."""

    def sample_z(self, n: int, seed: int) -> Tensor:
        """Draw points from the prior N(0, I), the same on every machine for ever.

        Parameters
        ----------
        n
            How many points.
        seed
            0 to 2**32 - 1. The stream is numpy's ``RandomState(seed).randn(n, z_dim)``, whose
            values numpy promises never to change and which the published StyleGAN tools use:
            seed 85 here is seed 85 there.

        Returns
        -------
        Tensor
            float32 [n, z_dim], on the generator's device.

        Raises
        ------
        ValueError
            If ``seed`` is out of range.
        """
        return self._draw([seed], n)

    def sample_seeds(self, seeds: Sequence[int]) -> Tensor:
        """One point for each seed: rows of ``sample_z(1, seed)``, float32 [len(seeds), z_dim]."""
        return self._draw(seeds, 1)

    def _draw(self, seeds: Sequence[int], n: int) -> Tensor:
        random = np.random.RandomState()
        z = np.empty((len(seeds), n, self.z_dim), dtype=np.float32)
        for row, seed in zip(z, seeds, strict=True):
            if not 0 <= seed <= MAX_SEED:
                raise ValueError(f"seed {seed} is outside 0 to {MAX_SEED}")
            random.seed(seed)  # the stream of RandomState(seed), in a tenth of its time
            row[:] = random.randn(n, self.z_dim)
        return torch.from_numpy(z.reshape(-1, self.z_dim)).to(self.device)

    def map(
        self,
        z: Tensor,
        label: Tensor | None = None,
        psi: float = 1.0,
        cutoff: int | None = None,
    ) -> Tensor:
        """Map prior points to one w per synthesis layer, truncated towards the mean.

        Parameters
        ----------
        z
            [n, z_dim].
        label
            Class indices [n] (integer) or one-hot rows [n, num_classes]; required when the
            generator has classes, ignored otherwise.
        psi
            Truncation: w' = mean + psi (w - mean). 1 leaves w alone, 0 gives the mean, negative
            values the opposite. Without a mapping network the mean is 0, so psi scales z.
        cutoff
            Truncate only the first ``cutoff`` layers; all of them when None.

        Returns
        -------
        Tensor
            [n, num_layers, w_dim].

        Raises
        ------
        ValueError
            On a z of the wrong shape, or a missing or malformed label.

        Notes
        -----
        Truncation: Karras et al. 2019, section 2.1 and appendix B.
        """
        if z.ndim != 2 or z.shape[1] != self.z_dim:
            raise ValueError(f"z has shape {list(z.shape)}; expected [n, {self.z_dim}]")
        onehot = self._one_hot(label, len(z))
        ws = self._map(z, onehot)
        return self.truncate(ws, psi, cutoff)

    def truncate(self, ws: Tensor, psi: float, cutoff: int | None = None) -> Tensor:
        """Move rows below ``cutoff`` of ``ws`` [n, num_layers, w_dim] towards the mean w."""
        if psi == 1.0:
            return ws
        end = self.num_layers if cutoff is None else max(0, min(cutoff, self.num_layers))
        head = torch.lerp(self.mean_w.to(ws.dtype), ws[:, :end], psi)
        return torch.cat([head, ws[:, end:]], dim=1)

    @property
    def stops_early(self) -> bool:
        """Whether ``max_resolution`` saves work: a picture is built at every resolution."""
        return False

    def settle(self) -> None:
        """Lay the weights out as drawing reads them fastest; values and names stay."""

    @property
    def mean_w(self) -> Tensor:
        """The mean latent [w_dim]: running mean of w, or 0 without a mapping network."""
        return torch.zeros(self.w_dim, device=self.device)

    @abstractmethod
    def _map(self, z: Tensor, onehot: Tensor | None) -> Tensor:
        """Untruncated mapping: z [n, z_dim], one-hot [n, num_classes] -> [n, num_layers, w_dim]."""

    @abstractmethod
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
        """Draw pictures.

        Parameters
        ----------
        ws
            [n, num_layers, w_dim].
        noise
            ``const``: the noise planes stored with the weights. ``none``: no noise. ``random``:
            fresh noise. Ignored by generators without noise inputs.
        noise_seed
            For ``random``: draws the planes on the CPU from this seed, so that every device
            shows the same picture; or from one seed for each picture, so that a batch shows
            what single pictures show. None draws from torch's global generator (training).
        noise_strength
            Factor on each layer's learned noise strength: one number for all, or one per layer.
        noise_turn
            In whole turns: leads the planes, stored or drawn, along the circle
            ``cos * plane + sin * other``, on which they stay standard normal, and back to the
            very same at every whole number. The others are drawn from ``noise_seed`` as well,
            in another stream.
        max_resolution
            Stop at this resolution and return the picture built so far (a preview), for
            families that build a picture at every resolution; others ignore it.
        tap
            Reads, and may change, the styles and the output of each entry of ``layers``, as
            far as they are drawn. The output is what the next layer sees, but for the last
            layer: there it is what the picture is made from, before it is scaled, added to
            pictures of lower resolution or squashed into its range. Derivatives flow through.

        Returns
        -------
        Tensor
            float [n, channels, H, W], nominally in [-1, 1], unclamped.

        Raises
        ------
        ValueError
            If ``ws`` or ``noise_strength`` has the wrong shape; and whatever the tap raises.
        """

    def affine_weights(self, layer: int) -> Tensor:
        """The weights that turn a row of ``ws`` into styles.

        Parameters
        ----------
        layer
            0 to ``num_layers`` - 1.

        Returns
        -------
        Tensor
            [rows, w_dim], with the gain of equalised learning rates and without bias: first the
            :meth:`style_channels` of the layer itself, then those of a picture output that the
            same row feeds. Without styles (DCGAN, ProGAN): the first layer, which reads w.

        Raises
        ------
        ValueError
            For a layer that reads no row.
        """
        affines = self._affines(layer) if 0 <= layer < self.num_layers else []
        if not affines:
            raise ValueError(f"layer {layer} of this generator reads no row of ws")
        return torch.cat([affine.effective for affine in affines])

    def style_channels(self, layer: int) -> int:
        """Length of the style of a layer; 0 where there is none."""
        affines = self._affines(layer) if 0 <= layer < self.num_layers else []
        return len(affines[0].weight) if affines else 0

    def _affines(self, layer: int) -> list[EqualLinear]:
        """What makes styles of row ``layer`` of ``ws``: the layer's own first."""
        return []

    def forward(self, z: Tensor, label: Tensor | None = None, **kwargs: Any) -> Tensor:
        """``synthesize(map(z, label), **kwargs)``: the training forward."""
        return self.synthesize(self.map(z, label), **kwargs)

    @property
    def device(self) -> torch.device:
        """Where the weights live."""
        return next(self.parameters()).device

    def _check_ws(self, ws: Tensor) -> None:
        if ws.ndim != 3 or ws.shape[1:] != (self.num_layers, self.w_dim):
            raise ValueError(
                f"ws has shape {list(ws.shape)}; expected [n, {self.num_layers}, {self.w_dim}]"
            )

    def _one_hot(self, label: Tensor | None, n: int) -> Tensor | None:
        if self.num_classes == 0:
            return None
        if label is None:
            raise ValueError(f"this generator has {self.num_classes} classes: a label is needed")
        if label.ndim == 1:
            if label.shape[0] != n or label.is_floating_point():
                raise ValueError(f"label must be {n} integer class indices or one-hot rows")
            if int(label.min()) < 0 or int(label.max()) >= self.num_classes:
                raise ValueError(f"label is outside 0 to {self.num_classes - 1}")
            return nn.functional.one_hot(label.long(), self.num_classes).to(torch.float32)
        if label.shape != (n, self.num_classes):
            raise ValueError(
                f"label has shape {list(label.shape)}; expected [{n}, {self.num_classes}]"
            )
        return label.to(torch.float32)
