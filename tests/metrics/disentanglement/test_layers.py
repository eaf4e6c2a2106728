from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest
import torch

from latentstudio.metrics.columns import Column
from latentstudio.metrics.disentanglement.layers import LayerResponse, layer_response
from latentstudio.metrics.population import Population

COLUMNS = (Column("hair"), Column("smile"), Column("both"), Column("hue", period=360.0, span=360.0))


def read(ws):
    hue = (170 + 10 * ws[:, 2, 1]) % 360  # crosses the seam
    return torch.stack([3 * ws[:, 0, 0], ws[:, 1].sum(1), ws[:, 0, 1] + 2 * ws[:, 2, 0], hue], 1)


def population():
    sd = np.array([3.0, math.sqrt(2), math.sqrt(5), 20.0])
    return Population(COLUMNS, 100, np.zeros(4), sd, np.zeros(4), sd)


def drawn(n, seed=0):
    random = np.random.RandomState(seed)
    return (torch.from_numpy(random.randn(n, 3, 2)) for _ in range(2))


def test_shares_of_a_known_generator() -> None:
    *_, got = layer_response(*drawn(4000), read, population(), source="toy", batch=1000)
    want = [[1, 0, 0.2, 0], [0, 1, 0, 0], [0, 0, 0.8, 1]]
    assert np.array(got.share) == pytest.approx(np.array(want), abs=0.02)
    # All of a column's variance in one layer: unrelated pictures, a change of 2.
    assert got.change[0][0] == pytest.approx(2, abs=0.2)
    assert got.change[0][1] == 0
    assert got.change[2][3] == pytest.approx(2 * (10 / 20) ** 2, abs=0.05)
    assert (got.n, got.of, got.columns, got.source) == (4000, 4000, COLUMNS, "toy")
    assert msgspec.json.decode(msgspec.json.encode(got), type=LayerResponse) == got


def test_the_circle_the_short_way_round() -> None:
    seam = (Column("hue", period=360.0, span=360.0),)
    one = Population(seam, 9, np.zeros(1), np.full(1, 10.0), np.zeros(1), np.full(1, 10.0))
    ws, donors = torch.full((4, 1, 1), 355.0), torch.full((4, 1, 1), 5.0)
    (got,) = layer_response(ws, donors, lambda ws: ws[:, 0], one, source="toy")
    assert got.change[0][0] == pytest.approx((10 / 18) ** 2 if one.unit[0] == 18 else 1)
    assert got.share == ((1,),)


def test_slices_go_on_from_each_other_and_may_be_left() -> None:
    ws, donors = drawn(33)
    run = layer_response(ws, donors, read, population(), source="toy", batch=8)
    first = next(run)
    assert (first.n, first.of) == (8, 33)
    *_, alone = layer_response(ws[:8], donors[:8], read, population(), source="toy")
    assert first.share == alone.share
    rest = list(run)
    assert [got.n for got in rest] == [16, 24, 33]  # no slice of a single one
    (whole,) = layer_response(ws, donors, read, population(), source="toy", batch=40)
    assert np.array(rest[-1].share) == pytest.approx(np.array(whole.share))
    run = layer_response(ws, donors, read, population(), source="toy", batch=8)
    next(run)
    run.close()


def test_the_interval_holds_the_share() -> None:
    inside = 0
    for seed in range(200):
        (got,) = layer_response(*drawn(60, seed), read, population(), source="toy", batch=60)
        inside += got.low[0][2] <= 0.2 <= got.high[0][2]
    assert inside >= 178  # 95% less four deviations: the ratio's interval is of first order


def test_what_nothing_changes() -> None:
    (got,) = layer_response(
        *drawn(8), lambda ws: ws[:, 0, :1].expand(-1, 4) * 0, population(), source="toy"
    )
    assert got.share[0] == (0, 0, 0, 0) and got.low[0] == (0,) * 4 and got.high[0] == (1,) * 4


def test_the_latents_stay_as_they_were() -> None:
    ws, donors = drawn(8)
    before = ws.clone()
    list(layer_response(ws, donors, read, population(), source="toy"))
    assert torch.equal(ws, before)


def test_refusals() -> None:
    ws, donors = drawn(8)
    for bad in (
        (ws, donors[:4], 8),
        (ws[:1], donors[:1], 8),
        (ws[:, 0], donors[:, 0], 8),
        (ws, donors, 1),
    ):
        with pytest.raises(ValueError, match="2 samples or more"):
            next(layer_response(*bad[:2], read, population(), source="toy", batch=bad[2]))
    with pytest.raises(ValueError, match="the readings: some numbers"):
        next(layer_response(ws, donors, lambda ws: read(ws) * math.nan, population(), source="toy"))
