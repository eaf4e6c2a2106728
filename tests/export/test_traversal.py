"""A traversal's pictures are those of their recipes, at the amounts that they say."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from PIL import Image

from latentstudio.document.direction import Direction
from latentstudio.document.direction_file import write_direction
from latentstudio.document.recipe import Axis, RecipeError
from latentstudio.document.vector import Vector
from latentstudio.export.grid import read_grid_recipes
from latentstudio.export.traversal import save_traversal, traversal
from latentstudio.export.traversal_ways import open_way
from latentstudio.generators.dcgan import DCGAN
from latentstudio.generators.protocol import Generator
from latentstudio.generators.stylegan2 import StyleGAN2
from latentstudio.latents.compose import compose
from latentstudio.latents.principal import principal_axes


@pytest.fixture(scope="module")
def generator() -> Generator:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        made = StyleGAN2(z_dim=8, w_dim=6, resolution=16, channel_base=128, channel_max=8)
    made.name, made.content_hash = "tiny", "ab" * 32
    return made.eval()


@pytest.fixture(scope="module")
def dcgan() -> Generator:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        made = DCGAN(z_dim=8, resolution=16, ngf=4)
    made.name, made.content_hash = "plain", "cd" * 32
    return made.eval()


def slider(generator: Generator, **changes: object) -> Direction:
    vector = Vector.of("w", np.arange(6, dtype=np.float32) / 10)
    made = Direction("Wide Smile!", generator.content_hash, vector, low=-2.0, high=4.0)
    return msgspec.structs.replace(made, **changes)


def test_a_sheet_has_a_row_for_each_seed(generator: Generator, tmp_path: Path) -> None:
    way = open_way("z:5", generator)
    save_traversal(tmp_path / "t.png", way, generator, [3, 4], steps=5)
    found = read_grid_recipes(tmp_path / "t.png")
    assert found.columns == 5 and len(found.recipes) == 10
    axis = Axis("coordinate", 5)
    assert [recipe.point("A").along(axis) for recipe in found.recipes[:5]] == [-1, -0.5, 0, 0.5, 1]
    assert {recipe.point("A").base.value for recipe in found.recipes[5:]} == {4}
    with Image.open(tmp_path / "t.png") as sheet:
        assert sheet.size == (5 * 16, 2 * 16)
        middle = np.asarray(sheet)[:16, 32:48].astype(int)
    with torch.no_grad():
        plain = generator(generator.sample_seeds([3]))[0].add(1).mul(127.5).round().clamp(0, 255)
    assert np.abs(middle - plain.permute(1, 2, 0).numpy()).max() <= 1


def test_principal_components_go_by_deviations(generator: Generator) -> None:
    way = open_way("pca:1", generator)
    first, _, last = (frame.recipe for frame in traversal(way, generator, [0], steps=3))
    axes = principal_axes(generator)
    first, last = (compose(generator, recipe, axes=lambda _: axes) for recipe in (first, last))
    moved = last - first
    torch.testing.assert_close(
        moved[0, 0], 6.0 * axes.sigma[1] * axes.components[1], rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize(("text", "rows"), [("sefa:1", (0, None)), ("sefa:1@1-2", (1, 3))])
def test_factors_of_the_weights_go_by_deviations(
    generator: Generator, text: str, rows: tuple[int, int | None]
) -> None:
    way = open_way(text, generator)
    recipe = way.at(traversal(way, generator, [0], steps=3)[1].recipe, 1.0)
    (edit,) = recipe.edits
    first, stop = rows[0], rows[1] or generator.num_layers
    assert (edit.first, edit.stop) == (first, stop)
    weights = torch.cat([generator.affine_weights(layer) for layer in range(first, stop)])
    unit = weights.detach().double().numpy()
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    step = edit.vector.values().astype(np.float64)
    vectors = np.linalg.svd(unit)[2]
    assert abs(step @ vectors[1]) == pytest.approx(np.linalg.norm(step), rel=1e-4)
    w = generator.map(generator.sample_z(4000, 1))[:, 0].detach().numpy()
    assert (w @ step / np.linalg.norm(step)).std() == pytest.approx(np.linalg.norm(step), rel=0.1)


def test_without_a_mapping_factors_lie_in_z(dcgan: Generator) -> None:
    way = open_way("sefa:0", dcgan)
    frames = traversal(way, dcgan, [0], steps=3)
    assert frames[2].recipe.edits[0].vector.space == "z"
    assert (frames[0].pixels != frames[2].pixels).any()
    with pytest.raises(RecipeError, match="plain has no mapping network, and so no pca"):
        open_way("pca:0", dcgan)


def test_a_direction_s_file_goes_from_end_to_end(generator: Generator, tmp_path: Path) -> None:
    direction = slider(generator)
    write_direction(tmp_path / "s.direction.json", direction)
    way = open_way(str(tmp_path / "s.direction.json"), generator)
    assert (way.name, way.low, way.high) == ("wide-smile", -2.0, 4.0)
    amounts = [direction.amount(f.recipe) for f in traversal(way, generator, [0], steps=4)]
    assert amounts == [-2.0, 0.0, 2.0, 4.0]


def test_a_direction_of_another_generator_gets_a_sentence(
    generator: Generator, tmp_path: Path
) -> None:
    path = tmp_path / "s.direction.json"
    write_direction(path, slider(generator, checkpoint="ef" * 32))
    with pytest.raises(RecipeError, match=r"belongs to the checkpoint efefefef…, not to abababab"):
        open_way(str(path), generator)
    write_direction(path, slider(generator, vector=Vector.of("w", np.ones(5, np.float32))))
    with pytest.raises(RecipeError, match=r"displaces w by \[5\]"):
        open_way(str(path), generator)
    path.write_text("{}")
    with pytest.raises(RecipeError, match="is not a latentstudio direction"):
        open_way(str(path), generator)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("z:8", "this generator has z:0 to z:7"),
        ("pca:6", "this generator has pca:0 to pca:5"),
        ("sefa:6", "sefa:6 is not to be had: 7 directions of 6 numbers"),
        ("z:-1", "'z:-1' is no axis: write z:NUMBER"),
        ("z:1@2", "is no axis: write z:NUMBER"),
        ("sefa:1@2-9", r"this generator has layers 0 to"),
        ("sefa:1@2-1", r"this generator has layers 0 to"),
        ("sefa:1@a", "write layers as in sefa:0@2-4"),
        ("smile", "'smile' is no axis and no file"),
        ("", "'' is no axis and no file"),
    ],
)
def test_what_is_no_axis_gets_a_sentence(generator: Generator, text: str, words: str) -> None:
    with pytest.raises(RecipeError, match=words):
        open_way(text, generator)
