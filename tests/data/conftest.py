"""Small folders of pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import tests.strategies  # noqa: F401  (registers the profile)


def noise(width: int, height: int, channels: int = 3, seed: int = 0) -> np.ndarray:
    """uint8 [height, width, channels], or [height, width] for one channel."""
    shape = (height, width, channels) if channels > 1 else (height, width)
    return np.random.RandomState(seed).randint(0, 256, shape).astype(np.uint8)


@pytest.fixture
def draw():
    """``draw(path, width, height, channels, seed)`` writes a random picture."""

    def make(path: Path, width: int = 20, height: int = 20, channels: int = 3, seed: int = 0):
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = noise(width, height, channels, seed)
        Image.fromarray(pixels).save(path)
        return pixels

    return make


@pytest.fixture
def animals(tmp_path, draw):
    """Seven PNG files of 20 px in the folders cat and dog."""
    folder = tmp_path / "animals"
    for i in range(4):
        draw(folder / "cat" / f"{i}.png", seed=i)
    for i in range(3):
        draw(folder / "dog" / f"deep/{i}.png", seed=10 + i)
    return folder
