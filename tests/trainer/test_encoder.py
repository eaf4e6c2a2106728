"""The training of encoders: what is shown, what is learned, how it goes on."""

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
import torch.nn.functional as F
from click.testing import CliRunner

from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.checkpoints.store import load_generator, save_generator
from latentstudio.latents.inversion.encoder import load_encoder
from latentstudio.metrics.spaces.classifier_store import load_classifier
from tests.generators.small import FAMILIES, small
from trainer import encoder as training
from trainer.cli import main
from trainer.encoder_data import (
    HELD_OUT,
    PART,
    SOLVED,
    Samples,
    encoder_for,
    pixel_error,
    solve,
)
from trainer.encoder_scores import Scale, held_out, scores_of
from trainer.encoder_state import EncoderConfig, EncoderState
from trainer.errors import NotFinite, TrainingError
from trainer.signals import Stopped


def quiet(sentence: str) -> None:
    pass


def saved(folder: Path, family: str = "stylegan2") -> Path:
    path = folder / f"{family.replace(' ', '-')}.safetensors"
    save_generator(path, small(family), name="tiny", data={}, training={})
    return path


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    return saved(tmp_path)


def config_for(checkpoint: Path, **changes: Any) -> EncoderConfig:
    values: dict[str, Any] = {
        "checkpoint": str(checkpoint),
        "kimg": 0.08,
        "batch": 16,
        "pictures": 2,
        "fitted": 64,
        "width": 4,
        "max_width": 8,
    }
    return EncoderConfig(**(values | changes))


# What is shown


def test_samples_are_a_function_of_seed_and_position() -> None:
    samples, other = Samples(small("stylegan2"), 0), Samples(small("stylegan2"), 1)
    first, again = samples.draw(32, 8), samples.draw(32, 8)
    assert torch.equal(first.images, again.images) and torch.equal(first.latents, again.latents)
    for different in (samples.draw(40, 8), samples.draw(HELD_OUT, 8), other.draw(32, 8)):
        assert not torch.isclose(first.latents, different.latents).any()
    shown = samples.shown(first.images, 32)
    assert torch.equal(shown, samples.shown(first.images, 32))
    assert not torch.equal(shown, samples.shown(first.images, 48))
    assert 0 < (shown - first.images).square().mean() < 0.1 * first.images.square().mean()


@pytest.mark.parametrize("family", ["stylegan2", "progan"])
def test_the_latent_of_a_sample_draws_its_picture(family: str) -> None:
    generator = small(family)
    samples = Samples(generator, 0)
    samples.bf16 = False
    noises = set()
    for position in range(6):
        batch = samples.draw(position, 3)
        if family == "progan":
            ws = generator.map(batch.latents)
        else:
            ws = batch.latents[:, None].repeat(1, generator.num_layers, 1)
        same = torch.isclose(generator.synthesize(ws), batch.images, atol=1e-5).all()
        noises.add("const" if same else "fresh")
    assert noises == ({"const"} if family == "progan" else {"const", "fresh"})


def test_samples_are_truncated_by_half_to_not_at_all() -> None:
    generator = small("progan")
    latents = Samples(generator, 0).draw(0, 512).latents
    lengths = latents.square().mean(dim=1)
    # psi² of psi uniform in 1/2 to 1 is 7/12 on average, times a chi² of 6 over 6.
    assert float(lengths.mean()) == pytest.approx(7 / 12, abs=0.05)


def test_whitened_latents_are_white() -> None:
    generator = small("stylegan2")
    encoder = encoder_for(generator, 4, 4)
    w = generator.map(generator.sample_z(4000, 9))[:, 0]
    u = encoder.whitened(w)
    torch.testing.assert_close(u.mean(0), torch.zeros(5), atol=0.08, rtol=0)
    torch.testing.assert_close(torch.cov(u.t()), torch.eye(5), atol=0.1, rtol=0)


