"""Arrays that grow at their end: one thread writes, any may read. No torch."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


class Rows:
    """Rows of equal shape, appended by one thread; what was once seen never changes."""

    def __init__(self) -> None:
        self._values: NDArray[Any] = np.empty(0)
        self.n = 0  # raised after the rows are there, so that readers never see empty ones

    @property
    def nbytes(self) -> int:
        """Bytes that are taken, spare ones included."""
        return self._values.nbytes

    def append(self, values: NDArray[Any]) -> None:
        """Add rows [m, ...]; the first ones decide on shape and type."""
        end = self.n + len(values)
        if end > len(self._values):
            grown = np.empty((max(end, 2 * self.n), *values.shape[1:]), values.dtype)
            if self.n:
                grown[: self.n] = self._values[: self.n]
            self._values = grown  # views of the old one stay as they are
        self._values[self.n : end] = values
        self.n = end

    def view(self, start: int = 0, stop: int | None = None) -> NDArray[Any]:
        """Rows ``start`` to ``stop - 1`` (None: all there are); read-only, nothing is copied."""
        stop = self.n if stop is None else stop
        view = self._values[start:stop].view()
        view.flags.writeable = False
        return view
