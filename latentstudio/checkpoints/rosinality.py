"""rosinality's StyleGAN2 (github.com/rosinality/stylegan2-pytorch) in our terms.

A ``.pt`` file of its training or of its weight converter: ``{"g_ema": state dict, ...}``, with
``latent_avg`` where it was converted. The same network under other names: its convolutions scale
their weights by 1/√fan_in at run time, which matters to the epsilon of the demodulation and is
multiplied into the weights here. Its mean w is drawn anew whenever it is needed.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentstudio.checkpoints.foreign_fields import widths
from latentstudio.checkpoints.imported import Imported, Scaled
from latentstudio.checkpoints.torch_state import StateDict, Weights, flatten

FORMAT = "rosinality stylegan2-pytorch"
_SAMPLES, _SEED = 10_000, 0  # for the mean w
_MODULATION = "conv1.conv.modulation.weight"
_LR = 0.01  # of the mapping network: written down nowhere, and never changed
_TAPS = [1, 3, 3, 1]

Plain = dict[str, NDArray[Any]]
Arrays = dict[str, NDArray[Any] | Scaled]


def matches(state: Any) -> bool:
    """Whether one of the file's state dicts is such a generator's."""
    return _generator(state) is not None


def convert(state: Any, path: Path) -> Imported:
    """Describe the generator in the terms of our StyleGAN2.

    Parameters
    ----------
    state
        The loaded file, for which :func:`matches` is true; untrusted.
    path
        The file, for the sentences.

    Raises
    ------
    CheckpointError
        One sentence that names the first tensor that does not fit.
    """
    found = _generator(state)
    assert found is not None
    part, tensors = found
    weights = Weights(tensors, path, "a StyleGAN2 generator of rosinality's code")
    layers = sum(re.fullmatch(r"style\.\d+\.weight", name) is not None for name in tensors)
    levels = sum(re.fullmatch(r"to_rgbs\.\d+\.bias", name) is not None for name in tensors)
    resolution = 4 << levels
    w_dim, z_dim = weights.shape("style.1.weight", 2)
    channels = weights.shape("to_rgb1.bias", 4)[1]
    features = {4: weights.shape("input.input", 4)[1]} | {
        8 << i: weights.shape(f"convs.{2 * i}.conv.weight", 5)[1] for i in range(levels)
    }
    base, most = widths(features, str(path))
    mapping = _mapping(weights, layers, w_dim)
    training: dict[str, Any] = {
        "format": FORMAT,
        "file": path.name,
        "network": part or "state dict",
    }
    average = flatten(state).get("", {}).get("latent_avg")
    if average is not None and average.numel() == w_dim:
        mapping["mapping.w_avg"] = average.detach().float().numpy().reshape(w_dim)
    else:
        mapping["mapping.w_avg"] = _mean_w(mapping, layers)
        training["mean_w"] = f"of {_SAMPLES} z of numpy's RandomState({_SEED})"
    result: Arrays = dict(mapping)
    result["synthesis.b4.const"] = weights.take("input.input", 1, features[4], 4, 4)[0]
    for i, r in enumerate(features):
        width, before = features[r], features[max(4, r // 2)]
        if r > 4:
            up, conv, rgb = f"convs.{2 * i - 2}", f"convs.{2 * i - 1}", f"to_rgbs.{i - 1}"
            _check_blur(weights, f"{up}.conv.blur.kernel")
            _check_blur(weights, f"{rgb}.upsample.kernel")
            noise = f"noises.noise_{2 * i - 1}"
            conv0 = _styled(weights, up, noise, (before, width, w_dim, r))
            result |= {f"synthesis.b{r}.conv0.{key}": value for key, value in conv0.items()}
        else:
            conv, rgb = "conv1", "to_rgb1"
        conv1 = _styled(weights, conv, f"noises.noise_{2 * i}", (width, width, w_dim, r))
        result |= {f"synthesis.b{r}.conv1.{key}": value for key, value in conv1.items()}
        torgb = _rgb(weights, rgb, width, channels, w_dim)
        result |= {f"synthesis.b{r}.torgb.{key}": value for key, value in torgb.items()}
    weights.finish()
    config = {
        "z_dim": z_dim,
        "w_dim": w_dim,
        "resolution": resolution,
        "channels": channels,
        "channel_base": base,
        "channel_max": most,
        "mapping_layers": layers,
        "mapping_lr": _LR,
        "resample_filter": _TAPS,
    }
    return Imported("stylegan2", config, result, name=path.stem, training=training)


def _generator(state: Any) -> tuple[str, StateDict] | None:
    parts = flatten(state)
    for key in ("g_ema", "", "g"):
        if _MODULATION in parts.get(key, {}):
            return key, parts[key]
    return None


def _mapping(weights: Weights, layers: int, w_dim: int) -> Plain:
    result: Plain = {}
    for i in range(layers):
        # Layer 0 of the original's list is the normalisation of z.
        result[f"mapping.fc{i}.weight"] = weights.take(f"style.{i + 1}.weight", w_dim, w_dim)
        result[f"mapping.fc{i}.bias"] = weights.take(f"style.{i + 1}.bias", w_dim)
    return result


def _mean_w(mapping: Plain, layers: int) -> NDArray[Any]:
    """The mean of w over many z [w_dim], by the mapping network in numpy."""
    z_dim = mapping["mapping.fc0.weight"].shape[1]
    x: NDArray[Any] = np.random.RandomState(_SEED).randn(_SAMPLES, z_dim).astype(np.float32)
    x /= np.sqrt(np.square(x).mean(axis=1, keepdims=True) + 1e-8)
    for i in range(layers):
        gain = np.float32(_LR / math.sqrt(x.shape[1]))
        x = x @ (mapping[f"mapping.fc{i}.weight"].T * gain)
        x += mapping[f"mapping.fc{i}.bias"] * np.float32(_LR)
        x = np.where(x < 0, x * np.float32(0.2), x) * np.float32(math.sqrt(2.0))
    mean: NDArray[Any] = x.mean(axis=0, dtype=np.float64)
    return mean


def _styled(weights: Weights, name: str, noise: str, sizes: tuple[int, int, int, int]) -> Arrays:
    in_channels, out_channels, w_dim, resolution = sizes
    weight = weights.take(f"{name}.conv.weight", 1, out_channels, in_channels, 3, 3)[0]
    if noise in weights:
        plane = weights.take(noise, 1, 1, resolution, resolution)[0, 0]
    else:  # the first versions drew it for every picture
        stream = np.random.RandomState(_SEED + resolution)
        plane = stream.randn(resolution, resolution).astype(np.float32)
    return {
        "weight": Scaled(weight, 1.0 / math.sqrt(9 * in_channels)),
        "bias": weights.take(f"{name}.activate.bias", out_channels),
        "affine.weight": weights.take(f"{name}.conv.modulation.weight", in_channels, w_dim),
        "affine.bias": weights.take(f"{name}.conv.modulation.bias", in_channels),
        "noise_strength": weights.take(f"{name}.noise.weight", 1).reshape(()),
        "noise_const": plane,
    }


def _rgb(weights: Weights, name: str, width: int, channels: int, w_dim: int) -> Arrays:
    return {
        "weight": weights.take(f"{name}.conv.weight", 1, channels, width, 1, 1)[0],
        "bias": weights.take(f"{name}.bias", 1, channels, 1, 1).reshape(channels),
        "affine.weight": weights.take(f"{name}.conv.modulation.weight", width, w_dim),
        "affine.bias": weights.take(f"{name}.conv.modulation.bias", width),
    }


def _check_blur(weights: Weights, name: str) -> None:
    """Refuse another filter than [1, 3, 3, 1], of the gain 4 that doubling takes."""
    expected = np.outer(_TAPS, _TAPS) / 16.0
    if np.abs(weights.take(name, 4, 4) - expected).max() > 1e-5:
        raise weights.error("it filters by other taps than 1, 3, 3, 1")
