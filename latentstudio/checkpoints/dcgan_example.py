"""The generator of PyTorch's DCGAN example (github.com/pytorch/examples) in our terms.

``netG_epoch_N.pth`` is the state dict of one ``nn.Sequential``: transposed convolutions without
biases at ``main.0``, ``main.3``, ``main.6``, ..., a batch norm behind each but the last, and tanh.
Widespread variants for other sizes only have more or fewer of them.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentstudio.checkpoints.imported import Imported
from latentstudio.checkpoints.torch_state import StateDict, Weights, batch_norm, flatten

FORMAT = "PyTorch DCGAN example"
_MAX_CONVS = 12


def matches(state: Any) -> bool:
    """Whether one of the file's state dicts is such a generator's."""
    return _generator(state) is not None


def convert(state: Any, path: Path) -> Imported:
    """Describe the generator in the terms of our DCGAN.

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
    tensors = _generator(state)
    assert tensors is not None
    weights = Weights(tensors, path, "a generator of PyTorch's DCGAN example")
    convs = [f"main.{i}" for i in range(0, 3 * _MAX_CONVS, 3) if f"main.{i}.weight" in tensors]
    norms = [f"main.{3 * i + 1}" for i in range(len(convs) - 1)]
    config, result = stack(weights, convs, norms)
    weights.finish()
    training = {"format": FORMAT, "file": path.name}
    return Imported("dcgan", config, result, name=path.stem, training=training)


def stack(
    weights: Weights, convs: list[str], norms: list[str]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Our DCGAN of transposed convolutions and the batch norms between, by their names.

    Returns
    -------
    config, tensors
        As in :class:`Imported`.

    Raises
    ------
    CheckpointError
        If they do not follow on each other, or have other widths than our DCGAN.
    """
    shapes = [weights.shape(f"{name}.weight", 4) for name in convs]
    if len(convs) < 3:
        raise weights.error(f"it has {len(convs)} transposed convolutions instead of 3 or more")
    z_dim, channels = shapes[0][0], shapes[-1][1]
    widths = [shape[0] for shape in shapes[1:]]
    if any(coarse != min(2 * fine, max(widths)) for coarse, fine in pairwise(widths)):
        raise weights.error(f"it has the features {widths}, which do not halve at every doubling")
    sizes = pairwise([z_dim, *widths, channels])
    kernels = [
        weights.take(f"{name}.weight", before, after, 4, 4)
        for name, (before, after) in zip(convs, sizes, strict=True)
    ]
    result = {"stem.weight": kernels[0], "head.weight": kernels[-1]}
    result |= {f"stages.{i}.weight": kernel for i, kernel in enumerate(kernels[1:-1])}
    for i, (name, width) in enumerate(zip(norms, widths, strict=True)):
        ours = f"norms.{i - 1}" if i else "stem_norm"
        norm = batch_norm(weights, name, width)
        result |= {f"{ours}.{key}": value for key, value in norm.items()}
    result["head.bias"] = np.zeros(channels, np.float32)
    config = {
        "z_dim": z_dim,
        "resolution": 4 << (len(convs) - 1),
        "channels": channels,
        "ngf": widths[-1],
        "max_features": max(widths),
    }
    return config, result


def _generator(state: Any) -> StateDict | None:
    for tensors in flatten(state).values():
        # Its discriminator has no batch norm behind the first convolution.
        if {"main.0.weight", "main.1.running_mean", "main.3.weight"} <= tensors.keys():
            return tensors
    return None
