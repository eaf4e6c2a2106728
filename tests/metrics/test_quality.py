from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest
import torch
from torch import Tensor

from latentstudio.metrics.frechet import Statistics, frechet_distance, frechet_error
from latentstudio.metrics.kernel import kid
from latentstudio.metrics.manifold import manifold_scores, wilson
from latentstudio.metrics.quality import (
    Quality,
    RealSide,
    draw_labels,
    evaluate,
    generate_features,
    real_floor,
    score,
)
from tests.metrics.toys import Linear, Pixels


def pictures(n: int, seed: int = 7, spread: float = 0.25) -> Tensor:
    values = np.random.RandomState(seed).randn(n, 1, 2, 2) * spread
    return torch.from_numpy(values).float()


def reals(n: int = 200, **settings: object) -> RealSide:
    return RealSide.of(Pixels(), pictures(n).split(64), **settings)  # type: ignore[arg-type]


def test_features_are_those_of_the_seed_whatever_the_batch() -> None:
    generator = Linear()
    want = generator.sample_z(50, 3) / 4
    for batch in (1, 7, 50, 64):
        assert torch.equal(generate_features(generator, Pixels(), 50, 3, batch), want)
    torch.testing.assert_close(generate_features(generator, Pixels(), 50, 3, 8, 0.5), want / 2)
    got = generate_features(generator, Pixels(), 50, 3, 8)
    assert got.dtype == torch.float32 and not got.is_inference() and not got.requires_grad


def test_training_mode_is_neither_used_nor_lost() -> None:
    generator = Linear().train()
    generator.norm.eval()
    generate_features(generator, Pixels(), 9, 0, 4)
    assert generator.training and not generator.norm.training
    assert int(generator.norm.num_batches_tracked) == 0
    assert torch.equal(
        generate_features(generator, Pixels(), 9, 0, 4),
        generate_features(generator.eval(), Pixels(), 9, 0, 4),
    )


def test_classes_come_in_their_shares() -> None:
    labels = draw_labels(Linear(3), (0.2, 0.0, 0.6), 4000, 1)
    assert labels is not None and labels.dtype == torch.int64
    counts = labels.bincount(minlength=3) / 4000
    assert counts.tolist() == pytest.approx([0.25, 0, 0.75], abs=0.03)
    assert torch.equal(labels, draw_labels(Linear(3), (0.2, 0.0, 0.6), 4000, 1))
    assert not torch.equal(labels, draw_labels(Linear(3), (0.2, 0.0, 0.6), 4000, 2))
    alike = draw_labels(Linear(3), (), 4000, 1)
    assert alike is not None
    assert (alike.bincount() / 4000).tolist() == pytest.approx([1 / 3] * 3, abs=0.03)
    assert draw_labels(Linear(), (), 5, 1) is None
    generator = Linear(3)
    want = (generator.sample_z(30, 2) + 0.1 * draw_labels(generator, (1, 0, 3), 30, 2)[:, None]) / 4
    got = generate_features(generator, Pixels(), 30, 2, 8, class_shares=(1, 0, 3))
    torch.testing.assert_close(got, want)


@pytest.mark.parametrize("shares", [(1, 1), (1, 1, -1), (0, 0, 0), (1, 1, math.nan)])
def test_shares_that_do_not_fit(shares: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="generator's 3 classes"):
        draw_labels(Linear(3), shares, 5, 1)


def test_all_numbers_are_those_of_their_rooms() -> None:
    real, seen = reals(300), []
    features = Pixels()
    got = evaluate(features, Linear(), real, 100, 3, 32, progress=seen.append)
    fake = Linear().sample_z(100, 3) / 4
    assert features.seen == 100 and seen == [0.32, 0.64, 0.96, 1.0]
    assert (got.features, got.features_hash) == ("pixels", "abcd" * 16)
    assert (got.n, got.n_real, got.n_matched, got.psi, got.seed) == (100, 300, 100, 1.0, 3)
    every = Statistics.of(pictures(300).flatten(1))
    assert got.fid == pytest.approx(frechet_distance(every, Statistics.of(fake)), rel=1e-9)
    assert got.fid_se == pytest.approx(frechet_error(every, fake).se, rel=1e-9)
    assert got.fid_extrapolated is not None and got.fid_extrapolated < got.fid
    estimate = kid(real.rows[:100], fake)
    assert (got.kid, got.kid_se, got.kid_interval) == (
        estimate.value,
        estimate.se,
        estimate.interval,
    )
    shares = manifold_scores(real.rows[:100], fake)
    for name in ("precision", "recall", "density", "coverage"):
        value, (low, high) = getattr(got, name), getattr(got, f"{name}_interval")
        assert value == getattr(shares, name) and low <= value <= high
    assert got.precision_interval == wilson(shares.precision, 100)
    assert evaluate(Pixels(), Linear(), real, 100, 3, 100) == got


def test_goes_to_json_and_back() -> None:
    got = evaluate(Pixels(), Linear(), reals(), 12, 3, 32)
    assert got.fid_extrapolated is None  # below four samples a dimension
    assert msgspec.json.decode(msgspec.json.encode(got), type=Quality) == got


def test_a_perfect_generator_a_shrunk_and_a_collapsed_one() -> None:
    real = reals(1000)
    perfect = evaluate(Pixels(), Linear(), real, 500, 0, 500)
    floor = real_floor(*pictures(1000).flatten(1).chunk(2), name="pixels")
    assert perfect.fid < 3 * floor.fid and abs(perfect.kid) < 4 * perfect.kid_se
    assert min(perfect.precision, perfect.recall, perfect.coverage) > 0.8
    assert (floor.features, floor.n, floor.n_real, floor.psi) == ("pixels", 500, 500, None)
    shrunk = evaluate(Pixels(), Linear(), real, 500, 0, 500, psi=0.3)
    assert shrunk.precision > perfect.precision and shrunk.recall < 0.5
    assert shrunk.fid > 10 * perfect.fid and shrunk.psi == 0.3
    one = score(real, pictures(1).flatten(1).repeat(500, 1))
    assert one.precision == 1 and one.recall <= 0.01 and one.coverage < 0.05
    assert math.isfinite(one.fid) and one.fid_se == pytest.approx(0, abs=1e-9)


def test_equal_numbers_on_both_sides() -> None:
    real = reals(50)
    got = score(real, pictures(80, 1).flatten(1))
    assert (got.n, got.n_real, got.n_matched) == (80, 50, 50)
    assert got.precision == manifold_scores(real.rows, pictures(80, 1).flatten(1)[:50]).precision


def test_refusals() -> None:
    with pytest.raises(ValueError, match="embed the reals again"):
        evaluate(Pixels("1234" * 16), Linear(), reals(), 10, 0, 10)
    with pytest.raises(ValueError, match="equal size"):
        real_floor(pictures(10).flatten(1), pictures(11).flatten(1))
    for n, batch in ((0, 5), (5, 0)):
        with pytest.raises(ValueError, match="cannot be drawn"):
            generate_features(Linear(), Pixels(), n, 0, batch)
    with pytest.raises(ValueError, match="nearest neighbour"):
        score(reals(), pictures(3).flatten(1))
