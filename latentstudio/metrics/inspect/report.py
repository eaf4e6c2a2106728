"""What was found out about a generator, ready for JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

import msgspec

from latentstudio.metrics.columns import Column
from latentstudio.metrics.disentanglement.dci import Dci
from latentstudio.metrics.disentanglement.layers import LayerResponse
from latentstudio.metrics.disentanglement.mig import Gaps
from latentstudio.metrics.disentanglement.response import LeakageMatrix
from latentstudio.metrics.disentanglement.separability import Separability
from latentstudio.metrics.estimate import Estimate
from latentstudio.metrics.path_length import PathLength, Space


class Headline(NamedTuple):
    """A number that spaces are compared by, with its 95% interval where that is known."""

    name: str
    better: Literal["lower", "higher"]
    value: float
    interval: tuple[float, float] | None = None


class SpaceReport(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of one latent space; None for what was not asked for, or could not be found.

    Attributes
    ----------
    space, dim
        Name, and how many codes it has.
    ppl_full, ppl_end
        Path lengths with steps anywhere, and at the beginning; each names its feature space.
    separability, dci, mig, sap
        Each says how it was found and where the factors come from.
    """

    space: Space
    dim: int
    ppl_full: PathLength | None = None
    ppl_end: PathLength | None = None
    separability: Separability | None = None
    dci: Dci | None = None
    mig: Gaps | None = None
    sap: Gaps | None = None

    def headlines(self) -> Iterator[Headline]:
        """What there is, in one order for all spaces."""
        for place, path in (("full", self.ppl_full), ("end", self.ppl_end)):
            if path:
                interval = Estimate(path.value, path.stderr).interval
                yield Headline(f"path length ({place})", "lower", path.value, interval)
        if self.separability:
            yield Headline("separability", "lower", self.separability.value)
            yield Headline("separability, bits", "lower", self.separability.mean_entropy)
        if self.dci:
            yield Headline("disentanglement", "higher", self.dci.disentanglement)
            yield Headline("completeness", "higher", self.dci.completeness)
            yield Headline("informativeness", "higher", self.dci.informativeness)
        for name, gaps in (("MIG", self.mig), ("SAP", self.sap)):
            if gaps:
                yield Headline(name, "higher", gaps.value)


class Fitted(msgspec.Struct, frozen=True, kw_only=True):
    """The direction behind a row of the leakage matrix.

    Attributes
    ----------
    attribute, value
        What it is to move.
    length
        Of the step, in latents.
    r2, r2_stderr
        Share of the attribute's variance that the direction explains in samples that it was not
        fitted to, and its standard error.
    weak
        Whether that is too little for a slider.
    """

    attribute: str
    value: str
    length: float
    r2: float
    r2_stderr: float
    weak: bool


class Leakage(msgspec.Struct, frozen=True, kw_only=True):
    """What moving each attribute does to all others.

    Attributes
    ----------
    space, method, n
        Where the directions lie, how they were found, and samples they were tried on.
    directions
        One for each row of the matrix.
    matrix
        In standard deviations over samples, with intervals.
    """

    space: Space
    method: str
    n: int
    directions: tuple[Fitted, ...]
    matrix: LeakageMatrix


class LeftOut(msgspec.Struct, frozen=True):
    """What is not in the report, and why: one sentence."""

    part: str
    why: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """An inspection and how to repeat it.

    Attributes
    ----------
    command, versions, finished, seconds
        How, with what, when (ISO 8601, UTC) and how long; what was kept took no time.
    checkpoint, checkpoint_hash, family, has_mapping
        Of the generator.
    classifier, classifier_hash, columns
        What read the attributes, and which numbers it reads.
    shown
        Columns in which samples differ; none where no samples were drawn.
    factors
        Where the factors come from, in words.
    num, seed
        Samples, and what they are drawn from.
    spaces
        z, and w where there is a mapping network.
    layers
        How much each layer decides each attribute.
    leakage
        What moving each attribute does to the others.
    left_out
        What is missing.
    difference
        Content hash of what has tuned the generator; empty for nothing.
    untouched
        What is known of the spaces of the generator without it.
    """

    command: str
    versions: dict[str, str]
    finished: str
    seconds: float
    checkpoint: str
    checkpoint_hash: str
    family: str
    has_mapping: bool
    classifier: str
    classifier_hash: str
    columns: tuple[Column, ...]
    shown: tuple[int, ...]
    factors: str
    num: int
    seed: int
    spaces: tuple[SpaceReport, ...]
    layers: LayerResponse | None = None
    leakage: Leakage | None = None
    left_out: tuple[LeftOut, ...] = ()
    difference: str = ""
    untouched: tuple[SpaceReport, ...] = ()

    @property
    def compared(self) -> dict[str, SpaceReport]:
        """Every space whose numbers are known, by a name for people."""
        own = {space.space: space for space in self.spaces}
        return own | {f"{space.space}, untouched": space for space in self.untouched}

    def side_by_side(self) -> Iterator[tuple[Headline | None, ...]]:
        """For each number a row: that of every space, in the order of ``compared``."""
        spaces = self.compared.values()
        tables = [{line.name: line for line in space.headlines()} for space in spaces]
        for name in dict.fromkeys(name for table in tables for name in table):
            yield tuple(table.get(name) for table in tables)
