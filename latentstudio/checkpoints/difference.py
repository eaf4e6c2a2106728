"""Differences: small changes of a generator, kept in files of their own beside its checkpoint.

A difference replaces noise planes and adds to the weights of convolutions matrices of low rank
(Hu et al., "LoRA", 2022, section 4.1): some hundred kilobytes, where a second checkpoint would
have many megabytes. The way from z to w and to the styles is never changed, so that every point,
direction and style channel keeps its meaning.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor, nn

from latentstudio.atomic import SaveError, write_atomic
from latentstudio.checkpoints.content import ContentHash
from latentstudio.checkpoints.difference_header import (
    DESCRIPTION,
    MAX_BYTES,
    VERSION,
    DifferenceHeader,
    open_difference,
)
from latentstudio.checkpoints.errors import CheckpointError, quoted
from latentstudio.checkpoints.layout import TensorSpec, damaged
from latentstudio.checkpoints.skeleton import DTYPES, build
from latentstudio.checkpoints.trial import is_finite
from latentstudio.checkpoints.weights import read_tensors
from latentstudio.generators.protocol import Generator

_NAMES = {dtype: name for name, dtype in DTYPES.items()}

Factors = tuple[Tensor, Tensor]
"""up [o, rank] and down [rank, i, ...]: their product is added to a weight [o, i, ...]."""


@dataclass(frozen=True, eq=False)
class Difference:
    """Changes of one generator.

    Attributes
    ----------
    checkpoint
        Content hash of the generator that they are changes of.
    noise
        By layer, as numbered in ``Generator.layers``: the plane [r, r] in place of the stored one.
    weights
        By name in ``Generator.named_parameters()``: the factors of what is added.
    name
        What to call it on the screen; one line.
    """

    checkpoint: str
    noise: Mapping[int, Tensor] = field(default_factory=dict)
    weights: Mapping[str, Factors] = field(default_factory=dict)
    name: str = ""

    def then(self, further: Difference) -> Difference:
        """Both in one: ``further`` was found on the generator as this one leaves it."""
        weights = {**self.weights, **further.weights}
        for name in self.weights.keys() & further.weights.keys():
            (up, down), (up2, down2) = self.weights[name], further.weights[name]
            weights[name] = torch.cat([up, up2], dim=1), torch.cat([down, down2], dim=0)
        noise = {**self.noise, **further.noise}
        return Difference(self.checkpoint, noise, weights, further.name or self.name)


def tunable(generator: Generator) -> dict[str, nn.Parameter]:
    """The weights that a difference may change, by name: those of the convolutions."""
    named = generator.named_parameters()
    return {name: p for name, p in named if p.ndim == 4 and name.endswith("weight")}


def noise_planes(generator: Generator) -> dict[int, str]:
    """Names of the buffers that hold the noise planes, by layer."""
    layers = {layer.name: i for i, layer in enumerate(generator.layers) if layer.noise}
    return {
        layers[short]: f"{name}.noise_const"
        for name, _ in generator.named_modules()
        if (short := name.removeprefix("synthesis.")) in layers
    }


def applied(generator: Generator, difference: Difference) -> Generator:
    """The generator as a difference leaves it.

    Parameters
    ----------
    generator
        On any device; left as it is.
    difference
        Untrusted.

    Returns
    -------
    Generator
        A network of its own, settled and without gradients, which holds what has not changed
        together with ``generator``: only changed weights take further memory. Labels, name and
        content hash are those of the checkpoint. Weights are summed in float64 on the CPU and
        rounded once, so that every machine has the same.

    Raises
    ------
    CheckpointError
        One sentence: it is of another checkpoint, does not fit, or leads to weights that are not
        finite.
    """
    what = f"The fine tuning {quoted(difference.name)}"
    if difference.checkpoint != generator.content_hash:
        raise CheckpointError(
            f"{what} is of the checkpoint {difference.checkpoint[:8]}…, not of"
            f" {generator.content_hash[:8] or 'this unsaved one'}…: open it with its own"
        )
    planes = noise_planes(generator)
    state = generator.state_dict()
    for layer, plane in difference.noise.items():
        if layer not in planes or state[planes[layer]].shape != plane.shape:
            raise CheckpointError(f"{what} has noise that does not fit layer {layer}: make it anew")
        state[planes[layer]] = plane.to(state[planes[layer]])
    weights = tunable(generator)
    for name, (up, down) in difference.weights.items():
        if name not in weights or weights[name].shape != (len(up), *down.shape[1:]):
            raise CheckpointError(
                f"{what} changes {quoted(name)}, which this generator does not have or has in"
                " another shape: make it anew"
            )
        state[name] = _added(state[name], up, down)
        if not is_finite(state[name]):
            raise CheckpointError(f"{what} makes {quoted(name)} not finite: make it anew")
    return _twin(generator, state)


def encode_difference(difference: Difference) -> tuple[bytes, str]:
    """The content of a difference's file, and its content hash.

    Raises
    ------
    CheckpointError
        One sentence: nothing is changed, values that are not finite, impossible shapes or name, or
        a file that would be too large.
    """
    tensors = {name: t.detach().float().cpu().contiguous() for name, t in _tensors(difference)}
    specs = {name: TensorSpec("F32", tuple(t.shape), 0, 0) for name, t in tensors.items()}
    digest = ContentHash("difference", {"checkpoint": difference.checkpoint})
    for name in sorted(tensors):
        digest.add(name, "F32", specs[name].shape, tensors[name].reshape(-1).numpy())
    created = datetime.now(UTC).isoformat(timespec="seconds")
    header = DifferenceHeader(
        VERSION, difference.checkpoint, difference.name, created, digest.hexdigest(), specs
    )
    try:
        metadata = DESCRIPTION.encode(header)
        if not all(map(is_finite, tensors.values())):
            raise ValueError("it holds values that are not finite")
        content = safetensors.torch.save(tensors, metadata=metadata)
        if len(content) > MAX_BYTES:
            raise ValueError(f"it would have {len(content):,} bytes")
    except ValueError as error:
        raise CheckpointError(
            f"The fine tuning cannot be kept ({error}): make it anew, with a lower rank"
        ) from error
    return content, header.content_hash


def write_difference(path: str | os.PathLike[str], difference: Difference) -> str:
    """Write a difference to a file, completely or not at all; returns its content hash.

    Raises
    ------
    CheckpointError
        As :func:`encode_difference` does, and for a file that cannot be written.
    """
    content, digest = encode_difference(difference)
    try:
        write_atomic(path, content)
    except SaveError as error:
        raise CheckpointError(str(error)) from error
    return digest


def read_difference(path: str | os.PathLike[str], content_hash: str = "") -> Difference:
    """Open a difference's file.

    Parameters
    ----------
    path
        Untrusted. Nothing in it is executed, and no more is allocated than the file holds.
    content_hash
        Of the difference that is wanted; empty for whichever the file holds.

    Raises
    ------
    CheckpointError
        One sentence: what is wrong, in which file, and what to do.
    """
    path = Path(path)
    tensors: dict[str, Tensor] = {}
    with open_difference(path) as (file, header):
        digest = ContentHash("difference", {"checkpoint": header.checkpoint})
        for name, tensor in read_tensors(file, header.tensors, digest, path):
            tensors[name] = tensor
            if not is_finite(tensor):
                raise damaged(path, f"its tensor {quoted(name)} holds values that are not finite")
    if content_hash not in ("", header.content_hash):
        raise CheckpointError(
            f"{path} holds another fine tuning by now ({header.content_hash[:8]}…) than the one"
            f" asked for ({content_hash[:8]}…): open the file that holds it"
        )
    if digest.hexdigest() != header.content_hash:
        raise damaged(path, "its values are not the ones that its content hash was made of")
    kinds: dict[str, dict[str, Tensor]] = {"noise": {}, "up": {}, "down": {}}
    for name, tensor in tensors.items():
        kind, _, rest = name.partition(".")
        kinds[kind][rest] = tensor
    noise = {int(layer): plane for layer, plane in kinds["noise"].items()}
    weights = {name: (up, kinds["down"][name]) for name, up in kinds["up"].items()}
    return Difference(header.checkpoint, noise, weights, header.name)


def _tensors(difference: Difference) -> Iterator[tuple[str, Tensor]]:
    """All values under their names in the file."""
    for layer, plane in difference.noise.items():
        yield f"noise.{layer}", plane
    for name, (up, down) in difference.weights.items():
        yield f"up.{name}", up
        yield f"down.{name}", down


def _added(weight: Tensor, up: Tensor, down: Tensor) -> Tensor:
    product = (up.cpu().double() @ down.cpu().double().flatten(1)).view(weight.shape)
    return (weight.cpu().double() + product).to(weight.device, weight.dtype)


def _twin(generator: Generator, state: dict[str, Tensor]) -> Generator:
    """A network of the same configuration that holds these very tensors."""
    specs = {name: TensorSpec(_NAMES[t.dtype], tuple(t.shape), 0, 0) for name, t in state.items()}
    twin = build(generator.family, generator.config(), specs, "The tuned generator")
    twin.load_state_dict(state, assign=True)
    twin.labels, twin.name = generator.labels, generator.name
    twin.content_hash = generator.content_hash
    twin.eval().requires_grad_(False)
    twin.settle()
    return twin.to(generator.device)
