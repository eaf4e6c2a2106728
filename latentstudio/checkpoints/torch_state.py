"""State dicts out of a loaded PyTorch file, and their tensors by name, shape checked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from latentstudio.checkpoints.errors import CheckpointError, quoted
from latentstudio.checkpoints.foreign_fields import FORKED

if TYPE_CHECKING:
    from torch import Tensor

StateDict = Mapping[str, "Tensor"]


class Settings:
    """Stands where the file had a settings object of another program; can do nothing.

    Attributes
    ----------
    fields
        The object's attributes by name; absent where it had none.
    """

    __slots__ = ("fields",)

    fields: dict[str, Any]

    def __setstate__(self, state: object) -> None:
        self.fields = state if isinstance(state, dict) else {}


def settings_of(state: Any, key: str) -> dict[str, Any]:
    """The settings that lie under ``key`` of the loaded file, by name; empty without any."""
    found = state.get(key) if isinstance(state, dict) else None
    fields = getattr(found, "fields", {}) if isinstance(found, Settings) else found
    return fields if isinstance(fields, dict) else {}


def flatten(state: Any) -> dict[str, dict[str, Tensor]]:
    """The state dicts in a loaded file.

    Parameters
    ----------
    state
        Whatever the file held: a state dict, or a dict in which some lie.

    Returns
    -------
    dict
        By the key under which they lie, ``""`` for the file's top itself. The prefix ``module.``
        that ``DataParallel`` puts before all names is taken off.
    """
    if not isinstance(state, dict):
        return {}
    found = {"": state} | {k: v for k, v in state.items() if isinstance(v, dict)}
    parts = {str(key): _tensors(value) for key, value in found.items()}
    return {key: tensors for key, tensors in parts.items() if tensors}


def _tensors(state: dict[Any, Any]) -> dict[str, Tensor]:
    import torch

    tensors = {k: v for k, v in state.items() if isinstance(k, str) and torch.is_tensor(v)}
    if all(key.startswith("module.") for key in tensors):
        return {key.removeprefix("module."): value for key, value in tensors.items()}
    return tensors


class Weights:
    """The tensors of one state dict, each to be taken once.

    Parameters
    ----------
    tensors
        Untrusted.
    path
        The file, for the sentences.
    what
        The network that they should be, for the sentences: ``a StyleGAN2 generator of ...``.
    """

    def __init__(self, tensors: StateDict, path: Path, what: str) -> None:
        self._tensors, self.path, self._what = dict(tensors), path, what

    def __contains__(self, name: str) -> bool:
        return name in self._tensors

    def shape(self, name: str, dimensions: int) -> tuple[int, ...]:
        """Shape of a tensor that has so many dimensions, none of them 0."""
        if name not in self._tensors:
            raise self.error(f"it lacks the tensor {quoted(name)}")
        shape = tuple(self._tensors[name].shape)
        if len(shape) != dimensions or 0 in shape:
            raise self.error(f"its tensor {quoted(name)} has the shape {list(shape)}")
        return shape

    def take(self, name: str, *shape: int) -> NDArray[Any]:
        """The values of a tensor of exactly this shape; floating ones as float32."""
        if self.shape(name, len(shape)) != shape:
            found = list(self._tensors[name].shape)
            raise self.error(f"its tensor {quoted(name)} has the shape {found}, not {list(shape)}")
        tensor = self._tensors.pop(name).detach()
        array: NDArray[Any] = (tensor.float() if tensor.is_floating_point() else tensor).numpy()
        return array

    def drop(self, *suffixes: str) -> None:
        """Leave out what has these endings: it says nothing of the weights."""
        self._tensors = {k: v for k, v in self._tensors.items() if not k.endswith(suffixes)}

    def finish(self) -> None:
        """Refuse what is left over: a network that has more would draw something else."""
        if self._tensors:
            raise self.error(f"it has a tensor {quoted(min(self._tensors))} too many")

    def error(self, what: str) -> CheckpointError:
        """One sentence about this network."""
        return CheckpointError(f"{self.path} looks like {self._what}, but {what}: {FORKED}")


def batch_norm(weights: Weights, name: str, width: int) -> dict[str, NDArray[Any]]:
    """The tensors of a ``BatchNorm2d``, by their names in it."""
    keys = ("weight", "bias", "running_mean", "running_var")
    norm = {key: weights.take(f"{name}.{key}", width) for key in keys}
    counter = f"{name}.num_batches_tracked"  # PyTorch before 0.4.1 had none
    norm["num_batches_tracked"] = (
        weights.take(counter) if counter in weights else np.zeros((), np.int64)
    )
    return norm
