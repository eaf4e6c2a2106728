from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import torch

from latentstudio.checkpoints.store import load_generator
from latentstudio.document.edit import Bend
from latentstudio.document.recipe import Recipe, Truncation
from latentstudio.document.sampling import Sampling
from latentstudio.engine.editing import inside
from latentstudio.engine.editing.editor import Editor
from latentstudio.generators.probe import Probe, spectrum
from latentstudio.latents.compose import compose
from latentstudio.latents.samples import draws_of, sample_images, sample_ws


def test_activations_are_those_of_the_picture_bends_included(
    editor: Editor, witness: Any, recipe: Recipe, checkpoints: Any
) -> None:
    recipe = msgspec.structs.replace(recipe, truncation=Truncation(0.7))
    bent = recipe.with_bends("b", (Bend(2, (1,), "scale", -2.0, "b"),))
    editor.activations(recipe, 2)
    (plain,) = witness.wait_for("activations")
    editor.activations(bent, 2)
    changed = witness.wait_for("activations", 2)[-1]
    generator, probe = load_generator(checkpoints["style"].path), Probe((2,))
    generator.synthesize(compose(generator, recipe), tap=probe)
    want = probe.maps[2][0].detach()
    np.testing.assert_allclose(plain.maps, want.numpy(), rtol=2e-3, atol=1e-3)
    np.testing.assert_allclose(plain.spectrum, spectrum(want[None])[0].numpy(), rtol=1e-3)
    np.testing.assert_allclose(changed.maps[1], -2.0 * plain.maps[1], rtol=4e-3, atol=1e-3)
    np.testing.assert_array_equal(changed.maps[0], plain.maps[0])
    assert plain.maps.dtype == np.float16 and plain.recipe == recipe and plain.layer == 2


def test_activations_need_no_classifier(make: Any, witness: Any, recipe: Recipe) -> None:
    make().activations(recipe, 0)
    (seen,) = witness.wait_for("activations")
    assert seen.maps.shape[1:] == (4, 4)


def test_a_layer_that_is_not_there_is_a_sentence(
    editor: Editor, witness: Any, recipe: Recipe
) -> None:
    editor.activations(recipe, 99)
    (text,) = witness.wait_for("trouble")
    assert "There is no layer 99" in text


def test_the_channels_that_answer_are_those_that_go_with_the_reading(
    editor: Editor,
    witness: Any,
    recipe: Recipe,
    classifier: Any,
    checkpoints: Any,
    monkeypatch: Any,
) -> None:
    monkeypatch.setattr(inside, "SAMPLES", 48)
    editor.answering("bright", "", 3)
    (answer,) = witness.wait_for("answering")
    generator, probe = load_generator(checkpoints["style"].path), Probe((3,))
    sampling = Sampling(recipe.checkpoint)
    draws = draws_of(generator, sampling, 0, 48)
    with torch.no_grad():
        generator.synthesize(sample_ws(generator, draws), tap=probe)
        bright = classifier.predict(sample_images(generator, sampling, draws))["bright"]
    means = probe.maps[3].mean(dim=(2, 3)).numpy()
    want = [np.corrcoef(channel, bright.numpy())[0, 1] for channel in means.T]
    np.testing.assert_allclose(answer.correlation, want, atol=1e-3)
    strongest = int(np.argmax(np.abs(want)))
    assert answer.channels[0] == strongest and answer.layer == 3
    editor.answering("shape", "star", 3)
    assert witness.wait_for("answering", 2)[-1].value == "star"
    editor.answering("nose", "", 3)
    (text,) = witness.wait_for("trouble")
    assert "does not read" in text
