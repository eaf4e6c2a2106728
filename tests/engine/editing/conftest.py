from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from latentstudio.checkpoints.store import load_generator, save_generator
from latentstudio.data.attributes import Attribute
from latentstudio.document.recipe import Recipe
from latentstudio.document.sampling import Sampling
from latentstudio.engine.editing import desk, population
from latentstudio.engine.editing.editor import Editor
from latentstudio.engine.engine import Engine
from latentstudio.generators.dcgan import DCGAN
from latentstudio.latents.samples import draws_of, sample_images
from latentstudio.metrics.spaces.classifier import AttributeClassifier
from latentstudio.metrics.spaces.classifier_store import load_classifier, save_classifier

ATTRIBUTES = (
    Attribute(name="bright", kind="continuous", low=-0.01, high=0.01),
    Attribute(name="round", kind="binary", values=("no", "yes")),
    Attribute(name="shape", kind="categorical", values=("disc", "square", "star")),
    Attribute(name="hue", kind="continuous", low=0.0, high=360.0, period=360.0),
    Attribute(name="hat", kind="binary", values=("no", "yes")),
)
COLUMNS = ("bright", "round", "disc", "square", "star", "hue", "hat")
SAMPLES, USABLE = 64, 32


@pytest.fixture(scope="session")
def checkpoints(checkpoints: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """With one more, vivid: without a mapping, of pictures that differ."""
    torch.manual_seed(9)
    generator = DCGAN(z_dim=16, resolution=32, ngf=4)
    for parameter in generator.parameters():
        if parameter.ndim > 1:
            torch.nn.init.normal_(parameter, std=0.15)
    path = tmp_path_factory.mktemp("vivid") / "vivid.safetensors"
    content_hash = save_generator(path, generator, name="vivid", data={}, training={})
    return checkpoints | {"vivid": type(checkpoints["style"])(path, content_hash)}


@pytest.fixture(scope="session")
def classifier_path(tmp_path_factory: pytest.TempPathFactory, checkpoints: Any) -> Path:
    """A tiny untrained classifier that tells the tiny generator's pictures apart.

    Its heads are set so that every attribute varies over the samples, but for the hat.
    """
    torch.manual_seed(5)
    classifier = AttributeClassifier(ATTRIBUTES, resolution=16, width=4, max_width=8, dim=8)
    classifier.eval().requires_grad_(False)
    generator = load_generator(checkpoints["style"].path)
    sampling = Sampling(generator.content_hash)
    images = sample_images(generator, sampling, draws_of(generator, sampling, 0, 64))
    rows = classifier.embed(images)
    classifier.standardise(rows.mean(0), rows.std(0))
    classifier.heads.weight.normal_()
    classifier.heads.bias.zero_()
    classifier.heads.weight[-1], classifier.heads.bias[-1] = 0.0, -20.0
    path = tmp_path_factory.mktemp("classifier") / "toys.safetensors"
    save_classifier(path, classifier, name="toys", data={}, training={}, scores={})
    return path


@pytest.fixture
def classifier(classifier_path: Path) -> AttributeClassifier:
    return load_classifier(classifier_path)[0]


@pytest.fixture
def recipe(checkpoints: Any) -> Recipe:
    return Recipe(checkpoint=checkpoints["style"].content_hash)


KINDS = ("known", "reading", "step", "ended", "fitted", "leakage", "activations", "answering")


@pytest.fixture
def make(
    engine: Engine, locate: Any, witness: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], Editor]]:
    """Editors that are content with a few samples and wait for no hand."""
    for module in (desk, population):
        monkeypatch.setattr(module, "SAMPLES", SAMPLES)
    monkeypatch.setattr(population, "USABLE", USABLE)
    engine._mailbox._calm = 0.0
    made: list[Editor] = []

    def make_one(folder: str = "cache") -> Editor:
        callbacks: dict[str, Any] = {
            f"on_{kind}": lambda value, kind=kind: witness.note(kind, value) for kind in KINDS
        }
        editor = Editor(
            engine,
            locate,
            **callbacks,
            on_progress=lambda *values: witness.note("progress", values),
            on_error=lambda text: witness.note("trouble", text),
            cache=tmp_path / folder,
        )
        made.append(editor)
        return editor

    yield make_one
    for editor in made:
        editor.stop()


@pytest.fixture
def editor(make: Any, witness: Any, recipe: Recipe, classifier_path: Path) -> Editor:
    """One that knows all it will ever know of the checkpoint of ``recipe``."""
    made = make()
    made.open(recipe.checkpoint, classifier_path)
    witness.wait(lambda: any(known.complete for known in witness.of("known")))
    return made
