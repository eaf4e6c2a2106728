"""A real inspection of a tiny generator, worked on in two threads."""

from __future__ import annotations

import threading
from dataclasses import replace

import msgspec
import pytest

from latentstudio.metrics.inspect import tasks
from latentstudio.metrics.inspect.plan import Plan
from latentstudio.metrics.inspect.run import Inspection
from latentstudio.metrics.spaces import register
from latentstudio.ui.bench import run as running
from latentstudio.ui.bench.model import BenchModel
from latentstudio.ui.bench.scores import found_parts
from latentstudio.ui.bench.wish import Wish
from tests.metrics.inspect.halves import Halves, reader
from tests.ui.conftest import CHECKPOINT
from tests.ui.fake_bench import FakeEngine

WISH = Wish(("mig", "sap", "layers"), num=60, seed=3)


class Watched(Halves):
    """Writes down who draws."""

    def __init__(self):
        super().__init__()
        self.by = set()

    def synthesize(self, *args, **kwargs):
        self.by.add(threading.current_thread().name)
        return super().synthesize(*args, **kwargs)


@pytest.fixture
def generator():
    return Watched()


@pytest.fixture
def model(studio, generator, monkeypatch):
    monkeypatch.setattr(register, "open_space", lambda _spec, _device: reader())
    engine = FakeEngine(generator)
    made = BenchModel(replace(studio.context, study=engine.study))
    yield made
    made.stop()
    engine.stop()


def done(model):
    return lambda: model.session.state == "done"


def test_the_numbers_are_those_of_the_plan(model, generator, qtbot):
    shares = []
    model.progressed.connect(lambda: shares.append(model.session.share))
    model.start(WISH)
    qtbot.waitUntil(done(model), timeout=20_000)
    direct = Inspection(WISH.plan(None), Halves(), reader())
    while direct.step():
        pass
    for field in ("spaces", "layers", "shown", "columns", "num", "seed"):
        assert getattr(model.report, field) == getattr(direct.report(), field)
    assert shares == sorted(shares)
    assert found_parts(model.report) == WISH.parts
    assert generator.by == {"fake engine"}


def test_what_draws_nothing_leaves_the_engine_alone(model, qtbot, monkeypatch):
    by = set()
    score, kind, cost = tasks.SCORES["sap"]

    def watched(*args, **kwargs):
        by.add(threading.current_thread().name)
        return score(*args, **kwargs)

    monkeypatch.setitem(tasks.SCORES, "sap", (watched, kind, cost))
    model.start(WISH)
    qtbot.waitUntil(done(model), timeout=20_000)
    assert by == {"bench"}


def test_finished_parts_are_there_the_next_time(model, generator, qtbot):
    model.start(WISH)
    qtbot.waitUntil(done(model), timeout=20_000)
    drawn, first = generator.drawn, model.report
    model.start(WISH)
    qtbot.waitUntil(done(model), timeout=20_000)
    assert generator.drawn == drawn
    assert model.report.spaces == first.spaces


def test_a_generator_that_cannot_be_used_is_told(model, qtbot, monkeypatch):
    def broken(_generator):
        raise RuntimeError("CUDA error: out of memory")

    monkeypatch.setattr(Halves, "device", property(broken))
    model.start(WISH)
    qtbot.waitUntil(lambda: model.session.state == "resting")
    assert "memory" in model.session.trouble


def test_time_left_is_reckoned_from_where_it_goes_on(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(running.time, "monotonic", lambda: now[0])
    pace = running._Pace(0.5)
    assert pace.left(0.5) == -1.0
    now[0] = 110.0
    assert pace.left(0.75) == pytest.approx(10.0)
    assert pace.left(1.0) == 0.0


def test_the_plan_is_refused_in_a_sentence(model, qtbot):
    model.start(Wish(("mig",), num=9))
    qtbot.waitUntil(lambda: model.session.state == "resting")
    assert "at least 50 samples" in model.session.trouble


def test_news_that_come_late_are_not_heard(model):
    model.start(WISH)
    session = model.session
    model.rest()
    model._on_news("done", session.run)
    model._on_news("error", "too late")
    assert (session.state, session.trouble) == ("resting", "")
    other = msgspec.structs.replace(model.document.recipe, checkpoint="cd" * 32)
    model.document.change("Open", recipe=other)
    assert model.session is None
    model.document.undo()
    assert model.session is session
    assert session.run.checkpoint == CHECKPOINT
    model.stop()
    model._tell("done", session.run)
    model.stop()


def test_plan_and_wish_agree_on_what_is_kept():
    assert isinstance(WISH.plan(None), Plan)
    assert WISH.plan(None).command == ""
    assert WISH.plan(None).kept.folder is not None
