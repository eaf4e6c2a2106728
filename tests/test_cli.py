from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import msgspec
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from latentstudio import cli
from latentstudio.checkpoints.header import read_header
from latentstudio.checkpoints.store import load_generator, save_generator
from latentstudio.document.codec import recipe_to_json
from latentstudio.document.recipe import MAX_SEED, Recipe, Transform, Truncation
from latentstudio.export.grid import read_grid_recipes
from latentstudio.export.picture import read_picture_recipe
from latentstudio.generators.dcgan import DCGAN
from latentstudio.generators.progan import ProGAN
from latentstudio.generators.protocol import Generator
from latentstudio.generators.stylegan import StyleGAN
from latentstudio.generators.stylegan2 import StyleGAN2


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    small = {"z_dim": 8, "w_dim": 8, "resolution": 32, "channel_base": 256, "channel_max": 8}
    path = tmp_path_factory.mktemp("cli") / "tiny.safetensors"
    save_generator(
        path, StyleGAN2(**small), name="tiny", data={"name": "none"}, training={"images_seen": 7}
    )
    return path


FIXTURES = Path(__file__).parent / "fixtures"
SG3 = FIXTURES / "sg3t_32_small.pkl"


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


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.array(picture.convert("RGB"))


@pytest.mark.parametrize(
    ("text", "seeds"),
    [
        ("7", [7]),
        ("0-3,20", [0, 1, 2, 3, 20]),
        (" 5 , 3 - 4,5", [5, 3, 4]),
        (f"{MAX_SEED}", [MAX_SEED]),
        ("4-4", [4]),
    ],
)
def test_seeds_are_read(text: str, seeds: list[int]) -> None:
    assert cli.parse_seeds(text) == seeds


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "numbers and ranges"),
        ("1,,2", "numbers and ranges"),
        ("a", "'a'"),
        ("-1", "'-1'"),
        ("1-2-3", "'1-2-3'"),
        ("1.5", "'1.5'"),
        ("²", "numbers and ranges"),
        ("9-5", "goes upwards"),
        (f"{MAX_SEED + 1}", "from 0 to 4294967295"),
        ("9" * 5000, "numbers and ranges"),
        (f"0-{MAX_SEED}", "more than 100000"),
        ("0-99999,100000", "more than 100000"),
    ],
)
def test_seeds_that_are_wrong_get_a_sentence(text: str, words: str) -> None:
    with pytest.raises(click.UsageError, match=words):
        cli.parse_seeds(text)


@settings(deadline=None)
@given(st.text(alphabet="0123456789-, x", max_size=20))
def test_any_text_is_seeds_or_a_sentence(text: str) -> None:
    try:
        seeds = cli.parse_seeds(text)
    except click.UsageError:
        return
    assert seeds and len(set(seeds)) == len(seeds) and min(seeds) >= 0 and max(seeds) <= MAX_SEED


def test_seeds_are_drawn_as_the_library_draws_them(
    checkpoint: Path, tmp_path: Path, run: Any
) -> None:
    out = tmp_path / "new" / "folder"
    result = run("render", checkpoint, "--seeds", "0-1,20", "--psi", 0.7, "--out", out)
    assert (result.code, result.err) == (0, "") and result.out.strip() == str(out)
    assert sorted(p.name for p in out.iterdir()) == ["seed0000.png", "seed0001.png", "seed0020.png"]
    generator = load_generator(checkpoint)
    image = generator.synthesize(generator.map(generator.sample_z(1, 20), psi=0.7))[0]
    expected = ((image + 1) * 127.5).round().clamp(0, 255).permute(1, 2, 0)
    assert np.array_equal(pixels(out / "seed0020.png"), expected.numpy())


def test_options_reach_the_recipe(checkpoint: Path, tmp_path: Path, run: Any) -> None:
    options = ("--psi", -0.5, "--cutoff", 3, "--noise", "random")
    assert run("render", checkpoint, "--seeds", 4, *options, "--out", tmp_path).code == 0
    recipe = read_picture_recipe(tmp_path / "seed0004.png")
    assert recipe.truncation == Truncation(-0.5, 3) and recipe.noise.mode == "random"
    assert recipe.point("A").base.value == 4
    assert recipe.checkpoint == load_generator(checkpoint).content_hash


def test_a_grid_holds_the_same_pictures(checkpoint: Path, tmp_path: Path, run: Any) -> None:
    result = run(
        "render", checkpoint, "--seeds", "0-4", "--grid", "--columns", 2, "--out", tmp_path
    )
    assert result.code == 0, result.err
    sheet = pixels(tmp_path / "grid.png")
    assert sheet.shape == (96, 64, 3)
    assert np.array_equal(sheet[32:64, 32:], pixels(tmp_path / "seed0003.png"))
    assert len(read_grid_recipes(tmp_path / "grid.png").recipes) == 5
    result = run("render", "--recipe", tmp_path / "grid.png", "--out", tmp_path / "x.png")
    assert result.code == 1 and "grid" in result.err


def test_a_saved_picture_and_its_json_give_the_pixels_back(
    checkpoint: Path, tmp_path: Path, run: Any
) -> None:
    run("render", checkpoint, "--seeds", 11, "--psi", 0.3, "--noise", "random", "--out", tmp_path)
    first = tmp_path / "seed0011.png"
    recipe = read_picture_recipe(first)
    written = tmp_path / "recipe.json"
    written.write_bytes(recipe_to_json(recipe))
    for source in (first, written):
        again = tmp_path / "again.png"
        result = run("render", "--recipe", source, "--checkpoint", checkpoint, "--out", again)
        assert result.code == 0, result.err
        assert again.read_bytes() == first.read_bytes()
        again.unlink()


