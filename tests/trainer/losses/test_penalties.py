"""Gradient penalties against critics whose gradient is known, in float64 where it helps."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from trainer import losses


class Quadratic(nn.Module):
    """D(x) = x^T A x / 2 + b^T x, of gradient A x + b for a symmetric A."""

    def __init__(self, size: int) -> None:
        super().__init__()
        a = torch.randn(size, size, dtype=torch.float64)
        self.a = nn.Parameter(a + a.t())
        self.b = nn.Parameter(torch.randn(size, dtype=torch.float64))

    def forward(self, images: Tensor) -> Tensor:
        x = images.flatten(1)
        return ((x @ self.a) * x).sum(dim=1) / 2 + x @ self.b

    def gradients(self, images: Tensor) -> np.ndarray:
        a, b = self.a.detach().numpy(), self.b.detach().numpy()
        return np.stack([a @ x + b for x in images.detach().flatten(1).numpy()])


@pytest.fixture
def critic() -> Quadratic:
    torch.manual_seed(3)
    return Quadratic(12)


@pytest.fixture
def images() -> Tensor:
    torch.manual_seed(4)
    return torch.randn(5, 3, 2, 2, dtype=torch.float64, requires_grad=True)


def test_gradient_penalty_is_per_sample() -> None:
    # D(x) = sum x^2 / 2 has the gradient x, so the penalty is sum x^2 of each picture.
    images = torch.arange(8.0).reshape(2, 1, 2, 2).requires_grad_()
    logits = images.square().sum(dim=(1, 2, 3)) / 2
    penalty = losses.gradient_penalty(logits, images)
    assert penalty.tolist() == [0 + 1 + 4 + 9, 16 + 25 + 36 + 49]
    assert losses.r1_loss(penalty, gamma=0.5, interval=16).item() == pytest.approx(70 * 4)


def test_gradient_penalty_of_a_quadratic_critic(critic: Quadratic, images: Tensor) -> None:
    penalty = losses.gradient_penalty(critic(images), images)
    expected = (critic.gradients(images) ** 2).sum(axis=1)
    np.testing.assert_allclose(penalty.detach().numpy(), expected, rtol=1e-12)
    # d/db of |A x + b|^2 is 2 (A x + b).
    (slope,) = torch.autograd.grad(losses.r1_loss(penalty, gamma=3.0), critic.b)
    expected = 3.0 * critic.gradients(images).mean(axis=0)
    np.testing.assert_allclose(slope.numpy(), expected, rtol=1e-12)


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


def test_interpolated_pictures() -> None:
    real, fake = torch.full((3, 1, 2, 2), 5.0), torch.ones(3, 1, 2, 2)
    eps = torch.tensor([0.0, 0.25, 1.0]).reshape(3, 1, 1, 1)
    between = losses.interpolate(real, fake.requires_grad_(), eps)
    assert between[:, 0, 1, 1].tolist() == [1.0, 2.0, 5.0]
    assert between.is_leaf
    assert between.requires_grad


def test_drawn_interpolation_has_one_share_a_picture() -> None:
    torch.manual_seed(0)
    between = losses.interpolate(torch.ones(64, 1, 2, 2), torch.zeros(64, 1, 2, 2)).detach()
    assert torch.equal(between.amax(dim=(1, 2, 3)), between.amin(dim=(1, 2, 3)))
    assert 0.35 < between.mean() < 0.65
    assert between.std() > 0.2


def test_interpolation_refuses_what_does_not_fit() -> None:
    real = torch.zeros(2, 1, 2, 2)
    with pytest.raises(ValueError, match="cannot interpolate"):
        losses.interpolate(real, torch.zeros(3, 1, 2, 2))
    with pytest.raises(ValueError, match="eps"):
        losses.interpolate(real, real, torch.zeros(2))


def test_unit_penalty_of_a_quadratic_critic(critic: Quadratic, images: Tensor) -> None:
    penalty = losses.unit_gradient_penalty(critic(images), images)
    gradients = critic.gradients(images)
    norms = np.sqrt((gradients**2).sum(axis=1))
    np.testing.assert_allclose(penalty.detach().numpy(), (norms - 1) ** 2, rtol=1e-12)
    # d/db of (|g| - 1)^2 is 2 (|g| - 1) g / |g|.
    (slope,) = torch.autograd.grad(losses.wgan_gp_loss(penalty, weight=10.0), critic.b)
    expected = 20 * ((1 - 1 / norms)[:, None] * gradients).mean(axis=0)
    np.testing.assert_allclose(slope.numpy(), expected, rtol=1e-12)


def test_unit_penalty_has_two_sides_and_a_weight() -> None:
    # Gradients of norm 0.5 and 3 cost 0.25 and 4.
    images = torch.zeros(2, 1, 1, 2, requires_grad=True)
    logits = images[:, 0, 0, 0] * torch.tensor([0.5, 3.0])
    penalty = losses.unit_gradient_penalty(logits, images)
    assert penalty.tolist() == [0.25, 4.0]
    assert losses.wgan_gp_loss(penalty, 10.0, interval=2).item() == pytest.approx(42.5)


def test_unit_penalty_at_a_gradient_of_zero() -> None:
    a = nn.Parameter(torch.tensor(0.0))
    images = torch.ones(2, 1, 2, 2, requires_grad=True)
    penalty = losses.unit_gradient_penalty(a * images.sum(dim=(1, 2, 3)), images)
    assert penalty.tolist() == [1.0, 1.0]
    (slope,) = torch.autograd.grad(penalty.sum(), a)
    assert slope.item() == 0.0


@pytest.mark.parametrize("name", ["gradient_penalty", "unit_gradient_penalty"])
def test_numeric_gradient_through_a_network(name: str, images: Tensor) -> None:
    weights = torch.randn(4, 12, dtype=torch.float64, requires_grad=True)

    def loss(w: Tensor) -> Tensor:
        logits = torch.tanh(images.flatten(1) @ w.t()).square().sum(dim=1)
        return getattr(losses, name)(logits, images).mean()

    assert torch.autograd.gradcheck(loss, (weights,), fast_mode=True)


@pytest.mark.parametrize("name", ["gradient_penalty", "unit_gradient_penalty"])
def test_penalties_of_half_precision_pictures_are_float32(name: str) -> None:
    images = torch.ones(2, 1, 2, 2, dtype=torch.bfloat16, requires_grad=True)
    penalty = getattr(losses, name)(images.square().sum(dim=(1, 2, 3)), images)
    assert penalty.dtype == torch.float32


def test_drift() -> None:
    logits = torch.tensor([3.0, -1.0], requires_grad=True)
    loss = losses.drift_loss(logits, 0.1)
    assert loss.item() == pytest.approx(0.5)
    (slope,) = torch.autograd.grad(loss, logits)
    assert slope.tolist() == pytest.approx([0.3, -0.1])
    assert losses.drift_loss(logits.bfloat16()).dtype == torch.float32


def test_weight_clipping() -> None:
    layer = nn.Linear(2, 2)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[0.5, -0.5], [0.005, -0.02]]))
        layer.bias.copy_(torch.tensor([1.0, 0.0]))
    losses.clip_weights_(layer, 0.01)
    expected = torch.tensor([[0.01, -0.01], [0.005, -0.01]])
    assert torch.equal(layer.weight, expected)
    assert torch.equal(layer.bias, torch.tensor([0.01, 0.0]))
    assert layer.weight.requires_grad
    with pytest.raises(ValueError, match="positive"):
        losses.clip_weights_(layer, 0.0)
