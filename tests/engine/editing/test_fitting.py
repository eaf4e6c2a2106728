from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from latentstudio.checkpoints.store import load_generator
from latentstudio.document.recipe import Point, Recipe, Seed
from latentstudio.document.sampling import Sampling
from latentstudio.engine.editing import fitting, inside, styles
from latentstudio.engine.editing.editor import Editor
from latentstudio.engine.editing.values import FitRequest
from latentstudio.latents.samples import draws_of, sample_images, sample_ws
from latentstudio.metrics.scores import scores
from tests.engine.editing.conftest import COLUMNS, SAMPLES


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "FITTED", 24)
    monkeypatch.setattr(fitting, "MEASURED", 16)
    monkeypatch.setattr(styles, "SAMPLES", 32)
    monkeypatch.setattr(inside, "SAMPLES", 32)


def seed(recipe: Recipe, value: int) -> Recipe:
    return recipe.with_point(Point("A", Seed(value)))


def fitted(editor: Editor, witness: Any, request: FitRequest) -> Any:
    witness.events.clear()
    editor.fit(request)
    witness.wait(lambda: bool(witness.of("fitted") or witness.of("trouble")))
    assert not witness.of("trouble"), witness.of("trouble")
    return witness.of("fitted")[0]


def refused(editor: Editor, witness: Any, request: FitRequest) -> str:
    witness.events.clear()
    editor.fit(request)
    witness.wait(lambda: bool(witness.of("fitted") or witness.of("trouble")))
    (text,) = witness.of("trouble")
    assert "\n" not in text
    return str(text)


def gain(checkpoints: Any, classifier: Any, recipe: Recipe, direction: Any, n: int) -> Any:
    """By hand: the mean change of every score over the first samples."""
    generator = load_generator(checkpoints["style"].path)
    bare = Sampling(recipe.checkpoint)
    edited = Sampling.of(direction.applied(recipe, 1.0))
    draws = draws_of(generator, bare, 0, n)
    said = [
        scores(classifier, classifier(sample_images(generator, each, draws)))
        for each in (bare, edited)
    ]
    return (said[1] - said[0]).mean(0).numpy()


@pytest.mark.parametrize("method", ["ridge", "logistic", "svm"])
def test_an_attribute_gets_a_slider_of_its_own_deviations(
    editor: Editor,
    witness: Any,
    recipe: Recipe,
    classifier: Any,
    checkpoints: Any,
    monkeypatch: pytest.MonkeyPatch,
    method: Any,
) -> None:
    from latentstudio.engine.editing import finding
    from latentstudio.latents.directions.svm import fit_svm

    monkeypatch.setitem(finding._FITS, "svm", lambda c, s: fit_svm(c, s, share=0.3))
    known = witness.of("known")[-1]
    found = fitted(
        editor, witness, FitRequest("attribute", "Square", "shape", "square", method=method)
    )
    direction = found.direction
    assert direction.method == method and direction.unit.endswith("σ of Shape: square")
    assert direction.vector.space == "w" and direction.samples == SAMPLES
    assert direction.classifier == known.classifier_hash and direction.score is not None
    moved = gain(checkpoints, classifier, recipe, direction, 16)[3] / known.population.score_sd[3]
    assert moved == pytest.approx(float(direction.unit.split()[0]), abs=0.21)
    assert [leak.value or leak.attribute for leak in found.leakage] == list(COLUMNS)
    assert found.leakage == direction.leakage and found.leakage[3].mean > 0.1
    assert found.amounts[0] == direction.low == -direction.high and len(found.amounts) == 7
    assert found.validation.endswith(".")


def test_the_length_is_set_right_by_what_pictures_do(
    editor: Editor, witness: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fitting, "STRETCH", 16.0)
    request = FitRequest("attribute", "Square", "shape", "square")
    honest = np.linalg.norm(fitted(editor, witness, request).direction.vector.values())
    right = fitting.calibrate
    monkeypatch.setattr(fitting, "calibrate", lambda *a: 0.5 * right(*a))
    short = np.linalg.norm(fitted(editor, witness, request).direction.vector.values())
    assert short == pytest.approx(honest, rel=0.25)


def test_kept_attributes_are_out_of_it(
    editor: Editor, witness: Any, recipe: Recipe, checkpoints: Any
) -> None:
    from latentstudio.latents.directions.ridge import fit_ridge

    request = FitRequest("attribute", "Bright", "bright", kept=("round", "shape"))
    direction = fitted(editor, witness, request).direction
    assert direction.kept == ("round", "shape")
    generator = load_generator(checkpoints["style"].path)
    draws = draws_of(generator, Sampling(recipe.checkpoint), 0, SAMPLES)
    codes = sample_ws(generator, draws)[:, 0].detach().numpy()
    for column in range(1, 5):
        desk = editor._desk
        kept = fit_ridge(codes, desk.standings(column, SAMPLES)).direction
        values = direction.vector.values().astype(float)
        assert abs(kept @ values) < 1e-4 * np.linalg.norm(values)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"attribute": "bright", "kept": ("bright",)}, "to move and to be kept"),
        ({"attribute": "hat"}, "hardly shows Hat"),
        ({"attribute": "nose"}, "does not read Nose"),
        ({"attribute": "shape"}, "does not read Shape"),
        ({"attribute": "bright", "kept": ("nose",)}, "does not read nose"),
        ({"attribute": "bright", "name": ""}, "name is empty"),
    ],
)
def test_what_cannot_be_fitted_is_a_sentence(
    editor: Editor, witness: Any, fields: dict[str, Any], words: str
) -> None:
    assert words in refused(
        editor, witness, FitRequest(**{"kind": "attribute", "name": "x"} | fields)
    )


