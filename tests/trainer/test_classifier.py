"""The training of attribute classifiers: what is shown, what is learned, how it goes on."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from latentstudio.data.attributes import Attribute
from latentstudio.metrics.spaces.classifier import AttributeClassifier
from latentstudio.metrics.spaces.classifier_store import load_classifier, read_classifier_header
from latentstudio.metrics.spaces.features import load_features
from trainer import classifier as training
from trainer.classifier_card import blurred, distances, jpeg, write_card
from trainer.classifier_cli import classifier as command
from trainer.classifier_data import (
    ROTATION,
    Labelled,
    augment,
    loss_of,
    prepare_targets,
    rotated,
    step_random,
)
from trainer.classifier_scores import score_of
from trainer.classifier_state import ClassifierConfig
from trainer.data.dataset import ImageDataset
from trainer.errors import NotFinite, TrainingError
from trainer.signals import Stopped

SIZE = 16
SIDE = Attribute(name="side", kind="continuous", low=-1.0, high=1.0, flip="negate")
HUE = Attribute(name="hue", kind="continuous", low=0.0, high=1.0, period=1.0)
TALL = Attribute(name="tall", kind="binary", values=("no", "yes"))
ROW = Attribute(name="row", kind="categorical", values=("top", "middle", "bottom"))
CORNER = Attribute(name="corner", kind="binary", values=("left", "right"), flip="drop")
ATTRIBUTES = (SIDE, HUE, TALL, ROW, CORNER)


def squares(folder: Path, count: int = 300, labelled: bool = True) -> Path:
    """Pictures of 16 px with one coloured square on grey, and what is known about each."""
    random = np.random.RandomState(0)
    column = random.randint(1, 12, count)
    row = random.randint(0, 3, count)
    tall = random.randint(0, 2, count)
    hue = random.random_sample(count).astype(np.float32)
    images = np.full((count, 3, SIZE, SIZE), 110, dtype=np.uint8)
    for i in range(count):
        angle = 2 * np.pi * (hue[i] - np.arange(3) / 3)
        colour = np.round(127.5 + 127 * np.cos(angle)).astype(np.uint8)
        top, left = 1 + 4 * row[i], column[i]
        images[i, :, top : top + 3 + 2 * tall[i], left : left + 3] = colour[:, None, None]
    folder.mkdir()
    np.save(folder / "images.npy", images)
    info: dict[str, Any] = {"name": "squares", "sha256": "ab12", "count": count}
    if labelled:
        side = ((column + 1.5 - 8) / 6).astype(np.float32)
        right = (column > 6).astype(np.int64)
        values = {"side": side, "hue": hue, "tall": tall, "row": row, "corner": right}
        np.savez(folder / "labels.npz", **values)
        info["attributes"] = msgspec.to_builtins(ATTRIBUTES)
    (folder / "dataset.json").write_text(json.dumps(info))
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return squares(tmp_path / "squares")


def config_for(data: Path, **changes: Any) -> ClassifierConfig:
    values: dict[str, Any] = {
        "data": str(data),
        "resolution": SIZE,
        "kimg": 0.16,
        "batch": 32,
        "width": 4,
        "max_width": 8,
        "dim": 8,
    }
    return ClassifierConfig(**(values | changes))


def labelled(folder: Path, seed: int = 0) -> Labelled:
    return Labelled(ImageDataset(folder), seed)


def quiet(sentence: str) -> None:
    pass


# What is shown


def test_the_division_is_whole_and_disjoint(data: Path) -> None:
    first, again, other = labelled(data), labelled(data), labelled(data, seed=1)
    assert len(first.held) == 30
    assert sorted([*first.held.tolist(), *first.train.tolist()]) == list(range(300))
    assert torch.equal(first.held, again.held) and not torch.equal(first.held, other.held)


def test_a_pass_shows_every_training_picture_once(data: Path) -> None:
    first = labelled(data)
    seen = np.concatenate([first._indices(p, 27) for p in range(0, 270, 27)])
    assert sorted(seen.tolist()) == first.train.tolist()
    across = first._indices(260, 20)
    np.testing.assert_array_equal(across[:10], first._indices(260, 10))
    np.testing.assert_array_equal(across[10:], first._indices(270, 10))


def test_mirrored_pictures_have_mirrored_labels(data: Path) -> None:
    source = labelled(data)
    images, labels = source.batch(0, 64, step_random(0, 0))
    index = source._indices(0, 64)
    plain = source.pictures(torch.from_numpy(index))
    mirrored = (images == plain.flip(3)).flatten(1).all(1)
    kept = (images == plain).flatten(1).all(1)
    assert bool((mirrored | kept).all()) and 16 < int((mirrored & ~kept).sum()) < 48
    mirrored &= ~kept  # a square in the middle looks the same
    raw = {k: torch.from_numpy(v[index]) for k, v in source.dataset.labels.items()}
    # Where the square is, measured in the shown picture, whatever was done to it.
    ink = (images - images[:, :, :1, :1]).abs().sum((1, 2))
    place = (ink * torch.arange(SIZE)).sum(1) / ink.sum(1)
    torch.testing.assert_close(labels["side"], (place - 7.5) / 6, atol=0.01, rtol=0)
    assert torch.equal(labels["hue"], raw["hue"]) and torch.equal(labels["row"], raw["row"])
    assert bool((labels["corner"][mirrored] == -1).all())
    assert bool((labels["corner"][~mirrored & (raw["side"].abs() > 0.1)] >= 0).all())


def test_rotations_are_numpys() -> None:
    images = torch.randn(4, 2, 3, 3)
    turned = rotated(images, torch.tensor([0, 1, 2, 3]))
    for k in range(4):
        np.testing.assert_array_equal(turned[k], np.rot90(images[k].numpy(), k, (1, 2)))


def test_augmentation_is_light_and_repeatable() -> None:
    images = torch.rand(400, 3, 32, 32) * 2 - 1
    changed, spoilt = augment(images, step_random(0, 5))
    again, _ = augment(images, step_random(0, 5))
    other, _ = augment(images, step_random(0, 6))
    assert torch.equal(changed, again) and not torch.equal(changed, other)
    assert changed.shape == images.shape and spoilt.shape == (400, 2)
    assert changed.abs().max() < 1.7
    untouched = (spoilt == 0).float().mean(0)
    torch.testing.assert_close(untouched, torch.tensor([6 / 7, 2 / 3]), atol=0.07, rtol=0)
    torch.testing.assert_close(spoilt.std(0), torch.ones(2), atol=0.25, rtol=0)


def test_augmentation_tells_what_it_did() -> None:
    images = torch.zeros(300, 1, 16, 16)
    changed, spoilt = augment(images, step_random(0, 0))
    # On an even picture only the noise varies; 255 degrees of freedom give sd / sigma to 5%.
    measured = changed.flatten(1).std(1)
    torch.testing.assert_close(measured, spoilt[:, 1] * 0.0173, rtol=0.2, atol=1e-6)


# The loss


def test_loss_against_hand_values() -> None:
    attributes = (ROW, TALL, SIDE, HUE)
    classifier = AttributeClassifier(attributes, resolution=16, width=4, max_width=4, dim=4)
    classifier.target_mean[2], classifier.target_std[2] = 0.5, 2.0
    labels = {
        "row": torch.tensor([1, -1]),
        "tall": torch.tensor([1, -1]),
        "side": torch.tensor([1.5, math.nan]),
        "hue": torch.tensor([0.25, 0.5]),
    }
    outputs = torch.tensor([[0.0, 0.0, 0.0, 0.0, 1.5, 0.0, 0.0], [9.0, 0, 0, 9, 9, -1, 2]])
    loss = loss_of(classifier, outputs, prepare_targets(classifier, labels))
    # log 3 + log 2 + (1.5 - (1.5 - 0.5) / 2)^2 + mean(|(0,0) - (0,1)|^2, |(-1,2) - (-1,0)|^2)
    assert float(loss) == pytest.approx(math.log(3) + math.log(2) + 1 + (1 + 4) / 2, rel=1e-5)


def test_what_nothing_is_known_about_teaches_nothing() -> None:
    classifier = AttributeClassifier((SIDE, TALL), resolution=16, width=4, max_width=4, dim=4)
    labels = {"side": torch.full((3,), math.nan), "tall": torch.full((3,), -1)}
    outputs = torch.randn(3, 2, requires_grad=True)
    loss = loss_of(classifier, outputs, prepare_targets(classifier, labels))
    (grad,) = torch.autograd.grad(loss, outputs)
    assert float(loss.detach()) == 0 and not grad.any()


def test_the_rate_rises_and_falls() -> None:
    config = ClassifierConfig(data="", kimg=1.0, lr=0.1)
    rates = [training.learning_rate(config, n) for n in range(0, 1001, 10)]
    assert rates[0] == 0 and max(rates) == rates[10] == pytest.approx(0.1)
    assert rates[-1] == pytest.approx(0, abs=1e-9) and rates[55] == pytest.approx(0.05)


# The scores


@given(st.lists(st.floats(0, 1), min_size=3, max_size=30), st.floats(0, 1))
@settings(deadline=None)
def test_scores_of_numbers(values: list[float], shift: float) -> None:
    truth = torch.tensor(values, dtype=torch.float64)
    score = score_of(HUE, truth + 5, truth)  # five turns further is the same hue
    around = np.exp(2j * np.pi * truth.numpy())
    spread = (np.abs(around - around.mean()) ** 2).sum()
    if spread > 1e-6:
        assert score is not None and score.value == pytest.approx(1, abs=1e-6)
        moved = score_of(HUE, truth + shift, truth)
        wanted = 1 - len(values) * abs(np.exp(2j * np.pi * shift) - 1) ** 2 / spread
        assert moved is not None and moved.value == pytest.approx(wanted, rel=1e-6, abs=1e-6)
    if truth.std() > 1e-6:
        linear = score_of(SIDE, truth * 0.5, truth)
        wanted = 1 - (0.25 * truth.square().sum()) / ((truth - truth.mean()) ** 2).sum()
        assert linear is not None and linear.value == pytest.approx(float(wanted), rel=1e-9)


def test_scores_of_classes() -> None:
    chances = torch.tensor([[0.7, 0.2, 0.1], [0.1, 0.2, 0.7], [0.2, 0.5, 0.3], [1, 0, 0]])
    score = score_of(ROW, chances, torch.tensor([0, 2, 2, -1]))
    assert score is not None
    assert (score.measure, score.value) == ("accuracy", pytest.approx(2 / 3))
    assert score.baseline == pytest.approx(2 / 3)
    score = score_of(TALL, torch.tensor([0.9, 0.2, 0.6, 0.1]), torch.tensor([1, 0, 0, 0]))
    assert score is not None and (score.value, score.baseline) == (0.75, 0.75)
    assert score_of(TALL, torch.tensor([0.9]), torch.tensor([-1])) is None
    assert score_of(SIDE, torch.tensor([0.9, 0.8]), torch.tensor([0.5, 0.5])) is None


# The training


def test_it_learns_squares_and_its_space_sees_blur(tmp_path: Path) -> None:
    folder = squares(tmp_path / "squares", 1000)
    out = tmp_path / "c.safetensors"
    config = config_for(folder, kimg=8, lr=0.02, width=8, max_width=16, dim=16)
    training.train_classifier(config, out, quiet)
    header = read_classifier_header(out)
    scores = {name: score.value for name, score in header.scores.items()}
    assert scores.keys() == {"side", "hue", "tall", "row", "corner"}
    assert scores["side"] > 0.9 and scores["hue"] > 0.8 and scores["row"] > 0.9, scores
    assert header.name == "squares" and header.data["sha256"] == "ab12"
    assert header.training["images_seen"] >= 8_000
    features, source = load_features(out), labelled(folder)
    embedded = features(source.pictures(source.train)).double()
    torch.testing.assert_close(embedded.mean(0), torch.zeros(16).double(), atol=0.01, rtol=0)
    assert bool(((embedded.std(0) - 1).abs() < 0.01).all())
    n, rows = distances(features, source)
    assert n == 500 and rows["blurred twofold"] > 3 * rows["nothing (the floor)"]
    path = write_card(out, config)
    assert path == tmp_path / "c.md" and "| side | R² |" in path.read_text(encoding="utf-8")
    assert not out.with_suffix(".resume").exists()


def test_without_labels_it_learns_which_way_is_up(tmp_path: Path) -> None:
    folder = squares(tmp_path / "squares", 200, labelled=False)
    out = tmp_path / "c.safetensors"
    training.train_classifier(config_for(folder), out, quiet)
    classifier, header = load_classifier(out)
    assert classifier.pretext and classifier.attributes == (ROTATION,)
    assert header.scores["rotation"].baseline == 0.25
    assert load_features(out)(torch.zeros(1, 3, SIZE, SIZE)).shape == (1, 8)


def test_larger_pictures_are_averaged_down(data: Path, tmp_path: Path) -> None:
    training.train_classifier(config_for(data, resolution=8), tmp_path / "c.safetensors", quiet)
    assert load_features(tmp_path / "c.safetensors").resolution == 8


@contextmanager
def stopping(images: int) -> Iterator[None]:
    """Ends a training, as Ctrl-C does, after so many pictures."""
    caught: list[int] = []
    true_rate = training.learning_rate

    @contextmanager
    def signals() -> Iterator[list[int]]:
        yield caught

    def rate(config: ClassifierConfig, position: int) -> float:
        if position >= images:
            caught.append(2)
        return true_rate(config, position)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "caught_signals", signals)
        patch.setattr(training, "learning_rate", rate)
        yield


def test_a_resumed_training_ends_the_same(data: Path, tmp_path: Path) -> None:
    config = config_for(data, kimg=0.32)
    whole = training.train_classifier(config, tmp_path / "a.safetensors", quiet)
    out = tmp_path / "b.safetensors"
    with stopping(96), pytest.raises(Stopped, match="--resume"):
        training.train_classifier(config, out, quiet)
    assert not out.exists()
    with pytest.raises(TrainingError, match="unfinished"):
        training.train_classifier(config, out, quiet)
    with pytest.raises(TrainingError, match="other options"):
        changed = msgspec.structs.replace(config, lr=0.1)
        training.train_classifier(changed, out, quiet, resume=True)
    with (tmp_path / "b.jsonl").open("a") as log:
        log.write('{"images": 1000, "loss": 1}\n{"ima')  # written after the state, and torn
    resumed = training.train_classifier(config, out, quiet, resume=True)
    for (name, a), b in zip(whole.state_dict().items(), resumed.state_dict().values(), strict=True):
        assert torch.equal(a, b), name
    lines = [json.loads(line) for line in (tmp_path / "b.jsonl").read_text().splitlines()]
    assert [line["images"] for line in lines] == [128, 320]


def test_a_damaged_state_is_refused(data: Path, tmp_path: Path) -> None:
    config, out = config_for(data), tmp_path / "c.safetensors"
    with pytest.raises(TrainingError, match="no unfinished run"):
        training.train_classifier(config, out, quiet, resume=True)
    with stopping(32), pytest.raises(Stopped):
        training.train_classifier(config, out, quiet)
    path = out.with_suffix(".resume")
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[-1] ^= 1
    for content in (b"", whole[:100], whole[:-10], bytes(flipped)):
        path.write_bytes(content)
        with pytest.raises(TrainingError, match="damaged"):
            training.train_classifier(config, out, quiet, resume=True)


def test_a_loss_that_is_no_number_stops(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "c.safetensors"
    monkeypatch.setattr(training, "loss_of", lambda *_: torch.tensor(math.nan))
    with pytest.raises(NotFinite, match="--lr"):
        training.train_classifier(config_for(data), out, quiet)
    assert not out.exists() and not out.with_suffix(".resume").exists()


def test_weights_that_are_no_numbers_are_not_saved(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "c.safetensors"
    with stopping(32), pytest.raises(Stopped):
        training.train_classifier(config_for(data), out, quiet)
    good = out.with_suffix(".resume").read_bytes()
    # The loss of the last step is still finite; what it does to the weights is not.
    monkeypatch.setattr(training, "learning_rate", lambda *_: math.inf)
    with pytest.raises(NotFinite):
        config = config_for(data, snapshot_seconds=0.0)
        training.train_classifier(config, out, quiet, resume=True)
    assert out.with_suffix(".resume").read_bytes() == good


# The command


def test_the_command_trains_and_measures(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "c.safetensors"
    options = ["--data", str(data), "--resolution", "16", "--kimg", "0.1", "--batch", "32"]
    options += ["--width", "4", "--dim", "8", "--half", "--out", str(out)]
    result = CliRunner().invoke(command, options)
    assert result.exit_code == 0, result.output
    assert "hue: r2" in result.output and str(out.with_suffix(".md")) in result.output
    header = read_classifier_header(out)
    assert header.tensors["heads.weight"].dtype == "F16"
    text = out.with_suffix(".md").read_text(encoding="utf-8")
    assert "--half" in text and "blurred twofold" in text and str(tmp_path) not in text


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ([], "--data"),
        (["--data", "nowhere"], "nowhere"),
        (["--data", "DATA", "--kimg", "0"], "--kimg"),
        (["--data", "DATA", "--seed", "-1"], "--seed"),
        (["--data", "DATA", "--width", "1000"], "width"),
        (["--data", "DATA", "--device", "abacus"], "--device"),
        (["--resume"], "no unfinished run"),
    ],
)
def test_the_command_explains(data: Path, tmp_path: Path, options: list[str], word: str) -> None:
    options = [str(data) if option == "DATA" else option for option in options]
    options += ["--resolution", "16", "--out", str(tmp_path / "c.safetensors")]
    result = CliRunner().invoke(command, options)
    assert result.exit_code == 1 and "Traceback" not in result.output
    assert word in result.output.replace("\n", " ")


# The card


def test_jpeg_and_blur_spoil_a_little() -> None:
    images = torch.rand(2, 3, 16, 16).sub(0.5)
    for spoil in (jpeg, blurred):
        for source in (images, images[:, :1]):
            spoilt = spoil(source)
            assert spoilt.shape == source.shape and 0 < (spoilt - source).abs().mean() < 0.4
    even = torch.full((1, 3, 16, 16), 0.5)
    torch.testing.assert_close(jpeg(even), even, atol=0.02, rtol=0)
    torch.testing.assert_close(blurred(even), even)
