"""Recipes with a difference: drawn by the generator as the difference leaves it."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch

from latentstudio.checkpoints.difference import (
    Difference,
    encode_difference,
    noise_planes,
    tunable,
)
from latentstudio.checkpoints.differences import Differences
from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.checkpoints.store import load_generator, save_generator
from latentstudio.document.recipe import Recipe
from latentstudio.engine.engine import Engine
from latentstudio.engine.errors import EngineError
from latentstudio.engine.models import Models

Locate = Callable[[str], Path | None]


@pytest.fixture
def differences(tmp_path: Path) -> Differences:
    return Differences(tmp_path / "differences")


@pytest.fixture
def locate(locate: Locate, differences: Differences) -> Locate:
    """As the program joins them."""
    return lambda content_hash: locate(content_hash) or differences.locate(content_hash)


def change(path: Path) -> Difference:
    generator = load_generator(path)
    torch.manual_seed(3)
    weights = {
        name: (0.2 * torch.randn(len(w), 2), torch.randn(2, *w.shape[1:]))
        for name, w in tunable(generator).items()
    }
    buffers = dict(generator.named_buffers())
    noise = {i: torch.randn_like(buffers[name]) for i, name in noise_planes(generator).items()}
    return Difference(generator.content_hash, noise, weights)


def with_difference(recipe: Recipe, difference: str) -> Recipe:
    return msgspec.structs.replace(recipe, difference=difference)


@pytest.mark.parametrize("name", ["style", "plain"])
def test_a_tuned_frame_is_that_of_a_generator_changed_by_hand(
    name: str, checkpoints: Any, locate: Locate, differences: Differences, tmp_path: Path
) -> None:
    saved = checkpoints[name]
    difference = change(saved.path)
    changed = load_generator(saved.path)
    state = changed.state_dict()
    for key, (up, down) in difference.weights.items():
        product = np.einsum("or,rikl->oikl", up.double().numpy(), down.double().numpy())
        state[key].copy_(torch.from_numpy(state[key].double().numpy() + product))
    for layer, plane in difference.noise.items():
        state[f"synthesis.{changed.layers[layer].name}.noise_const"].copy_(plane)
    path = tmp_path / "changed.safetensors"
    by_hand = save_generator(path, changed, name="changed", data={}, training={})

    def find(content_hash: str) -> Path | None:
        return path if content_hash == by_hand else locate(content_hash)

    engine = Engine(find, device="cpu", **dict.fromkeys(ALL, lambda *_: None))
    tuned = Recipe(saved.content_hash, difference=differences.add(difference))
    for recipe in (tuned, Recipe(saved.content_hash), tuned):  # neither leaves a trace
        wanted = recipe if not recipe.difference else Recipe(by_hand)
        assert np.array_equal(engine.render(recipe).pixels, engine.render(wanted).pixels)
    plain = engine.render(Recipe(saved.content_hash)).pixels
    assert not np.array_equal(plain, engine.render(tuned).pixels)


ALL = ("on_frame", "on_error", "on_model", "on_state")


def test_a_tuned_model_shares_weights_and_what_is_known_of_latents(
    checkpoints: Any, locate: Locate, differences: Differences
) -> None:
    saved = checkpoints["style"]
    difference = change(saved.path)
    name = "synthesis.b16.conv1.weight"
    one = Difference(saved.content_hash, {}, {name: difference.weights[name]})
    models = Models(locate)
    tuned = models.get(f"{saved.content_hash}+{differences.add(one)}", "cpu")
    base = models.get(saved.content_hash, "cpu")
    own = dict(tuned.generator.named_parameters())
    for key, weight in base.generator.named_parameters():
        assert (own[key].data_ptr() == weight.data_ptr()) == (key != name)
    assert tuned.info == base.info and tuned.memo is base.memo
    assert tuned.axes(None) is base.axes(None)
    assert tuned.activations is not base.activations


def test_what_copies_share_counts_once(
    checkpoints: Any, locate: Locate, differences: Differences
) -> None:
    saved = checkpoints["style"]
    weights, name = change(saved.path).weights, "synthesis.b16.conv1.weight"
    keys = [saved.content_hash]
    for size in (1.0, 2.0):
        up, down = weights[name]
        one = Difference(saved.content_hash, {}, {name: (size * up, down)})
        keys.append(f"{saved.content_hash}+{differences.add(one)}")
    free = Models(locate)
    whole = [free.get(key, "cpu").nbytes for key in keys]
    generator = load_generator(saved.path)
    state = generator.state_dict()
    filters = [b.nbytes for key, b in generator.named_buffers() if key not in state]
    own = state[name].nbytes + sum(filters)  # filters are made anew, for some hundred bytes
    assert whole == [whole[0]] * 3 and 0 < own < whole[0] / 2
    for room, kept in ((0, [True] * 3), (-1, [True, False, True])):
        models = Models(locate)
        models.bound(whole[0] + 2 * own + room)
        for key in keys:
            models.get(key, "cpu")
        assert [key in models for key in keys] == kept


def test_what_is_missing_is_a_sentence(checkpoints: Any, locate: Locate) -> None:
    key = checkpoints["style"].content_hash
    with pytest.raises(EngineError, match=r"^The fine tuning abababab… of this picture is not he"):
        Models(locate).get(f"{key}+{'ab' * 32}", "cpu")
    with pytest.raises(EngineError, match=r"^The checkpoint cdcdcdcd… is not here"):
        Models(locate).get(f"{'cd' * 32}+{'ab' * 32}", "cpu")


def test_what_is_wrong_is_a_sentence(
    checkpoints: Any, locate: Locate, differences: Differences, tmp_path: Path
) -> None:
    key = checkpoints["style"].content_hash
    difference = change(checkpoints["twin"].path)
    of_another = differences.add(difference)
    with pytest.raises(CheckpointError, match="is of the checkpoint"):
        Models(locate).get(f"{key}+{of_another}", "cpu")
    path = tmp_path / "a.safetensors"
    path.write_bytes(encode_difference(difference)[0])

    def find(content_hash: str) -> Path | None:
        return path if content_hash == "ab" * 32 else locate(content_hash)

    with pytest.raises(CheckpointError, match="another fine tuning by now"):
        Models(find).get(f"{key}+{'ab' * 32}", "cpu")


def test_a_checkpoint_is_told_once_however_it_is_tuned(
    engine: Engine, witness: Any, checkpoints: Any, differences: Differences, recipe: Recipe
) -> None:
    tuned = with_difference(recipe, differences.add(change(checkpoints["style"].path)))
    other = Recipe(checkpoints["plain"].content_hash)
    for count, each in enumerate((tuned, recipe, tuned, other), start=1):
        engine.request(each)
        assert witness.wait_for("frame", count)[-1].recipe == each
    told = [info.content_hash for info in witness.of("model")]
    assert told == [recipe.checkpoint, other.checkpoint]


def test_studies_and_the_missing_file_reach_their_callers(
    engine: Engine, witness: Any, checkpoints: Any, differences: Differences, recipe: Recipe
) -> None:
    difference = change(checkpoints["style"].path)
    tuned, done, seen = with_difference(recipe, differences.add(difference)), threading.Event(), []

    def step(generator: Any) -> bool:
        seen.append(generator.state_dict()["synthesis.b4.conv1.noise_const"].clone())
        return False

    engine.study(tuned.generator, step, done=done.set, failed=seen.append, quiet=False)
    assert done.wait(30) and torch.equal(seen[0], difference.noise[0])
    engine.request(with_difference(recipe, "ab" * 32))
    assert "abababab…" in witness.wait_for("error")[0]


def test_a_copy_of_a_generator_in_use_draws(checkpoints: Any, locate: Locate) -> None:
    model = Models(locate).get(checkpoints["style"].content_hash, "cpu")
    twin = copy.deepcopy(model.generator)
    with torch.no_grad():
        ws = twin.map(twin.sample_z(1, 0))
        assert torch.equal(twin.synthesize(ws), model.generator.synthesize(ws))
