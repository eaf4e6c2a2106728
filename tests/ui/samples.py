"""Live numbers as the samples' views get them, made up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
from PySide6.QtCore import QObject, Signal

from latentstudio.data.attributes import Attribute
from latentstudio.document.sampling import Sampling
from tests.ui.conftest import CHECKPOINT

HAIR = Attribute(name="hair_style", kind="categorical", values=("buzz", "bob", "long"))
EARRINGS = Attribute(name="earrings", kind="binary", values=("no", "yes"))
SMILE = Attribute(name="smile", kind="continuous", low=-1.0, high=1.0)
HUE = Attribute(name="hue", kind="continuous", low=0.0, high=1.0, period=1.0)
ATTRIBUTES = (HAIR, EARRINGS, SMILE, HUE)
DIM = 4
LAYERS = 10  # of the generator in conftest


@dataclass(frozen=True, eq=False)
class Samples:
    """As engine.live's SampleSet."""

    sampling: Sampling
    draws: object
    n: int
    features: np.ndarray
    thumbs: np.ndarray
    distance: np.ndarray
    readings: dict
    wrong: bool = False

    def influence(self):
        if self.wrong:
            raise ValueError("there are too few samples for an influence")
        return self.features[:, 0].astype(np.float64) * 10

    def realism(self):
        return np.abs(self.features[:, 1])

    def first(self, n):
        """The set as it was after n samples."""
        parts = {name: getattr(self, name)[:n] for name in ("features", "thumbs", "distance")}
        readings = {name: values[:n] for name, values in self.readings.items()}
        return replace(self, n=n, readings=readings, **parts)


def make_samples(n, psi=1.0, seed=0, side=8, checkpoint=CHECKPOINT):
    random = np.random.default_rng(seed)
    sampling = Sampling(checkpoint=checkpoint).with_psi(psi)
    shades = np.arange(n) % 251
    features = random.normal(size=(n, DIM)).astype(np.float32)
    logits = random.normal(size=(n, 3)).astype(np.float32)
    readings = {
        "hair_style": np.exp(logits) / np.exp(logits).sum(1, keepdims=True),
        "earrings": random.random(n).astype(np.float32),
        "smile": random.uniform(-1, 1, n).astype(np.float32),
        "hue": random.random(n).astype(np.float32),
    }
    return Samples(
        sampling,
        sampling.draws(0, n, num_layers=LAYERS),
        n,
        features,
        np.broadcast_to(shades[:, None, None, None], (n, side, side, 3)).astype(np.uint8),
        np.linalg.norm(features, axis=1).astype(np.float32),
        readings,
    )


class FakeNumbers(QObject):
    """Gives the set that a test puts in."""

    samples_changed = Signal()

    def __init__(self, *, features=None, reals=None):
        super().__init__()
        self.now = None
        self.features = features or SimpleNamespace(
            name="portraits", classifier=SimpleNamespace(attributes=ATTRIBUTES)
        )
        self.reals = reals
        self.followed = []

    def samples(self):
        return self.now

    def follow_visibility(self, widget):
        self.followed.append(widget)

    def give(self, samples):
        self.now = samples
        self.samples_changed.emit()
