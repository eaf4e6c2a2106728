"""The draws, the module and the controller of adaptive augmentation."""

from __future__ import annotations

import math
from dataclasses import fields

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from trainer import losses
from trainer.augment import AdaController, Augment, AugmentParams, sample
from trainer.discriminators.stylegan2 import StyleGAN2Discriminator
from trainer.errors import TrainingError

NEUTRAL = AugmentParams.identity(1)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def same(a: AugmentParams, b: AugmentParams) -> bool:
    return all(torch.equal(getattr(a, f.name), getattr(b, f.name)) for f in fields(a))


def changed(params: AugmentParams) -> dict[str, float]:
    """By name, the share of pictures whose value is not the neutral one."""
    result = {}
    for field in fields(params):
        different = getattr(params, field.name) != getattr(NEUTRAL, field.name)
        result[field.name] = different.reshape(len(params), -1).any(dim=1).double().mean().item()
    return result


def test_at_zero_nothing_happens() -> None:
    augment, x = Augment(), torch.randn(4, 3, 16, 16, requires_grad=True)
    assert same(augment.sample(4), AugmentParams.identity(4))
    assert augment(x) is x
    low = x.bfloat16()
    assert augment(low) is low


def test_shares_are_the_probability() -> None:
    share = changed(sample(20000, 0.3, generator()))
    half = {"flip", "luma"}  # whose other outcome is to do nothing
    turn = 1 - math.sqrt(0.7)
    for name, value in share.items():
        expected = {"quarters": 0.3 * 0.75, "turn": turn, "turn_after": turn}.get(name, 0.3)
        expected = expected / 2 if name in half else expected
        assert value == pytest.approx(expected, abs=0.015), name


def test_distributions_are_the_published_ones() -> None:
    params = sample(40000, 1.0, generator())

    def spread(values: Tensor) -> float:
        assert values.mean().item() == pytest.approx(0.0, abs=0.05)
        return values.std().item()

    assert spread(params.scale.log2()) == pytest.approx(0.2, rel=0.03)
    assert spread(params.stretch.log2()) == pytest.approx(0.2, rel=0.03)
    assert spread(params.offset) == pytest.approx(0.125, rel=0.03)
    assert spread(params.brightness) == pytest.approx(0.2, rel=0.03)
    assert spread(params.contrast.log2()) == pytest.approx(0.5, rel=0.03)
    assert spread(params.saturation.log2()) == pytest.approx(1.0, rel=0.03)
    for angle in (params.turn, params.turn_after, params.hue):
        assert spread(angle) == pytest.approx(math.pi / math.sqrt(3), rel=0.03)
        assert angle.abs().max() <= math.pi
    assert params.shift.abs().max() <= 0.125
    assert spread(params.shift) == pytest.approx(0.125 / math.sqrt(3), rel=0.03)
    assert set(params.quarters.tolist()) == {0.0, 1.0, 2.0, 3.0}
    assert set(params.flip.tolist()) == set(params.luma.tolist()) == {-1.0, 1.0}


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ("b", {"flip", "quarters", "shift"}),
        ("g", {"scale", "turn", "stretch", "turn_after", "offset"}),
        ("c", {"brightness", "contrast", "luma", "hue", "saturation"}),
    ],
)
def test_kinds(kinds: str, expected: set[str]) -> None:
    params = Augment(kinds, p=1.0).sample(50)
    assert {name for name, share in changed(params).items() if share > 0} == expected


def test_unknown_kinds_are_said() -> None:
    for kinds in ("", "bgx", "all"):
        with pytest.raises(TrainingError, match="combine the letters"):
            Augment(kinds)


def test_draws_are_a_function_of_the_random_state() -> None:
    assert same(sample(5, 0.5, generator(3)), sample(5, 0.5, generator(3)))
    assert not same(sample(5, 0.5, generator(3)), sample(5, 0.5, generator(4)))
    # Equally many numbers, whatever p and the kinds.
    after = []
    for p, kinds in ((0.0, "b"), (1.0, "bgc")):
        state = generator(3)
        sample(5, p, state, kinds=kinds)
        after.append(torch.rand(1, generator=state).item())
    assert after[0] == after[1]


def test_processes_take_their_rows_of_one_draw() -> None:
    augment, x = Augment(p=0.7), torch.randn(6, 3, 16, 16)
    params = augment.sample(6, generator=generator())
    whole = augment(x, params)
    for rank in range(2):
        own = params[rank::2]
        assert len(own) == 3
        assert torch.equal(augment(x[rank::2], own), whole[rank::2])
    assert same(params[torch.tensor([4, 1])][1:], params[1:2])
    assert len(params[params.warped]) == params.warped.sum()


def test_shapes_that_do_not_fit_are_said() -> None:
    augment = Augment()
    with pytest.raises(ValueError, match="2 augmentations"):
        augment(torch.zeros(3, 3, 8, 8), AugmentParams.identity(2))
    with pytest.raises(ValueError, match="do not fit"):
        augment(torch.zeros(2, 3, 8, 16))


def test_probability_is_part_of_the_state() -> None:
    augment = Augment("bg", p=0.25)
    other = Augment("bg")
    other.load_state_dict(augment.state_dict())
    assert float(other.p) == 0.25
    assert other.sample(200).warped.any()


def test_r1_and_the_generator_reach_through() -> None:
    torch.manual_seed(0)
    d, augment = StyleGAN2Discriminator(16, channel_base=64, channel_max=6), Augment(p=0.9)
    x = torch.randn(4, 3, 16, 16, requires_grad=True)
    penalty = losses.gradient_penalty(d(augment(x)), x)
    losses.r1_loss(penalty, 1.0).backward()
    assert d.from_rgb.weight.grad is not None
    assert d.from_rgb.weight.grad.abs().sum() > 0
    (slope,) = torch.autograd.grad(losses.generator_loss(d(augment(x))), x)
    assert slope.abs().sum(dim=(1, 2, 3)).min() > 0


def test_controller_steps_by_hand() -> None:
    control = AdaController(target=0.6, kimg=500)
    assert control.update(0.9, 5000) == pytest.approx(0.01)
    assert control.update(0.61, 20000) == pytest.approx(0.05)
    assert control.update(0.6, 5000) == pytest.approx(0.05)
    assert control.update(math.nan, 5000) == pytest.approx(0.05)
    assert control.update(-1.0, 10000) == pytest.approx(0.03)
    assert control.update(0.0, 100000) == 0.0
    assert control.update(1.0, 10**9) == 1.0


@given(st.lists(st.tuples(st.floats(-1, 1), st.integers(0, 50000)), max_size=20))
def test_controller_stays_in_range_and_resumes_to_the_bit(steps: list[tuple[float, int]]) -> None:
    unbroken, p = AdaController(kimg=100), 0.0
    for sign, images in steps:
        # A snapshot in between keeps p as float32.
        p = AdaController(kimg=100, p=float(np.float32(p))).update(sign, images)
        assert unbroken.update(sign, images) == p
        assert 0.0 <= p <= 1.0


def test_controller_refuses_nonsense() -> None:
    with pytest.raises(ValueError, match="kimg"):
        AdaController(kimg=0)
    with pytest.raises(ValueError, match="p"):
        AdaController(p=1.5)
