"""NVIDIA's StyleGAN2 generator, as stylegan2-ada-pytorch and stylegan3 pickle it, in our terms.

Every setting is taken from what each layer holds and none from a default: the same absent
argument means no clamp in one repository and 256 in the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from latentstudio.checkpoints.foreign_fields import Fields, agree, widths
from latentstudio.checkpoints.imported import Imported

if TYPE_CHECKING:
    from latentstudio.checkpoints.persistent_modules import Module


def matches(network: Module) -> bool:
    """Whether a generator is built like StyleGAN2: blocks by resolution, from ``b4`` on."""
    synthesis = network.modules.get("synthesis")
    return "mapping" in network.modules and synthesis is not None and "b4" in synthesis.modules


def convert(network: Module, source: str) -> Imported:
    """Describe a StyleGAN2 generator in the terms of our family.

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
    resolution = top.whole("img_resolution")
    blocks = [synthesis.child(f"b{2**i}") for i in range(2, resolution.bit_length())]
    convs = [
        block.child(name)
        for block in blocks
        for name in ("conv0", "conv1")
        if name in block.module.modules
    ]
    rgbs = [block.child("torgb") for block in blocks if "torgb" in block.module.modules]
    # The other convolutions hold a filter too, always the default one, and never use it.
    resampling = [*blocks, *(conv for conv in convs if conv.whole("up") == 2)]
    base, most = widths(
        {2 ** (i + 2): b.child("conv1").shape("weight")[0] for i, b in enumerate(blocks)}, source
    )
    clamp = agree([layer.number("conv_clamp", None) for layer in [*convs, *rgbs]], "clamp", source)
    config: dict[str, Any] = {
        **mapping_config(top, mapping),
        "resolution": resolution,
        "channels": top.whole("img_channels"),
        "channel_base": base,
        "channel_max": most,
        "architecture": agree([b.text("architecture") for b in blocks], "architecture", source),
        "activation": agree([conv.text("activation") for conv in convs], "activation", source),
        "conv_clamp": clamp,
        "resample_filter": _taps([x.array("resample_filter") for x in resampling], source),
        "use_noise": agree([conv.flag("use_noise") for conv in convs], "use of noise", source),
        "fp16_resolutions": sum(block.flag("use_fp16") for block in blocks),
    }
    tensors = top.tensors()
    # Filters are made from the taps again.
    kept = {k: v for k, v in tensors.items() if not k.endswith(".resample_filter")}
    kept.setdefault("mapping.w_avg", np.zeros(config["w_dim"], np.float32))
    return Imported("stylegan2", config, kept, name="")


def mapping_config(top: Fields, mapping: Fields) -> dict[str, Any]:
    """The arguments that describe a mapping network, which StyleGAN2 and 3 share."""
    count = mapping.whole("num_layers")
    layers = [mapping.child(f"fc{i}") for i in range(count)]
    z_dim, w_dim, classes = top.whole("z_dim"), top.whole("w_dim"), top.whole("c_dim")
    beta = mapping.number("w_avg_beta", None)
    config: dict[str, Any] = {
        "z_dim": z_dim,
        "w_dim": w_dim,
        "num_classes": classes,
        "mapping_layers": count,
        "embed_dim": mapping.child("embed").shape("weight")[0] if classes else None,
        "hidden_dim": layers[0].shape("weight")[0] if count > 1 else None,
        "mapping_activation": "lrelu",
        "mapping_lr": 0.01,
        "w_avg_beta": 0.998 if beta is None else beta,
    }
    if layers:
        source = top.source
        names = [layer.text("activation") for layer in layers]
        config["mapping_activation"] = agree(names, "mapping activation", source)
        rates = [layer.number("bias_gain", 0.01) for layer in layers]
        config["mapping_lr"] = agree(rates, "mapping learning rate", source)
    # Equal to w_dim is what None means: one network, one description, one content hash.
    for key in ("embed_dim", "hidden_dim"):
        config[key] = None if config[key] == w_dim else config[key]
    return config


def _taps(filters: list[NDArray[Any]], source: str) -> list[Any] | None:
    """The taps of filters that are all the same: one-dimensional where the filter is separable."""
    agree([(f.shape, f.tobytes()) for f in filters], "resampling filter", source)
    first = filters[0].astype(np.float64)
    if first.size == 1:
        return None
    if first.ndim == 2:
        row = first.sum(axis=0)
        if np.abs(np.outer(first.sum(axis=1), row) - first).max() > 1e-7:
            return [[float(v) for v in line] for line in first]
        first = row
    return _whole_numbers(first)


def _whole_numbers(taps: NDArray[np.float64]) -> list[float] | list[int]:
    """[.125, .375, .375, .125] as [1, 3, 3, 1], where the taps are such multiples."""
    scaled = taps / taps[0] if taps[0] else taps
    whole = np.rint(scaled)
    if np.abs(scaled - whole).max() < 1e-5 and np.abs(whole).max() < 1e4:
        return [int(v) for v in whole]
    return [float(v) for v in taps]