def test_contradictory_holds_are_a_sentence(
    editor: Editor, witness: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from latentstudio.latents.directions.ridge import RidgeFit

    same = RidgeFit(np.eye(16)[0], 1.0, 0.0, 1.0)
    monkeypatch.setattr(fitting, "fit_ridge", lambda *_: same)
    from latentstudio.engine.editing import finding

    monkeypatch.setitem(finding._FITS, "ridge", lambda *_: same)
    request = FitRequest("attribute", "x", "bright", kept=("round",))
    assert "leave nothing" in refused(editor, witness, request)


def test_examples_make_a_direction(editor: Editor, witness: Any, recipe: Recipe) -> None:
    desk = editor._desk
    draws = Sampling(recipe.checkpoint).draws(0, SAMPLES, num_layers=8)
    order = np.argsort(desk.standings(0, SAMPLES))
    low, high = (
        tuple(seed(recipe, int(draws.seeds[i])) for i in some) for some in (order[:12], order[-12:])
    )
    found = fitted(editor, witness, FitRequest("examples", "Mine", more=high, less=low))
    assert found.direction.method == "logistic" and found.direction.samples == 24
    assert found.direction.score_kind == "AUC" and found.leakage[0].mean > 0.0
    codes = desk.codes.view()
    along = codes @ found.direction.vector.values().astype(float)
    assert along.std(ddof=1) / np.linalg.norm(
        found.direction.vector.values()
    ) ** 2 == pytest.approx(1.0, rel=1e-4), "one deviation of the samples"
    alone = fitted(editor, witness, FitRequest("examples", "Mine", more=high))
    assert alone.leakage[0].mean > 0.0
    assert "pictures in more" in refused(editor, witness, FitRequest("examples", "Mine", less=low))


def test_the_difference_of_two_pictures(
    editor: Editor, witness: Any, recipe: Recipe, checkpoints: Any
) -> None:
    request = FitRequest("difference", "AB", more=(seed(recipe, 7),), less=(seed(recipe, 8),))
    direction = fitted(editor, witness, request).direction
    generator = load_generator(checkpoints["style"].path)
    z = generator.sample_seeds([7, 8])
    w = generator.map(z)[:, 0].detach().numpy()
    want, got = w[0] - w[1], direction.vector.values()
    cosine = want @ got / np.linalg.norm(want) / np.linalg.norm(got)
    assert cosine == pytest.approx(1.0, abs=1e-5) and direction.method == "difference"
    stranger = Recipe(checkpoint=checkpoints["twin"].content_hash)
    text = refused(
        editor, witness, FitRequest("difference", "AB", more=(stranger,), less=(recipe,))
    )
    assert "belongs to the checkpoint" in text
    text = refused(editor, witness, FitRequest("difference", "AB", more=(recipe,), less=(recipe,)))
    assert "same" in text


@pytest.mark.parametrize("kind", ["principal", "sefa"])
def test_numbered_directions(editor: Editor, witness: Any, kind: Any) -> None:
    vectors = []
    for index in (0, 2):
        found = fitted(editor, witness, FitRequest(kind, "x", index=index, first=1, stop=4))
        assert (found.direction.first, found.direction.stop) == (1, 4)
        assert found.direction.method == kind and not found.weak
        vectors.append(found.direction.vector.values().astype(float))
    assert abs(vectors[0] @ vectors[1]) < 1e-3 * np.linalg.norm(vectors[0])
    assert "no direction" in refused(editor, witness, FitRequest(kind, "x", index=99))


def test_a_style_channel_and_those_of_examples(
    editor: Editor, witness: Any, recipe: Recipe
) -> None:
    one = fitted(editor, witness, FitRequest("style", "x", index=3, first=2)).direction
    (bend,) = one.channels
    assert (bend.layer, bend.channels, bend.kind) == (2, (3,), "style") and bend.amount > 0.0
    more = tuple(seed(recipe, k) for k in range(6))
    found = fitted(editor, witness, FitRequest("style", "x", more=more, first=1, stop=4))
    assert 1 <= len(found.direction.channels) <= styles.CHANNELS and found.weak
    assert {bend.layer for bend in found.direction.channels} <= {1, 2, 3}
    assert "no style channel 99" in refused(editor, witness, FitRequest("style", "x", index=99))
    text = refused(editor, witness, FitRequest("style", "x", kept=("round",)))
    assert "cannot be freed" in text


def test_a_network_without_mapping_has_directions_in_z(
    make: Any, witness: Any, classifier_path: Any, checkpoints: Any
) -> None:
    editor = make()
    recipe = Recipe(checkpoint=checkpoints["plain"].content_hash)
    editor.open(recipe.checkpoint, classifier_path)
    witness.wait(lambda: any(known.complete for known in witness.of("known")))
    for request in (
        FitRequest("principal", "x", index=1),
        FitRequest("sefa", "x"),
        FitRequest("difference", "x", more=(seed(recipe, 1),), less=(seed(recipe, 2),)),
    ):
        direction = fitted(editor, witness, request).direction
        assert direction.vector.space == "z" and direction.vector.shape == (16,)
    assert "no styles" in refused(editor, witness, FitRequest("style", "x"))


def test_a_newer_request_takes_its_place(editor: Editor, witness: Any) -> None:
    witness.events.clear()
    for index in range(5):
        editor.fit(FitRequest("sefa", f"number {index}", index=index))
    witness.wait(lambda: any(f.request.index == 4 for f in witness.of("fitted")))
    assert len(witness.of("fitted")) < 5 and not witness.of("trouble")