def test_the_last_layer_is_the_ridge_regression_of_another_library() -> None:
    from sklearn.linear_model import Ridge

    samples = Samples(small("stylegan2"), 0)
    samples.bf16 = False
    encoder = encoder_for(samples.generator, 4, 4)
    solve(encoder, samples, 256)
    places = range(SOLVED, SOLVED + 256, PART)
    batches = [samples.draw(place, PART) for place in places]
    images = torch.cat([samples.shown(b.images, p) for p, b in zip(places, batches, strict=True)])
    codes = torch.cat([encoder.whitened(batch.latents) for batch in batches]).double().numpy()
    held = samples.draw(0, 8).images

    def column(images: torch.Tensor) -> Any:
        """What is seen, and beside it a constant that is hardly held back."""
        seen = encoder.seen(images).detach().double()
        return F.pad(seen, (0, 1), value=1 / encoder.gain).numpy()

    ridge = Ridge(alpha=0.01 * 256, fit_intercept=False).fit(column(images), codes)
    wanted = ridge.predict(column(held))
    np.testing.assert_allclose(encoder.look(held).detach(), wanted, atol=1e-4)
    assert np.abs(wanted).max() > 0.3


def test_normalisation_takes_the_samples_statistics() -> None:
    samples = Samples(small("stylegan2"), 0)
    encoder = encoder_for(samples.generator, 4, 4)
    solve(encoder, samples, 128)
    images = torch.cat(
        [samples.shown(samples.draw(p, PART).images, p) for p in (SOLVED, SOLVED + PART)]
    )
    first = encoder.body[0]
    maps = first.conv(images).detach().double()  # type: ignore[operator, union-attr]
    mean = first.norm.running_mean  # type: ignore[union-attr]
    torch.testing.assert_close(mean.double(), maps.mean((0, 2, 3)), atol=1e-5, rtol=1e-4)  # type: ignore[union-attr, operator]


def test_it_begins_with_a_classifier_that_fits(features: Path) -> None:
    classifier = load_classifier(features)[0]
    generator = small("stylegan2")
    encoder = encoder_for(generator, 16, 32, classifier)
    assert (encoder.width, encoder.max_width) == (4, 8)
    x = torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(encoder.body(x), classifier.body(x))
    generator.channels = 1
    assert encoder_for(generator, 16, 32, classifier).width == 16


def test_pixel_error_against_brute_force() -> None:
    a, b = torch.randn(2, 3, 3, 16, 16, generator=torch.Generator().manual_seed(0)).unbind()
    wanted = []
    for size in (16, 8, 4):
        k = 16 // size
        x, y = (p.double().numpy().reshape(3, 3, size, k, size, k).mean((3, 5)) for p in (a, b))
        wanted.append(((x - y) ** 2).mean((1, 2, 3)))
    np.testing.assert_allclose(pixel_error(a, b), np.mean(wanted, axis=0), rtol=1e-5)


# The scores


class Oracle(torch.nn.Module):
    """Says what it was given, in place of an encoder."""

    def __init__(self, generator: Any, share: float) -> None:
        super().__init__()
        self.ruler, self.share = encoder_for(generator, 4, 4), share
        self.whitened, self.latents = self.ruler.whitened, self.ruler.latents
        self.truth = torch.empty(0)

    def look(self, images: torch.Tensor) -> torch.Tensor:
        part, self.truth = self.truth[: len(images)], self.truth[len(images) :]
        return part * self.share


def test_scores_of_the_truth_and_of_the_mean() -> None:
    generator = small("progan")
    samples = Samples(generator, 0)
    held = held_out(samples)
    scale = Scale(held, None)
    found = []
    for share in (1.0, 0.5, 0.0):
        oracle: Any = Oracle(generator, share)
        oracle.truth = held.latents
        found.append(scores_of(oracle, samples, scale, held))
    assert found[0] == pytest.approx({"error": 0, "r2": 1, "explained": 1, "pixels": 0}, abs=1e-5)
    assert found[1]["explained"] == pytest.approx(0.75, abs=0.01)
    assert found[1]["error"] == pytest.approx(found[2]["error"] / 2)
    assert found[2]["r2"] == pytest.approx(0, abs=0.02)
    # Two independent points are √2 times as far apart as one is from the middle; of pictures
    # that holds roughly.
    assert 0.5 < found[2]["pixels"] < 0.9 and found[1]["pixels"] < 0.8 * found[2]["pixels"]


# The training


