"""Which layers hold the hair: what changes when one layer's w is another picture's.

Each sample's row for one layer is swapped for that of a donor, all others stay: style mixing
(Karras et al. 2019, section 3.1) as a measurement. The squared change of each reading, in standard
deviations over samples, says how much that layer decides; over all layers it is made into shares.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from torch import Tensor

from latentstudio.metrics.columns import Column, difference
from latentstudio.metrics.disentanglement.codes import Floats, floats

if TYPE_CHECKING:
    from latentstudio.metrics.api import Table
    from latentstudio.metrics.population import Population

Read = Callable[[Tensor], "Table"]
Rows = tuple[tuple[float, ...], ...]


class LayerResponse(msgspec.Struct, frozen=True, kw_only=True):
    """How much each layer decides each column; ready for JSON.

    Attributes
    ----------
    columns
        What is read, in order.
    change
        [layers][columns]: mean squared change in variances. Two unrelated pictures differ by 2.
    share, low, high
        [layers][columns]: a layer's part of the change that all layers make, 0 to 1, with its 95%
        interval; 0, within 0 to 1, where no layer changes anything. Layers that act together are
        not told apart: a share is of swaps of one layer, not of the picture.
    n, of
        Samples so far, and in all.
    method, source
        How the number was found, and who reads the columns.
    """

    columns: tuple[Column, ...]
    change: Rows
    share: Rows
    low: Rows
    high: Rows
    n: int
    of: int
    method: str
    source: str


def layer_response(
    ws: Tensor,
    donors: Tensor,
    read: Read,
    population: Population,
    *,
    source: str,
    batch: int = 16,
) -> Iterator[LayerResponse]:
    """What each layer changes, better with every slice.

    Parameters
    ----------
    ws, donors
        [n, layers, w_dim] each, drawn apart, so that samples are independent; n at least 2.
    read
        ws [b, layers, w_dim] to readings [b, c].
    population
        Of the generator: names the columns and their standard deviations.
    source
        Who reads them.
    batch
        Samples a slice, at least 2: it makes ``batch (layers + 1)`` pictures, at most ``batch``
        at a time.

    Yields
    ------
    LayerResponse
        After each slice, of all samples so far; the last one is of all. Stop whenever it will do.

    Raises
    ------
    ValueError
        For shapes that do not belong together, fewer than 2 samples, or readings not finite.
    """
    if ws.ndim != 3 or ws.shape != donors.shape or min(len(ws), batch) < 2:
        raise ValueError(
            f"ws {list(ws.shape)} and donors {list(donors.shape)} in slices of {batch}: expected"
            " [n, layers, w_dim] twice, and 2 samples or more"
        )
    columns = population.columns
    # The last slice takes a single one that would be left over.
    starts = [start for start in range(0, len(ws), batch) if len(ws) - start > 1]
    parts: list[Floats] = []
    for start, stop in zip(starts, [*starts[1:], len(ws)], strict=True):
        own, other = ws[start:stop], donors[start:stop]
        before = floats(read(own), "the readings")
        changes = []
        for layer in range(ws.shape[1]):
            swapped = own.clone()
            swapped[:, layer] = other[:, layer]
            after = floats(read(swapped), "the readings")
            changes.append(np.square(difference(columns, before, after) / population.unit))
        parts.append(np.stack(changes, axis=1))
        yield _response(np.concatenate(parts), columns, len(ws), source)


def _response(changes: Floats, columns: tuple[Column, ...], of: int, source: str) -> LayerResponse:
    """From squared changes [n, layers, c]."""
    n = len(changes)
    mean = changes.mean(axis=0)
    total = mean.sum(axis=0)
    whole = np.where(total > 0.0, total, 1.0)
    share = mean / whole
    # A share is a ratio of means: to first order a sample moves it by this.
    influence = (changes - share * changes.sum(axis=1, keepdims=True)) / whole
    half = 1.96 * influence.std(axis=0, ddof=1) / np.sqrt(n)
    low = np.where(total > 0.0, share - half, 0.0).clip(0.0, 1.0)
    high = np.where(total > 0.0, share + half, 1.0).clip(0.0, 1.0)
    return LayerResponse(
        columns=columns,
        change=_rows(mean),
        share=_rows(share),
        low=_rows(low),
        high=_rows(high),
        n=n,
        of=of,
        method="squared change when one layer's w is another sample's",
        source=source,
    )


def _rows(table: Floats) -> Rows:
    return tuple(tuple(row) for row in table.tolist())
