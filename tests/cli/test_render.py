"""Pictures of seeds and recipes are what the library draws."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latentstudio.checkpoints.store import load_generator
from latentstudio.cli.render import parse_seeds
from latentstudio.document.codec import recipe_to_json
from latentstudio.document.recipe import MAX_SEED, Transform, Truncation
from latentstudio.export.grid import read_grid_recipes
from latentstudio.export.picture import read_picture_recipe

SG3 = Path(__file__).parents[1] / "fixtures" / "sg3t_32_small.pkl"


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
    assert parse_seeds(text) == seeds


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
        parse_seeds(text)


@settings(deadline=None)
@given(st.text(alphabet="0123456789-, x", max_size=20))
def test_any_text_is_seeds_or_a_sentence(text: str) -> None:
    try:
        seeds = parse_seeds(text)
    except click.UsageError:
        return
    assert seeds and len(set(seeds)) == len(seeds) and min(seeds) >= 0 and max(seeds) <= MAX_SEED


def test_seeds_are_drawn_as_the_library_draws_them(
    checkpoint: Path, tmp_path: Path, run: Any, pixels: Any
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


def test_a_grid_holds_the_same_pictures(
    checkpoint: Path, tmp_path: Path, run: Any, pixels: Any
) -> None:
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
    checkpoint: Path, tmp_path: Path, run: Any, pixels: Any
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


def test_a_class_name_needs_classes(checkpoint: Path, tmp_path: Path, run: Any) -> None:
    result = run("render", checkpoint, "--seeds", 0, "--label", "round", "--out", tmp_path / "no")
    assert result.code == 2 and "no classes" in result.err


def test_a_picture_is_moved_and_turned(tmp_path: Path, run: Any, pixels: Any) -> None:
    options = ("--translate", "-0.25,0.125", "--rotate", -90)
    assert run("render", SG3, "--seeds", 1, *options, "--out", tmp_path).code == 0
    moved = tmp_path / "seed0001.png"
    assert read_picture_recipe(moved).transform == Transform(-0.25, 0.125, -90.0)
    assert run("render", SG3, "--seeds", 1, "--out", tmp_path / "plain").code == 0
    assert not np.array_equal(pixels(moved), pixels(tmp_path / "plain" / "seed0001.png"))
    again = tmp_path / "again.png"
    assert run("render", "--recipe", moved, "--checkpoint", SG3, "--out", again).code == 0
    assert again.read_bytes() == moved.read_bytes()
