from __future__ import annotations

import math
import subprocess
import sys

import msgspec
import numpy as np
import pytest
import torch

from latentstudio import metrics
from tests.oracles import metrics as oracle


def table(n: int, d: int = 5, seed: int = 0, spread: float = 1.0) -> np.ndarray:
    return np.random.RandomState(seed).randn(n, d) * spread


def test_numbers_are_those_of_the_definitions() -> None:
    real, fake = table(40), table(30, seed=1, spread=1.2)
    assert metrics.fid(real, fake).value == pytest.approx(oracle.frechet_of(real, fake), rel=1e-9)
    assert metrics.kid(real, fake).value == pytest.approx(oracle.kid(real, fake), rel=1e-9)
    pr, dc = metrics.precision_recall(real, fake), metrics.density_coverage(real, fake)
    want = oracle.manifold(real, fake, 3)
    assert (*pr.value, *dc.value) == pytest.approx(want, abs=1e-12)
    assert (pr.precision, pr.recall, dc.density, dc.coverage) == (*pr.value, *dc.value)
    logits = table(30, seed=2)
    got = metrics.inception_score(logits, splits=5)
    assert got.value == pytest.approx(oracle.inception_score(logits, 5)[0], rel=1e-12)


def test_every_answer_has_an_error_and_a_number_of_fakes() -> None:
    real, fake = table(40), table(30, seed=1)
    for measure in (metrics.fid, metrics.kid):
        got = measure(real, fake)
        low, high = got.interval
        assert got.n == 30 and got.stderr > 0 and low < got.value < high
    for measure in (metrics.precision_recall, metrics.density_coverage):
        got = measure(real, fake, k=2)
        assert got.n == 30 and len(got.stderr) == 2
        for name in ("precision", "recall", "density", "coverage"):
            if hasattr(got, name):
                low, high = getattr(got, f"{name}_interval")
                assert low <= getattr(got, name) <= high
                assert getattr(got, f"{name}_stderr") in got.stderr
        assert msgspec.json.decode(msgspec.json.encode(got), type=type(got)) == got


@pytest.mark.parametrize("dtype", [np.float16, np.float32, ">f8"])
def test_tables_of_any_kind(dtype: object) -> None:
    real, fake = (table(20, seed=seed).astype(dtype) for seed in (0, 1))
    want = metrics.fid(real.astype(np.float64), fake.astype(np.float64))
    fake.flags.writeable = False
    before = real.copy()
    assert metrics.fid(real, fake) == want
    assert np.array_equal(real, before)
    if dtype != ">f8":
        assert metrics.fid(torch.from_numpy(real), fake[:, :]) == want


BAD = np.full((20, 5), math.nan)


@pytest.mark.parametrize(
    ("real", "fake", "match"),
    [
        (table(20), BAD, "not finite"),
        (BAD, table(20), "not finite"),
        (table(20), table(20, 4), "(5 and 4|4 and of 5) numbers cannot be compared"),
        (table(20), table(1), "at least 2|take more samples"),
        (table(1), table(20), "at least 2|take more samples"),
        (table(20), table(20)[0], r"expected \[n, d\]"),
        (table(20), table(0), r"expected \[n, d\]"),
    ],
)
@pytest.mark.parametrize("name", ["fid", "kid", "precision_recall", "density_coverage"])
def test_one_sentence_for_what_cannot_be(name: str, real, fake, match: str) -> None:
    with pytest.raises(ValueError, match=match) as caught:
        getattr(metrics, name)(real, fake)
    assert "\n" not in str(caught.value)


def test_logits_that_cannot_be() -> None:
    with pytest.raises(ValueError, match="not finite"):
        metrics.inception_score(BAD, 2)
    with pytest.raises(ValueError, match="at least 2 parts"):
        metrics.inception_score(table(12))
    with pytest.raises(AttributeError, match="no attribute 'isc'"):
        _ = metrics.isc


def test_what_needs_no_torch_does_not_wait_for_it() -> None:
    code = "import sys, latentstudio.metrics; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
