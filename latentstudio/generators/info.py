"""What a generator can do, as plain data: readable without torch.

Panels enable and explain their controls from a :class:`GeneratorInfo`; a checkpoint's
header gives one before any weight is loaded.
"""

from __future__ import annotations

import msgspec


class LayerInfo(msgspec.Struct, frozen=True):
    """One entry of ``Generator.layers``: a layer that a row of ``ws`` feeds.

    Attributes
    ----------
    name
        Stable name within the family, such as ``b16.conv0``.
    resolution
        Height and width in pixels of the layer's output.
    noise
        Whether the layer adds noise, and so answers to a noise strength.
    """

    name: str
    resolution: int
    noise: bool = False


class GeneratorInfo(msgspec.Struct, frozen=True):
    """The fixed facts of one generator.

    Attributes
    ----------
    family
        ``dcgan``, ``stylegan2``, ...
    z_dim, w_dim
        Sizes of z and w. Without a mapping network w is z, perhaps with the class beside it.
    num_layers
        Rows of ``ws``: how many layers can be fed separately (1 without a mapping network).
    resolution, channels
        Of the picture: height and width in pixels, and 1 (grey), 3 (RGB) or 4 (RGBA).
    num_classes
        0 for an unconditional generator.
    layers
        The synthesis layers, coarse to fine. ``len(layers) == num_layers`` when there is a
        mapping network; otherwise it lists the network's stages for information.
    has_mapping
        Whether w differs from z: truncation by psi, principal axes and style mixing need it.
    labels
        Class names; empty, or ``num_classes`` of them.
    name
        What to call it on the screen.
    content_hash
        sha256 of architecture, configuration and weights, in hex; empty when never saved.
    has_transform
        Whether the picture can be moved and turned at the network's input (StyleGAN3).
    """

    family: str
    z_dim: int
    w_dim: int
    num_layers: int
    resolution: int
    channels: int
    num_classes: int
    layers: tuple[LayerInfo, ...]
    has_mapping: bool
    labels: tuple[str, ...] = ()
    name: str = ""
    content_hash: str = ""
    has_transform: bool = False

    @property
    def has_noise(self) -> bool:
        """Whether any layer adds noise."""
        return any(layer.noise for layer in self.layers)
