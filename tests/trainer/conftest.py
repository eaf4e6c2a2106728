"""Small pictures and small runs, so that every test trains in well under a second."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch

from trainer.presets import Preset, RunConfig

SIZE = 16


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Bits depend on how sums are split between threads."""
    torch.set_num_threads(1)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A data folder with 40 random pictures of 16 px."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    random = np.random.RandomState(0)
    colours = random.randint(0, 256, (40, 3, 4, 4)).astype(np.uint8)
    np.save(folder / "images.npy", colours.repeat(4, axis=2).repeat(4, axis=3))
    (folder / "dataset.json").write_text('{"name": "squares", "sha256": "ab12"}')
    return folder


@pytest.fixture
def small(pictures: Path) -> Callable[..., RunConfig]:
    """Configurations of tiny runs: ``small("dcgan", kimg=0.1, gamma=2.0)``."""

    def make(name: str = "stylegan2", **changes: object) -> RunConfig:
        if name == "stylegan2":
            both = {"channel_base": 128, "channel_max": 8}
            own = {"z_dim": 8, "w_dim": 8, "mapping_layers": 2, **both}
            networks: dict[str, object] = {"generator_args": own, "discriminator_args": both}
        else:
            networks = {
                "generator_args": {"z_dim": 8, "ngf": 4},
                "discriminator_args": {"ndf": 4, "batch_norm": False},
            }
        fields = set(Preset.__struct_fields__)
        method = {key: value for key, value in changes.items() if key in fields}
        rest = {key: value for key, value in changes.items() if key not in fields}
        base = Preset(name=name, generator=name, discriminator=name, batch=8, r1_interval=4)
        preset = msgspec.structs.replace(base, **(networks | method))
        values = {"kimg": 0.08, "stats_kimg": 0.016, "grid_size": 4, "bf16": "off"} | rest
        return RunConfig(preset=preset, data=str(pictures), resolution=SIZE, **values)

    return make
