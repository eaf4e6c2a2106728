"""What all commands share: one line for what is wrong, nothing heavy for what is not needed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from latentstudio.checkpoints.store import save_generator
from latentstudio.document.codec import recipe_to_json
from latentstudio.document.recipe import Recipe
from latentstudio.export.picture import read_picture_recipe
from latentstudio.generators.dcgan import DCGAN
from latentstudio.generators.progan import ProGAN
from latentstudio.generators.protocol import Generator
from latentstudio.generators.stylegan import StyleGAN
from latentstudio.generators.stylegan2 import StyleGAN2

SG3 = Path(__file__).parents[1] / "fixtures" / "sg3t_32_small.pkl"
FAMILIES: dict[str, tuple[type[Generator], dict[str, Any]]] = {
    "dcgan": (DCGAN, {"z_dim": 8, "resolution": 16, "ngf": 4}),
    "progan": (ProGAN, {"z_dim": 8, "resolution": 16, "channel_base": 64}),
    "stylegan": (StyleGAN, {"z_dim": 8, "w_dim": 8, "resolution": 16, "channel_base": 64}),
    "stylegan2": (StyleGAN2, {"z_dim": 8, "w_dim": 8, "resolution": 16, "channel_base": 64}),
}


def test_what_cannot_be_drawn_gets_one_line(checkpoint: Path, tmp_path: Path, run: Any) -> None:
    other = tmp_path / "other.json"
    other.write_bytes(recipe_to_json(Recipe(checkpoint="ab" * 32)))
    broken = tmp_path / "broken.json"
    broken.write_bytes(b'{"version": 99}')
    note = tmp_path / "note.txt"
    note.write_text("hello")
    out, png, no = tmp_path / "out", tmp_path / "out.png", tmp_path / "no"
    cases: list[tuple[tuple[object, ...], int, str]] = [
        (("render", "--out", out), 2, "what to draw"),
        (("render", checkpoint, "--out", out), 2, "which seeds"),
        (("render", checkpoint, "--seeds", "x", "--out", out), 2, "--seeds has 'x'"),
        (("render", checkpoint, "--seeds", "0-99999", "--grid", "--out", out), 2, "too large"),
        (("render", checkpoint, "--seeds", "0", "--columns", 2, "--out", out), 2, "for --grid"),
        (("render", checkpoint, "--seeds", "0"), 2, "--out"),
        (("render", checkpoint, "--seeds", "0", "--psi", "nan", "--out", out), 1, "truncation.psi"),
        (("render", checkpoint, "--seeds", "0", "--label", 1, "--out", out), 1, "no classes"),
        (("render", checkpoint, "--seeds", "0", "--device", "tpu", "--out", out), 1, "'tpu'"),
        (("render", checkpoint, "--seeds", "0", "--out", note), 1, "note.txt"),
        (("render", no, "--seeds", "0", "--out", out), 1, "no"),
        (("render", note, "--seeds", "0", "--out", out), 1, "note.txt"),
        (("render", "--recipe", no, "--out", png), 1, "is not there"),
        (("render", "--recipe", tmp_path, "--out", png), 1, "not a file"),
        (("render", "--recipe", note, "--out", png), 1, "note.txt does not hold"),
        (("render", "--recipe", broken, "--out", png), 1, "newer latentstudio"),
        (("render", "--recipe", other, "--out", out), 2, "end it in .png"),
        (("render", "--recipe", other, "--out", png), 1, "give its file with --checkpoint"),
        (("render", "--recipe", other, checkpoint, "--out", png), 1, "another generator"),
        (("render", "--recipe", other, "--psi", 1, "--out", png), 2, "--psi does not go with"),
        (("render", "--recipe", other, "--seeds", 1, "--out", png), 2, "--seeds does not go with"),
        (
            ("render", checkpoint, "--seeds", "0", "--rotate", 9, "--out", out),
            2,
            "--rotate is for StyleGAN3",
        ),
        (("render", SG3, "--seeds", "0", "--translate", "1", "--out", out), 2, "X,Y"),
        (("render", SG3, "--seeds", "0", "--translate", "a,b", "--out", out), 2, "X,Y"),
        (("render", SG3, "--seeds", "0", "--translate", "0,nan", "--out", out), 1, "transform.y"),
        (("render", "--recipe", other, "--rotate", 1, "--out", png), 2, "--rotate does not go"),
        (("convert", no, tmp_path / "x.safetensors"), 1, "is not there"),
        (("convert", note, tmp_path / "x.safetensors"), 1, "note.txt"),
        (("convert", checkpoint, out), 2, "ends in .safetensors"),
        (("convert", checkpoint, checkpoint), 1, "IN itself"),
        (("convert", checkpoint, checkpoint, "--force"), 1, "IN itself"),
        (("convert", checkpoint, tmp_path / "no" / "x.safetensors"), 1, "no"),
        (("convert", checkpoint, tmp_path / "x.safetensors", "--name", "a\nb"), 1, "printable"),
        (("info", no), 1, "no"),
        (("info", note), 1, "note.txt"),
        (("open", no), 1, "is not there"),
        (("screenshot", "--out", png, no), 1, "is not there"),
        (("screenshot", "--out", png, "--size", "big"), 2, "1600x1000"),
        (("screenshot", "--out", png, "--size", "0x9"), 2, "1600x1000"),
        (("screenshot", "--out", out), 2, "end it in .png"),
        (("sing",), 2, "sing"),
    ]
    for args, code, words in cases:
        result = run(*args)
        assert (result.code, result.out) == (code, ""), (args, result)
        assert words in result.err and result.err.count("\n") == 1, (args, result)
    assert not (tmp_path / "x.safetensors").exists()
    assert not out.exists() and not png.exists() and note.read_text() == "hello"


def test_a_read_only_folder_gets_one_line(
    checkpoint: Path, tmp_path: Path, run: Any, monkeypatch: Any
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "seed0000.png")

    monkeypatch.setattr("latentstudio.export.picture.save_png", full)
    result = run("render", checkpoint, "--seeds", "0", "--out", tmp_path)
    assert result.code == 1 and "No space left on device" in result.err
    assert result.err.count("\n") == 1


def test_info_and_help_need_neither_torch_nor_qt(checkpoint: Path) -> None:
    for args in ([str(checkpoint)], ["--help"]):
        code = (
            "import sys\n"
            "from latentstudio.cli import main\n"
            "try:\n"
            f"    main(['info', *{args!r}])\n"
            "except SystemExit as end:\n"
            "    heavy = {'torch', 'PySide6'} & set(sys.modules)\n"
            "    sys.exit(end.code or ', '.join(heavy) or 0)\n"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
        assert done.returncode == 0, done.stderr


def test_version_and_help(run: Any) -> None:
    assert run("--version").out.startswith("latentstudio, version")
    for command in ("render", "open", "info", "screenshot", "convert"):
        assert command in run("--help").out
        assert run(command, "--help").code == 0


@pytest.mark.parametrize("family", FAMILIES)
def test_each_family_is_described_and_drawn_with_its_classes(
    family: str, tmp_path: Path, run: Any, pixels: Any
) -> None:
    kind, config = FAMILIES[family]
    torch.manual_seed(0)
    path = tmp_path / "net.safetensors"
    network = kind(**config, num_classes=3)
    save_generator(path, network, name="net", data={}, training={}, labels=("round", "long", "3rd"))
    said = run("info", path)
    lines = dict(line.split(maxsplit=1) for line in said.out.splitlines())
    assert (said.code, lines["family"], lines["classes"]) == (0, family, "round, long, 3rd")
    mapped = family.startswith("stylegan")
    assert lines["latent"] == (
        f"z of 8, w of 8, {network.num_layers} layers" if mapped else "z of 8, no mapping network"
    )
    noisy = {"stylegan": "in 6 layers", "stylegan2": "in 5 layers"}
    assert lines["noise"] == noisy.get(family, "none")

    shown = {}
    for label in ("round", "long", 1, "3rd"):
        out = tmp_path / f"class {label}"
        options = ("--seeds", 5, "--psi", 0.8, "--label", label, "--out", out)
        result = run("render", path, *options)
        assert (result.code, result.err) == (0, ""), result
        shown[label] = pixels(out / "seed0005.png")
    assert np.array_equal(shown["long"], shown[1])
    assert not np.array_equal(shown["round"], shown["3rd"])
    saved = tmp_path / "class long" / "seed0005.png"
    assert read_picture_recipe(saved).label == 1
    again = tmp_path / "again.png"
    assert run("render", "--recipe", saved, "--checkpoint", path, "--out", again).code == 0
    assert again.read_bytes() == saved.read_bytes()

    no = tmp_path / "no"
    result = run("render", path, "--seeds", 5, "--label", "lnog", "--out", no)
    assert result.code == 2 and "its classes are round, long, 3rd" in result.err
    result = run("render", path, "--seeds", 5, "--label", 3, "--out", no)
    assert result.code == 1 and "classes 0 to 2" in result.err
    assert not no.exists()
