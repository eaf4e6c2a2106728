"""Training of an attribute classifier, from top to bottom.

For an output ``NAME.safetensors`` the run writes beside it ``NAME.jsonl`` (losses, speed) and,
until it is finished, ``NAME.resume`` (weights and Adam's state). Every minibatch is a pure
function of the seed and of how many pictures were seen: a resumed run goes on to the bit.
"""

from __future__ import annotations

import json
import math
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import torch
from torch import Tensor, nn

from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.metrics.spaces.classifier import AttributeClassifier
from latentstudio.metrics.spaces.classifier_store import save_classifier
from latentstudio.metrics.spaces.features import BATCH, has_bf16, quantise
from trainer.classifier_data import (
    QUALITIES,
    Labelled,
    augment,
    loss_of,
    prepare_targets,
    quality_loss,
    step_random,
)
from trainer.classifier_scores import held_out_scores
from trainer.classifier_state import ClassifierConfig, ClassifierState, load_state, save_state
from trainer.data.dataset import open_dataset
from trainer.errors import NotFinite, TrainingError
from trainer.signals import Stopped, caught_signals, progress

Report = Callable[[str], None]

WARMUP = 0.1  # part of the run over which the rate rises
BETAS = (0.9, 0.98)
LOG_STEPS = 50


def train_classifier(
    config: ClassifierConfig,
    out: Path,
    report: Report = print,
    *,
    resume: bool = False,
) -> AttributeClassifier:
    """Train a classifier on a data set, score it on pictures kept out, and write it.

    Without labels it learns which way up the pictures are (Gidaris et al. 2018), so that a
    folder of one's own pictures has a feature space as well.

    Parameters
    ----------
    config
        On what and how.
    out
        The file to write.
    report
        Takes sentences for the person watching.
    resume
        Go on from the state that an unfinished run left beside ``out``.

    Returns
    -------
    AttributeClassifier
        As written, in evaluation mode.

    Raises
    ------
    TrainingError
        If the data or the files are not usable; :class:`NotFinite` if the loss is no number.
    Stopped
        At SIGINT or SIGTERM, after saving the state.
    """
    torch.set_num_threads(config.threads)
    resume_file, log_file = out.with_suffix(".resume"), out.with_suffix(".jsonl")
    if not resume and resume_file.exists():
        raise TrainingError(f"{resume_file} is an unfinished run: pass --resume, or remove it.")
    root = Path(config.data_root)
    dataset = open_dataset(config.data, config.resolution, root, seed=config.seed, shrink=True)
    data = Labelled(dataset, config.seed, config.held_out)
    try:
        state = _fresh(config, data)
        if resume:
            load_state(state, config, resume_file)
            report(f"Resuming at {state.images / 1000:.1f} thousand pictures.")
        else:
            out.parent.mkdir(parents=True, exist_ok=True)
            log_file.unlink(missing_ok=True)
        _run(state, config, data, log_file, resume_file, report)
        _standardise(state.classifier, data)
        scores = held_out_scores(state.classifier, data)
        training = _provenance(config, state)
        name = str(data.info.get("name") or Path(config.data).name)
        info = {key: value for key, value in data.info.items() if key != "attributes"}
        save_classifier(
            out,
            state.classifier,
            name=name,
            data={**info, "resolution": config.resolution, "held_out": len(data.held)},
            training=training,
            scores=scores,
            half=config.half,
        )
        resume_file.unlink(missing_ok=True)
    except CheckpointError as error:
        raise TrainingError(str(error)) from error
    except OSError as error:
        where = error.filename or out
        raise TrainingError(f"{where} cannot be written: {error.strerror or error}.") from error
    for attribute, score in scores.items():
        report(f"{attribute}: {score.measure} {score.value:.3f} (baseline {score.baseline:.3f})")
    report(f"Wrote {out} after {state.seconds / 60:.1f} minutes.")
    return state.classifier


def learning_rate(config: ClassifierConfig, images: int) -> float:
    """The rate after so many pictures: a linear rise, then half a cosine down to 0.

    One cycle as in Smith and Topin 2018, without its momentum.
    """
    done = min(images / (config.kimg * 1000), 1.0)
    if done < WARMUP:
        return config.lr * (done / WARMUP)
    return config.lr * 0.5 * (1 + math.cos(math.pi * (done - WARMUP) / (1 - WARMUP)))


