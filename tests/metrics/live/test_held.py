from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import torch

from latentstudio.metrics.frechet import Statistics
from latentstudio.metrics.live.feature_grid import FeatureGrid
from latentstudio.metrics.live.held import held
from latentstudio.metrics.quality import RealSide


def test_counts_what_is_inside_once() -> None:
    table, other = torch.zeros(3, 4), np.zeros(5)
    thing = SimpleNamespace(a=table, b=[other, {"again": table}], c="text", d=None, e=2.0)
    assert held(thing) == 48 + 40
    assert held((thing, thing.b), {id(other)}) == 48
    thing.itself = thing
    assert held(thing) == 88


def test_a_grid_counts_what_it_prepared_but_not_the_reals() -> None:
    rows = torch.randn(500, 4, generator=torch.Generator().manual_seed(0))
    side = RealSide("toy", "", "", Statistics.of(rows), rows)
    grid = FeatureGrid(side, [0.0, 1.0, 2.0], size=100)
    empty = grid.nbytes
    assert empty == 3 * 100 * 4 * 4
    for k in range(3):
        grid.put(k, 0, rows[100 * k : 100 * (k + 1)])
    grid.quality(0.5)
    one = grid.nbytes - empty
    assert one > 100 * 100 * 4, "a table of the samples among themselves, and more"
    grid.quality(1.5)
    assert one < grid.nbytes - empty < 2 * one, "an end and the reals are shared"
