"""One step: who learns, from what, and how often."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch

from latentstudio.generators.growth import Growth
from trainer import losses
from trainer.config import RunConfig
from trainer.data.dataset import ImageDataset
from trainer.loop import minibatch
from trainer.networks import build_state
from trainer.parallel import World
from trainer.state import TrainingState
from trainer.steps import (
    Method,
    Minibatch,
    adapt_augmentation,
    augmented,
    draw_ws,
    flatten_step,
    noise_mode,
    train_step,
)

Small = Callable[..., RunConfig]


def made(config: RunConfig, classes: int = 0) -> tuple[TrainingState, Method]:
    return build_state(config, 3, classes), Method(config.preset)


def real(n: int = 8, size: int = 16) -> Minibatch:
    return Minibatch(torch.rand(n, 3, size, size) * 2 - 1)


def updates(optimizer: torch.optim.Adam) -> int:
    return int(max(slots["step"] for slots in optimizer.state.values()))


@pytest.mark.parametrize("n_critic", [1, 3])
def test_discriminator_learns_n_critic_times(small: Small, n_critic: int) -> None:
    state, method = made(small("dcgan", n_critic=n_critic, gamma=0.0))
    train_step(state, [real() for _ in range(n_critic)], method)
    assert (updates(state.opt_d), updates(state.opt_g)) == (n_critic, 1)


def test_lazy_steps_come_at_their_intervals(small: Small) -> None:
    state, method = made(small(r1_interval=4, pl_weight=1.0, pl_interval=2))
    seen = []
    for state.step in range(8):
        stats = train_step(state, [real()], method)
        seen.append(("penalty" in stats, "path_length" in stats))
    assert seen == [(step % 4 == 0, step % 2 == 0) for step in range(8)]
    assert (updates(state.opt_d), updates(state.opt_g)) == (8 + 2, 8 + 4)


def test_generator_step_leaves_the_discriminator_alone(small: Small) -> None:
    config = small("dcgan", gamma=0.0, lr_d=0.0)
    state, method = made(config)
    state.opt_d.param_groups[0]["lr"] = 0.0
    before = [p.detach().clone() for p in state.discriminator.parameters()]
    train_step(state, [real()], method)
    after = list(state.discriminator.parameters())
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))


def test_weights_are_clipped_after_the_last_update(small: Small) -> None:
    state, method = made(small("dcgan", clip=0.01, loss="wasserstein", gamma=1.0))
    train_step(state, [real()], method)
    assert all(p.abs().max() <= 0.01 for p in state.discriminator.parameters())


def test_statistics_by_hand(small: Small) -> None:
    state, method = made(small("dcgan", gamma=0.0))
    batch = real()
    with torch.no_grad():
        logits = state.discriminator(batch.images)
    stats = train_step(state, [batch], method)
    assert stats["logit_real"] == pytest.approx(float(logits.mean()))
    assert stats["sign_real"] == pytest.approx(float(logits.sign().mean()))
    assert stats["spread_real"] == pytest.approx(float(batch.images.numpy().std(axis=0).mean()))
    assert not any(value.requires_grad for value in stats.values())


def test_one_picture_is_enough(small: Small) -> None:
    state, method = made(small())
    stats = train_step(state, [real(1)], method)
    assert all(value.isfinite() for value in stats.values())


@pytest.mark.parametrize("grows", [False, True])
def test_penalty_follows_the_pixels_where_it_should(small: Small, grows: bool) -> None:
    config = small("progan", grow_from=4, gamma=8.0, gamma_grows=grows, r1_interval=1)
    state, method = made(config)
    state.grow(Growth(8))
    seen: list[float] = []
    usual = losses.r1_loss

    def spy(penalty: torch.Tensor, gamma: float, interval: int) -> torch.Tensor:
        seen.append(gamma)
        return usual(penalty, gamma, interval)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(losses, "r1_loss", spy)
        flatten_step(state, real(4, 8), real(4, 8).images, None, method)
    # 8 px have a quarter of the pixels of 16 px.
    assert seen == [2.0 if grows else 8.0]


@pytest.mark.parametrize("mixing", [0.0, 1.0])
def test_rows_come_from_one_point_or_two(small: Small, mixing: float) -> None:
    state, method = made(small(mixing=mixing))
    with torch.no_grad():
        ws = draw_ws(state, 64, None, method)
    changes = (ws[:, 1:] != ws[:, :-1]).any(dim=2).sum(dim=1)
    assert changes.tolist() == [int(mixing)] * 64


def test_noise_comes_late(small: Small) -> None:
    config = small(noise_kimg=0.5)
    state, _ = made(config)
    assert noise_mode(state, config.preset) == "none"
    state.images = 500
    assert noise_mode(state, config.preset) == "random"


@pytest.mark.parametrize(("sign", "p"), [(0.9, 0.41), (0.2, 0.39), (0.5, 0.4)])
def test_augmentation_follows_the_signs(small: Small, sign: float, p: float) -> None:
    config = small(ada_target=0.5, ada_kimg=100.0)
    state, _ = made(config)
    state.augment_p.fill_(0.4)
    # 1000 of 100,000 pictures: a hundredth.
    adapt_augmentation(state, torch.tensor(sign), 1000, config.preset)
    assert float(state.augment_p) == pytest.approx(p)


def test_augmentation_is_off_without_a_target_and_shared_between_processes(small: Small) -> None:
    state, method = made(small())
    images = real().images
    assert augmented(state, images, method) is images

    preset = small(ada_target=0.6).preset
    state.augment_p.fill_(1.0)

    def shown(world: World, rows: torch.Tensor) -> torch.Tensor:
        torch.manual_seed(5)
        return augmented(state, rows, Method(preset, world=world))

    whole = shown(World(), images)
    assert not torch.equal(whole, images)
    for rank in (0, 1):
        part = shown(World(rank, 2), images[rank::2])
        torch.testing.assert_close(part, whole[rank::2])


def test_reals_fade_as_fakes_do(small: Small, pictures: Path) -> None:
    config = small("progan", grow_from=4)
    state = build_state(config, 3)
    data = ImageDataset(pictures)
    full = data.batch(0, 4).numpy()

    def pooled(x: np.ndarray, size: int) -> np.ndarray:
        factor = x.shape[2] // size
        return x.reshape(4, 3, size, factor, size, factor).mean(axis=(3, 5))

    state.grow(Growth(4))
    np.testing.assert_allclose(
        minibatch(data, state, 0, 4, World()).images, pooled(full, 4), atol=1e-6
    )
    state.grow(Growth(8, 0.25))
    coarse = pooled(full, 4).repeat(2, axis=2).repeat(2, axis=3)
    expected = 0.75 * coarse + 0.25 * pooled(full, 8)
    np.testing.assert_allclose(minibatch(data, state, 0, 4, World()).images, expected, atol=1e-6)
    state.images = 3
    state.grow(Growth(16))
    later = minibatch(data, state, 5, 4, World()).images
    np.testing.assert_allclose(later, data.batch(8, 4), atol=1e-6)


def test_classes_go_with_their_pictures(small: Small, labelled: Path) -> None:
    state = build_state(small(condition="colour"), 3, 3)
    data = ImageDataset(labelled, condition="colour")
    index, _ = data.indices(8, 4)
    batch = minibatch(data, state, 8, 4, World(1, 2))
    assert batch.classes is not None
    assert batch.classes.tolist() == [int(i) % 5 % 3 for i in index[1::2]]
    assert len(batch.images) == 2


def test_classes_are_told_to_both_networks(small: Small) -> None:
    state, method = made(small("stylegan2"), classes=3)
    told: list[Any] = []
    usual = state.discriminator.forward

    def spy(image: torch.Tensor, label: torch.Tensor | None = None) -> torch.Tensor:
        told.append(label)
        return usual(image, label)

    state.discriminator.forward = spy  # type: ignore[method-assign]
    batch = Minibatch(real().images, torch.arange(8) % 3)
    train_step(state, [batch], method)
    assert torch.equal(told[0].argmax(1), batch.classes)
    assert all(label.shape == (8, 3) and label.sum() == 8 for label in told)
    # The generated classes that the discriminator and then the generator are judged by.
    assert torch.equal(told[1], told[-1])


def test_bf16_keeps_weights_and_losses_wide(small: Small) -> None:
    config = small("dcgan")
    state = build_state(config, 3)
    stats = train_step(state, [real()], Method(config.preset, bf16=True))
    assert all(value.dtype == torch.float32 for value in stats.values())
    assert all(p.dtype == torch.float32 for p in state.generator.parameters())


def test_method_knows_its_loss(small: Small) -> None:
    preset = msgspec.structs.replace(small().preset, loss="hinge")
    assert Method(preset).loss is losses.LOSSES["hinge"]