def _fresh(config: ClassifierConfig, data: Labelled) -> ClassifierState:
    try:
        device = torch.empty(1, device=config.device).device
    except (RuntimeError, AssertionError) as error:
        first = str(error).strip().splitlines()[0]
        raise TrainingError(f"--device {config.device} cannot be used: {first}") from error
    torch.manual_seed(config.seed)
    try:
        classifier = AttributeClassifier(
            data.attributes,
            resolution=config.resolution,
            channels=data.channels,
            width=config.width,
            max_width=config.max_width,
            dim=config.dim,
            pretext=data.pretext,
        )
    except ValueError as error:
        raise TrainingError(f"No classifier can be made for {config.data}: {error}.") from error
    for i, (mean, std) in enumerate(data.target_statistics()):
        classifier.target_mean[i], classifier.target_std[i] = mean, std
    classifier.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    quality = nn.Linear(config.dim, QUALITIES).to(device)
    parameters = [*classifier.parameters(), *quality.parameters()]
    kernels = [p for p in parameters if p.ndim > 1]
    others = [p for p in parameters if p.ndim == 1]
    groups: list[dict[str, Any]] = [{"params": kernels}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(
        groups, lr=config.lr, betas=BETAS, weight_decay=config.weight_decay, fused=True
    )
    return ClassifierState(classifier, quality, optimizer)


def _run(
    state: ClassifierState,
    config: ClassifierConfig,
    data: Labelled,
    log_file: Path,
    resume_file: Path,
    report: Report,
) -> None:
    classifier, total = state.classifier.train(), config.kimg * 1000
    device = classifier.center.device
    bf16 = has_bf16(device)
    before, started = state.seconds, time.monotonic()
    saved_at, losses = started, torch.zeros(2)
    if resume_file.exists():
        _keep_lines(log_file, state.images)
    with caught_signals() as caught, progress(total, state.images) as bar:
        while state.images < total and not caught:
            random = step_random(config.seed, state.images)
            images, labels = data.batch(state.images, config.batch, random)
            images, spoilt = augment(images, random)
            images = images.to(device, memory_format=torch.channels_last)
            targets = {k: v.to(device) for k, v in prepare_targets(classifier, labels).items()}
            for group in state.optimizer.param_groups:
                group["lr"] = learning_rate(config, state.images)
            with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
                embedding = classifier.embed(images)
            loss = loss_of(classifier, classifier.heads(embedding), targets)
            loss = loss + quality_loss(state.quality(embedding), spoilt.to(device))
            state.optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            state.optimizer.step()
            state.images += config.batch
            state.seconds = before + time.monotonic() - started
            losses += torch.stack([loss.detach().float().cpu(), torch.ones(())])
            bar.update(config.batch)
            last = state.images >= total or bool(caught)
            saving = last or time.monotonic() - saved_at >= config.snapshot_seconds
            if losses[1] >= LOG_STEPS or saving:
                _log(log_file, state, config, float(losses[0] / losses[1]))
                bar.set_postfix(loss=f"{losses[0] / losses[1]:.3f}")
                losses.zero_()
            if saving:
                _check_weights(state)
                save_state(state, config, resume_file)
                saved_at = time.monotonic()
    if caught and state.images < total:
        at = f"{state.images / 1000:.1f} thousand pictures"
        raise Stopped(caught[0], f"Stopped at {at}; saved as {resume_file}. Go on with --resume.")


def _log(path: Path, state: ClassifierState, config: ClassifierConfig, loss: float) -> None:
    """Append one JSON line; raise NotFinite where the loss is no number."""
    if not math.isfinite(loss):
        raise NotFinite(
            f"The classifier's loss is not finite at {state.images / 1000:.1f} thousand pictures:"
            " resume from the saved state, or start again with a lower --lr."
        )
    row = {
        "images": state.images,
        "loss": loss,
        "lr": learning_rate(config, state.images),
        "seconds": round(state.seconds, 2),
    }
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")


def _check_weights(state: ClassifierState) -> None:
    """Raise NotFinite before a state gone wrong replaces a good one."""
    for name, value in state.classifier.state_dict().items():
        if not bool(torch.isfinite(value).all()):
            raise NotFinite(
                f"The classifier's weight {name} is not finite at"
                f" {state.images / 1000:.1f} thousand pictures: resume from the saved state, or"
                " start again with a lower --lr."
            )


def _keep_lines(path: Path, images: int) -> None:
    """Drop lines written after the state from which the run goes on, and torn ones."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    kept = []
    for line in lines:
        try:
            row: Any = json.loads(line)
            if row["images"] <= images:
                kept.append(line)
        except (ValueError, KeyError, TypeError):
            continue
    path.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")


@torch.no_grad()
def _standardise(classifier: AttributeClassifier, data: Labelled) -> None:
    """Mean 0 and variance 1 of the embedding over the training pictures, as they are."""
    classifier.eval()
    parts = [embed(classifier, data.pictures(i)) for i in torch.split(data.train, BATCH)]
    features = torch.cat(parts).double()
    mean, std = features.mean(0), features.std(0)
    device = classifier.center.device
    classifier.standardise(mean.float().to(device), std.float().to(device))


@torch.no_grad()
def embed(classifier: AttributeClassifier, images: Tensor) -> Tensor:
    """Embedding float32 [n, dim] on the CPU, computed as the feature space does."""
    device = classifier.center.device
    with torch.autocast(device.type, torch.bfloat16, enabled=has_bf16(device)):
        return classifier.embed(quantise(images.to(device))).float().cpu()


def _provenance(config: ClassifierConfig, state: ClassifierState) -> dict[str, Any]:
    return {
        # The names of the folders, not where they lie on this machine.
        "config": msgspec.to_builtins(config)
        | {"data": Path(config.data).name, "data_root": Path(config.data_root).name},
        "images_seen": state.images,
        "seconds": round(state.seconds, 1),
        "device": config.device,
        "versions": {"torch": str(torch.__version__), "python": platform.python_version()},
    }
