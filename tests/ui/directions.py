"""Directions and an editor out of thin air, for tests of what shows and makes sliders."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import QObject, Signal

from latentstudio.document.direction import Direction, Leak
from latentstudio.document.edit import Bend
from latentstudio.document.vector import Vector
from latentstudio.engine.editing.values import Fitted, Leakage
from latentstudio.ui.directions.library import Library
from tests.ui.conftest import CHECKPOINT, Studio, stylegan_info
from tests.ui.samples import ATTRIBUTES

W = 32  # of the generator in conftest
OTHER = "cd" * 32


def leak(attribute, mean, value="", half=0.1):
    return Leak(attribute, value, mean, mean - half, mean + half, abs(mean) + 0.05)


LEAKS = (
    leak("smile", 1.0),
    leak("earrings", 0.4),
    leak("hair_style", -0.2, "bob"),
    leak("hair_style", 0.7, "long"),
    leak("hue", 0.05),
)


def direction(name, seed=0, *, checkpoint=CHECKPOINT, **fields):
    vector = Vector.of("w", np.random.default_rng(seed).normal(size=W).astype(np.float32))
    return Direction(name, checkpoint, vector, **fields)


def smile(**fields):
    """A slider that was fitted to an attribute, and leaks."""
    usual = {
        "unit": "1 σ of smile",
        "method": "ridge",
        "attribute": "smile",
        "samples": 4096,
        "leakage": LEAKS,
    }
    return direction("Smile", 1, **(usual | fields))


def channel(name="Channel 3"):
    bends = (Bend(4, (3,), "style", 2.0),)
    return Direction(name, CHECKPOINT, channels=bends, method="style")


class FakeEditing(QObject):
    """Writes down what it is asked; a test answers."""

    known_changed = Signal()
    fitted = Signal(object)
    leaked = Signal(object)
    progressed = Signal(str, float, float)
    failed = Signal(str)

    def __init__(self):
        super().__init__()
        self.known = SimpleNamespace(attributes=ATTRIBUTES)
        self.requests, self.matrices, self.followed = [], [], []

    def follow_visibility(self, widget):
        self.followed.append(widget)

    def fit(self, request):
        self.requests.append(request)

    def matrix(self, checkpoint, directions, n=256):
        self.matrices.append((checkpoint, tuple(directions), n))

    def answer(self, *, weak=False, leakage=LEAKS, seed=9, request=None):
        """A direction for the last request, or another one."""
        request = request or self.requests[-1]
        found = direction(request.name, seed + len(request.kept), leakage=leakage,
                          attribute=request.attribute, kept=request.kept,
                          method=request.method)  # fmt: skip
        words = "Too weak to trust: AUC 0.55." if weak else "It agrees: AUC 0.93."
        fitted = Fitted(request, found, words, weak, (-2.0, -1.0, 0.0, 1.0, 2.0), leakage)
        self.fitted.emit(fitted)
        return fitted

    def leak(self, direction, leaks=LEAKS, n=256, wanted=256):
        self.leaked.emit(Leakage(direction.key, 1.0, n, wanted, (), None, None, leaks))


@dataclass
class Bench:
    """A studio with an editor and a library."""

    studio: Studio
    editing: FakeEditing
    library: Library

    @property
    def context(self):
        return replace(self.studio.context, editing=self.editing, library=self.library)

    @property
    def recipe(self):
        return self.studio.recipe

    @property
    def told(self):
        return self.studio.told


@pytest.fixture
def bench(qapp, tmp_path):
    studio = Studio()
    studio.document.set_info(stylegan_info())
    library = Library(tmp_path / "directions", bundled=tmp_path / "bundled")
    return Bench(studio, FakeEditing(), library)


__all__ = ["Bench", "FakeEditing", "bench", "channel", "direction", "leak", "smile"]
