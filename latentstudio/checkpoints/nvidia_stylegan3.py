"""NVIDIA's StyleGAN3 generator, as stylegan3 pickles it, in our terms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from latentstudio.checkpoints.foreign_fields import Fields, agree
from latentstudio.checkpoints.imported import Imported
from latentstudio.checkpoints.nvidia_stylegan2 import mapping_config

if TYPE_CHECKING:
    from latentstudio.checkpoints.persistent_modules import Module

# What a layer keeps no trace of, and what it is when the constructor was not told.
_CONSTRUCTION: dict[str, float] = {
    "channel_base": 32768,
    "channel_max": 512,
    "first_cutoff": 2,
    "first_stopband": 2**2.1,
    "last_stopband_rel": 2**0.3,
    "filter_size": 6,
    "lrelu_upsampling": 2,
}


def matches(network: Module) -> bool:
    """Whether a generator is built like StyleGAN3: Fourier features, and layers by name."""
    synthesis = network.modules.get("synthesis")
    return (
        "mapping" in network.modules
        and synthesis is not None
        and "input" in synthesis.modules
        and "layer_names" in synthesis.attributes
    )


def convert(network: Module, source: str) -> Imported:
    """Describe a StyleGAN3 generator in the terms of our family.

    Sizes and factors of the layers follow from the settings; their filters are taken from the
    file. Where the two contradict each other, building the network says so.

    Parameters
    ----------
    network
        ``G_ema``; untrusted.
    source
        The file, for the sentences.

    Raises
    ------
    CheckpointError
        One sentence that names the layer and the setting that this family does not have.
    """
    top = Fields(network, source, "G_ema")
    mapping, synthesis = top.child("mapping"), top.child("synthesis")
    layers = [synthesis.child(name) for name in synthesis.module.modules if name != "input"]
    inner = [layer for layer in layers if not layer.flag("is_torgb")]
    shared = mapping_config(top, mapping)
    for fixed in ("embed_dim", "hidden_dim", "mapping_activation"):
        del shared[fixed]
    # None stands in the layers as well: absent here would be 256.
    clamp = agree([layer.number("conv_clamp", None) for layer in layers], "clamp", source)
    config: dict[str, Any] = {
        **shared,
        **{name: top.built_with(name, default) for name, default in _CONSTRUCTION.items()},
        "resolution": top.whole("img_resolution"),
        "channels": top.whole("img_channels"),
        "synthesis_layers": synthesis.whole("num_layers"),
        "num_critical": synthesis.whole("num_critical"),
        "margin_size": synthesis.whole("margin_size"),
        "output_scale": synthesis.number("output_scale"),
        "conv_kernel": agree([layer.whole("conv_kernel") for layer in inner], "kernel", source),
        "use_radial_filters": top.built_with("use_radial_filters", False),
        "conv_clamp": clamp,
        "magnitude_ema_beta": agree(
            [layer.number("magnitude_ema_beta") for layer in layers], "magnitude decay", source
        ),
    }
    return Imported("stylegan3", config, top.tensors(), name="")
