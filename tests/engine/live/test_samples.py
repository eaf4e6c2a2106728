from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest
import torch

from latentstudio.checkpoints.store import load_generator
from latentstudio.document.recipe import Noise
from latentstudio.document.sampling import Sampling
from latentstudio.engine.errors import EngineError
from latentstudio.engine.live.samples import Samples, thumbnails
from latentstudio.metrics.live.running import RunningQuality
from latentstudio.metrics.quality import generate_features, score
from tests.engine.live.toys import Quarters, real_side


@pytest.fixture
def features() -> Quarters:
    return Quarters()


def no_shares(_names: Any) -> tuple[float, ...]:
    return ()


def samples_of(sampling: Sampling, features: Quarters) -> Samples:
    return Samples(sampling, no_shares, RunningQuality(real_side()))


@pytest.mark.parametrize("name", ["style", "plain"])
def test_samples_are_those_that_measure_draws(
    name: str, checkpoints: Any, features: Quarters
) -> None:
    generator = load_generator(checkpoints[name].path)
    sampling = Sampling(noise=Noise("random"), mixing=0.5).with_psi(0.6)
    samples, side = samples_of(sampling, features), real_side()
    assert samples.snapshot(side, features) is None
    for count in (4, 1, 7, 8):
        samples.draw(generator, features, count)
    want = generate_features(generator, features, sampling, 20)
    assert samples.n == 20
    np.testing.assert_allclose(samples.features.view(), want, atol=1e-5)
    near = samples.reading(20, last=True)
    exact = score(side, torch.from_numpy(samples.features.view().copy()), sampling)
    assert near.n == 20 and near.kind == "measured" and near.sampling == sampling
    for field in ("fid", "kid", "precision", "recall", "density", "coverage", "fid_stderr"):
        assert getattr(near, field) == pytest.approx(getattr(exact, field), rel=1e-6, abs=1e-9)


def test_a_snapshot_says_all_of_each_sample_and_never_changes(
    checkpoints: Any, features: Quarters
) -> None:
    generator = load_generator(checkpoints["style"].path)
    sampling = Sampling(generator.content_hash, mixing=0.3).with_psi(0.5)
    samples, side = samples_of(sampling, features), real_side()
    samples.draw(generator, features, 12)
    shown = samples.snapshot(side, features)
    assert shown is not None and shown.n == 12 and len(shown.draws) == 12
    before = [array.copy() for array in (shown.features, shown.thumbs, shown.distance)]
    samples.draw(generator, features, 30)
    for array, kept in zip((shown.features, shown.thumbs, shown.distance), before, strict=True):
        assert np.array_equal(array, kept) and not array.flags.writeable
    assert shown.thumbs.shape == (12, 32, 32, 3) and shown.thumbs.dtype == np.uint8
    # The distance is that of the point itself, whatever psi is.
    i = int(np.flatnonzero(shown.draws.crossovers == generator.num_layers)[0])
    ws = generator.map(generator.sample_z(1, int(shown.draws.seeds[i])))
    assert shown.distance[i] == pytest.approx(float((ws[0, 0] - generator.mean_w).norm()), rel=1e-5)
    assert np.allclose(shown.readings["bright"], shown.features.mean(1), atol=1e-6)
    for values in (shown.influence(), shown.realism()):
        assert values.shape == (12,) and np.isfinite(values).all()
    assert abs(shown.influence().mean()) < 1e-9


def test_without_a_mapping_network_the_distance_is_the_norm_of_z(
    checkpoints: Any, features: Quarters
) -> None:
    generator = load_generator(checkpoints["plain"].path)
    samples = samples_of(Sampling().with_psi(0.2), features)
    samples.draw(generator, features, 3)
    shown = samples.snapshot(real_side(), features)
    assert shown is not None
    norms = [float(generator.sample_z(1, int(seed)).norm()) for seed in shown.draws.seeds]
    assert shown.distance.tolist() == pytest.approx(norms, rel=1e-5)


def test_pictures_that_are_no_numbers_are_a_sentence_and_leave_nothing(
    checkpoints: Any, features: Quarters
) -> None:
    generator = load_generator(checkpoints["style"].path)
    samples = samples_of(Sampling(), features)
    with torch.no_grad():
        next(generator.synthesis.parameters()).fill_(float("nan"))
    with pytest.raises(EngineError, match="no numbers"):
        samples.draw(generator, features, 2)
    assert samples.n == 0


def test_a_sampling_that_does_not_fit_is_a_sentence(checkpoints: Any, features: Quarters) -> None:
    class Classes(type(load_generator(checkpoints["style"].path))):  # type: ignore[misc]
        num_classes = 3

    generator = load_generator(checkpoints["style"].path)
    generator.__class__ = Classes
    generator.num_classes = 3
    samples = samples_of(msgspec.structs.replace(Sampling(), label=7), features)
    with pytest.raises(EngineError, match="class 7 is outside 0 to 2"):
        samples.draw(generator, features, 2)


def test_thumbnails_are_area_means_in_three_colours() -> None:
    images = torch.zeros(2, 1, 192, 192)
    images[0, :, ::2] = 3.0  # clamped to 1 before averaging: the mean of 1 and 0
    images[1, :, :96] = -1.0
    small = thumbnails(images)
    assert small.shape == (2, 96, 96, 3)
    assert (small[0] == round(1.5 * 127.5)).all()
    assert (small[1, :48] == 0).all() and (small[1, 48:] == 128).all()
    alpha = torch.ones(1, 4, 8, 8)
    alpha[:, 3] = -1.0
    assert (thumbnails(alpha) == 255).all() and thumbnails(alpha).shape == (1, 8, 8, 3)
    assert thumbnails(torch.ones(1, 2, 8, 8)).shape == (1, 8, 8, 3)
