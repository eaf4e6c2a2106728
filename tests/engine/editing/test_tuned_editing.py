"""What the editor says of a picture with a difference is said of the tuned picture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch

from latentstudio.checkpoints.difference import Difference, applied, tunable
from latentstudio.checkpoints.differences import Differences
from latentstudio.checkpoints.store import load_generator
from latentstudio.document.edit import Edit
from latentstudio.document.recipe import Recipe
from latentstudio.document.vector import Vector
from latentstudio.engine.editing.editor import Editor
from latentstudio.engine.editing.values import Goal
from latentstudio.engine.render import draw
from latentstudio.generators.protocol import Generator

Locate = Callable[[str], Path | None]


@pytest.fixture
def differences(tmp_path: Path) -> Differences:
    return Differences(tmp_path / "differences")


@pytest.fixture
def locate(locate: Locate, differences: Differences) -> Locate:
    return lambda content_hash: locate(content_hash) or differences.locate(content_hash)


@pytest.fixture
def generator(checkpoints: Any, differences: Differences) -> Generator:
    """The tuned one."""
    base = load_generator(checkpoints["style"].path)
    torch.manual_seed(3)
    weights = {
        name: (0.3 * torch.randn(len(w), 2), torch.randn(2, *w.shape[1:]))
        for name, w in tunable(base).items()
    }
    difference = Difference(base.content_hash, {}, weights)
    differences.add(difference)
    return applied(base, difference)


@pytest.fixture
def tuned(recipe: Recipe, generator: Generator, differences: Differences) -> Recipe:
    (path,) = differences._folders[0].iterdir()
    return msgspec.structs.replace(recipe, difference=path.stem)


def bright(classifier: Any, generator: Generator, recipe: Recipe) -> float:
    return float(classifier.predict(draw(generator, recipe)[None])["bright"])


def test_readings_runs_leakage_and_layers(
    editor: Editor,
    witness: Any,
    tuned: Recipe,
    recipe: Recipe,
    generator: Generator,
    classifier: Any,
    checkpoints: Any,
) -> None:
    want = bright(classifier, generator, tuned)
    plain = bright(classifier, load_generator(checkpoints["style"].path), recipe)
    assert abs(want - plain) > 1e-3 * abs(plain)
    editor.read(tuned)
    (reading,) = witness.wait_for("reading")
    assert reading.readings[0] == pytest.approx(want, rel=1e-4)

    editor.drive(tuned, Goal("bright", target=reading.standing[0] + 0.1))
    witness.wait_for("ended")
    step = witness.of("step")[0]
    shown = bright(classifier, generator, tuned.with_edit(step.edit))
    assert step.readings[0] == pytest.approx(shown, rel=1e-3)

    edit = Edit("test", "Test", Vector.of("w", np.ones(generator.w_dim, np.float32)))
    editor.leakage(tuned.with_edit(edit), "test", n=4)
    leakage = witness.wait_for("leakage")[-1]
    assert leakage.before[0] == pytest.approx(want, rel=1e-4)

    for count, each in enumerate((tuned, recipe), start=1):
        editor.activations(each, 1)
        witness.wait_for("activations", count)
    one, other = (seen.maps.astype(np.float32) for seen in witness.of("activations"))
    assert not np.allclose(one, other, atol=1e-2)
    assert not witness.of("trouble")
