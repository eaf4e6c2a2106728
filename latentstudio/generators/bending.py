"""Network bending: changes of what single channels carry, while a picture is drawn."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Protocol

from torch import Tensor


class LayerBend(Protocol):
    """What a bend says; see :class:`latentstudio.document.edit.Bend`."""

    @property
    def layer(self) -> int: ...
    @property
    def channels(self) -> tuple[int, ...]: ...
    @property
    def kind(self) -> str: ...
    @property
    def amount(self) -> float: ...


class Bending:
    """The bends of a recipe as a :class:`~latentstudio.generators.tap.Tap`."""

    def __init__(self, bends: Sequence[LayerBend]) -> None:
        self.bends = tuple(bends)

    def style(self, layer: int, style: Tensor) -> Tensor:
        raise NotImplementedError

    def features(self, layer: int, x: Tensor) -> Tensor:
        raise NotImplementedError

    def state(self, layer: int) -> Hashable:
        raise NotImplementedError
