"""The bundled grid belongs to what is bundled beside it, and is what would be drawn today."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from latentstudio.checkpoints.header import read_header
from latentstudio.engine.live import grid as live_grid
from latentstudio.engine.live import store as live_store
from latentstudio.engine.live.bundle import CHECKPOINT, build, bundled_parts
from latentstudio.engine.live.store import BUNDLED, Store
from latentstudio.generators.protocol import Generator
from latentstudio.metrics.quality import generate_features
from latentstudio.metrics.spaces.features import Features

Parts = tuple[live_grid.Grid, Generator, Features]


def far(rows: Any, fresh: Any) -> float:
    """Mean distance of two sets of features; 0.09 between neighbouring knots.

    Pictures are seen in 8 bits: the last bit of a float, which batches and machines differ by,
    decides on a level of a pixel here and there.
    """
    return float(np.abs(np.asarray(rows, float) - np.asarray(fresh, float)).mean())


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture
def parts() -> Parts:
    """An empty grid, the generator and the features."""
    return bundled_parts()


def test_the_file_names_what_is_bundled(parts: Parts) -> None:
    (path,) = BUNDLED.iterdir()
    assert path.stat().st_size < 3e6
    with np.load(path) as archive:
        head = json.loads(archive["head"].tobytes())
        shapes = {archive[f"row{k}"].shape for k in range(24)}
    header = read_header(CHECKPOINT)
    assert head["sampling"]["checkpoint"] == header.info.content_hash
    assert head["data"] == header.data["sha256"]
    assert head["features"] == parts[2].content_hash
    assert head["axis"][1] == pytest.approx(np.linspace(0, 1, 21))
    assert shapes == {(512, 96)}


def test_it_is_what_would_be_drawn_today(parts: Parts, tmp_path: Path) -> None:
    grid, generator, features = parts
    Store(tmp_path / "new").load(grid, features)
    assert grid.stage == grid.kept == (512, 512) and not grid.missing
    for k in (7, 20, 22):  # two knots, and a check
        fresh = generate_features(generator, features, grid.samplings[k], 4)
        assert far(grid.rows[k].view(0, 4), fresh) < 0.003
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("damage", ["cut", "other"])
def test_a_damaged_file_is_as_if_it_were_not_there(
    parts: Parts, tmp_path: Path, monkeypatch: Any, damage: str
) -> None:
    grid, _, features = parts
    (path,) = BUNDLED.iterdir()
    monkeypatch.setattr(live_store, "BUNDLED", tmp_path)
    copied = tmp_path / path.name
    shutil.copy(path, copied)
    if damage == "cut":
        copied.write_bytes(path.read_bytes()[:-1000])
    else:
        with np.load(path) as archive:
            arrays = dict(archive)
        arrays["head"][-3] ^= 1
        np.savez(copied, **arrays)
    Store(tmp_path / "new").load(grid, features)
    assert grid.stage == (0, 0)


def test_the_users_own_goes_first_unless_it_is_damaged(parts: Parts, tmp_path: Path) -> None:
    grid, _, features = parts
    (path,) = BUNDLED.iterdir()
    with np.load(path) as archive:
        own = {name: values[:64] if name != "head" else values for name, values in archive.items()}
    np.savez(tmp_path / path.name, **own)
    Store(tmp_path).load(grid, features)
    assert grid.stage == (64, 64)
    (tmp_path / path.name).write_bytes(b"no archive")
    again = bundled_parts()[0]
    Store(tmp_path).load(again, features)
    assert again.stage == (512, 512)


def test_the_builder_draws_the_same_and_clears_up(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(live_grid, "LEVELS", (4,))
    (path,) = BUNDLED.iterdir()
    (tmp_path / "grid-of-before.npz").touch()
    build(tmp_path)
    (built,) = tmp_path.iterdir()
    assert built.name == path.name
    with np.load(built) as few, np.load(path) as many:
        for k in range(24):
            assert far(few[f"row{k}"], many[f"row{k}"][:4]) < 0.003
    before = built.read_bytes()
    build(tmp_path)
    assert built.read_bytes() == before
