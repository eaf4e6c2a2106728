from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch

from latentstudio.checkpoints.store import load_generator
from latentstudio.data.errors import DataError
from latentstudio.document.recipe import Recipe
from latentstudio.document.sampling import Sampling
from latentstudio.engine.engine import Engine
from latentstudio.engine.live import grid as live_grid
from latentstudio.engine.live import worker as live_worker
from latentstudio.engine.live.numbers import LiveNumbers
from latentstudio.engine.mailbox import Mailbox
from latentstudio.metrics.quality import generate_features, score
from latentstudio.metrics.reals import Reals
from tests.engine.live.toys import Quarters, real_side

TARGET = 40


@pytest.fixture
def features() -> Quarters:
    return Quarters()


@pytest.fixture
def sampling(checkpoints: Any) -> Sampling:
    return Sampling(checkpoints["style"].content_hash)


@pytest.fixture
def make(
    engine: Engine, witness: Any, features: Quarters, tmp_path: Path, monkeypatch: Any
) -> Iterator[Callable[[], LiveNumbers]]:
    """Live numbers of toys: small grids, and no waiting."""
    monkeypatch.setattr(live_grid, "LEVELS", (16,))
    monkeypatch.setattr(live_grid, "CHECKED", 16)
    monkeypatch.setattr(live_worker, "open_space", lambda _spec, _device: features)
    monkeypatch.setattr(live_worker, "open_reals", lambda *_, **__: Reals(real_side()))
    monkeypatch.setattr(live_worker, "READING", 0.0)
    engine._mailbox._calm = 0.0
    made: list[LiveNumbers] = []

    def make_one() -> LiveNumbers:
        kinds = ("quality", "curve", "samples", "words", "trouble")
        names = ("on_quality", "on_curve", "on_samples", "on_state", "on_error")
        callbacks = {
            name: lambda value, kind=kind: witness.note(kind, value)
            for name, kind in zip(names, kinds, strict=True)
        }
        live = LiveNumbers(engine, **callbacks, cache=tmp_path / "cache")
        made.append(live)
        live.set_target(TARGET)
        live.open("toys", "quarters")
        return live

    yield make_one
    for live in made:
        live.stop()


@pytest.fixture
def live(make: Callable[[], LiveNumbers]) -> LiveNumbers:
    numbers = make()
    numbers.set_active(True)
    return numbers


def settled(witness: Any, sampling: Sampling, since: int = 0) -> Callable[[], bool]:
    """Whether the last number of a sampling is out, and the curve with its checks."""

    def is_settled() -> bool:
        events = witness.events[since:]
        qualities = [event[1] for event in events if event[0] == "quality"]
        last = [q for q in qualities if q.sampling == sampling and q.n == TARGET]
        return bool(last) and any(c.checks for c in witness.of("curve"))

    return is_settled


