"""A checkpoint's numbers against its data, what they mean, and the file that keeps them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from torch import Tensor

import trainer.assess
from latentstudio.checkpoints.store import save_generator
from latentstudio.data.attributes import Attribute
from latentstudio.metrics.spaces.classifier import AttributeClassifier
from latentstudio.metrics.spaces.classifier_store import load_classifier, save_classifier
from latentstudio.metrics.spaces.features import load_features
from trainer.assess import assess
from trainer.assessment import Assessment, assessment_path, read_assessment, write_assessment
from trainer.cli import main
from trainer.config import RunConfig
from trainer.data.dataset import ImageDataset
from trainer.errors import TrainingError
from trainer.networks import build_state
from trainer.readings import Reading, readings, summary
from trainer.references import blur, halves, pictures

Small = Callable[..., RunConfig]
COUNT = 64


def write_data(folder: Path, count: int) -> Path:
    """Noise of single pixels: blurring takes most of it away."""
    folder.mkdir()
    random = np.random.RandomState(1)
    np.save(folder / "images.npy", random.randint(0, 256, (count, 3, 16, 16)).astype(np.uint8))
    (folder / "dataset.json").write_text('{"name": "noise", "sha256": "cd34"}')
    return folder


@pytest.fixture
def noise(tmp_path: Path) -> Path:
    return write_data(tmp_path / "noise", COUNT)


@pytest.fixture
def reading(tmp_path: Path) -> Path:
    """A classifier with an attribute of each kind, which has learned none of them."""
    attributes = [
        Attribute(name="colour", kind="categorical", values=("red", "green", "blue")),
        Attribute(name="hat", kind="binary", values=("no", "yes")),
        Attribute(name="hue", kind="continuous", period=1.0),
        Attribute(name="size", kind="continuous"),
    ]
    with torch.random.fork_rng():
        torch.manual_seed(2)
        network = AttributeClassifier(attributes, resolution=16, width=4, max_width=8, dim=6)
    path = tmp_path / "reading.safetensors"
    save_classifier(path, network.eval(), name="noise", data={}, training={}, scores={})
    return path


def save(path: Path, config: RunConfig) -> Path:
    generator = build_state(config, 3).average
    save_generator(path, generator, name="Noise", data={}, training={}, half=False)
    return path


@pytest.fixture
def checkpoint(tmp_path: Path, small: Small) -> Path:
    return save(tmp_path / "model.safetensors", small())


@pytest.fixture
def found(checkpoint: Path, noise: Path, reading: Path) -> Assessment:
    data = ImageDataset(noise)
    measured = assess(checkpoint, data, reading, samples=24, path_samples=8, seed=3)
    assert measured is not None
    return measured


def measured(checkpoint: Path, data: Path, features: Path, *words: object) -> str:
    args = ["measure", checkpoint, "--data", data, "--features", features, *words]
    result = CliRunner().invoke(main, [str(word) for word in args])
    assert "Traceback" not in result.output
    return f"{result.exit_code} {result.output}"


def fid_by_definition(a: Tensor, b: Tensor) -> float:
    """Heusel et al. 2017, equation 6, by the eigenvalues of the product."""
    x, y = a.double().numpy(), b.double().numpy()
    c, d = np.cov(x.T), np.cov(y.T)
    roots = np.sqrt(np.linalg.eigvals(c @ d).astype(complex)).real
    gap = np.square(x.mean(0) - y.mean(0)).sum()
    return float(gap + np.trace(c) + np.trace(d) - 2 * roots.sum())


@pytest.mark.parametrize(
    ("attribute", "values", "expected"),
    [
        (
            Attribute(name="a", kind="categorical", values=("x", "y", "z")),
            [[0.2, 0.8, 0.0], [0.6, 0.3, 0.1], [0.1, 0.7, 0.2], [0.4, 0.5, 0.1]],
            (0.325, 0.575, 0.1),
        ),
        (
            Attribute(name="a", kind="binary", values=("no", "yes")),
            [0.9, 0.4, 0.3, 0.51, 0.1],
            (0.558, 0.442),
        ),
        (Attribute(name="a", kind="continuous"), [1.0, 2.0, 3.0, 4.0], (math.sqrt(5 / 3),)),
        # Quarter turns: each coordinate takes 1, 0, -1, 0, of variance 2/3.
        (Attribute(name="a", kind="continuous", period=4.0), [0, 1, 2, 3], (math.sqrt(4 / 3),)),
        # A full turn is no spread, and neither are two.
        (Attribute(name="a", kind="continuous", period=4.0), [0, 4, 8], (0.0,)),
        # 0.1 and 0.9 are neighbours on a circle of 1: sin 36° to either side.
        (
            Attribute(name="a", kind="continuous", period=1.0),
            [0.1, 0.9],
            (math.sqrt(2) * math.sin(math.radians(36)),),
        ),
    ],
)
def test_summary_has_hand_values(
    attribute: Attribute, values: list[float], expected: tuple[float, ...]
) -> None:
    assert summary(attribute, torch.tensor(values)) == pytest.approx(expected, abs=1e-6)


def test_readings_name_the_worst_difference() -> None:
    size = Attribute(name="size", kind="continuous")
    hat = Attribute(name="hat", kind="binary", values=("no", "yes"))
    data = {"size": torch.tensor([0.0, 4.0]), "hat": torch.tensor([1.0, 1.0, 0.0, 0.0])}
    samples = {"size": torch.tensor([1.0, 2.0]), "hat": torch.tensor([0.75, 0.25, 0.0, 0.0])}
    first, second = readings((size, hat), data, samples)
    assert not first.values
    assert first.worst == pytest.approx(0.25)
    assert (second.data, second.samples) == ((0.5, 0.5), (0.75, 0.25))
    assert second.worst == pytest.approx(25.0)
    still = Reading(name="size", values=(), data=(0.0,), samples=(1.0,))
    assert math.isfinite(still.worst)


def test_blur_halves_the_resolution_and_keeps_the_mean() -> None:
    flat = torch.full((1, 3, 8, 8), 0.25)
    assert torch.equal(blur(flat), flat)
    board = torch.tensor([[1.0, -1.0], [-1.0, 1.0]]).repeat(4, 4)[None, None]
    assert torch.equal(blur(board), torch.zeros(1, 1, 8, 8))
    step = torch.tensor([0.0, 0.0, 1.0, 1.0]).expand(1, 1, 4, 4)
    assert blur(step)[0, 0, 0].tolist() == [0.0, 0.25, 0.75, 1.0]


@pytest.mark.parametrize(("count", "n", "each"), [(10, 3, 3), (9, 100, 4), (8, 4, 4)])
def test_halves_share_nothing(count: int, n: int, each: int) -> None:
    one, other = halves(count, n, seed=0)
    assert (len(one), len(other)) == (each, each)
    assert len({*one.tolist(), *other.tolist()}) == 2 * each
    assert max(*one, *other) < count


def test_numbers_stand_beside_what_they_mean(
    found: Assessment, noise: Path, reading: Path, checkpoint: Path
) -> None:
    floor, blurred = found.references
    assert floor.fid < blurred.fid
    assert floor.kid < blurred.kid
    assert (floor.n, found.quality.n, found.quality.n_real) == (24, 24, COUNT)
    assert [length.space for length in found.path_lengths] == ["z", "w"]
    assert all(length.n == 8 and length.value > 0 for length in found.path_lengths)
    assert (found.checkpoint, found.data) == ("model.safetensors", "noise")

    space, data = load_features(reading), ImageDataset(noise)
    one, other = (
        torch.cat([space(p) for p in pictures(data, h)]) for h in halves(COUNT, 24, seed=3)
    )
    assert floor.fid == pytest.approx(fid_by_definition(one, other), rel=1e-3)


def test_readings_are_of_data_and_samples(found: Assessment, reading: Path) -> None:
    attributes = load_classifier(reading)[0].attributes
    assert [r.name for r in found.readings] == [a.name for a in attributes]
    for r in found.readings:
        assert len(r.data) == len(r.samples) == max(1, len(r.values))
        if r.values:
            assert sum(r.data) == pytest.approx(1)
            assert sum(r.samples) == pytest.approx(1)
            assert min(*r.data, *r.samples) >= 0.0


def test_file_gives_back_the_numbers(found: Assessment, checkpoint: Path) -> None:
    path = write_assessment(checkpoint, found)
    assert path == checkpoint.with_name("model-quality.json") == assessment_path(checkpoint)
    assert json.loads(path.read_text())["quality"]["fid"] == found.quality.fid
    assert read_assessment(checkpoint) == found


def test_numbers_of_other_weights_are_refused(
    found: Assessment, checkpoint: Path, small: Small
) -> None:
    assert read_assessment(checkpoint) is None
    write_assessment(checkpoint, found)
    save(checkpoint, small(seed=1))
    assert read_assessment(checkpoint) is None


def test_damaged_file_is_one_sentence(checkpoint: Path) -> None:
    for damage in (b"", b"{}", b'{"checkpoint": 3}'):
        assessment_path(checkpoint).write_bytes(damage)
        with pytest.raises(TrainingError, match=r"model-quality\.json cannot be read .* measure"):
            read_assessment(checkpoint)


def test_few_pictures_give_a_smaller_floor(checkpoint: Path, reading: Path, tmp_path: Path) -> None:
    data = ImageDataset(write_data(tmp_path / "few", 9))
    few = assess(checkpoint, data, reading, samples=16, path_samples=2)
    assert few is not None
    assert [reference.n for reference in few.references] == [4, 4]
    assert (few.quality.n, few.quality.n_real) == (16, 9)


def test_too_little_is_one_sentence(checkpoint: Path, reading: Path, tmp_path: Path) -> None:
    data = write_data(tmp_path / "few", 7)
    said = measured(checkpoint, data, reading)
    assert said.startswith("1 ")
    assert f"{data} holds 7 pictures, too few to measure anything against" in said
    assert "--samples must be at least 4." in measured(checkpoint, data, reading, "--samples", 3)
    assert not assessment_path(checkpoint).exists()


def test_numbers_that_are_none_are_one_sentence(
    checkpoint: Path, noise: Path, reading: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*given: object, **named: object) -> Assessment:
        raise ValueError("some features are not finite")

    monkeypatch.setattr(trainer.assess, "assess", fail)
    said = measured(checkpoint, noise, reading)
    assert said.startswith("1 ")
    assert "model.safetensors cannot be measured: some features are not finite." in said


def test_unreadable_classifier_is_said_once(checkpoint: Path, noise: Path) -> None:
    said = measured(checkpoint, noise, noise / "dataset.json")
    assert said.startswith("1 ")
    assert "cannot be measured" not in said
    assert "dataset.json" in said


def test_measure_writes_the_file_and_says_the_numbers(
    checkpoint: Path, noise: Path, reading: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trainer.assess, "assess", partial(assess, path_samples=4))
    said = measured(checkpoint, noise, reading, "--samples", 16, "--seed", 5)
    assert said.startswith("0 ")
    found = read_assessment(checkpoint)
    assert found is not None
    assert found.quality.sampling is not None
    assert (found.quality.n, found.quality.sampling.seed) == (16, 5)
    assert f"FID {found.quality.fid:.2f} ± " in said
    assert f"FID {found.references[1].fid:.2f}, " in said


def test_data_without_features_is_one_sentence(checkpoint: Path, noise: Path) -> None:
    result = CliRunner().invoke(main, ["measure", str(checkpoint), "--data", str(noise)])
    assert result.exit_code == 1
    assert "has no features of its own" in result.output
    assert f"latentstudio-train classifier --data {noise} --resolution 16" in result.output
