"""Qualities that nothing was measured for."""

from collections.abc import Callable

import msgspec
import pytest

from latentstudio.document.sampling import Sampling
from latentstudio.metrics.quality import Quality


def _quality(psi: float = 1.0, **changes: object) -> Quality:
    made = Quality(
        features="portraits",
        features_hash="ab" * 32,
        n=2000,
        n_real=24_000,
        n_matched=2000,
        fid=20 + 100 * (1 - psi),
        fid_stderr=1.0,
        fid_interval=(18 + 100 * (1 - psi), 22 + 100 * (1 - psi)),
        fid_extrapolated=19.5,
        fid_extrapolated_interval=(17.0, 22.0),
        kid=0.25,
        kid_stderr=0.01,
        kid_interval=(0.23, 0.27),
        precision=0.9 - 0.1 * psi,
        precision_interval=(0.7, 0.95),
        recall=0.5 * psi,
        recall_interval=(0.0, 0.6),
        density=1.2,
        density_interval=(1.1, 1.3),
        coverage=0.6,
        coverage_interval=(0.5, 0.7),
        data="faces",
        data_hash="cd" * 32,
        sampling=Sampling("ef" * 32, seed=7).with_psi(psi),
    )
    return msgspec.structs.replace(made, **changes)


@pytest.fixture
def quality() -> Callable[..., Quality]:
    return _quality
