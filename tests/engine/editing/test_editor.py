from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch

from latentstudio.checkpoints.store import load_generator
from latentstudio.document.recipe import Recipe, Truncation
from latentstudio.document.sampling import Sampling
from latentstudio.engine.editing import desk
from latentstudio.engine.editing.editor import Editor
from latentstudio.engine.engine import Engine
from latentstudio.engine.render import draw
from latentstudio.latents.samples import draws_of
from latentstudio.metrics.spaces.classifier import AttributeClassifier
from latentstudio.metrics.spaces.classifier_store import save_classifier
from tests.engine.editing.conftest import COLUMNS, SAMPLES, USABLE


def test_what_is_known_is_what_the_samples_say(
    editor: Editor, witness: Any, recipe: Recipe, classifier: Any, checkpoints: Any
) -> None:
    early, late = witness.of("known")
    assert (early.n, early.complete) == (USABLE, False)
    assert (late.n, late.complete) == (SAMPLES, True)
    assert late.checkpoint == recipe.checkpoint and late.classifier == "toys"
    assert [column.value or column.attribute for column in late.columns] == list(COLUMNS)
    # Brute force: every picture drawn and read by itself.
    generator = load_generator(checkpoints["style"].path)
    seeds = draws_of(generator, Sampling(recipe.checkpoint), 0, SAMPLES).seeds
    values = []
    for seed in seeds.tolist():
        picture = generator(generator.sample_z(1, seed))
        values.append(classifier.predict(picture)["bright"].item())
    assert late.population.reading_mean[0] == pytest.approx(np.mean(values), rel=1e-2, abs=1e-3)
    assert late.population.reading_sd[0] == pytest.approx(np.std(values, ddof=1), rel=1e-2)
    assert late.population.shows(0) and not late.population.shows(len(COLUMNS) - 1)
    titles = {title for title, _, _ in witness.of("progress")}
    assert titles == {"Learning what the generator shows"}
    shares = [share for _, share, _ in witness.of("progress")]
    assert shares[-1] == 1.0 and all(0.0 < share <= 1.0 for share in shares)
    assert not witness.of("trouble")


def test_the_next_session_knows_it_at_once(
    editor: Editor, make: Any, witness: Any, recipe: Recipe, classifier_path: Path
) -> None:
    first = witness.of("known")[-1]
    witness.events.clear()
    make().open(recipe.checkpoint, classifier_path)
    (again,) = witness.wait_for("known")
    assert again.n == SAMPLES and not witness.of("progress")
    np.testing.assert_array_equal(again.population.score_sd, first.population.score_sd)


@pytest.mark.parametrize("damage", [b"", b"no array", "cut", "nan", "wide"])
def test_a_damaged_file_is_as_if_it_were_not_there(
    editor: Editor,
    make: Any,
    witness: Any,
    recipe: Recipe,
    classifier_path: Path,
    tmp_path: Path,
    damage: Any,
) -> None:
    (path,) = (tmp_path / "cache").iterdir()
    whole = np.load(path)
    if isinstance(damage, bytes):
        path.write_bytes(damage)
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:-10])
    else:
        bad = np.full_like(whole, np.nan) if damage == "nan" else np.pad(whole, ((0, 0), (0, 1)))
        np.save(path, bad)
    witness.events.clear()
    make().open(recipe.checkpoint, classifier_path)
    witness.wait_for("known", 2)
    np.testing.assert_allclose(np.load(path), whole, rtol=0.01, atol=1e-3)  # other batches


def test_a_reading_is_of_the_exact_picture(
    editor: Editor, witness: Any, recipe: Recipe, classifier: Any, checkpoints: Any
) -> None:
    recipe = msgspec.structs.replace(recipe, truncation=Truncation(0.7))
    editor.read(recipe)
    (reading,) = witness.wait_for("reading")
    generator = load_generator(checkpoints["style"].path)
    said = classifier.predict(draw(generator, recipe)[None])
    assert reading.recipe == recipe
    want = [said["bright"], said["round"], *said["shape"][0], said["hue"], said["hat"]]
    np.testing.assert_allclose(reading.readings, [float(x) for x in want], rtol=1e-4, atol=1e-4)
    known = witness.of("known")[-1]
    bright = (reading.readings[0] - known.population.score_mean[0]) / known.population.score_sd[0]
    assert reading.standing[0] == pytest.approx(bright, rel=1e-6)
    odds = np.log(reading.readings[1] / (1 - reading.readings[1]))
    standing = (odds - known.population.score_mean[1]) / known.population.score_sd[1]
    assert reading.standing[1] == pytest.approx(standing, rel=1e-3)


def test_the_latest_reading_wins_and_waits_for_what_is_opened(
    make: Any, engine: Engine, witness: Any, recipe: Recipe, classifier_path: Path
) -> None:
    editor = make()
    recipes = [msgspec.structs.replace(recipe, truncation=Truncation(k / 10)) for k in range(10)]
    for each in recipes:
        editor.read(each)
    editor.open(recipe.checkpoint, classifier_path)
    (reading,) = witness.wait_for("reading")
    assert reading.recipe == recipes[-1]


