from __future__ import annotations

import numpy as np
import pytest

from latentstudio.engine.live.rows import Rows


def test_views_stay_as_they_were_while_rows_are_added() -> None:
    rows, views = Rows(), []
    for i in range(40):
        rows.append(np.full((3, 2), i, np.float32))
        views.append(rows.view())
    want = np.repeat(np.arange(40, dtype=np.float32), 3)
    assert rows.n == 120 and np.array_equal(rows.view()[:, 1], want)
    for i, view in enumerate(views):
        assert view.shape == (3 * i + 3, 2) and np.array_equal(view[:, 0], want[: 3 * i + 3])
    assert np.array_equal(rows.view(5, 8)[:, 0], want[5:8])
    assert rows.nbytes <= 2 * rows.view().nbytes


def test_views_cannot_be_written_to_and_the_writer_still_can() -> None:
    rows = Rows()
    rows.append(np.zeros((1, 2), np.uint8))
    with pytest.raises(ValueError, match="read-only"):
        rows.view()[0] = 1
    rows.append(np.ones((1, 2), np.uint8))
    assert rows.view().dtype == np.uint8 and rows.view().tolist() == [[0, 0], [1, 1]]


def test_nothing_is_an_empty_view() -> None:
    assert len(Rows().view()) == 0
