"""Live numbers while a setting moves: features of the same samples, interpolated between nodes.

The same seeds are drawn at a few values of the setting, and between two of them each sample's
features are interpolated: what one seed has more than another is in both ends, so that numbers
of neighbouring values differ by the setting alone. What features do between the nodes beyond a
straight line is lost, which mostly makes the FID too high there; twice as many nodes about halve
that. :meth:`.PsiGrid.check` says what it is.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from latentstudio.document.sampling import Sampling
from latentstudio.metrics.frechet import covariance_factor
from latentstudio.metrics.live.entered import entered
from latentstudio.metrics.live.held import held
from latentstudio.metrics.live.line_ends import Inner, PairsEnd, Reals
from latentstudio.metrics.live.line_frechet import FrechetEnd, FrechetLine
from latentstudio.metrics.live.line_kernel import KernelLine
from latentstudio.metrics.live.line_shares import SharesLine
from latentstudio.metrics.quality import Quality, assembled
from latentstudio.metrics.real_side import NEIGHBOURS, RealSide

_ENDS = 3  # nodes whose tables are kept: those about the present place
_GROWTH = 1.25


class FeatureGrid:
    """Numbers at any value of a setting, from features of the same samples at some values.

    Up to rounding, those of :func:`~latentstudio.metrics.quality.score` for features that are
    interpolated linearly between the two nodes about the value, sample by sample; only the
    standard errors of the FID are those at the nodes, interpolated. Not for several threads at
    once.

    Parameters
    ----------
    real
        The reals.
    nodes
        Values of the setting, at least two, ascending.
    size
        How many samples there will be.
    name
        Of the setting, for messages.

    Attributes
    ----------
    n
        Samples complete at every node: all before the first that is missing anywhere.

    Notes
    -----
    What the first answer between two nodes costs, :meth:`prepare` can do ahead in steps. While
    samples come in, answers stay with the number of samples of the first, until there are a
    quarter more or all: ``Quality.n`` says how many.
    """

    def __init__(
        self, real: RealSide, nodes: Sequence[float], *, size: int = 1024, name: str = "the setting"
    ) -> None:
        self.nodes = tuple(float(node) for node in nodes)
        if len(self.nodes) < 2 or list(self.nodes) != sorted(set(self.nodes)):
            raise ValueError(f"a grid needs at least two ascending values; these are {self.nodes}")
        if size <= NEIGHBOURS:
            raise ValueError(f"a grid of {size} samples is too small: take {NEIGHBOURS + 1}")
        self.size, self.n = size, 0
        self._real, self._name = real, name
        self._factor = covariance_factor(real.statistics)
        self._features = torch.empty(len(self.nodes), size, real.statistics.dim)
        self._there = torch.zeros(len(self.nodes), size, dtype=torch.bool)
        self._used = 0
        self._reals: Reals | None = None
        self._ends: OrderedDict[int, tuple[FrechetEnd, PairsEnd]] = OrderedDict()
        self._lines: dict[int, tuple[FrechetLine, KernelLine, SharesLine]] = {}
        self._work: dict[int, Iterator[None]] = {}

    @property
    def nbytes(self) -> int:
        """Bytes that are kept, those of what was prepared included; the reals are another's."""
        kept = self._features, self._reals, self._ends, self._lines
        return held(kept, {id(self._real.statistics)})

    def missing(self, block: int = 64) -> tuple[int, int, int] | None:
        """What to draw next, so that blocks of samples become complete at all nodes in turn.

        Returns
        -------
        tuple of int, or None
            Node number, first sample, and one past the last; None when all is there.
        """
        start = self.n // block * block
        for k in range(len(self.nodes) * (start < self.size)):
            lacking = (~self._there[k, start : start + block]).nonzero()[:, 0]
            if len(lacking):
                return k, start + int(lacking[0]), start + int(lacking[-1]) + 1
        return None

    def put(self, k: int, start: int, features: Tensor) -> None:
        """Enter what was drawn.

        Parameters
        ----------
        k
            Number of the node.
        start
            Number of the first sample.
        features
            [b, d], of samples ``start`` on; kept as float32.

        Raises
        ------
        ValueError
            When they do not fit or are not finite; nothing has changed then.
        """
        narrow = entered(features, self._features.shape[2])
        stop = start + len(narrow)
        if not (0 <= k < len(self.nodes) and start >= 0 and stop <= self.size):
            raise ValueError(
                f"samples {start} to {stop - 1} at node {k} are outside the grid of"
                f" {len(self.nodes)} nodes and {self.size} samples"
            )
        self._features[k, start:stop] = narrow
        self._there[k, start:stop] = True
        lacking = (~self._there.all(dim=0)).nonzero()
        self.n = int(lacking[0, 0]) if len(lacking) else self.size
        if start < self._used:
            self._forget(0)

    def features(self, at: float, n: int | None = None) -> Tensor:
        """Features of the first n samples (all that are complete), interpolated: float64 [n, d]."""
        k, t = self._place(at)
        first, last = self._features[k : k + 2, : self.n if n is None else n].double()
        interpolated: Tensor = first * (1.0 - t) + last * t
        return interpolated

    def prepare(self, at: float) -> bool:
        """Do one step of what an answer at this value needs; False when nothing was left to do."""
        self._settle()
        k, _ = self._place(at)
        if k in self._lines:
            return False
        try:
            next(self._work.setdefault(k, self._build(k)), None)
        except Exception:
            del self._work[k]  # what failed begins anew
            raise
        return True

    def quality(self, at: float, sampling: Sampling | None = None) -> Quality:
        """All numbers at a value of the setting, of the kind ``interpolated``.

        Parameters
        ----------
        at
            Within the nodes.
        sampling
            For the answer.

        Raises
        ------
        ValueError
            Outside the nodes, or below four complete samples.
        """
        while self.prepare(at):
            pass
        k, t = self._place(at)
        frechet, kernel, shares = self._lines[k]
        return assembled(
            self._real,
            self._used,
            *frechet.estimates(t),
            kernel.estimate(t),
            shares.scores(t),
            sampling,
            "interpolated",
        )

    def _place(self, at: float) -> tuple[int, float]:
        """Number of the node below, and how far it is from there to the next, 0 to 1."""
        first, last = self.nodes[0], self.nodes[-1]
        if not first <= at <= last:
            raise ValueError(
                f"{self._name} = {at:g} is outside the grid from {first:g} to {last:g}"
            )
        k = min(bisect_right(self.nodes, at), len(self.nodes) - 1) - 1
        return k, (at - self.nodes[k]) / (self.nodes[k + 1] - self.nodes[k])

    def _settle(self) -> None:
        n = self.n
        if n <= NEIGHBOURS or len(self._real.rows) <= NEIGHBOURS:
            raise ValueError(
                f"the numbers need at least {NEIGHBOURS + 1} samples on each side; there are {n}"
                f" at every value of {self._name}, and {len(self._real.rows)} reals"
            )
        if n >= _GROWTH * self._used or (n == self.size != self._used):
            self._forget(n)

    def _forget(self, used: int) -> None:
        self._used, self._reals = used, None
        self._ends.clear()
        self._lines.clear()
        self._work.clear()

    def _build(self, k: int) -> Iterator[None]:
        """Make the line from node k to the next, in steps."""
        if self._reals is None:
            self._reals = Reals(self._real, min(self._used, len(self._real.rows)))
            yield
        reals, statistics, ends = self._reals, self._real.statistics, []
        for node in (k, k + 1):
            if node not in self._ends:
                features = self._features[node, : self._used]
                pairs = PairsEnd(reals, features[: reals.m])
                self._ends[node] = FrechetEnd(statistics, self._factor, features), pairs
                yield
            self._ends.move_to_end(node)
            ends.append(self._ends[node])
        while len(self._ends) > _ENDS:
            self._ends.popitem(last=False)
        (a, pairs_a), (b, pairs_b) = ends
        frechet = FrechetLine(statistics, a, b)
        yield
        middle = Inner((pairs_a.rows + pairs_b.rows) / 2)
        kernel = KernelLine(reals, pairs_a, pairs_b, middle)
        yield
        shares = SharesLine(reals, pairs_a, pairs_b, middle)
        self._lines[k] = frechet, kernel, shares
        del self._work[k]