def test_it_guesses_better_than_the_mean_and_draws_like_the_picture(
    checkpoint: Path, tmp_path: Path
) -> None:
    out = tmp_path / "e.safetensors"
    config = config_for(checkpoint, kimg=0.016, lr=0.01, width=8, max_width=16)
    training.train_encoder(config, out, quiet)
    solved = load_encoder(out)[1].scores
    training.train_encoder(msgspec.structs.replace(config, kimg=1.5), out, quiet)
    encoder, header = load_encoder(out)
    assert header.scores["error"] < 0.9 * solved["error"]
    assert header.space == "w" and header.name == "tiny"
    assert header.checkpoint == load_generator(checkpoint).content_hash
    assert header.training["images_seen"] >= 1500
    assert header.training["config"]["checkpoint"] == "stylegan2.safetensors"
    assert header.scores["r2"] > 0.4 and header.scores["explained"] > 0.4
    # Measured once more, on samples drawn in the ordinary way.
    generator = load_generator(checkpoint)
    w = generator.map(generator.sample_z(200, 77), psi=0.7)
    images = generator.synthesize(w)
    guess = encoder(images)
    error = (guess - w[:, 0]).square().sum(1).mean()
    assert error < 0.6 * (w[:, 0].mean(0) - w[:, 0]).square().sum(1).mean()
    drawn = generator.synthesize(guess[:, None].expand_as(w))
    # Above the best constant picture by a wide margin.
    assert F.mse_loss(drawn, images) < 0.6 * F.mse_loss(
        images.mean(0, keepdim=True).expand_as(images), images
    )
    card = out.with_suffix(".md").read_text(encoding="utf-8")
    assert f"| r2 | {header.scores['r2']:.3f} |" in card and "--kimg 1.5" in card
    assert not out.with_suffix(".resume").exists()


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_has_one(family: str, tmp_path: Path) -> None:
    path, out = saved(tmp_path, family), tmp_path / "e.safetensors"
    training.train_encoder(config_for(path, kimg=0.016), out, quiet)
    encoder, header = load_encoder(out)
    generator = load_generator(path)
    assert header.space == ("w" if generator.has_mapping else "z")
    assert encoder(generator(generator.sample_z(2, 0))).shape == (2, encoder.dim)


def test_the_feature_space_takes_part(checkpoint: Path, features: Path, tmp_path: Path) -> None:
    out = tmp_path / "e.safetensors"
    training.train_encoder(config_for(checkpoint, features=str(features)), out, quiet)
    _, header = load_encoder(out)
    assert set(header.scores) == {"error", "r2", "explained", "pixels", "features"}
    with pytest.raises(CheckpointError, match="no file"):
        training.train_encoder(config_for(checkpoint, features="no"), out, quiet)


def test_the_rate_rises_and_falls() -> None:
    config = EncoderConfig(checkpoint="", lr=0.1)
    rates = [training.learning_rate(config, n / 100) for n in range(101)]
    assert rates[0] == 0 and max(rates) == rates[5] == pytest.approx(0.1)
    assert rates[100] == pytest.approx(0, abs=1e-9) and rates[10] > rates[50] > rates[90]


def test_time_may_end_it(checkpoint: Path, tmp_path: Path) -> None:
    config = config_for(checkpoint, kimg=1e6, minutes=1e-4)
    training.train_encoder(config, tmp_path / "e.safetensors", quiet)
    _, header = load_encoder(tmp_path / "e.safetensors")
    assert header.training["images_seen"] == 16 and header.training["seconds"] < 60


@contextmanager
def stopping(images: int) -> Iterator[None]:
    """Ends a training, as Ctrl-C does, in the step that begins after so many samples."""
    caught: list[int] = []
    true_draw = Samples.draw

    @contextmanager
    def signals() -> Iterator[list[int]]:
        yield caught

    def draw(self: Samples, position: int, n: int) -> Any:
        if images <= position < SOLVED:
            caught.append(2)
        return true_draw(self, position, n)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "caught_signals", signals)
        patch.setattr(Samples, "draw", draw)
        yield


