"""What truncation does to minorities: their shares at every psi that was measured. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from latentstudio.ui.samples.blocks import Row

if TYPE_CHECKING:
    from latentstudio.document.sampling import Sampling
    from latentstudio.ui.samples.compared import Composition

ENOUGH = 200  # samples before a share is told
RARE = 0.34  # a minority's largest share in the data
SHOWN = 3


@dataclass(frozen=True)
class Line:
    """A minority's share over psi, as a multiple of its share in the data.

    Attributes
    ----------
    name
        Such as ``Hat: brim``.
    points
        (psi, multiple, lower and upper end of its 95% interval), by psi.
    """

    name: str
    points: tuple[tuple[float, float, float, float], ...]


class Trace:
    """Remembers compositions that differ in psi alone."""

    def __init__(self) -> None:
        self._of: tuple[Sampling, int] | None = None
        self._rows: dict[float, dict[str, Row]] = {}

    def add(self, composition: Composition) -> None:
        """Take a composition over; one of other settings or data begins anew."""
        setting = composition.sampling.with_psi(0.0), composition.m
        if setting != self._of:
            self._of, self._rows = setting, {}
        if composition.n >= ENOUGH:
            self._rows[composition.sampling.truncation.psi] = {
                f"{block.title}: {row.label}": row
                for block in composition.blocks
                for row in block.rows
            }

    def lines(self) -> tuple[Line, ...]:
        """Of those that lose most, the worst first; nothing below two psi."""
        if len(self._rows) < 2:
            return ()
        anywhere = next(iter(self._rows.values()))
        rare = [
            name
            for name, row in anywhere.items()
            if row.data is not None and 0.0 < row.data.value <= RARE
        ]
        lines = [Line(name, self._points(name)) for name in rare]
        # By the upper ends: what is certain counts, not what a few samples seem to say.
        lines.sort(key=lambda line: min(high for _, _, _, high in line.points))
        return tuple(lines[:SHOWN])

    def _points(self, name: str) -> tuple[tuple[float, float, float, float], ...]:
        points = []
        for psi in sorted(self._rows):
            row = self._rows[psi][name]
            if row.data is not None and row.samples is not None:
                unit, share = row.data.value, row.samples
                points.append((psi, share.value / unit, share.low / unit, share.high / unit))
        return tuple(points)
