from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from latentstudio.metrics.inception_scores import RunningInceptionScore, inception_score
from tests.oracles import metrics as oracle


def logits(n: int, classes: int = 7, seed: int = 0) -> Tensor:
    return torch.from_numpy(np.random.RandomState(seed).randn(n, classes) * 2)


def test_by_hand() -> None:
    # Sure of four classes equally often: 4; always the same answer, sure or not: 1.
    sure = 1e3 * torch.eye(4).repeat(10, 1)
    for splits in (1, 2, 5):
        got = inception_score(sure, splits)
        assert (got.value, got.stderr, got.n) == pytest.approx((4, 0, 40), abs=1e-12)
        assert inception_score(sure[:1].repeat(40, 1), splits).value == pytest.approx(1)
        assert inception_score(torch.zeros(40, 4), splits).value == pytest.approx(1)
    # Two classes at odds of 3 : 1: KL of (3/4, 1/4) from (1/2, 1/2).
    odds = math.log(3) * torch.eye(2).repeat(6, 1)
    want = math.exp(math.log(2) + 0.75 * math.log(0.75) + 0.25 * math.log(0.25))
    assert inception_score(odds, 1).value == pytest.approx(want)


@pytest.mark.parametrize(("n", "splits"), [(40, 10), (47, 10), (23, 3), (23, 1)])
def test_equals_the_definition(n: int, splits: int) -> None:
    value, parts = oracle.inception_score(logits(n).numpy(), splits)
    got = inception_score(logits(n), splits)
    assert got.value == pytest.approx(value, rel=1e-12)
    if splits > 1:
        assert got.stderr == pytest.approx(np.std(parts, ddof=1) / math.sqrt(splits), rel=1e-9)


def test_parts_that_come_in_batches() -> None:
    table = logits(53).float()
    running = RunningInceptionScore(53, 4)
    for part in torch.split(table, 9):
        running.add(part)
    got, want = running.score(), inception_score(table, 4)
    assert (got.value, got.stderr) == pytest.approx((want.value, want.stderr), rel=1e-12)


def test_error_of_one_part_is_the_spread_of_repetitions() -> None:
    found = [inception_score(logits(200, seed=seed), 1) for seed in range(100)]
    spread = np.std([score.value for score in found])
    assert np.mean([score.stderr for score in found]) == pytest.approx(spread, rel=0.2)


def test_refusals() -> None:
    for n, splits in ((19, 10), (40, 0), (1, 1)):
        with pytest.raises(ValueError, match="needs at least"):
            inception_score(logits(n), splits)
    running = RunningInceptionScore(10, 2)
    running.add(logits(4))
    with pytest.raises(ValueError, match="4 of 10"):
        running.score()
    with pytest.raises(ValueError, match="announced"):
        running.add(logits(7))
    with pytest.raises(ValueError, match="8 classes after 7"):
        running.add(logits(6, 8))
    with pytest.raises(ValueError, match="not finite"):
        running.add(logits(6) * math.nan)
