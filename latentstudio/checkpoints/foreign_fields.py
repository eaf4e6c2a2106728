"""Reading settings and tensors out of foreign networks, with one sentence for what is amiss."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from numpy.typing import NDArray

from latentstudio.checkpoints.errors import CheckpointError, quoted

if TYPE_CHECKING:
    from latentstudio.checkpoints.persistent_modules import Module

T = TypeVar("T")
FORKED = "it was made by a changed version of the original code"
_MISSING = object()


class Fields(NamedTuple):
    """A module of a foreign network, by the path at which it lies there."""

    module: Module
    source: str
    path: str

    def child(self, name: str) -> Fields:
        """The submodule of that name."""
        if name not in self.module.modules:
            raise self.error(f"has no {quoted(name)} where one is needed")
        return Fields(self.module.modules[name], self.source, f"{self.path}.{name}")

    def whole(self, name: str) -> int:
        """A count or size: a whole number of 0 or more."""
        value = self._value(name)
        if type(value) is not int or not 0 <= value <= 1 << 20:
            raise self.error(f"has {quoted(name)} = {_short(value)}, which is no size")
        return value

    def number(self, name: str, default: Any = _MISSING) -> Any:
        """A number as int or float; the default where it is None or absent."""
        value = self.module.attributes.get(name)
        if value is None and default is not _MISSING:
            return default
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self.error(f"has {quoted(name)} = {_short(value)}, which is no number")
        if not math.isfinite(value):
            raise self.error(f"has {quoted(name)} = {value}, which is not finite")
        return value

    def text(self, name: str) -> str:
        """A short word, such as the name of an activation."""
        value = self._value(name)
        if not isinstance(value, str) or len(value) > 100:
            raise self.error(f"has {quoted(name)} = {_short(value)}, which is no name")
        return value

    def flag(self, name: str) -> bool:
        """True or false."""
        value = self._value(name)
        if not isinstance(value, bool):
            raise self.error(f"has {quoted(name)} = {_short(value)}, which is not true or false")
        return value

    def built_with(self, name: str, default: float) -> float:
        """A number or flag among the named arguments of the constructor, or the default."""
        given = self.module.attributes.get("_init_kwargs")
        value = given.get(name, default) if isinstance(given, dict) else default
        if isinstance(default, bool) != isinstance(value, bool) or not (
            isinstance(value, (bool, int, float)) and math.isfinite(value)
        ):
            raise self.error(f"was built with {quoted(name)} = {_short(value)}, which cannot be")
        return value

    def shape(self, name: str) -> tuple[int, ...]:
        """Shape of a parameter or buffer, of at least one axis."""
        found = self._tensor(name).shape
        if not found:
            raise self.error(f"has {quoted(name)} as a single number")
        return tuple(found)

    def array(self, name: str) -> NDArray[Any]:
        """A parameter's or buffer's values."""
        values: NDArray[Any] = self._tensor(name).array()
        return values

    def tensors(self, prefix: str = "") -> dict[str, NDArray[Any]]:
        """Every parameter and buffer below, by its dotted name."""
        module = self.module
        own: Mapping[str, Any] = {**module.parameters, **module.buffers}
        found = {prefix + name: ref.array() for name, ref in own.items() if ref is not None}
        for name in module.modules:
            found |= self.child(name).tensors(f"{prefix}{name}.")
        return found

    def error(self, what: str) -> CheckpointError:
        """One sentence about this module."""
        return CheckpointError(
            f"{self.source} cannot be read as the generator that it says it is: its"
            f" {quoted(self.path)} {what}; it may come from a changed version of the original code"
        )

    def _value(self, name: str) -> Any:
        if name not in self.module.attributes:
            raise self.error(f"has no {quoted(name)}")
        return self.module.attributes[name]

    def _tensor(self, name: str) -> Any:
        found = self.module.parameters.get(name)
        found = self.module.buffers.get(name) if found is None else found
        if found is None:
            raise self.error(f"has no tensor {quoted(name)}")
        return found


def agree(values: Sequence[T], what: str, source: str) -> T:
    """The one value that all layers share."""
    if any(value != values[0] for value in values[1:]):
        different = ", ".join(sorted({_short(value) for value in values})[:4])
        raise CheckpointError(
            f"{source} mixes layers of different {what} ({different}), which no published network"
            f" does: {FORKED}"
        )
    return values[0]


def widths(by_resolution: Mapping[int, int], source: str) -> tuple[int, int]:
    """The channel base and maximum of features that are ``min(base // resolution, maximum)``.

    The smallest base that gives these widths, since several may: equal networks get equal
    descriptions.
    """
    most = max(by_resolution.values())
    least = max(r * width for r, width in by_resolution.items())
    for r, width in by_resolution.items():
        if width != min(least // r, most):
            raise CheckpointError(
                f"{source} has {width} features at {r} px, which does not follow from one channel"
                f" base: {FORKED}"
            )
    return least, most


def _short(value: object) -> str:
    return quoted(repr(value)[:100], 40)
