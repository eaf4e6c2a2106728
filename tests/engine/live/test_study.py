from __future__ import annotations

from typing import Any

import pytest

from latentstudio.engine.errors import EngineError
from latentstudio.engine.live import study as live_study
from latentstudio.engine.live.study import LARGEST, SLICE, Pace, Study
from tests.engine.live.toys import Quarters, real_side


class Samples:
    """Counts what is drawn."""

    sampling = "a sampling"

    def __init__(self, log: list[str]) -> None:
        self.n, self.log = 0, log

    def draw(self, _generator: Any, _features: Any, count: int) -> None:
        self.n += count
        self.log.append("samples")


class Grid:
    def __init__(self, log: list[str], name: str, levels: list[int]) -> None:
        self.log, self.name, self.levels = log, name, levels

    @property
    def missing(self) -> int:
        return self.levels[0] if self.levels else 0

    @property
    def share(self) -> float:
        return 0.25

    def adopt(self, _samples: Any) -> None:
        pass

    def draw(self, _generator: Any, _features: Any, count: int) -> int:
        self.levels.pop(0)
        self.log.append(self.name)
        return count


class Generator:
    resolution = 32


def study_of(log: list[str], target: int, *grids: Grid, resolution: int = 32) -> Any:
    side = real_side(resolution)
    return Study(Quarters(), side, Samples(log), grids, target, Pace())  # type: ignore[arg-type]


def test_samples_first_then_grids_then_the_rest(monkeypatch: Any) -> None:
    log: list[str] = []
    hand, psi = Grid(log, "hand", [128, 128, 256]), Grid(log, "psi", [128, 256])
    study = study_of(log, 32, hand, psi)
    monkeypatch.setattr(live_study, "SHARE", 1e9)  # nobody waits for samples
    states = []
    while study.more:
        states.append(study.state())
        assert study.step(Generator()) == study.more
    first = log.index("hand")
    assert first <= 4 and log[first : first + 5] == ["hand", "hand", "psi", "hand", "psi"]
    assert set(log[:first]) == set(log[first + 5 :]) == {"samples"}
    assert study.samples.n == 32 and not study.step(Generator())
    assert states[0] == "Warming up: 0 of 32 samples"
    assert states[-1].startswith("Measuring ")
    assert study.state() == "Measured 32 samples, preparing the sliders: 25%"


def test_while_grids_are_drawn_samples_keep_coming(monkeypatch: Any) -> None:
    log: list[str] = []
    study = study_of(log, 10_000, Grid(log, "psi", [128] * 50))
    monkeypatch.setattr(live_study, "SHARE", 0.0)
    for _ in range(20):
        study.step(Generator())
    assert log == ["samples"] * 20
    monkeypatch.setattr(live_study, "SHARE", 1e9)
    study.step(Generator())
    assert log[-1] == "psi"


def test_nothing_is_drawn_after_a_failure_or_for_data_of_another_size() -> None:
    log: list[str] = []
    study = study_of(log, 10, resolution=64)
    with pytest.raises(EngineError, match="have 64 px and those of the generator 32 px"):
        study.step(Generator())
    study = study_of(log, 10)
    study.failed = True
    assert not study.more and not study.step(Generator()) and not study.unread
    assert study.state() == "Nothing is measured" and log == []


def test_the_pace_follows_what_slices_took() -> None:
    pace = Pace()
    for _ in range(10):
        pace.note(pace.batch, 0.001)
    assert pace.batch == LARGEST
    pace.note(1, 0.001)
    for _ in range(10):
        pace.note(pace.batch, 2 * SLICE)
    assert pace.batch == 1
    pace.note(1, SLICE)
    assert pace.batch == 1
    pace.note(0, 0.0)
    assert pace.batch == 1
