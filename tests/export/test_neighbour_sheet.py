"""A sheet of neighbours: a sample, then the nearest pictures of the data, nearest first."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from latentstudio.export.neighbour_sheet import NEAREST, SAMPLES, neighbour_sheet


class Book:
    """Picture i is of shade i, larger than the samples."""

    def picture(self, number):
        return np.full((8, 6, 3), number, np.uint8)


@pytest.fixture
def reals():
    index = torch.arange(40).flip(0)  # row r shows picture 39 - r
    rows = torch.arange(40.0)[:, None].expand(40, 2).contiguous()
    return SimpleNamespace(side=SimpleNamespace(rows=rows, index=index), pictures=Book())


def test_rows_are_what_brute_force_finds(reals):
    samples = np.full((SAMPLES + 2, 4, 3, 3), 200, np.uint8)
    features = torch.linspace(0.3, 39.2, len(samples))[:, None].expand(-1, 2)
    sheet = neighbour_sheet(samples, features, reals)
    assert sheet.shape == (SAMPLES, 1 + NEAREST, 4, 3, 3)
    assert (sheet[:, 0] == 200).all()
    for row, vector in zip(sheet, features, strict=False):
        far = np.linalg.norm(reals.side.rows.numpy() - vector.numpy(), axis=1)
        assert row[1:, 0, 0, 0].tolist() == [39 - r for r in np.argsort(far)[:NEAREST]]
        assert (row == row[:, :1, :1]).all()


def test_there_is_none_without_pictures(reals):
    reals.pictures = None
    assert neighbour_sheet(np.zeros((1, 4, 4, 3), np.uint8), torch.zeros(1, 2), reals) is None


def test_too_few_reals_are_one_sentence(reals):
    reals.side.rows = reals.side.rows[:1]
    with pytest.raises(ValueError, match="fewer than two real pictures"):
        neighbour_sheet(np.zeros((1, 4, 4, 3), np.uint8), torch.zeros(1, 2), reals)
