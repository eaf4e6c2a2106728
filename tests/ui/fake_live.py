"""Numbers out of thin air that behave like a generator's: for tests of what shows them."""

from __future__ import annotations

from types import SimpleNamespace

from latentstudio.document.sampling import Sampling
from latentstudio.metrics.quality import Quality

DIM = 96


def quality(sampling=None, n=2000, kind="measured", *, better=0.0, **changes):
    """Precision falls and recall rises with psi; FID is least near 0.9."""
    sampling = sampling or Sampling(checkpoint="ab" * 32)
    psi = sampling.truncation.psi
    fid = 19.0 - better + 240.0 * (psi - 0.92) ** 2
    precision = min(1.0, max(0.0, 0.98 - 0.22 * psi**2))
    recall = min(1.0, max(0.0, 0.04 + 0.4 * psi**1.5 if psi > 0 else 0.0))
    wide = 40.0 / n**0.5
    warm = n >= 4 * DIM

    def around(value, share, most=1.0):
        half = share * (400 / n) ** 0.5
        return max(0.0, value - half), min(most, value + half)

    values = {
        "features": "portraits",
        "features_hash": "5f" * 32,
        "data": "portraits",
        "data_hash": "14c267ee" * 8,
        "n": n,
        "n_real": 24000,
        "n_matched": n,
        "sampling": sampling,
        "kind": kind,
        "fid": fid + 3000 / n,
        "fid_stderr": wide / 2,
        "fid_interval": (fid + 3000 / n - wide, fid + 3000 / n + wide),
        "fid_extrapolated": fid if warm else None,
        "fid_extrapolated_interval": (fid - 1.5 * wide, fid + 1.5 * wide) if warm else None,
        "kid": fid / 1500,
        "kid_stderr": wide / 3000,
        "kid_interval": (fid / 1500 - wide / 1500, fid / 1500 + wide / 1500),
        "precision": precision,
        "precision_interval": around(precision, 0.05),
        "recall": recall,
        "recall_interval": around(recall, 0.05),
        "density": precision * 1.1,
        "density_interval": around(precision * 1.1, 0.06, 9.0),
        "coverage": recall * 0.9,
        "coverage_interval": around(recall * 0.9, 0.05),
    }
    return Quality(**(values | changes))


def curve(sampling=None, n=1024, **changes):
    """As ``engine.live_values.Curve``."""
    sampling = sampling or Sampling(checkpoint="ab" * 32)
    at = [sampling.with_psi(i / 20) for i in range(21)]
    checks = [
        SimpleNamespace(
            psi=psi,
            n=n,
            interpolated=quality(sampling.with_psi(psi), n, "interpolated"),
            measured=quality(sampling.with_psi(psi), n, better=0.03),
        )
        for psi in (0.05, 0.45, 0.95)
    ]
    floor = quality(None, n, fid=2.1, fid_extrapolated=0.2, kid=0.0001, precision=0.93,
                    recall=0.92, density=1.0, coverage=0.97)  # fmt: skip
    points = [quality(each, n, "interpolated", **changes) for each in at]
    return SimpleNamespace(qualities=points, checks=checks, floor=floor)


class FakeLive:
    """Says what a test tells it to, and writes down what it was told."""

    def __init__(
        self, engine, *, on_quality, on_curve, on_samples, on_state, on_error, on_floor, locate
    ):
        self.engine, self.locate = engine, locate
        self.on_quality, self.on_curve, self.on_samples = on_quality, on_curve, on_samples
        self.on_state, self.on_error, self.on_floor = on_state, on_error, on_floor
        self.opened, self.followed = [], []
        self.target, self.active, self.stopped = None, None, False
        self.reals = self.features = None
        self.floors = {}

    def open(self, real, features):
        self.opened.append((real, features))
        statistics = SimpleNamespace(dim=DIM)
        self.reals = SimpleNamespace(side=SimpleNamespace(statistics=statistics))

    def follow(self, sampling, moving):
        self.followed.append((sampling, moving))
        self.on_quality(quality(sampling, 1024, "interpolated"))

    def set_target(self, n):
        self.target = n

    def set_active(self, on):
        self.active = on

    def samples(self):
        return None

    def floor(self, n):
        return self.floors.get(n)

    def stop(self):
        self.stopped = True

    @property
    def sampling(self):
        return self.followed[-1][0]

    def settle(self, n=2000):
        """A measurement comes to its end."""
        self.on_quality(quality(self.sampling, n))

    def draw(self, **changes):
        """A curve comes in."""
        self.on_curve(curve(self.sampling, **changes))