def test_a_resumed_training_ends_the_same(checkpoint: Path, tmp_path: Path) -> None:
    config = config_for(checkpoint, snapshot_seconds=1e-9)
    whole = training.train_encoder(config, tmp_path / "a.safetensors", quiet)
    out = tmp_path / "b.safetensors"
    with stopping(32), pytest.raises(Stopped, match="--resume"):
        training.train_encoder(config, out, quiet)
    assert load_encoder(out)[1].training["images_seen"] == 48
    with pytest.raises(TrainingError, match="unfinished"):
        training.train_encoder(config, out, quiet)
    for changes in ({"lr": 0.1}, {"checkpoint": str(saved(tmp_path, "stylegan"))}):
        with pytest.raises(TrainingError, match="other options"):
            other = msgspec.structs.replace(config, **changes)
            training.train_encoder(other, out, quiet, resume=True)
    with (tmp_path / "b.jsonl").open("a") as log:
        log.write('{"images": 1000, "loss": 1}\n{"ima')  # written after the state, and torn
    resumed = training.train_encoder(config, out, quiet, resume=True)
    for (name, a), b in zip(whole.state_dict().items(), resumed.state_dict().values(), strict=True):
        assert torch.equal(a, b), name
    logs = [
        [json.loads(line) for line in (tmp_path / f"{run}.jsonl").read_text().splitlines()]
        for run in "ab"
    ]
    assert [row["images"] for row in logs[0]] == [16, 32, 48, 64, 80]
    for first, second in zip(*logs, strict=True):
        assert {**first, "seconds": 0} == {**second, "seconds": 0}


def test_a_damaged_state_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    config, out = config_for(checkpoint), tmp_path / "e.safetensors"
    with pytest.raises(TrainingError, match="no unfinished run"):
        training.train_encoder(config, out, quiet, resume=True)
    with stopping(0), pytest.raises(Stopped):
        training.train_encoder(config, out, quiet)
    path = out.with_suffix(".resume")
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[-1] ^= 1
    for content in (b"", whole[:100], whole[:-10], bytes(flipped)):
        path.write_bytes(content)
        with pytest.raises(TrainingError, match="damaged"):
            training.train_encoder(config, out, quiet, resume=True)


def test_a_loss_that_is_no_number_stops_before_it_is_saved(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training._Run, "_step", lambda self: torch.tensor(math.nan))
    config, out = config_for(checkpoint), tmp_path / "e.safetensors"
    monkeypatch.setattr(EncoderState, "done", lambda self, config: self.seconds > 0)
    with pytest.raises(NotFinite, match="--lr"):
        training.train_encoder(config, out, quiet)
    assert not out.exists() and not out.with_suffix(".resume").exists()


# The command


def call(*words: object) -> Any:
    return CliRunner().invoke(main, ["encoder", *(str(word) for word in words)])


def test_the_command_trains_and_goes_on(checkpoint: Path, tmp_path: Path) -> None:
    out = tmp_path / "e.safetensors"
    short = (
        "--kimg",
        0.032,
        "--batch",
        16,
        "--width",
        4,
        "--pictures",
        0,
        "--full",
        "--fitted",
        64,
    )
    with stopping(0):
        result = call(checkpoint, "--out", out, "--full", *short)
    assert result.exit_code == 130 and "Go on with --resume." in result.output
    result = call("--out", out, "--resume")
    assert result.exit_code == 0, result.output
    assert "Resuming at 0.0 thousand samples." in result.output and "Wrote" in result.output
    assert load_encoder(out)[1].training["images_seen"] == 32


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--kimg", 0], "--kimg must be greater than 0."),
        (["--minutes", "nan"], "--minutes must be greater than 0."),
        (["--snapshot-seconds", -1], "--snapshot-seconds must be greater than 0."),
        (["--fitted", 0], "--fitted must be greater than 0."),
        (["--seed", -1], "--seed must be between 0 and 4294967295."),
        (["--pictures", -1], "--pictures must not be negative."),
        (["--width", 3], "width is 3; it must be 4 to 64."),
        (["--device", "cuda:99"], "--device cuda:99 cannot be used"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(
    words: list[object], sentence: str, checkpoint: Path, tmp_path: Path
) -> None:
    result = call(checkpoint, "--out", tmp_path / "e.safetensors", *words)
    assert result.exit_code == 1 and sentence in result.output, result.output


def test_without_a_checkpoint_there_is_nothing_to_learn(tmp_path: Path) -> None:
    out = tmp_path / "e.safetensors"
    assert "A new training needs a checkpoint." in call("--out", out).output
    assert "There is no file" in call(tmp_path / "no.safetensors", "--out", out).output
