"""pytorch_GAN_zoo's PGAN and DCGAN (github.com/facebookresearch/pytorch_GAN_zoo) in our terms.

``{"config": settings, "netG": ..., "netD": ..., "avgG": ...}``, where the settings are an object
of its class BaseConfig. ``avgG``, the running mean of the weights, draws the better pictures,
except where its batch norms have seen too few.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentstudio.checkpoints.dcgan_example import stack
from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.checkpoints.foreign_fields import FORKED, widths
from latentstudio.checkpoints.imported import Imported
from latentstudio.checkpoints.torch_state import (
    StateDict,
    Weights,
    flatten,
    settings_of,
)

FORMAT = "pytorch_GAN_zoo"
_MAX_CLASSES = 1000
_ENOUGH_BATCHES = 50  # with the momentum 0.1 the initial statistics are down to 0.5% then
_TANH_LOSSES = ("DCGAN", "MSE")  # the others train generators whose pictures end linear

Arrays = dict[str, NDArray[Any]]


def matches(state: Any) -> bool:
    """Whether one of the file's state dicts is such a generator's."""
    return _generator(state) is not None


def convert(state: Any, path: Path) -> Imported:
    """Describe the generator in the terms of our ProGAN or DCGAN.

    Parameters
    ----------
    state
        The loaded file, for which :func:`matches` is true; untrusted.
    path
        The file, for the sentences.

    Raises
    ------
    CheckpointError
        One sentence: the first tensor or setting that does not fit.
    """
    found = _generator(state)
    assert found is not None
    part, tensors = found
    settings = settings_of(state, "config")
    training: dict[str, Any] = {"file": path.name, "network": part or "state dict"}
    labels, codes = _classes(settings, path)
    if "main.outlayer.weight" in tensors:
        family, network = "dcgan", "DCGAN"
        config, result = _dcgan(Weights(tensors, path, "a DCGAN of pytorch_GAN_zoo"), settings)
        embedding = codes
    else:
        family, network = "progan", "PGAN"
        weights = Weights(tensors, path, "a PGAN of pytorch_GAN_zoo")
        config, result, faded = _pgan(weights, settings)
        if faded:
            training["fade"] = faded
        embedding = codes * math.sqrt(max(1, len(labels)))  # our layer divides by it
    training["format"] = f"{FORMAT} {network}"
    if labels:
        config |= {"num_classes": len(labels), "label_dim": len(codes)}
        config["z_dim"] -= len(codes)
        result["embed.weight"] = embedding.astype(np.float32)
    return Imported(family, config, result, name=path.stem, labels=labels, training=training)


def _generator(state: Any) -> tuple[str, StateDict] | None:
    parts = flatten(state)
    for key in ("avgG", "netG", ""):
        names = parts.get(key, {}).keys()
        if any(name.startswith("toRGBLayers.0.") for name in names):
            return key, parts[key]
        if {"formatLayer.weight", "main.outlayer.weight"} <= names:
            if key == "avgG" and "netG" in parts and not _has_statistics(parts[key]):
                continue
            return key, parts[key]
    return None


def _has_statistics(tensors: StateDict) -> bool:
    """Whether the batch norms have seen enough: only ``netG`` runs while it is trained."""
    seen = tensors.get("main.batchNorm0.num_batches_tracked")
    return seen is not None and seen.numel() == 1 and int(seen) >= _ENOUGH_BATCHES


def _output(settings: dict[str, Any], default: str) -> str:
    return "tanh" if settings.get("lossCriterion", default) in _TANH_LOSSES else "linear"


def _dcgan(weights: Weights, settings: dict[str, Any]) -> tuple[dict[str, Any], Arrays]:
    count = 1
    while f"main.convTranspose{count}.weight" in weights:
        count += 1
    inner = [f"main.convTranspose{i}" for i in range(1, count)]
    norms = [f"main.batchNorm{i}" for i in range(count)]
    config, result = stack(weights, ["formatLayer", *inner, "main.outlayer"], norms)
    weights.finish()
    output = _output(settings, "DCGAN")
    return config | ({} if output == "tanh" else {"output": output}), result


def _pgan(weights: Weights, settings: dict[str, Any]) -> tuple[dict[str, Any], Arrays, str]:
    """Our ProGAN, and what became of a level that was being faded in.

    The original scales a layer's sum *and* its bias by √(2 / fan_in); ours has that gain (for the
    picture's layer without the 2) in the weights alone.
    """
    slope = settings.get("leakyReluLeak", 0.2)
    normalised = settings.get("perChannelNormalization", True)
    if type(slope) is not float or slope != 0.2 or normalised is not True:
        raise weights.error("it has another leaky ReLU or no pixel normalisation")
    layer = _reader(weights, settings.get("equalizedlR", True) is not False)
    scales = 0
    while f"scaleLayers.{scales}.0.module.weight" in weights or (
        f"scaleLayers.{scales}.0.weight" in weights
    ):
        scales += 1
    kernel, bias = layer("formatLayer", 2)
    w_dim, first = kernel.shape[1], kernel.shape[0] // 16
    gain = math.sqrt(2.0 / (16 * w_dim))
    result: Arrays = {"b4.dense.weight": kernel / gain, "b4.dense.bias": bias / math.sqrt(1 / 8)}
    result["b4.bias"] = np.zeros(first)
    features = {4: first}
    convs = {"b4.conv": "groupScale0.0"} | {
        f"b{8 << i}.conv{j}": f"scaleLayers.{i}.{j}" for i in range(scales) for j in (0, 1)
    }
    for ours, theirs in convs.items():
        kernel, bias = layer(theirs, 4)
        features[int(ours[1:].split(".")[0])] = kernel.shape[0]
        result[f"{ours}.weight"] = kernel / math.sqrt(2.0 / math.prod(kernel.shape[1:]))
        result[f"{ours}.bias"] = bias
    pictures = [layer(f"toRGBLayers.{i}", 4) for i in range(scales + 1)]
    weights.finish()

    last, faded = _faded(scales, settings)
    if last < 1:
        raise weights.error("it is trained to 4 px only, and 8 is the least here")
    resolution = 4 << last
    features = {r: width for r, width in features.items() if r <= resolution}
    result = {k: v for k, v in result.items() if int(k[1:].split(".")[0]) <= resolution}
    kernel, bias = pictures[last]
    result[f"torgb{resolution}.weight"] = kernel * math.sqrt(kernel.shape[1])
    result[f"torgb{resolution}.bias"] = bias
    base, most = widths(features, str(weights.path))
    config: dict[str, Any] = {
        "z_dim": w_dim,
        "resolution": resolution,
        "channels": len(bias),
        "channel_base": base,
        "channel_max": most,
        "dense_bias": True,
    }
    if (output := _output(settings, "WGANGP")) != "linear":
        config["output"] = output
    return config, {k: v.astype(np.float32) for k, v in result.items()}, faded


def _reader(
    weights: Weights, equalized: bool
) -> Callable[[str, int], tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """A function that takes a layer as the kernel and bias that act."""

    def layer(name: str, dimensions: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        inner = f"{name}.module" if f"{name}.module.weight" in weights else name
        shape = weights.shape(f"{inner}.weight", dimensions)
        scale = math.sqrt(2.0 / math.prod(shape[1:])) if equalized else 1.0
        kernel = weights.take(f"{inner}.weight", *shape).astype(np.float64)
        return kernel * scale, weights.take(f"{inner}.bias", shape[0]) * np.float64(scale)

    return layer


def _faded(scales: int, settings: dict[str, Any]) -> tuple[int, str]:
    """Which scale to draw, and a note; alpha is the share of the coarser picture."""
    alpha = settings.get("alpha", 0)
    if not isinstance(alpha, (int, float)) or not 0 < alpha <= 1 or scales == 0:
        return scales, ""
    last = scales if alpha <= 0.5 else scales - 1
    return last, (
        f"{4 << scales} px were being faded in, {1 - alpha:.0%} done: drawn at {4 << last} px"
        " without the other"
    )


def _classes(settings: dict[str, Any], path: Path) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """One class for each combination of its attributes' values, and their codes as columns."""
    attributes = settings.get("attribKeysOrder")
    if not attributes:
        return (), np.zeros((0, 0))
    try:
        ordered = sorted(attributes.values(), key=lambda entry: int(entry["order"]))
        values = [[_text(value) for value in entry["values"]] for entry in ordered]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise CheckpointError(
            f"{path} describes its classes in a way that pytorch_GAN_zoo does not: {FORKED}"
        ) from error
    count = math.prod(map(len, values))
    if not 1 <= count <= _MAX_CLASSES:
        raise CheckpointError(
            f"{path} combines its {len(values)} attributes to {count:,} classes, and up to"
            f" {_MAX_CLASSES:,} are possible here: train it with fewer attributes"
        )
    labels = tuple(", ".join(combination) for combination in product(*values))
    columns = product(*(np.eye(len(names)) for names in values))
    return labels, np.stack([np.concatenate(parts) for parts in columns], axis=1)


def _text(value: object) -> str:
    if not isinstance(value, (str, int, float)):
        raise TypeError
    return str(value)[:60]