def test_a_saved_picture_is_drawn_again_in_another_process(
    checkpoint: Path, tmp_path: Path, run: Any
) -> None:
    run("render", checkpoint, "--seeds", 2, "--out", tmp_path)
    again = tmp_path / "again.png"
    command = [sys.executable, "-m", "latentstudio", "render", "--recipe"]
    command += [tmp_path / "seed0002.png", "--checkpoint", checkpoint, "--out", again]
    assert subprocess.run(command, check=False).returncode == 0
    assert np.array_equal(pixels(again), pixels(tmp_path / "seed0002.png"))


def test_a_recipe_without_a_checkpoint_takes_the_given_one(
    checkpoint: Path, tmp_path: Path, run: Any
) -> None:
    source, out = tmp_path / "r.json", tmp_path / "r.png"
    source.write_bytes(b"{}")
    result = run("render", "--recipe", source, "--out", out)
    assert result.code == 1 and "names no checkpoint" in result.err and not out.exists()
    assert run("render", "--recipe", source, "--checkpoint", checkpoint, "--out", out).code == 0
    assert read_picture_recipe(out).checkpoint == load_generator(checkpoint).content_hash


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


def test_info_in_words_and_as_json(checkpoint: Path, run: Any) -> None:
    words = run("info", checkpoint)
    assert words.code == 0
    lines = dict(line.split(maxsplit=1) for line in words.out.splitlines())
    assert lines["family"] == "stylegan2" and lines["training.images_seen"] == "7"
    facts = json.loads(run("info", checkpoint, "--json").out)
    generator = load_generator(checkpoint)
    assert facts["info"]["content_hash"] == generator.content_hash
    assert facts["parameters"] == sum(t.numel() for t in generator.state_dict().values())
    assert facts["training"] == {"images_seen": 7} and "tensors" not in facts
    assert len(facts["info"]["layers"]) == 8


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


def test_open_hands_its_files_to_the_window(checkpoint: Path, run: Any, monkeypatch: Any) -> None:
    app = pytest.importorskip("latentstudio.ui.app")
    opened: list[list[str]] = []
    monkeypatch.setattr(app, "run", lambda files: opened.append(files) or 3)
    assert run("open", checkpoint).code == 3
    assert run().code == 3
    assert opened == [[str(checkpoint)], []]


def test_screenshot_hands_on_its_size(tmp_path: Path, run: Any, monkeypatch: Any) -> None:
    app = pytest.importorskip("latentstudio.ui.app")
    asked: list[tuple[Any, ...]] = []
    monkeypatch.setattr(app, "screenshot", lambda *args: asked.append(args))
    out = tmp_path / "shot.png"
    assert run("screenshot", "--out", out, "--size", "800x600").code == 0
    assert asked == [(out, (800, 600), [])]

    def fail(*_: Any) -> None:
        raise app.StartError("no libraries")

    monkeypatch.setattr(app, "screenshot", fail)
    result = run("screenshot", "--out", out)
    assert (result.code, result.err) == (1, "latentstudio: no libraries\n")


def test_version_and_help(run: Any) -> None:
    assert run("--version").out.startswith("latentstudio, version")
    for command in ("render", "open", "info", "screenshot", "convert"):
        assert command in run("--help").out
        assert run(command, "--help").code == 0


FAMILIES: dict[str, tuple[type[Generator], dict[str, Any]]] = {
    "dcgan": (DCGAN, {"z_dim": 8, "resolution": 16, "ngf": 4}),
    "progan": (ProGAN, {"z_dim": 8, "resolution": 16, "channel_base": 64}),
    "stylegan": (StyleGAN, {"z_dim": 8, "w_dim": 8, "resolution": 16, "channel_base": 64}),
    "stylegan2": (StyleGAN2, {"z_dim": 8, "w_dim": 8, "resolution": 16, "channel_base": 64}),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_each_family_is_described_and_drawn_with_its_classes(
    family: str, tmp_path: Path, run: Any
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


def test_a_class_name_needs_classes(checkpoint: Path, tmp_path: Path, run: Any) -> None:
    result = run("render", checkpoint, "--seeds", 0, "--label", "round", "--out", tmp_path / "no")
    assert result.code == 2 and "no classes" in result.err


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


def test_a_picture_is_moved_and_turned(tmp_path: Path, run: Any) -> None:
    options = ("--translate", "-0.25,0.125", "--rotate", -90)
    assert run("render", SG3, "--seeds", 1, *options, "--out", tmp_path).code == 0
    moved = tmp_path / "seed0001.png"
    assert read_picture_recipe(moved).transform == Transform(-0.25, 0.125, -90.0)
    assert run("render", SG3, "--seeds", 1, "--out", tmp_path / "plain").code == 0
    assert not np.array_equal(pixels(moved), pixels(tmp_path / "plain" / "seed0001.png"))
    again = tmp_path / "again.png"
    assert run("render", "--recipe", moved, "--checkpoint", SG3, "--out", again).code == 0
    assert again.read_bytes() == moved.read_bytes()
