"""Losses against values worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from trainer import losses


def test_blind_discriminator_has_loss_two_log_two() -> None:
    zeros = torch.zeros(3)
    assert losses.discriminator_loss(zeros, zeros).item() == pytest.approx(2 * math.log(2))
    assert losses.generator_loss(zeros).item() == pytest.approx(math.log(2))


def test_logistic_losses_at_chosen_logits() -> None:
    real, fake = torch.tensor([0.0, 2.0]), torch.tensor([-1.0, 3.0])
    expected = (math.log(2) + math.log1p(math.exp(-2))) / 2
    expected += (math.log1p(math.exp(-1)) + math.log1p(math.exp(3))) / 2
    assert losses.discriminator_loss(real, fake).item() == pytest.approx(expected)
    expected = (math.log1p(math.exp(1)) + math.log1p(math.exp(-3))) / 2
    assert losses.generator_loss(fake).item() == pytest.approx(expected)


def test_generator_keeps_its_gradient_when_the_discriminator_is_sure() -> None:
    fake = torch.tensor([-30.0], requires_grad=True)
    losses.generator_loss(fake).backward()
    assert fake.grad is not None
    assert fake.grad.item() == pytest.approx(-1.0)


def test_half_precision_logits_give_float32_losses() -> None:
    logits = torch.tensor([0.5, -0.5], dtype=torch.bfloat16)
    assert losses.discriminator_loss(logits, logits).dtype == torch.float32


def test_gradient_penalty_is_per_sample() -> None:
    # D(x) = sum x^2 / 2 has the gradient x, so the penalty is sum x^2 of each picture.
    images = torch.arange(8.0).reshape(2, 1, 2, 2).requires_grad_()
    logits = images.square().sum(dim=(1, 2, 3)) / 2
    penalty = losses.gradient_penalty(logits, images)
    assert penalty.tolist() == [0 + 1 + 4 + 9, 16 + 25 + 36 + 49]
    assert losses.r1_loss(penalty, gamma=0.5, interval=16).item() == pytest.approx(70 * 4)


def test_r1_trains_the_discriminator() -> None:
    # D(x) = a * sum x has |dD/dx|^2 = 4 a^2; R1 = gamma / 2 * 4 a^2, with slope 4 gamma a.
    a = nn.Parameter(torch.tensor(3.0))
    images = torch.randn(5, 1, 2, 2).requires_grad_()
    penalty = losses.gradient_penalty(a * images.sum(dim=(1, 2, 3)), images)
    losses.r1_loss(penalty, gamma=0.7).backward()
    assert a.grad is not None
    assert a.grad.item() == pytest.approx(4 * 0.7 * 3.0)


def test_lazy_factor_is_the_published_one() -> None:
    assert losses.lazy_factor(16) == 16 / 17


def test_path_length_of_a_linear_generator() -> None:
    # One layer, image = 2 w on a 2 x 2 picture: J^T y = 2 y / sqrt(4) = y.
    ws = torch.randn(3, 1, 4, requires_grad=True)
    images = (2 * ws).reshape(3, 1, 2, 2)
    y = torch.tensor([3.0, 0.0, 4.0, 0.0]).reshape(1, 1, 2, 2).expand(3, 1, 2, 2)
    lengths = losses.path_lengths(images, ws, y)
    torch.testing.assert_close(lengths, torch.full((3,), 5.0))


def test_path_length_loss_moves_its_mean() -> None:
    lengths = torch.tensor([1.0, 3.0])
    loss, mean = losses.path_length_loss(lengths, torch.tensor(0.0), weight=2.0, interval=4)
    assert mean.item() == pytest.approx(0.02)
    assert loss.item() == pytest.approx(8 * (0.98**2 + 2.98**2) / 2)
