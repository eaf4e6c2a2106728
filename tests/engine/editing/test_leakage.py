from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from latentstudio.checkpoints.store import load_generator
from latentstudio.document.direction import Direction
from latentstudio.document.edit import Bend, Edit
from latentstudio.document.recipe import Recipe, Truncation
from latentstudio.document.sampling import Sampling
from latentstudio.document.vector import Vector
from latentstudio.engine.editing.editor import Editor
from latentstudio.engine.render import draw
from tests.engine.editing.conftest import COLUMNS


def vector(seed: int = 0) -> Vector:
    return Vector.of("w", np.random.RandomState(seed).randn(16).astype(np.float32))


def read(classifier: Any, generator: Any, recipe: Recipe) -> np.ndarray:
    """What people read of one picture, drawn by itself."""
    said = classifier.predict(draw(generator, recipe)[None])
    values = [said["bright"], said["round"], *said["shape"][0], said["hue"], said["hat"]]
    return np.array([float(value) for value in values])


def deviations(known: Any, classifier: Any, generator: Any, pairs: Any) -> np.ndarray:
    """By hand: how far each pair's readings lie apart, in standard deviations; hue left out."""
    moved = np.stack(
        [read(classifier, generator, b) - read(classifier, generator, a) for a, b in pairs]
    )
    return np.delete(moved / np.maximum(known.population.reading_sd, 0.02), 5, axis=1)


def test_leakage_streams_until_it_is_that_of_single_pictures(
    editor: Editor, witness: Any, recipe: Recipe, classifier: Any, checkpoints: Any
) -> None:
    recipe = msgspec.structs.replace(recipe, truncation=Truncation(0.8))
    recipe = recipe.with_edit(Edit("other", "Other", vector(1), 0.2))
    edited = recipe.with_edit(Edit("mine", "Mine", vector(), 0.5))
    editor.leakage(edited, "mine", 40)
    witness.wait(lambda: any(answer.n == 40 for answer in witness.of("leakage")))
    answers = witness.of("leakage")
    counts = [answer.n for answer in answers]
    assert counts == sorted(set(counts)) and counts[0] >= 16
    last = answers[-1]
    assert (last.key, last.amount, last.wanted) == ("mine", 0.5, 40)
    generator = load_generator(checkpoints["style"].path)
    np.testing.assert_allclose(last.before, read(classifier, generator, recipe), rtol=1e-3)
    np.testing.assert_allclose(last.after, read(classifier, generator, edited), rtol=1e-3)
    draws = Sampling.of(recipe).draws(0, 40, num_layers=generator.num_layers)
    pairs = [
        (
            Sampling.of(recipe).recipe(draws, i, generator.num_layers),
            Sampling.of(edited).recipe(draws, i, generator.num_layers),
        )
        for i in range(40)
    ]
    moved = deviations(witness.of("known")[-1], classifier, generator, pairs)
    shown = [leak for i, leak in enumerate(last.leaks) if i != 5]
    np.testing.assert_allclose([leak.mean for leak in shown], moved.mean(0), atol=2e-3)
    np.testing.assert_allclose([leak.size for leak in shown], np.abs(moved).mean(0), atol=2e-3)
    assert all(leak.low <= leak.mean <= leak.high for leak in last.leaks)
    assert [leak.value or leak.attribute for leak in last.leaks] == list(COLUMNS)
    assert np.abs(moved).max() > 0.1


def test_bends_leak_too(editor: Editor, witness: Any, recipe: Recipe) -> None:
    bent = recipe.with_bends("b", (Bend(1, (0,), "scale", 0.0, "b", "Off"),))
    editor.leakage(bent, "b", 16)
    (answer,) = witness.wait_for("leakage")
    assert answer.amount == 0.0 and not np.array_equal(answer.before, answer.after)


def test_what_is_not_there_is_a_sentence(editor: Editor, witness: Any, recipe: Recipe) -> None:
    editor.leakage(recipe, "gone", 16)
    (text,) = witness.wait_for("trouble")
    assert "no such edit" in text


def test_the_latest_question_wins(editor: Editor, witness: Any, recipe: Recipe) -> None:
    edited = recipe.with_edit(Edit("mine", "Mine", vector(), 0.5))
    for n in (4000, 3000, 32):
        editor.leakage(edited, "mine", n)
    witness.wait(lambda: any(answer.n == 32 for answer in witness.of("leakage")))
    assert witness.of("leakage")[-1].wanted == 32


def test_the_matrix_has_a_row_for_each_direction(
    editor: Editor, witness: Any, recipe: Recipe, classifier: Any, checkpoints: Any
) -> None:
    directions = [
        Direction("one", recipe.checkpoint, vector(1)),
        Direction("two", recipe.checkpoint, vector(2), first=3),
        Direction("three", recipe.checkpoint, channels=(Bend(2, (1,), "style", 1.0),)),
    ]
    editor.matrix(recipe.checkpoint, directions, 24)
    keys = [direction.key for direction in directions]
    witness.wait(lambda: any(a.key == keys[-1] and a.n == 24 for a in witness.of("leakage")))
    rows = {answer.key: answer for answer in witness.of("leakage") if answer.n == 24}
    assert list(rows) == keys
    assert all(row.before is None and row.amount == 1.0 for row in rows.values())
    generator = load_generator(checkpoints["style"].path)
    bare = Sampling(recipe.checkpoint)
    draws = bare.draws(0, 24, num_layers=generator.num_layers)
    for direction in directions:
        pairs = [
            (
                bare.recipe(draws, i, generator.num_layers),
                direction.applied(bare.recipe(draws, i, generator.num_layers), 1.0),
            )
            for i in range(24)
        ]
        moved = deviations(witness.of("known")[-1], classifier, generator, pairs)
        means = [leak.mean for i, leak in enumerate(rows[direction.key].leaks) if i != 5]
        np.testing.assert_allclose(means, moved.mean(0), atol=2e-3)


def test_a_direction_of_another_checkpoint_is_a_sentence(
    editor: Editor, witness: Any, recipe: Recipe, checkpoints: Any
) -> None:
    stranger = Direction("stranger", checkpoints["twin"].content_hash, vector())
    editor.matrix(recipe.checkpoint, [stranger], 16)
    (text,) = witness.wait_for("trouble")
    assert "belongs to the checkpoint" in text
