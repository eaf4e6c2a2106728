"""The bundled samples belong to what is bundled beside them, and are what would be read today."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from latentstudio.document.sampling import Sampling
from latentstudio.engine.editing.bundle import build, checkpoints, open_desk
from latentstudio.engine.editing.population import BUNDLED, Store
from latentstudio.engine.editing.values import SAMPLES


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def far(kept: np.ndarray, fresh: np.ndarray) -> float:
    """Of the standard deviation: batches and machines differ in their last bits."""
    wide = kept.astype(np.float64)
    return float((np.abs(wide[: len(fresh)] - fresh) / wide.std(axis=0)).mean())


@pytest.mark.parametrize("path", checkpoints(), ids=lambda path: path.stem)
def test_it_is_what_would_be_read_today(path: Path, tmp_path: Path) -> None:
    desk, generator = open_desk(path, Store(tmp_path))
    kept = desk.outputs.view()
    assert kept.shape == (SAMPLES, desk.classifier.slices[-1].stop) and kept.dtype == np.float16
    fresh = desk.see(generator, Sampling(desk.checkpoint), 0, 4).numpy()
    assert far(kept, fresh) < 0.002
    known = desk.learned()
    assert known.complete and known.n == SAMPLES
    assert not list(tmp_path.iterdir())


def test_there_is_nothing_else() -> None:
    files = list(BUNDLED.iterdir())
    assert len(files) == len(checkpoints())
    assert sum(file.stat().st_size for file in files) < 3e6


def test_the_builder_reads_the_same_and_clears_up(tmp_path: Path) -> None:
    (tmp_path / "samples-of-before.npy").touch()
    build(tmp_path, 4)
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in BUNDLED.iterdir()}
    for path in tmp_path.iterdir():
        assert far(np.load(BUNDLED / path.name), np.load(path).astype(np.float64)) < 0.002
