"""Any checkpoint that opens becomes one of our own, and stays the same generator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from latentstudio.checkpoints.header import read_header
from latentstudio.checkpoints.store import save_generator
from latentstudio.generators.dcgan import DCGAN

FIXTURES = Path(__file__).parents[1] / "fixtures"


def test_convert_keeps_what_a_file_says(checkpoint: Path, tmp_path: Path, run: Any) -> None:
    torch.manual_seed(0)
    source = tmp_path / "labelled.safetensors"
    network = DCGAN(z_dim=8, resolution=16, ngf=4, num_classes=2)
    save_generator(
        source,
        network,
        name="two",
        data={"count": 9},
        training={"images_seen": 7},
        labels=("a", "b"),
    )
    out = tmp_path / "out.safetensors"
    done = run("convert", source, out)
    before, after = read_header(source), read_header(out)
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        f"{out}: from latentstudio checkpoint, dcgan, 16 px,"
        f" {out.stat().st_size / 1e6:.1f} MB, {before.info.content_hash}\n"
    )
    assert after.info == before.info
    assert (after.data, after.training) == ({"count": 9}, {"images_seen": 7})

    again = run("convert", source, out, "--half", "--name", "zwei")
    assert again.code == 1 and "--force" in again.err
    assert read_header(out) == after
    assert run("convert", source, out, "--half", "--name", "zwei", "--force").code == 0
    halved = read_header(out)
    assert halved.info.name == "zwei" and halved.info.labels == ("a", "b")
    assert {spec.dtype for spec in halved.tensors.values()} <= {"F16", "I64"}
    assert halved.info.content_hash != before.info.content_hash


@pytest.mark.parametrize("name", ["sg2_32_clamp", "sg3t_32_small"])
def test_a_pickle_is_described_converted_and_drawn_alike(
    name: str, tmp_path: Path, run: Any
) -> None:
    source, out = FIXTURES / f"{name}.pkl", tmp_path / "own.safetensors"
    lines = dict(line.split(maxsplit=1) for line in run("info", source).out.splitlines())
    assert lines["format"].startswith("NVIDIA StyleGAN") and lines["name"] == name
    assert lines["training.file"] == f"{name}.pkl"
    done = run("convert", source, out)
    assert (done.code, done.err) == (0, ""), done
    assert lines["format"] in done.out and done.out.strip().endswith(lines["hash"])
    own = read_header(out)
    assert own.info.content_hash == lines["hash"]
    assert own.training["format"] == lines["format"]
    for path in (source, out):
        assert run("render", path, "--seeds", 3, "--out", tmp_path / path.suffix).code == 0
    first, second = (tmp_path / kind / "seed0003.png" for kind in (".pkl", ".safetensors"))
    assert first.read_bytes() == second.read_bytes()
