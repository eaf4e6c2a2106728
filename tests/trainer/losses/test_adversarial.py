"""Every adversarial loss, and its gradients, worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch

from trainer import losses
from trainer.losses import LOSSES


def softplus(x: float) -> float:
    return math.log1p(math.exp(x))


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


REAL, FAKE = (2.0, -1.0), (-0.5, 3.0)

# name: loss of D, its slopes at the real and at the fake logits, loss of G, its slopes at the
# fake logits; all for REAL and FAKE, and times 2 (which undoes the mean).
LOGISTIC = (
    softplus(-2) + softplus(1) + softplus(-0.5) + softplus(3),
    (-sigmoid(-2), -sigmoid(1)),
    (sigmoid(-0.5), sigmoid(3)),
)
BY_HAND = {
    "nonsaturating": (
        *LOGISTIC,
        softplus(0.5) + softplus(-3),
        (-sigmoid(0.5), -sigmoid(-3)),
    ),
    "minimax": (*LOGISTIC, -softplus(-0.5) - softplus(3), (-sigmoid(-0.5), -sigmoid(3))),
    "wasserstein": (2.5 - 1.0, (-1, -1), (1, 1), -2.5, (-1, -1)),
    "hinge": (0 + 2 + 0.5 + 4, (0, -1), (1, 1), -2.5, (-1, -1)),
    "relativistic": (
        softplus(-2.5) + softplus(4),
        (-sigmoid(-2.5), -sigmoid(4)),
        (sigmoid(-2.5), sigmoid(4)),
        softplus(2.5) + softplus(-4),
        (-sigmoid(2.5), -sigmoid(-4)),
    ),
    "least-squares": (
        (1 + 4 + 0.25 + 9) / 2,
        (2 - 1, -1 - 1),
        (-0.5, 3),
        (2.25 + 4) / 2,
        (-1.5, 2),
    ),
}


def test_every_loss_is_worked_out() -> None:
    assert set(BY_HAND) == set(LOSSES)
    assert all(loss.name == name and loss.source for name, loss in LOSSES.items())


@pytest.mark.parametrize("name", BY_HAND)
def test_discriminator_loss_and_gradients(name: str) -> None:
    value, at_real, at_fake, _, _ = BY_HAND[name]
    real = torch.tensor(REAL, requires_grad=True)
    fake = torch.tensor(FAKE, requires_grad=True)
    loss = LOSSES[name].discriminator(real, fake)
    assert loss.shape == ()
    assert loss.item() == pytest.approx(value / 2)
    slopes = torch.autograd.grad(loss, (real, fake))
    assert slopes[0].tolist() == pytest.approx([x / 2 for x in at_real])
    assert slopes[1].tolist() == pytest.approx([x / 2 for x in at_fake])


@pytest.mark.parametrize("name", BY_HAND)
def test_generator_loss_and_gradient(name: str) -> None:
    *_, value, at_fake = BY_HAND[name]
    fake = torch.tensor(FAKE, requires_grad=True)
    real = torch.tensor(REAL) if LOSSES[name].paired else None
    loss = LOSSES[name].generator(fake, real)
    assert loss.shape == ()
    assert loss.item() == pytest.approx(value / 2)
    (slope,) = torch.autograd.grad(loss, fake)
    assert slope.tolist() == pytest.approx([x / 2 for x in at_fake])


@pytest.mark.parametrize(
    ("name", "blind_d", "blind_g"),
    [
        ("nonsaturating", 2 * math.log(2), math.log(2)),
        ("minimax", 2 * math.log(2), -math.log(2)),
        ("wasserstein", 0, 0),
        ("hinge", 2, 0),
        ("relativistic", math.log(2), math.log(2)),
        ("least-squares", 0.5, 0.5),
    ],
)
def test_a_blind_discriminator(name: str, blind_d: float, blind_g: float) -> None:
    zero = torch.zeros(1)
    assert LOSSES[name].discriminator(zero, zero).item() == pytest.approx(blind_d)
    assert LOSSES[name].generator(zero, zero).item() == pytest.approx(blind_g)


@pytest.mark.parametrize("name", BY_HAND)
def test_low_precision_logits_are_computed_in_float32(name: str) -> None:
    loss = LOSSES[name]
    for dtype in (torch.bfloat16, torch.float16):
        real, fake = torch.tensor(REAL, dtype=dtype), torch.tensor(FAKE, dtype=dtype)
        # These logits are exact in either type.
        assert loss.discriminator(real, fake).item() == pytest.approx(BY_HAND[name][0] / 2)
        assert loss.generator(fake, real).dtype == torch.float32


@pytest.mark.parametrize("name", BY_HAND)
def test_huge_logits_stay_finite(name: str) -> None:
    far = torch.tensor([1e4, -1e4])
    assert LOSSES[name].discriminator(far, -far).isfinite()
    assert LOSSES[name].generator(far, -far).isfinite()


def test_generator_keeps_its_gradient_when_the_discriminator_is_sure() -> None:
    fake = torch.tensor([-30.0], requires_grad=True)
    (kept,) = torch.autograd.grad(losses.generator_loss(fake), fake)
    assert kept.item() == pytest.approx(-1.0)
    (lost,) = torch.autograd.grad(LOSSES["minimax"].generator(fake, None), fake)
    assert lost.item() == pytest.approx(0.0, abs=1e-9)


def test_pairs_need_two_of_the_same_number() -> None:
    loss = LOSSES["relativistic"]
    with pytest.raises(ValueError, match="real pictures"):
        loss.generator(torch.zeros(2), None)
    with pytest.raises(ValueError, match="3 and 1 logits"):
        loss.discriminator(torch.zeros(3), torch.zeros(1))