def test_at_rest_numbers_stream_until_they_are_those_of_the_batch(
    live: LiveNumbers, sampling: Sampling, checkpoints: Any, features: Quarters, witness: Any
) -> None:
    live.follow(sampling, moving=False)
    witness.wait(settled(witness, sampling))
    measured = witness.of("quality")
    counts = [quality.n for quality in measured]
    assert counts == sorted(set(counts)) and counts[0] >= 16 and counts[-1] == TARGET
    assert {(quality.kind, quality.sampling) for quality in measured} == {("measured", sampling)}
    generator = load_generator(checkpoints["style"].path)
    rows = generate_features(generator, Quarters(), sampling, TARGET)
    samples = live.samples()
    assert samples is not None and samples.n == TARGET and samples.sampling == sampling
    np.testing.assert_allclose(samples.features, rows, atol=1e-5)
    # Of the very same features: these samples lie so close that rounding decides on neighbours.
    want = score(real_side(), torch.from_numpy(samples.features.copy()), sampling)
    numbers = ("fid", "fid_stderr", "fid_extrapolated", "kid", "kid_stderr")
    for field in (*numbers, "precision", "recall", "density", "coverage"):
        assert getattr(measured[-1], field) == pytest.approx(
            getattr(want, field), rel=1e-6, abs=1e-9
        )
    assert [shown.n for shown in witness.of("samples")] == counts
    witness.wait(lambda: live.floor(TARGET) is not None)
    assert live.floor(TARGET).n == min(TARGET, len(real_side().rows) // 2)
    assert live.features is features and live.reals is not None
    assert not witness.of("trouble")

    witness.wait(lambda: witness.of("words")[-1] == "Measured 40 samples")
    time.sleep(0.3)  # the last chores
    states = witness.of("words")
    assert states[0] == "Opening the data to compare with"
    assert any(state.startswith("Measuring") for state in states)
    drawn, count = sum(features.seen), len(witness.events)
    time.sleep(0.3)
    assert sum(features.seen) == drawn and len(witness.events) == count, "silence"


def test_the_curve_runs_over_psi_with_floor_and_checks(
    live: LiveNumbers, sampling: Sampling, witness: Any
) -> None:
    live.follow(sampling.with_psi(0.33), moving=False)
    witness.wait(settled(witness, sampling.with_psi(0.33)))
    curve = witness.of("curve")[-1]
    psis = [quality.sampling.truncation.psi for quality in curve.qualities]
    assert psis == pytest.approx([k / 20 for k in range(21)])
    assert {(quality.kind, quality.n) for quality in curve.qualities} == {("interpolated", 16)}
    assert [check.psi for check in curve.checks] == [0.225, 0.475, 0.775]
    assert curve.floor.n == 16 and curve.floor.kind == "measured"


def test_while_the_hand_moves_the_grid_answers_and_the_latest_wins(
    live: LiveNumbers, sampling: Sampling, features: Quarters, witness: Any, monkeypatch: Any
) -> None:
    live.follow(sampling, moving=False)
    witness.wait(settled(witness, sampling))
    monkeypatch.setattr(live_worker, "REST", 60.0)
    since, drawn = len(witness.events), sum(features.seen)
    psis = [0.9 - step / 1000 for step in range(300)]
    for psi in psis:
        live.follow(sampling.with_psi(psi), moving=True)
        time.sleep(0.001)

    def answers() -> list[Any]:
        return [event[1] for event in witness.events[since:] if event[0] == "quality"]

    witness.wait(lambda: answers() and answers()[-1].sampling == sampling.with_psi(psis[-1]))
    assert {quality.kind for quality in answers()} == {"interpolated"}
    assert len(answers()) < 100, "at most one every 50 ms"
    assert sum(features.seen) == drawn, "nothing is drawn meanwhile"
    shown = [quality.sampling.truncation.psi for quality in answers()]
    assert shown == sorted(shown, reverse=True)
    # Back where it was, the number that was measured is said again, and nothing is drawn.
    since = len(witness.events)
    live.follow(sampling, moving=False)
    witness.wait(settled(witness, sampling, since))
    assert answers()[-1].kind == "measured" and sum(features.seen) == drawn


def test_where_nothing_is_known_nothing_is_invented(
    live: LiveNumbers, sampling: Sampling, witness: Any, monkeypatch: Any
) -> None:
    live.follow(sampling, moving=False)
    witness.wait(settled(witness, sampling))
    monkeypatch.setattr(live_worker, "REST", 60.0)
    since = len(witness.events)
    for other in (
        msgspec.structs.replace(sampling, seed=1),
        msgspec.structs.replace(sampling, mixing=0.5),
        sampling.with_psi(1.2),
    ):
        live.follow(other, moving=True)
        witness.wait(lambda: witness.of("words")[-1] == "Rest the hand to measure")
    assert not [event for event in witness.events[since:] if event[0] == "quality"]


def test_a_slider_other_than_psi_gets_a_grid_when_the_hand_rests(
    live: LiveNumbers, sampling: Sampling, witness: Any, monkeypatch: Any
) -> None:
    live.follow(sampling, moving=False)
    witness.wait(settled(witness, sampling))
    mixed = msgspec.structs.replace(sampling, mixing=0.5)
    live.follow(mixed, moving=False)
    witness.wait(settled(witness, mixed))
    witness.wait(lambda: witness.of("words")[-1] == "Measured 40 samples")
    time.sleep(0.2)  # for the chores
    monkeypatch.setattr(live_worker, "REST", 60.0)
    near = msgspec.structs.replace(sampling, mixing=0.44)
    live.follow(near, moving=True)
    witness.wait(lambda: witness.of("quality")[-1].sampling == near)
    assert witness.of("quality")[-1].kind == "interpolated"


def test_a_hand_that_says_nothing_more_rests(
    live: LiveNumbers, sampling: Sampling, witness: Any
) -> None:
    live.follow(sampling, moving=True)
    witness.wait(settled(witness, sampling))


def test_dragging_a_point_leaves_the_measuring_alone(
    live: LiveNumbers, sampling: Sampling, witness: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(live_worker, "REST", 60.0)
    live.follow(sampling, moving=False)
    live.follow(sampling, moving=True)
    witness.wait(settled(witness, sampling))


def test_a_sampling_that_was_left_goes_on_where_it_was(
    live: LiveNumbers, sampling: Sampling, features: Quarters, witness: Any
) -> None:
    live.follow(sampling, moving=False)
    witness.wait(settled(witness, sampling))
    other = sampling.with_psi(0.31)
    live.follow(other, moving=False)
    witness.wait(settled(witness, other))
    drawn, since = sum(features.seen), len(witness.events)
    live.set_target(TARGET + 7)
    live.follow(sampling, moving=False)
    more = [TARGET, TARGET + 7]
    witness.wait(lambda: [q.n for q in witness.of("quality")][-1] == TARGET + 7)
    again = [event[1].n for event in witness.events[since:] if event[0] == "quality"]
    assert again[-1] == more[-1] and min(again) >= TARGET
    assert sum(features.seen) - drawn <= 2 * 7


def test_nothing_runs_while_nobody_looks(
    make: Callable[[], LiveNumbers], sampling: Sampling, features: Quarters, witness: Any
) -> None:
    live = make()
    live.follow(sampling, moving=False)
    assert not [thread for thread in threading.enumerate() if thread.name == "numbers"]
    assert live.samples() is None and live.reals is None and live.features is None
    live.set_active(True)
    witness.wait(lambda: sum(features.seen) > 0)
    live.set_active(False)
    time.sleep(0.3)
    drawn, events = sum(features.seen), len(witness.events)
    live.follow(sampling.with_psi(0.5), moving=False)
    time.sleep(0.2)
    assert (sum(features.seen), len(witness.events)) == (drawn, events)
    live.set_active(True)
    witness.wait(settled(witness, sampling.with_psi(0.5)))


def test_the_next_session_knows_the_grid(
    make: Callable[[], LiveNumbers], sampling: Sampling, features: Quarters, witness: Any
) -> None:
    first = make()
    first.set_active(True)
    first.follow(sampling, moving=False)
    witness.wait(settled(witness, sampling))
    time.sleep(0.2)
    first.stop()
    witness.events.clear()
    features.seen.clear()
    second = make()
    second.set_active(True)
    second.follow(sampling, moving=False)
    witness.wait(settled(witness, sampling))
    assert sum(features.seen) == TARGET, "samples alone are drawn"


def test_what_is_kept_answers_a_hand_that_moves_from_the_start(
    make: Callable[[], LiveNumbers],
    sampling: Sampling,
    features: Quarters,
    witness: Any,
    monkeypatch: Any,
) -> None:
    first = make()
    first.set_active(True)
    first.follow(sampling, moving=False)
    witness.wait(settled(witness, sampling))
    time.sleep(0.2)
    first.stop()
    witness.events.clear()
    features.seen.clear()
    monkeypatch.setattr(live_worker, "REST", 60.0)
    second = make()
    second.follow(sampling.with_psi(0.42), moving=True)
    second.set_active(True)
    (quality,) = witness.wait_for("quality")
    assert quality.kind == "interpolated" and quality.sampling == sampling.with_psi(0.42)
    assert not features.seen


def test_another_checkpoint_begins_anew(
    live: LiveNumbers, sampling: Sampling, checkpoints: Any, witness: Any
) -> None:
    live.follow(sampling, moving=False)
    witness.wait(settled(witness, sampling))
    twin = msgspec.structs.replace(sampling, checkpoint=checkpoints["twin"].content_hash)
    live.follow(twin, moving=False)
    witness.wait(settled(witness, twin))
    fids = {q.sampling: q.fid for q in witness.of("quality") if q.n == TARGET}
    assert fids[sampling] != fids[twin]


def test_what_cannot_be_opened_is_a_sentence_until_something_else_is(
    live: LiveNumbers, sampling: Sampling, witness: Any, monkeypatch: Any
) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise DataError("The folder is empty: choose another.")

    with monkeypatch.context() as patch:
        patch.setattr(live_worker, "open_reals", refuse)
        live.open("nowhere", "quarters")
        live.follow(sampling, moving=False)
        assert witness.wait_for("trouble") == ["The folder is empty: choose another."]
    live.open("toys", "quarters")
    witness.wait(settled(witness, sampling))
    assert len(witness.of("trouble")) == 1


def test_a_long_opening_ends_when_nobody_looks_any_more(
    make: Callable[[], LiveNumbers], sampling: Sampling, witness: Any, monkeypatch: Any
) -> None:
    def endless(_spec: Any, _features: Any, progress: Callable[[float], None]) -> Any:
        for i in range(10**6):
            progress((i % 100) / 100)
            time.sleep(0.001)

    monkeypatch.setattr(live_worker, "open_reals", endless)
    live = make()
    live.follow(sampling, moving=False)
    live.set_active(True)
    witness.wait(lambda: "Looking at the data: 10%" in witness.of("words"))
    live.set_active(False)
    time.sleep(0.2)
    monkeypatch.setattr(live_worker, "open_reals", lambda *_, **__: Reals(real_side()))
    live.set_active(True)
    witness.wait(settled(witness, sampling))
    monkeypatch.setattr(live_worker, "open_reals", endless)
    live.open("toys", "quarters")
    live.stop()
    assert not witness.of("trouble")


@pytest.mark.parametrize("kind", ["nan", "memory", "missing", "untuned", "metric"])
def test_what_cannot_be_measured_is_a_sentence_and_all_live_on(
    live: LiveNumbers,
    engine: Engine,
    sampling: Sampling,
    features: Quarters,
    witness: Any,
    monkeypatch: Any,
    kind: str,
) -> None:
    words = {
        "nan": "no numbers",
        "memory": "not enough memory on cpu",
        "missing": "is not here",
        "untuned": "The fine tuning abababab… of this picture is not here",
        "metric": "cannot be measured: they are all alike",
    }

    def broken(_self: Any, images: torch.Tensor) -> torch.Tensor:
        if kind == "memory":
            raise MemoryError
        if kind == "metric":
            raise ValueError("they are all alike")
        return torch.full((len(images), 4), float("nan"))

    bad = sampling
    with monkeypatch.context() as patch:
        if kind == "missing":
            bad = msgspec.structs.replace(sampling, checkpoint="ab" * 32)
        elif kind == "untuned":
            bad = msgspec.structs.replace(sampling, difference="ab" * 32)
        else:
            patch.setattr(Quarters, "__call__", broken)
        live.follow(bad, moving=False)
        (text,) = witness.wait_for("trouble")
        assert words[kind] in text and "\n" not in text
        assert witness.of("words")[-1] == "Nothing is measured" and not witness.of("quality")
    engine.request(Recipe(checkpoint=sampling.checkpoint))
    assert witness.wait_for("frame")
    live.follow(sampling.with_psi(0.5), moving=False)
    witness.wait(settled(witness, sampling.with_psi(0.5)))
    assert len(witness.of("trouble")) == 1


def test_callbacks_that_raise_end_nothing(
    live: LiveNumbers, sampling: Sampling, witness: Any, caplog: Any
) -> None:
    good = live._callbacks["quality"]

    def bad(quality: Any) -> None:
        good(quality)
        raise ZeroDivisionError("no")

    live._callbacks["quality"] = bad
    live.follow(sampling, moving=False)
    witness.wait(settled(witness, sampling))
    live.stop()
    assert "a callback of the live numbers raised" in caplog.text


def test_stopping_ends_everything_at_any_time(
    make: Callable[[], LiveNumbers], sampling: Sampling, features: Quarters, witness: Any
) -> None:
    make().stop()
    live = make()
    live.set_active(True)
    live.follow(sampling, moving=False)
    witness.wait(lambda: sum(features.seen) > 0)
    start = time.monotonic()
    live.stop()
    live.stop()
    assert time.monotonic() - start < 5.0
    count = len([event for event in witness.events if event[0] != "frame"])
    live.follow(sampling.with_psi(0.1), moving=False)
    live.set_active(True)
    time.sleep(0.1)
    assert len([event for event in witness.events if event[0] != "frame"]) == count
    assert not [thread for thread in threading.enumerate() if thread.name == "numbers"]


def test_slices_wait_for_a_hand_that_drags(
    live: LiveNumbers, engine: Engine, sampling: Sampling, features: Quarters, witness: Any
) -> None:
    engine._mailbox._calm = 0.25
    live.follow(sampling, moving=False)
    witness.wait(lambda: sum(features.seen) > 0)
    recipe = Recipe(checkpoint=sampling.checkpoint)
    engine.request(recipe)
    witness.wait_for("frame")
    drawn = sum(features.seen)
    for _ in range(20):
        engine.request(recipe)
        time.sleep(0.02)
    assert sum(features.seen) == drawn
    witness.wait(settled(witness, sampling))


def test_importing_brings_neither_torch_nor_qt() -> None:
    code = "import sys, latentstudio.engine.live.numbers; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert Mailbox()._calm > 0.1
