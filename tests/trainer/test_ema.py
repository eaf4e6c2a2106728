"""The moving average of weights."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from trainer.ema import ema_decay, update_ema


def test_half_life_is_one() -> None:
    # 10 kimg in steps of 100 pictures: after 100 steps half of the old average is left.
    decay = ema_decay(100, images=10**9, half_life_kimg=10.0, rampup=0.05)
    assert decay**100 == pytest.approx(0.5)


def test_rampup_shortens_the_half_life_at_the_start() -> None:
    assert ema_decay(50, images=1000, half_life_kimg=10.0, rampup=0.05) == pytest.approx(0.5)
    slow = ema_decay(50, images=1000, half_life_kimg=10.0, rampup=None)
    assert slow == pytest.approx(0.5 ** (1 / 200))


def test_no_half_life_keeps_nothing() -> None:
    assert ema_decay(8, images=100, half_life_kimg=0.0, rampup=None) == 0.0


def test_weights_are_averaged_and_buffers_copied() -> None:
    model, average = nn.BatchNorm1d(2), nn.BatchNorm1d(2)
    with torch.no_grad():
        model.weight.fill_(5.0)
        average.weight.fill_(1.0)
        model.running_mean.fill_(3.0)  # type: ignore[union-attr]
        model.num_batches_tracked.fill_(7)  # type: ignore[union-attr]
    update_ema(average, model, 0.75)
    assert average.weight.tolist() == [2.0, 2.0]
    assert average.running_mean.tolist() == [3.0, 3.0]  # type: ignore[union-attr]
    assert average.num_batches_tracked.item() == 7  # type: ignore[union-attr]
    assert model.weight.tolist() == [5.0, 5.0]


def test_decay_zero_copies() -> None:
    model, average = nn.Linear(2, 2), nn.Linear(2, 2)
    update_ema(average, model, 0.0)
    assert torch.equal(average.weight, model.weight)
