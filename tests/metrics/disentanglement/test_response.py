from __future__ import annotations

import msgspec
import numpy as np
import pytest

from latentstudio.metrics.columns import Column
from latentstudio.metrics.disentanglement.response import (
    LeakageMatrix,
    leakage_matrix,
    leakage_row,
)
from latentstudio.metrics.population import Population

COLUMNS = (
    Column("smile", span=1.0),
    Column("hair", "black", "categorical"),
    Column("hair", "fair", "categorical"),
    Column("yaw", span=2.0),
)
SD = np.array([0.5, 0.4, 0.4, 0.25])
POPULATION = Population(COLUMNS, 99, np.zeros(4), SD, np.zeros(4), SD)


def moved(by, n=40):
    before = np.random.RandomState(0).rand(n, 4)
    return before, before + np.array(by)


def test_rows_by_hand() -> None:
    row = leakage_row("a smile", ("smile", ""), POPULATION, *moved([0.5, 0, -0.1, 0.25 / 4]))
    assert [leak.mean for leak in row.leaks] == pytest.approx([1, 0, -0.25, 0.25])
    assert row.leaks[3].low == pytest.approx(0.25) and row.leaks[3].high == pytest.approx(0.25)
    assert row.share == pytest.approx(1 / 1.5) and row.n == 40
    assert (row.name, row.attribute, row.value) == ("a smile", "smile", "")
    assert row.worst in (2, 3)


def test_other_classes_of_the_target_give_way() -> None:
    row = leakage_row("black", ("hair", "black"), POPULATION, *moved([0.05, 0.4, -0.4, 0]))
    assert row.share == pytest.approx(1 / 1.1) and row.worst == 0
    assert row.leaks[2].mean == pytest.approx(-1)  # but it is told


def test_the_mean_may_cancel_where_the_size_does_not() -> None:
    before = np.zeros((40, 4))
    after = before.copy()
    after[:, 0], after[::2, 3], after[1::2, 3] = 0.5, 0.25, -0.25
    row = leakage_row("smile", ("smile", ""), POPULATION, before, after)
    assert (row.leaks[3].mean, row.leaks[3].size) == pytest.approx((0, 1))
    assert row.share == pytest.approx(1)


def test_a_matrix() -> None:
    rows = [
        leakage_row("smile", ("smile", ""), POPULATION, *moved([0.5, 0, 0, 0])),
        leakage_row("turn", ("yaw", ""), POPULATION, *moved([0.5, 0, 0, 0.25])),
    ]
    got = leakage_matrix(rows, COLUMNS, source="toy")
    assert [row.share for row in got.rows] == pytest.approx([1, 0.5])
    assert (got.share, got.source, got.columns) == (pytest.approx(0.75), "toy", COLUMNS)
    assert msgspec.json.decode(msgspec.json.encode(got), type=LeakageMatrix) == got


def test_a_single_column_has_nothing_beside_it() -> None:
    one = Population(COLUMNS[:1], 99, np.zeros(1), SD[:1], np.zeros(1), SD[:1])
    row = leakage_row("smile", ("smile", ""), one, np.zeros((3, 1)), np.ones((3, 1)))
    assert (row.share, row.worst) == (1, -1)


def test_refusals() -> None:
    with pytest.raises(ValueError, match="Beard"):
        leakage_row("beard", ("beard", ""), POPULATION, *moved([0, 0, 0, 0]))
    with pytest.raises(ValueError, match="moves nothing"):
        leakage_row("smile", ("smile", ""), POPULATION, *moved([0, 0, 0, 0]))
    with pytest.raises(ValueError, match="at least 2"):
        leakage_row("smile", ("smile", ""), POPULATION, *moved([1, 0, 0, 0], n=1))
    row = leakage_row("smile", ("smile", ""), POPULATION, *moved([1, 0, 0, 0]))
    for rows, columns in (([], COLUMNS), ([row], COLUMNS[:2])):
        with pytest.raises(ValueError, match="a leakage matrix needs rows"):
            leakage_matrix(rows, columns, source="toy")
