"""Sheets of pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from trainer.grid import make_grid, save_grid, to_uint8


def test_range_is_mapped_rounded_and_clamped() -> None:
    values = torch.tensor([-2.0, -1.0, 0.0, 1.0, 1.5])
    assert to_uint8(values).tolist() == [0, 0, 128, 255, 255]


def test_pictures_lie_row_by_row() -> None:
    shades = torch.tensor([-1.0, 0.0, 1.0]).reshape(3, 1, 1, 1).expand(3, 3, 2, 4)
    sheet = make_grid(shades, columns=2)
    assert sheet.shape == (4, 8, 3)
    assert sheet[0, 0, 0] == 0
    assert sheet[0, 4, 0] == 128
    assert sheet[2, 0, 0] == 255
    assert sheet[2, 4, 0] == 0  # no fourth picture


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB"), (4, "RGBA")])
def test_file_holds_the_sheet(tmp_path: Path, channels: int, mode: str) -> None:
    images = torch.rand(4, channels, 8, 8) * 2 - 1
    path = tmp_path / "new" / "sheet.png"
    save_grid(images, path)
    with Image.open(path) as file:
        assert file.mode == mode
        assert np.array_equal(np.asarray(file).reshape(16, 16, channels), make_grid(images))
    assert list(path.parent.iterdir()) == [path]
