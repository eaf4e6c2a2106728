"""The encoder's guess, and samples that are read alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from latentstudio.checkpoints.store import load_generator
from latentstudio.data.attributes import Attribute
from latentstudio.document.recipe import Recipe
from latentstudio.document.sampling import Sampling
from latentstudio.engine.editing import desk, population
from latentstudio.engine.inverting import easel
from latentstudio.engine.inverting.values import Order
from latentstudio.latents.inversion.encoder import Encoder, save_encoder
from latentstudio.latents.samples import draws_of, sample_images
from latentstudio.metrics.spaces.classifier import AttributeClassifier
from latentstudio.metrics.spaces.classifier_store import save_classifier

SAMPLES = 40


@pytest.fixture
def encoder(checkpoints: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Encoder:
    """One that was never trained, bundled for the generator with styles."""
    torch.manual_seed(3)
    made = Encoder(resolution=16, channels=3, dim=8, width=8, max_width=16).eval()
    path, content_hash = checkpoints["stylegan2"]
    file = tmp_path / "encoder.safetensors"
    save_encoder(file, made, load_generator(path).info, training={}, scores={}, half=False)
    found = {content_hash: file}
    monkeypatch.setattr(easel, "encoder_of", lambda checkpoint, _path: found.get(checkpoint))
    return made


def test_the_guess_is_the_encoders(
    inverter: Any, witness: Any, encoder: Encoder, recipe: Recipe, shown: Any
):
    picture = shown(recipe, 4)
    inverter.first_guess(recipe.checkpoint, picture)
    guess = witness.wait_for("guess")[0]
    planes = torch.from_numpy(picture).permute(2, 0, 1)[None] / 127.5 - 1.0
    with torch.no_grad():
        expected = encoder(planes)[0].numpy()
    assert guess.vector.space == "w" and guess.seconds > 0
    assert np.allclose(guess.vector.values(), expected, atol=1e-5)
    shown(recipe, guess.vector)  # a point like any other


def test_a_search_begins_at_the_guess(
    inverter: Any, witness: Any, encoder: Encoder, recipe: Recipe, shown: Any
):
    picture = shown(recipe, 4)
    mask = np.tri(16, dtype=np.uint8) * 255
    origins = []
    for count, fields in enumerate(({}, {"warm": False}, {"space": "z"}, {"mask": mask}), start=1):
        inverter.invert(Order(recipe.checkpoint, picture, starts=2, steps=1, **fields))
        witness.wait_for("ended", count)
        origins.append(witness.of("progress")[-1].origins)
    assert origins == [
        ("encoder", "sample"),
        ("seed", "seed"),
        ("sample", "sample"),
        ("sample", "sample"),
    ]


def test_without_an_encoder_nothing_is_guessed(
    inverter: Any, witness: Any, encoder: Encoder, recipe: Recipe, checkpoints: Any, shown: Any
):
    other = Recipe(checkpoint=checkpoints["dcgan"][1])
    inverter.first_guess(other.checkpoint, shown(other, 4))
    inverter._lanes["guess"].stop()
    assert not witness.of("guess") and not witness.of("trouble")


@pytest.fixture
def classifier(
    checkpoints: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AttributeClassifier:
    """One that was never trained, bundled for every data set."""
    torch.manual_seed(5)
    attributes = tuple(Attribute(name=n, kind="continuous", low=-1, high=1) for n in "abcd")
    made = AttributeClassifier(attributes, resolution=16, width=4, max_width=8, dim=8)
    made.eval().requires_grad_(False)
    made.heads.weight.normal_()
    path = tmp_path / "classifier.safetensors"
    save_classifier(path, made, name="toys", data={}, training={}, scores={}, half=False)
    monkeypatch.setattr(easel, "bundled_features", lambda _data: path)
    monkeypatch.setattr(easel, "USABLE", SAMPLES)
    for module in (desk, population):
        monkeypatch.setattr(module, "SAMPLES", SAMPLES)
    return made


def test_near_samples_are_those_that_are_read_alike(
    inverter: Any, witness: Any, classifier: Any, recipe: Recipe, checkpoints: Any, shown: Any
):
    picture = shown(recipe, 123)
    inverter.invert(Order(recipe.checkpoint, picture, steps=2))
    assert witness.wait_for("ended")[0].answers
    ready = inverter._easels.get(recipe.checkpoint)
    assert ready.features is not None
    generator, sampling = load_generator(checkpoints["stylegan2"][0]), Sampling(recipe.checkpoint)
    draws = draws_of(generator, sampling, 0, SAMPLES)
    with torch.no_grad():
        outputs = classifier(sample_images(generator, sampling, draws)).double().numpy()
        wanted = classifier(ready.tensor(picture)).double().numpy()
    apart = (((outputs - wanted) / outputs.std(axis=0)) ** 2).sum(axis=1)
    expected = [int(seed) for seed in draws.seeds[np.argsort(apart)]]
    assert ready.nearest(picture, 5) == expected[:5]
    files = len(list((Path(inverter._store._folder)).glob("*.npy")))
    assert files == 1 and any(v[0].startswith("Looking at") for v in witness.of("waiting"))


def test_a_classifier_of_other_pictures_is_left_aside(
    inverter: Any, witness: Any, classifier: Any, checkpoints: Any, shown: Any
):
    grey = Recipe(checkpoint=checkpoints["grey"][1])
    inverter.invert(Order(grey.checkpoint, shown(grey, 1)[..., :1], steps=2))
    assert witness.wait_for("ended")[0].answers
    assert inverter._easels.get(grey.checkpoint).features is None
