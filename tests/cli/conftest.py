"""The command line, run within the test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch
from PIL import Image

from latentstudio import cli
from latentstudio.checkpoints.store import save_generator
from latentstudio.generators.stylegan2 import StyleGAN2


@pytest.fixture(scope="package")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    small = {"z_dim": 8, "w_dim": 8, "resolution": 32, "channel_base": 256, "channel_max": 8}
    path = tmp_path_factory.mktemp("cli") / "tiny.safetensors"
    save_generator(
        path, StyleGAN2(**small), name="tiny", data={"name": "none"}, training={"images_seen": 7}
    )
    return path


class Result(msgspec.Struct):
    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys: Any) -> Any:
    def call(*args: object) -> Result:
        with pytest.raises(SystemExit) as ended:
            cli.main([str(arg) for arg in args])
        captured = capsys.readouterr()
        return Result(int(ended.value.code or 0), captured.out, captured.err)

    return call


@pytest.fixture
def pixels() -> Any:
    def read(path: Path) -> np.ndarray:
        with Image.open(path) as picture:
            return np.array(picture.convert("RGB"))

    return read
