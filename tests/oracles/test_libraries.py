"""The agreement with other libraries, on features, logits and pictures that need no network."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from latentstudio import metrics
from latentstudio.metrics.frechet import Accumulator, Statistics, frechet_distance, frechet_small
from latentstudio.metrics.ms_ssim import ms_ssim
from tests.oracles import metrics as oracle
from tests.oracles.libraries import library, quiet

Kind = Callable[..., Tensor]


def features(n: int, d: int, seed: int, spread: float = 1.0) -> Tensor:
    """Correlated, of unequal variances, 0 or more: much like those of a network."""
    mixing = np.random.RandomState(99).randn(d, d) / math.sqrt(d) * np.geomspace(1, 0.05, d)
    values = np.random.RandomState(seed).randn(n, d) @ mixing * spread + 0.3
    return torch.from_numpy(np.maximum(values, 0))


def duplicated(n: int, d: int, seed: int, spread: float = 1.0) -> Tensor:
    return features(-(-n // 4), d, seed, spread).repeat(4, 1)[:n]


def constant(n: int, d: int, seed: int, spread: float = 1.0) -> Tensor:
    """A third of the features never fires, another is always the same."""
    values = features(n, d, seed, spread)
    values[:, : d // 3] = 0.0
    values[:, d // 3 : 2 * d // 3] = 0.7
    return values


def collapsed(n: int, d: int, seed: int, spread: float = 1.0) -> Tensor:
    """A single class on the side of the fakes: always the same picture."""
    return features(n, d, seed) if seed == 0 else features(1, d, seed).repeat(n, 1)


def pair(kind: Kind, n: int, d: int) -> tuple[Tensor, Tensor]:
    return kind(n, d, 0), kind(n, d, 1, 1.3)


def wider(table: Tensor, d: int = 2048) -> Tensor:
    """Turned into a space of more dimensions, where all distances are what they were."""
    turn = np.linalg.qr(np.random.RandomState(5).randn(d, table.shape[1]))[0]
    return table @ torch.from_numpy(turn).T


every_kind = pytest.mark.parametrize("kind", [features, duplicated, constant, collapsed])
more_and_fewer = pytest.mark.parametrize(("n", "d"), [(400, 48), (40, 48), (20, 150)])


@every_kind
@more_and_fewer
def test_fid_is_that_of_pytorch_fid(kind: Kind, n: int, d: int, capsys) -> None:
    other = library("pytorch_fid.fid_score")
    real, fake = pair(kind, n, d)
    moments = [f(x.numpy()) for x in (fake, real) for f in (_mean, _covariance)]
    with quiet():
        want = other.calculate_frechet_distance(*moments)
    if "adding 1e-06 to diagonal" in capsys.readouterr().out:
        # Only under the root: the traces outside lack it.
        sides = [Statistics.of(x) for x in (real, fake)]
        raised = [Statistics(s.n, s.mean, s.cov + 1e-6 * torch.eye(d)) for s in sides]
        assert frechet_distance(*raised) - 2e-6 * d == pytest.approx(want, rel=1e-5)
        return
    # Roots of singular products are 1e-8 of their size.
    regular = n > d and kind is features
    assert metrics.fid(real, fake).value == pytest.approx(want, rel=1e-9 if regular else 1e-5)


@every_kind
@more_and_fewer
def test_fid_is_that_of_torch_fidelity(kind: Kind, n: int, d: int) -> None:
    other = library("torch_fidelity.metric_fid")
    real, fake = (x.float() for x in pair(kind, n, d))
    statistics = [other.fid_features_to_statistics(x) for x in (fake, real)]
    want = other.fid_statistics_to_metric(*statistics, False)["frechet_inception_distance"]
    tolerance = 5e-6 if n > d else 1e-5
    assert metrics.fid(real, fake).value == pytest.approx(want, rel=tolerance)
    if n == 20:  # in Inception's 2048 dimensions too, where the other library takes minutes
        wide = wider(real.double()), wider(fake.double())
        assert metrics.fid(*wide).value == pytest.approx(want, rel=tolerance)


@every_kind
def test_fid_is_that_of_torchmetrics(kind: Kind) -> None:
    other = library("torchmetrics.image.fid")

    class Same(torch.nn.Module):
        num_features = 48

        def forward(self, x: Tensor) -> Tensor:
            return x

    for n in (400, 40):
        real, fake = pair(kind, n, 48)
        with quiet():
            distance = other.FrechetInceptionDistance(feature=Same(), normalize=True)
            distance.set_dtype(torch.float64)
            distance.update(real, real=True)
            distance.update(fake, real=False)
            want = float(distance.compute())
        assert metrics.fid(real, fake).value == pytest.approx(want, rel=5e-6 if n > 48 else 1e-5)


@every_kind
@pytest.mark.parametrize("n", [400, 40])
def test_fid_by_parts_is_that_of_the_whole(kind: Kind, n: int) -> None:
    real, fake = pair(kind, n, 48)
    parts = Accumulator(48)
    for part in torch.split(fake, 7):
        parts.add(part)
    whole = frechet_distance(Statistics.of(real), Statistics.of(fake))
    got = frechet_distance(Statistics.of(real), parts.statistics())
    assert got == pytest.approx(whole, rel=1e-10 if n > 48 and kind is features else 1e-5)
    assert frechet_small(Statistics.of(real), fake) == pytest.approx(whole, rel=1e-5)
    assert whole == pytest.approx(oracle.frechet_of(real.numpy(), fake.numpy()), rel=1e-5)


@every_kind
@pytest.mark.parametrize(("n", "d"), [(300, 48), (40, 48), (60, 2048)])
def test_kid(kind: Kind, n: int, d: int) -> None:
    real, fake = pair(kind, n, d)
    got = metrics.kid(real, fake).value
    torchmetrics = library("torchmetrics.image.kid")
    assert got == pytest.approx(float(torchmetrics.poly_mmd(real, fake)), rel=1e-5)
    fidelity = library("torch_fidelity.metric_kid")
    found = fidelity.kid_features_to_metric(
        fake, real, kid_subsets=1, kid_subset_size=n, verbose=False
    )
    assert got == pytest.approx(found["kernel_inception_distance_mean"], rel=1e-4)


@pytest.mark.parametrize("kind", [features, constant])
@pytest.mark.parametrize(("n", "d"), [(300, 48), (40, 48), (200, 512), (200, 2048)])
def test_precision_recall_density_coverage(kind: Kind, n: int, d: int) -> None:
    real, fake = pair(kind, n, d)
    fake = torch.lerp(fake, real.mean(dim=0), 0.2)  # or none would be inside, in many dimensions
    pr, dc = metrics.precision_recall(real, fake), metrics.density_coverage(real, fake)
    assert pr.precision > 0 and pr.recall + dc.coverage > 0
    fidelity = library("torch_fidelity.metric_prc")
    found = fidelity.prc_features_to_metric(fake, real, verbose=False)
    assert (found["precision"], found["recall"]) == pytest.approx(pr.value, abs=0.1 / n)
    for save in (True, False):
        again = fidelity.prc_features_to_metric(fake, real, verbose=False, save_cpu_ram=save)
        assert again == found
    prdc = library("prdc")
    with quiet():
        want = prdc.compute_prdc(real.numpy(), fake.numpy(), 3)
    for name, value in zip(("precision", "recall"), pr.value, strict=True):
        assert want[name] == pytest.approx(value, abs=0.1 / n)
    for name, value in zip(("density", "coverage"), dc.value, strict=True):
        assert want[name] == pytest.approx(value, abs=0.1 / n)


@pytest.mark.parametrize("kind", [duplicated, collapsed])
@pytest.mark.parametrize(("n", "d"), [(40, 6), (32, 300)])
def test_shares_of_copies_are_those_of_the_papers(kind: Kind, n: int, d: int) -> None:
    # Libraries differ here: prdc leaves the rim out, torch-fidelity rounds copies apart.
    real, fake = pair(kind, n, d)
    want = oracle.manifold(real.numpy(), fake.numpy(), 3)
    pr, dc = metrics.precision_recall(real, fake), metrics.density_coverage(real, fake)
    assert (*pr.value, *dc.value) == pytest.approx(want, abs=1e-12)
    same = metrics.precision_recall(real, real)
    assert same.value == (1, 1)


@pytest.mark.parametrize(("n", "splits"), [(200, 10), (203, 10), (50, 1)])
def test_inception_score(n: int, splits: int) -> None:
    other = library("torch_fidelity.metric_isc")
    logits = features(n, 1008, 0) * 5
    want = other.isc_features_to_metric(logits, splits=splits, shuffle=False)
    got = metrics.inception_score(logits, splits)
    assert got.value == pytest.approx(want["inception_score_mean"], rel=1e-9)
    if splits > 1:
        # Theirs is the spread of the parts, ours the error of their mean.
        spread = want["inception_score_std"]
        assert got.stderr * math.sqrt(splits - 1) == pytest.approx(spread, rel=1e-6)


@pytest.mark.parametrize(("height", "width", "channels"), [(161, 176, 3), (192, 192, 1)])
def test_ms_ssim(height: int, width: int, channels: int) -> None:
    other = library("pytorch_msssim")
    random = np.random.RandomState(0)
    a = torch.from_numpy(random.rand(2, channels, height, width) * 2 - 1).float()
    b = torch.lerp(a, torch.from_numpy(random.rand(*a.shape) * 2 - 1).float(), 0.4)
    got = ms_ssim(a, b, per_channel=True)
    want = other.ms_ssim((a + 1) / 2, (b + 1) / 2, data_range=1.0, size_average=False)
    torch.testing.assert_close(got, want, rtol=0, atol=1e-5)
    if channels == 1:
        torch.testing.assert_close(ms_ssim(a, b), want, rtol=0, atol=1e-5)


def _mean(table: np.ndarray) -> np.ndarray:
    return table.mean(axis=0)


def _covariance(table: np.ndarray) -> np.ndarray:
    return np.cov(table, rowvar=False)
