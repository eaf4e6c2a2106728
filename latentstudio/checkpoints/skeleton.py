"""Networks from untrusted configurations, never larger than the file that asks for them.

Numbers are bounded first; then the network is built under a budget: the constructor's tensors,
counted before each is allocated, may hold no more values than the file does. Random initial
weights are not drawn, since the file's weights replace them: that is faster, and leaves torch's
random state alone. (Torch's meta device would do for the shapes, but its first arithmetic
imports sympy and 800 other modules: three seconds before the first picture.)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from latentstudio.checkpoints.errors import CheckpointError, first_line, quoted
from latentstudio.checkpoints.families import family_class
from latentstudio.checkpoints.layout import TensorSpec
from latentstudio.generators.protocol import Generator

MAX_NUMBER = 65536
MAX_RESOLUTION = 8192
MAX_COUNT = 256  # of layers: every one costs time even on the meta device
MAX_ITEMS = 64  # in a list, such as filter taps
MAX_TEXT = 100

# The safetensors dtypes that may fill a tensor of each torch dtype.
FLOATS = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
}
INTEGERS = {
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
}
DTYPES = FLOATS | INTEGERS


# Constructors of tensors by size; those in the second set draw random values.
_BY_SIZE = {torch.empty, torch.zeros, torch.ones, torch.full, torch.rand, torch.randn}
_RANDOM = {torch.rand, torch.randn}
_RANDOM_IN_PLACE = {torch.Tensor.normal_, torch.Tensor.uniform_}
_SLACK = 1 << 20  # values beyond the weights, such as filter kernels


class _OverBudgetError(Exception):
    pass


class _Budget(TorchFunctionMode):
    """Within it, tensors by size may hold ``values`` values in all, and are not randomised."""

    def __init__(self, values: int) -> None:
        super().__init__()
        self.values = values

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        if func in _RANDOM_IN_PLACE:
            return args[0]
        if func in _BY_SIZE:
            size = args[0] if args and isinstance(args[0], Sequence) else kwargs.get("size", args)
            self.values -= math.prod(size)
            if self.values < 0:
                raise _OverBudgetError
        return (torch.empty if func in _RANDOM else func)(*args, **kwargs)


def build(
    family: str, config: dict[str, Any], tensors: Mapping[str, TensorSpec], source: str
) -> Generator:
    """Construct a network on the CPU for the tensors to be filled into.

    Parameters
    ----------
    family, config
        Untrusted.
    tensors
        What will fill it: its size is the budget.
    source
        For the sentences, such as the file's path.

    Returns
    -------
    Generator
        Its weights are not initialised; buffers outside the state dict are.

    Raises
    ------
    CheckpointError
        On an unknown family, an impossible configuration, or one beyond the budget; or where
        the tensors do not fit, naming the first that does not.
    MemoryError
        If this machine has no room for a network of the file's size.
    """
    for key, value in config.items():
        if not _sane(key, value):
            raise CheckpointError(
                f"{source} asks for a network with {quoted(key)} = {quoted(repr(value)[:100])},"
                " which is beyond every bound: get the file again from whoever made it"
            )
    cls = family_class(family, source)
    values = sum(math.prod(spec.shape) for spec in tensors.values())
    try:
        with torch.random.fork_rng(devices=[]), _Budget(values + _SLACK), torch.device("cpu"):
            network = cls(**config)
    except _OverBudgetError as error:
        raise CheckpointError(
            f"{source} asks for a larger network than the {values:,} weights in it can fill: get"
            " the file again from whoever made it"
        ) from error
    except (
        ArithmeticError,
        AssertionError,
        AttributeError,
        LookupError,
        RuntimeError,
        TypeError,
        ValueError,
    ) as error:
        if "allocate memory" in str(error):  # the budget was kept: it is this machine that is full
            raise MemoryError from error
        raise CheckpointError(
            f"{source} describes no possible {family} network ({first_line(error)}): get the file"
            " again from whoever made it"
        ) from error
    _compare(network, tensors, source)
    return network


def _compare(network: Generator, tensors: Mapping[str, TensorSpec], source: str) -> None:
    """Refuse tensors that do not fill the network exactly."""
    wanted = network.state_dict()
    tail = f"the {type(network).__name__} that it describes: get the file again or export it anew"
    for name, tensor in wanted.items():
        if name not in tensors:
            raise CheckpointError(f"{source} lacks the tensor {quoted(name)} of {tail}")
        spec = tensors[name]
        if spec.shape != tuple(tensor.shape):
            raise CheckpointError(
                f"{source} has a tensor {quoted(name)} of shape {list(spec.shape)}, not"
                f" {list(tensor.shape)} as in {tail}"
            )
        kinds = FLOATS if tensor.is_floating_point() else INTEGERS
        if spec.dtype not in kinds:
            raise CheckpointError(
                f"{source} has a tensor {quoted(name)} of type {spec.dtype}, not"
                f" {' or '.join(kinds)} as in {tail}"
            )
    for name in tensors:
        if name not in wanted:
            raise CheckpointError(f"{source} has a tensor {quoted(name)}, which is not in {tail}")


def _sane(key: str, value: Any, depth: int = 0) -> bool:
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, str):
        return len(value) <= MAX_TEXT
    if isinstance(value, (int, float)):
        limit = MAX_NUMBER
        if key.endswith("layers"):
            limit = MAX_COUNT
        elif key.endswith("resolution"):
            limit = MAX_RESOLUTION
        return -limit <= value <= limit
    if isinstance(value, (list, tuple)):
        return (
            depth < 2
            and len(value) <= MAX_ITEMS
            and all(_sane(key, item, depth + 1) for item in value)
        )
    return False