def test_another_checkpoint_is_another_population(
    editor: Editor, witness: Any, recipe: Recipe, classifier_path: Path, checkpoints: Any
) -> None:
    witness.events.clear()
    plain = Recipe(checkpoint=checkpoints["plain"].content_hash)
    editor.open(plain.checkpoint, classifier_path)
    editor.read(plain)
    (reading,) = witness.wait_for("reading")
    assert reading.recipe == plain
    assert {known.checkpoint for known in witness.of("known")} == {plain.checkpoint}


def refusing(kind: str) -> dict[str, Any]:
    sizes = {"resolution": 16, "width": 4, "max_width": 8, "dim": 8}
    if kind == "large":
        return {**sizes, "resolution": 64}
    return {**sizes, "pretext": True}


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("large", "64 px"),
        ("pretext", "made-up"),
        ("absent", "there is no file"),
        ("other", "no attr"),
    ],
)
def test_a_classifier_for_other_pictures_is_a_sentence(
    make: Any,
    witness: Any,
    recipe: Recipe,
    classifier_path: Path,
    checkpoints: Any,
    tmp_path: Path,
    kind: str,
    words: str,
) -> None:
    from tests.engine.editing.conftest import ATTRIBUTES

    path = tmp_path / "other.safetensors"
    if kind == "other":
        path = checkpoints["style"].path
    elif kind != "absent":
        classifier = AttributeClassifier(ATTRIBUTES, **refusing(kind))
        save_classifier(path, classifier, name="other", data={}, training={}, scores={})
    editor = make()
    editor.open(recipe.checkpoint, path)
    (text,) = witness.wait_for("trouble")
    assert words in text.lower() and "\n" not in text
    editor.open(recipe.checkpoint, classifier_path)
    witness.wait_for("known", 2)


def test_what_draws_no_numbers_is_a_sentence_and_all_live_on(
    make: Any,
    engine: Engine,
    witness: Any,
    recipe: Recipe,
    classifier_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    editor = make()
    with monkeypatch.context() as patch:
        nothing = torch.full((1, 3, 32, 32), float("nan"))
        patch.setattr(desk, "sample_images", lambda *_: nothing)
        editor.open(recipe.checkpoint, classifier_path)
        (text,) = witness.wait_for("trouble")
        assert "no numbers" in text and "\n" not in text
    engine.request(recipe)
    assert witness.wait_for("frame")
    editor.open(recipe.checkpoint, classifier_path)
    witness.wait_for("known", 2)


def test_questions_before_anything_is_known_are_sentences(
    make: Any, witness: Any, recipe: Recipe
) -> None:
    editor = make()
    editor.leakage(recipe, "x")
    (text,) = witness.wait_for("trouble")
    assert "not known yet" in text


def test_stopping_ends_everything_at_any_time(
    make: Any, engine: Engine, witness: Any, recipe: Recipe, classifier_path: Path
) -> None:
    make().stop()
    editor = make("other")
    editor.read(recipe)
    editor.open(recipe.checkpoint, classifier_path)
    witness.wait_for("progress")
    editor.stop()
    editor.stop()
    count = len(witness.events)
    editor.open(recipe.checkpoint, classifier_path)
    editor.read(recipe)
    engine.request(recipe)
    witness.wait_for("frame")
    assert not [event for event in witness.events[count:] if event[0] not in ("model", "frame")]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("editing")]


def test_an_engine_that_closes_while_busy_is_no_trouble(
    make: Any, engine: Engine, witness: Any, recipe: Recipe, classifier_path: Path
) -> None:
    editor = make("other")
    editor.open(recipe.checkpoint, classifier_path)
    witness.wait_for("progress")
    engine.stop()
    editor.read(recipe)
    editor.stop()
    assert not witness.of("trouble")


def test_callbacks_that_raise_end_nothing(
    editor: Editor, witness: Any, recipe: Recipe, caplog: pytest.LogCaptureFixture
) -> None:
    good = editor._callbacks["reading"]

    def bad(reading: Any) -> None:
        good(reading)
        raise ZeroDivisionError("no")

    editor._callbacks["reading"] = bad
    editor.read(recipe)
    witness.wait_for("reading")
    editor.read(msgspec.structs.replace(recipe, truncation=Truncation(0.5)))
    witness.wait_for("reading", 2)
    editor.stop()
    assert "a callback of the editor raised" in caplog.text


def test_importing_brings_neither_torch_nor_qt() -> None:
    modules = "latentstudio.engine.editing.editor, latentstudio.engine.editing.values"
    code = f"import sys, {modules}; sys.exit(any(m in sys.modules for m in ('torch', 'PySide6')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
