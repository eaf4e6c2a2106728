from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest
import torch
from torch import Tensor

from latentstudio.document.sampling import Sampling
from latentstudio.metrics.estimate import wilson
from latentstudio.metrics.frechet import (
    Statistics,
    frechet_distance,
    frechet_error,
    frechet_extrapolated,
)
from latentstudio.metrics.kernel import kid
from latentstudio.metrics.manifold import manifold_scores
from latentstudio.metrics.quality import (
    Quality,
    RealSide,
    evaluate,
    generate_features,
    real_floor,
    score,
)
from tests.metrics.toys import Linear, Pixels

SAMPLING = Sampling(seed=3)
Shares = tuple[float, ...]


def pictures(n: int, seed: int = 7, spread: float = 0.25) -> Tensor:
    values = np.random.RandomState(seed).randn(n, 1, 2, 2) * spread
    return torch.from_numpy(values).float()


def reals(n: int = 200, **settings: object) -> RealSide:
    return RealSide.of(Pixels(), pictures(n).split(64), **settings)  # type: ignore[arg-type]


def drawn(
    n: int, sampling: Sampling = SAMPLING, num_classes: int = 0, shares: Shares = ()
) -> Tensor:
    """The features that :class:`Pixels` sees of a :class:`Linear`: a quarter of each point."""
    draws = sampling.draws(0, n, num_layers=1, num_classes=num_classes, class_shares=shares)
    z = Linear().sample_seeds(draws.seeds.tolist())
    if draws.labels is not None:
        z = z + 0.1 * torch.from_numpy(draws.labels)[:, None]
    return z / 4


def test_features_are_those_of_the_sampling_whatever_the_batch() -> None:
    generator, want = Linear(), drawn(50)
    for batch in (1, 7, 50, 64):
        assert torch.equal(generate_features(generator, Pixels(), SAMPLING, 50, batch), want)
    part = generate_features(generator, Pixels(), SAMPLING, 20, 8, start=13)
    assert torch.equal(part, want[13:33])
    half = generate_features(generator, Pixels(), SAMPLING.with_psi(0.5), 50, 8)
    torch.testing.assert_close(half, want / 2)
    assert half.dtype == torch.float32 and not half.is_inference() and not half.requires_grad


def test_training_mode_is_neither_used_nor_lost() -> None:
    generator = Linear().train()
    generator.norm.eval()
    training = generate_features(generator, Pixels(), SAMPLING, 9, 4)
    assert generator.training and not generator.norm.training
    assert int(generator.norm.num_batches_tracked) == 0
    assert torch.equal(training, generate_features(generator.eval(), Pixels(), SAMPLING, 9, 4))


def test_classes_come_in_their_shares() -> None:
    shares = (1.0, 0.0, 3.0)
    got = generate_features(Linear(3), Pixels(), SAMPLING, 30, 8, class_shares=shares)
    torch.testing.assert_close(got, drawn(30, num_classes=3, shares=shares))


def test_all_numbers_are_those_of_their_rooms() -> None:
    real, seen = reals(300), []
    features = Pixels()
    got = evaluate(features, Linear(), real, SAMPLING, 100, 32, progress=seen.append)
    fake = drawn(100)
    assert features.seen == 100 and seen == [0.32, 0.64, 0.96, 1.0]
    assert (got.features, got.features_hash) == ("pixels", "abcd" * 16)
    assert (got.n, got.n_real, got.n_matched) == (100, 300, 100)
    assert (got.sampling, got.kind, got.warming) == (SAMPLING, "measured", False)
    every = Statistics.of(pictures(300).flatten(1))
    assert got.fid == pytest.approx(frechet_distance(every, Statistics.of(fake)), rel=1e-9)
    assert got.fid_stderr == pytest.approx(frechet_error(every, fake).stderr, rel=1e-9)
    better = frechet_extrapolated(every, fake)
    assert got.fid_extrapolated == pytest.approx(better.value, rel=1e-9)
    assert got.fid_extrapolated_interval == pytest.approx(better.interval, rel=1e-9)
    estimate = kid(real.rows[:100], fake)
    assert (got.kid, got.kid_stderr) == (estimate.value, estimate.stderr)
    assert got.kid_interval == estimate.interval
    shares = manifold_scores(real.rows[:100], fake)
    for name in ("precision", "recall", "density", "coverage"):
        value, (low, high) = getattr(got, name), getattr(got, f"{name}_interval")
        assert value == getattr(shares, name) and low <= value <= high
    assert got.precision_interval == wilson(shares.precision, 100)
    assert evaluate(Pixels(), Linear(), real, SAMPLING, 100, 100) == got


def test_goes_to_json_and_back() -> None:
    got = evaluate(Pixels(), Linear(), reals(), SAMPLING, 12, 32)
    assert got.fid_extrapolated is None and got.warming  # below four samples a dimension
    assert msgspec.json.decode(msgspec.json.encode(got), type=Quality) == got


def test_a_perfect_generator_a_shrunk_and_a_collapsed_one() -> None:
    real = reals(1000)
    perfect = evaluate(Pixels(), Linear(), real, SAMPLING, 500, 500)
    floor = real_floor(real, 500)
    assert perfect.fid < 3 * floor.fid and abs(perfect.kid) < 4 * perfect.kid_stderr
    assert min(perfect.precision, perfect.recall, perfect.coverage) > 0.8
    assert (floor.features, floor.n, floor.n_real, floor.sampling) == ("pixels", 500, 500, None)
    shrunk = evaluate(Pixels(), Linear(), real, SAMPLING.with_psi(0.3), 500, 500)
    assert shrunk.precision > perfect.precision and shrunk.recall < 0.5
    assert shrunk.fid > 10 * perfect.fid
    one = score(real, pictures(1).flatten(1).repeat(500, 1))
    assert one.precision == 1 and one.recall <= 0.01 and one.coverage < 0.05
    assert math.isfinite(one.fid) and one.fid_stderr == pytest.approx(0, abs=1e-9)


def test_equal_numbers_on_both_sides() -> None:
    real = reals(50)
    got = score(real, pictures(80, 1).flatten(1))
    assert (got.n, got.n_real, got.n_matched) == (80, 50, 50)
    assert got.precision == manifold_scores(real.rows, pictures(80, 1).flatten(1)[:50]).precision


def test_the_floor_is_what_the_other_reals_make_of_some() -> None:
    real = reals(300)
    got = real_floor(real, 100)
    held = real.rows[-100:]
    others = RealSide("pixels", real.features_hash, "", Statistics.of(real.rows[:-100]), real.rows)
    want = score(others, held)
    assert got.fid == pytest.approx(want.fid, rel=1e-9)
    assert got.fid_extrapolated == pytest.approx(want.fid_extrapolated, rel=1e-9, abs=1e-12)
    assert (got.n, got.n_real, got.n_matched) == (100, 200, 100)
    assert (got.precision, got.recall) == (want.precision, want.recall)
    assert real_floor(real, 999).n == 150  # half of the rows


def test_refusals() -> None:
    with pytest.raises(ValueError, match="embed the reals again"):
        evaluate(Pixels("1234" * 16), Linear(), reals(), SAMPLING, 10, 10)
    for n, batch in ((0, 5), (5, 0)):
        with pytest.raises(ValueError, match="cannot be drawn"):
            generate_features(Linear(), Pixels(), SAMPLING, n, batch)
    with pytest.raises(ValueError, match="nearest neighbour"):
        score(reals(), pictures(3).flatten(1))
