"""A latent vector as plain data: float32 values that survive JSON exactly."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Literal

import msgspec
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_VALUES = 1 << 19  # four of them, in base64, stay below the 16 MiB of a recipe


class Vector(
    msgspec.Struct, frozen=True, tag="vector", tag_field="kind", forbid_unknown_fields=True
):
    """A point given by its numbers, such as one found by inversion.

    Attributes
    ----------
    space
        ``z`` [z_dim], ``w`` [w_dim] or ``w+`` [num_layers, w_dim].
    shape
        One or two positive sizes.
    data
        base64 of little-endian float32, row by row: exact, and a third of the digits' length.
    """

    space: Literal["z", "w", "w+"]
    shape: tuple[int, ...]
    data: str

    def __post_init__(self) -> None:
        values = self.values()
        if not np.isfinite(values).all():
            raise ValueError("vector.data holds values that are not finite")

    @classmethod
    def of(cls, space: Literal["z", "w", "w+"], values: NDArray[np.float32]) -> Vector:
        """Pack an array of one dimension (z, w) or two (w+)."""
        raw = np.ascontiguousarray(values, dtype="<f4")
        return cls(space, tuple(raw.shape), base64.b64encode(raw.tobytes()).decode("ascii"))

    def values(self) -> NDArray[np.float32]:
        """Return the numbers, float32 of ``shape``."""
        if len(self.shape) != (2 if self.space == "w+" else 1) or min(self.shape) < 1:
            raise ValueError(f"vector.shape {list(self.shape)} does not fit the space {self.space}")
        count = 1
        for size in self.shape:
            count *= size
        if count > MAX_VALUES:
            raise ValueError(f"vector.shape {list(self.shape)} has more than {MAX_VALUES} values")
        try:
            raw = base64.b64decode(self.data, validate=True)
        except (binascii.Error, ValueError) as error:
            raise ValueError("vector.data is not base64") from error
        if len(raw) != 4 * count:
            raise ValueError(f"vector.data has {len(raw)} bytes; the shape needs {4 * count}")
        return np.frombuffer(raw, dtype="<f4").reshape(self.shape).astype(np.float32)
