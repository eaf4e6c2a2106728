"""Training of an encoder, from top to bottom.

For an output ``NAME.safetensors`` the run writes beside it ``NAME.jsonl`` (losses, scores on
samples kept out), ``NAME.md`` (the card) and, until it is finished, ``NAME.resume`` (weights and
Adam's state). The output itself is the newest snapshot, usable from the first one on. Every
minibatch is a pure function of the seed and of how many samples were seen: a resumed run goes on
to the bit, unless its length is given in minutes.
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
from torch import Tensor

from latentstudio.checkpoints.bundled import bundled_features
from latentstudio.checkpoints.header import read_header
from latentstudio.checkpoints.store import load_generator
from latentstudio.generators.protocol import Generator
from latentstudio.latents.inversion.encoder import Encoder, save_encoder
from latentstudio.metrics.spaces.features import ClassifierFeatures, load_features
from trainer.encoder_card import write_card
from trainer.encoder_data import Batch, Samples, encoder_for, solve
from trainer.encoder_scores import Scale, held_out, scores_of
from trainer.encoder_state import EncoderConfig, EncoderState, load_state, save_state
from trainer.errors import NotFinite, TrainingError
from trainer.signals import Stopped, caught_signals, progress

Report = Callable[[str], None]

WARMUP = 0.05  # part of the run over which the rate rises
BETAS = (0.9, 0.98)


def train_encoder(
    config: EncoderConfig, out: Path, report: Report = print, *, resume: bool = False
) -> Encoder:
    """Train an encoder on a generator's own samples, and write it.

    Source: Zhu et al., "Generative Visual Manipulation on the Natural Image Manifold" (2016),
    section 3: a network predicts where the search begins. Here its last layer is solved for by
    regression first, and then all of it is trained: by the error of the latent, in whitened
    coordinates, and that of the picture which the guess leads to.

    Parameters
    ----------
    config
        For which generator, and how.
    out
        The file to write.
    report
        Takes sentences for the person watching.
    resume
        Go on from the state that an unfinished run left beside ``out``.

    Returns
    -------
    Encoder
        As written but in full precision, in evaluation mode.

    Raises
    ------
    TrainingError
        If the files are not usable; :class:`NotFinite` if the loss is no number.
    CheckpointError
        If the generator cannot be read or the encoder not be written.
    Stopped
        At SIGINT or SIGTERM, after saving.
    """
    torch.set_num_threads(config.threads)
    resume_file = out.with_suffix(".resume")
    if not resume and resume_file.exists():
        raise TrainingError(f"{resume_file} is an unfinished run: pass --resume, or remove it.")
    run = _Run(config, out, report)
    if resume:
        load_state(run.state, config, run.generator.content_hash, resume_file)
        report(f"Resuming at {run.state.images / 1000:.1f} thousand samples.")
        _keep_lines(run.log_file, run.state.images)
    else:
        out.parent.mkdir(parents=True, exist_ok=True)
        run.log_file.unlink(missing_ok=True)
        solve(run.state.encoder, run.samples, config.fitted)
    run.train()
    resume_file.unlink(missing_ok=True)
    report(f"Wrote {out} after {run.state.seconds / 60:.1f} minutes.")
    return run.state.encoder.eval()


def learning_rate(config: EncoderConfig, done: float) -> float:
    """The rate when a share ``done`` is over: a linear rise, then half a cosine down to 0."""
    if done < WARMUP:
        return config.lr * (done / WARMUP)
    return config.lr * 0.5 * (1 + math.cos(math.pi * (done - WARMUP) / (1 - WARMUP)))


class _Run:
    """All that a training holds in its hands."""

    def __init__(self, config: EncoderConfig, out: Path, report: Report) -> None:
        self.config, self.out, self.report = config, out, report
        self.log_file = out.with_suffix(".jsonl")
        try:
            torch.empty(1, device=config.device)
        except (RuntimeError, AssertionError) as error:
            first = str(error).strip().splitlines()[0]
            raise TrainingError(f"--device {config.device} cannot be used: {first}") from error
        self.generator = load_generator(config.checkpoint, config.device)
        self.samples = Samples(self.generator, config.seed)
        self.held = held_out(self.samples)
        features = _features(config)
        self.scale = Scale(self.held, features)
        self.state = _fresh(config, self.generator, features)

    def train(self) -> None:
        state, config = self.state, self.config
        before, started = state.seconds, time.monotonic()
        saved_at, losses = started, []
        with caught_signals() as caught, progress(config.kimg * 1000, state.images) as bar:
            while state.done(config) < 1 and not caught:
                losses.append(self._step())
                state.seconds = before + time.monotonic() - started
                bar.total = round(state.images / state.done(config))  # minutes may decide
                bar.update(config.batch)
                late = time.monotonic() - saved_at >= config.snapshot_seconds
                if late or state.done(config) >= 1 or caught:
                    loss = float(torch.stack(losses).mean())
                    bar.set_postfix(loss=f"{loss:.3f}")
                    self._save(loss)
                    saved_at, losses = time.monotonic(), []
        if caught and state.done(config) < 1:
            at = f"{state.images / 1000:.1f} thousand samples"
            raise Stopped(caught[0], f"Stopped at {at}; saved as {self.out}. Go on with --resume.")

    def _step(self) -> Tensor:
        """One step on fresh samples; the loss, detached."""
        state, config = self.state, self.config
        batch = self.samples.draw(state.images, config.batch)
        shown = self.samples.shown(batch.images, state.images)
        for group in state.optimizer.param_groups:
            group["lr"] = learning_rate(config, state.done(config))
        loss = self._loss(shown, batch)
        state.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        state.optimizer.step()
        state.images += config.batch
        return loss.detach()

    def _loss(self, shown: Tensor, batch: Batch) -> Tensor:
        """Each part is about 1 for guesses at random."""
        encoder = self.state.encoder
        with self.samples.reduced():
            u = encoder.look(shown)
        loss = (u - encoder.whitened(batch.latents)).square().mean()
        k = self.config.pictures
        if k:
            labels = None if batch.labels is None else batch.labels[:k]
            drawn = self.samples.pictures(encoder.latents(u[:k]), labels)
            for error in self.scale.errors(drawn, batch.images[:k]).values():
                loss = loss + error.mean()
        return loss

    def _save(self, loss: float) -> None:
        """Measure, log, and write encoder, card and state; NotFinite before that spoils any."""
        state, config, thousand = self.state, self.config, self.state.images / 1000
        scores = scores_of(state.encoder, self.samples, self.scale, self.held)
        if not all(math.isfinite(value) for value in (loss, *scores.values())):
            raise NotFinite(
                f"The encoder's loss is not finite at {thousand:.1f} thousand samples: resume"
                " from the saved state, or start again with a lower --lr."
            )
        training = {
            # The name of the file, not where it lies on this machine.
            "config": msgspec.to_builtins(config) | {"checkpoint": Path(config.checkpoint).name},
            "images_seen": state.images,
            "seconds": round(state.seconds, 1),
            "versions": {"torch": str(torch.__version__), "python": platform.python_version()},
        }
        try:
            with self.log_file.open("a", encoding="utf-8") as file:
                rounded = {name: round(value, 4) for name, value in scores.items()}
                row: dict[str, Any] = {"images": state.images, "loss": round(loss, 4), **rounded}
                file.write(json.dumps(row | {"seconds": round(state.seconds, 1)}) + "\n")
            save_encoder(
                self.out,
                state.encoder,
                self.generator.info,
                training=training,
                scores=scores,
                half=config.half,
            )
            write_card(self.out)
            save_state(state, config, self.generator.content_hash, self.out.with_suffix(".resume"))
        except OSError as error:
            where = error.filename or self.out
            raise TrainingError(f"{where} cannot be written: {error.strerror or error}.") from error
        words = ", ".join(f"{name} {value:.3f}" for name, value in scores.items())
        self.report(f"{thousand:.1f} thousand samples: loss {loss:.3f}, {words}")


def _features(config: EncoderConfig) -> ClassifierFeatures | None:
    """The space in which pictures are compared."""
    path: Path | None = Path(config.features)
    if config.features == "auto":
        path = bundled_features(str(read_header(config.checkpoint).data.get("name", "")))
    if config.features == "none" or path is None:
        return None
    features = load_features(path, config.device)
    assert isinstance(features, ClassifierFeatures)
    return features


def _fresh(
    config: EncoderConfig, generator: Generator, features: ClassifierFeatures | None
) -> EncoderState:
    torch.manual_seed(config.seed)
    classifier = None if features is None else features.classifier
    try:
        encoder = encoder_for(generator, config.width, config.max_width, classifier)
    except ValueError as error:
        raise TrainingError(f"No encoder can be made for {config.checkpoint}: {error}.") from error
    kernels = [p for p in encoder.parameters() if p.ndim > 1]
    others = [p for p in encoder.parameters() if p.ndim == 1]
    groups: list[dict[str, Any]] = [{"params": kernels}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(
        groups, lr=config.lr, betas=BETAS, weight_decay=config.weight_decay, fused=True
    )
    return EncoderState(encoder, optimizer)


def _keep_lines(path: Path, images: int) -> None:
    """Drop lines written after the state from which the run goes on, and torn ones."""
    kept = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            if json.loads(line)["images"] <= images:
                kept.append(f"{line}\n")
        except (ValueError, LookupError, TypeError):
            continue
    path.write_text("".join(kept), encoding="utf-8")
