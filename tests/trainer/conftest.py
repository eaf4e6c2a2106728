"""Small pictures and small runs, so that every test trains in well under a second."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch

from latentstudio.data.attributes import Attribute
from latentstudio.metrics.spaces.classifier import AttributeClassifier
from latentstudio.metrics.spaces.classifier_store import save_classifier
from trainer.config import Preset, RunConfig

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
def labelled(pictures: Path) -> Path:
    """The same pictures with an attribute of three classes, in unequal shares."""
    names = ["red", "green", "blue"]
    attribute = {"name": "colour", "kind": "categorical", "values": names}
    info = {"name": "squares", "sha256": "ab12", "attributes": [attribute]}
    (pictures / "dataset.json").write_text(json.dumps(info))
    np.savez(pictures / "labels.npz", colour=np.arange(40) % 5 % 3)
    return pictures


@pytest.fixture
def features(tmp_path: Path) -> Path:
    """A feature space: the file of a tiny classifier that has learned nothing."""
    path = tmp_path / "features.safetensors"
    with torch.random.fork_rng():
        torch.manual_seed(0)
        attributes = [Attribute(name="size", kind="continuous")]
        network = AttributeClassifier(attributes, resolution=16, width=4, max_width=8, dim=8)
    save_classifier(path, network.eval(), name="squares", data={}, training={}, scores={})
    return path


_WIDTH = {"channel_base": 128, "channel_max": 8}
_NETWORKS: dict[str, dict[str, object]] = {
    "stylegan2": {
        "generator_args": {"z_dim": 8, "w_dim": 8, "mapping_layers": 2, **_WIDTH},
        "discriminator_args": _WIDTH,
    },
    "stylegan": {
        "generator_args": {"z_dim": 8, "w_dim": 8, "mapping_layers": 2, **_WIDTH},
        "discriminator_args": {**_WIDTH, "blur": True},
        "discriminator": "progan",
    },
    "progan": {
        "generator_args": {"z_dim": 8, **_WIDTH},
        "discriminator_args": _WIDTH,
    },
    "dcgan": {
        "generator_args": {"z_dim": 8, "ngf": 4},
        "discriminator_args": {"ndf": 4, "batch_norm": False},
    },
}


@pytest.fixture
def small(pictures: Path) -> Callable[..., RunConfig]:
    """Configurations of tiny runs: ``small("dcgan", kimg=0.1, gamma=2.0)``."""

    def make(name: str = "stylegan2", **changes: object) -> RunConfig:
        fields = set(Preset.__struct_fields__)
        method = {key: value for key, value in changes.items() if key in fields}
        rest = {key: value for key, value in changes.items() if key not in fields}
        base = Preset(name=name, generator=name, discriminator=name, batch=8, r1_interval=4)
        preset = msgspec.structs.replace(base, **(_NETWORKS[name] | method))
        values = {"kimg": 0.08, "stats_kimg": 0.016, "grid_size": 4, "bf16": "off"}
        values |= {"features": "none", "data": str(pictures), "resolution": SIZE} | rest
        return RunConfig(preset=preset, **values)

    return make
