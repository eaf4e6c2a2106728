from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
import pytest
import torch

from latentstudio.document import recipe as names
from latentstudio.document.recipe import Recipe, RecipeError, Truncation
from latentstudio.engine.device import thread_count
from latentstudio.engine.engine import Engine
from latentstudio.engine.errors import EngineError, SupersededError
from latentstudio.engine.frame import Frame
from latentstudio.engine.job import Job
from latentstudio.engine.preview import Way
from latentstudio.engine.renderer import Renderer


def psi(recipe: Recipe, value: float) -> Recipe:
    return msgspec.structs.replace(recipe, truncation=Truncation(value))


class Gate:
    """Stands in for the renderer: draws only when it is let, and remembers what."""

    device = "fake"
    models = ("",)

    def __init__(self) -> None:
        self.drawn: list[int] = []
        self.entered = threading.Event()
        self.open = threading.Event()

    def settle(self) -> None:
        pass

    def model(self, _hash: str) -> Any:
        raise AssertionError

    def free(self, _hash: str) -> None:
        pass

    def frame(self, recipe: Recipe, *, request: int = 0, **_: Any) -> Frame:
        self.entered.set()
        assert self.open.wait(30)
        self.drawn.append(request)
        pixels = np.zeros((1, 1, 4), np.uint8)
        return Frame(recipe, pixels, False, 0.0, "fake", "float32", request)


@pytest.fixture
def gated(witness: Any) -> Iterator[tuple[Engine, Gate]]:
    engine, gate = Engine(lambda _: None, **witness.callbacks()), Gate()
    engine._renderer = gate  # type: ignore[assignment]
    engine._shown = ""
    engine.start()
    yield engine, gate
    gate.open.set()
    engine.stop()


def test_after_a_burst_only_the_frame_in_hand_and_the_last_are_drawn(
    gated: tuple[Engine, Gate], witness: Any
) -> None:
    engine, gate = gated
    first = engine.request(Recipe())
    assert gate.entered.wait(30)
    numbers = [engine.request(psi(Recipe(), i / 200)) for i in range(200)]
    gate.open.set()
    frames = witness.wait_for("frame", 2)
    assert gate.drawn == [first, numbers[-1]]
    assert [frame.request for frame in frames] == gate.drawn
    assert frames[-1].recipe == psi(Recipe(), 199 / 200)


def test_a_request_goes_before_the_next_slice_of_a_job(
    gated: tuple[Engine, Gate], witness: Any
) -> None:
    engine, gate = gated
    order: list[str] = []

    def work(draw: Any) -> Iterator[float]:
        for i in range(3):
            draw(Recipe())
            order.append(f"slice {i}")
            yield (i + 1) / 3

    job = Job(work, progress=lambda p: order.append(f"{p:.2f}"), done=lambda: order.append("done"))
    engine.submit(job)
    assert gate.entered.wait(30)
    number = engine.request(Recipe())
    gate.open.set()
    witness.wait_for("frame")
    assert job.wait(30)
    assert gate.drawn == [0, number, 0, 0]
    assert order == ["slice 0", "0.33", "slice 1", "0.67", "slice 2", "1.00", "done"]


def test_stopping_joins_and_cancels_jobs(witness: Any) -> None:
    engine, gate = Engine(lambda _: None, **witness.callbacks()), Gate()
    engine._renderer = gate  # type: ignore[assignment]
    engine.start()
    cleaned: list[int] = []

    def work(draw: Any) -> Iterator[float]:
        try:
            while True:
                draw(Recipe())
                yield 0.0
        finally:
            cleaned.append(1)

    jobs = [Job(work), Job(lambda _: iter([0.0] * 10**6))]
    for job in jobs:
        engine.submit(job)
    assert gate.entered.wait(30)
    gate.open.set()
    engine.stop()
    engine.stop()
    assert all(job.cancelled and job.finished for job in jobs) and cleaned == [1]
    assert not engine._thread.is_alive()
    late = Job(work)
    engine.submit(late)
    assert late.cancelled and late.finished and engine.request(Recipe()) > 0
    assert witness.of("state")[-1] == "stopped"


def test_stopping_without_a_start_is_nothing(witness: Any) -> None:
    Engine(lambda _: None, **witness.callbacks()).stop()


def test_frames_carry_their_recipe_and_follow_their_model(
    engine: Engine, recipe: Recipe, checkpoints: Any, witness: Any
) -> None:
    number = engine.request(recipe)
    (frame,) = witness.wait_for("frame")
    assert (frame.recipe, frame.request, frame.preview) == (recipe, number, False)
    assert frame.pixels.shape == (32, 32, 4) and frame.pixels.dtype == np.uint8
    assert (frame.device, frame.precision) == ("cpu", "float32") and frame.seconds > 0
    other = Recipe(checkpoint=checkpoints["plain"].content_hash)
    for i, each in enumerate((other, recipe)):
        engine.request(each)
        witness.wait_for("frame", i + 2)
    kinds = [event[0] for event in witness.events if event[0] != "state"]
    assert kinds == ["model", "frame"] * 3
    assert [info.name for info in witness.of("model")] == ["style", "plain", "style"]
    states = ["starting", "ready", "loading", "ready", "loading", "ready"]
    assert witness.of("state") == states
    assert engine.device == "cpu"


def test_errors_are_sentences_and_the_thread_lives_on(
    engine: Engine, recipe: Recipe, witness: Any
) -> None:
    wrong = [
        (Recipe(checkpoint="ab" * 32), "The checkpoint abababab… is not here"),
        (Recipe(), "No checkpoint is open"),
        (msgspec.structs.replace(recipe, label=1), "label is 1, but this generator has no classes"),
    ]
    for i, (bad, words) in enumerate(wrong):
        engine.request(bad)
        witness.wait_for("error", i + 1)
        _, text, about = [event for event in witness.events if event[0] == "error"][-1]
        assert text.startswith(words) and "\n" not in text and about == bad
    engine.request(recipe)
    assert witness.wait_for("frame")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError(), "not enough memory on cpu"),
        (torch.OutOfMemoryError("CUDA out of memory."), "not enough memory on cpu"),
        (RuntimeError("[enforce fail] not enough memory: you tried"), "not enough memory on cpu"),
        (ZeroDivisionError("by\nzero"), r"could not be drawn \(ZeroDivisionError: by\)"),
        (OSError(5, "Input/output error", "w.safetensors"), "w.safetensors cannot be used: Input"),
    ],
)
def test_whatever_is_raised_while_drawing_is_contained(
    engine: Engine, recipe: Recipe, witness: Any, monkeypatch: Any, error: Exception, words: str
) -> None:
    engine.request(recipe)
    witness.wait_for("frame")

    def broken(*_: Any, **__: Any) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr("latentstudio.engine.render.draw", broken)
        engine.request(psi(recipe, 0.1))
        (text,) = witness.wait_for("error")
    assert "\n" not in text and re.search(words, text)
    engine.request(recipe)
    witness.wait_for("frame", 2)


def test_a_callback_that_raises_does_not_end_the_thread(
    locate: Any, recipe: Recipe, witness: Any, caplog: Any
) -> None:
    callbacks = witness.callbacks()

    def first_time(frame: Frame) -> None:
        witness.note("frame", frame)
        if len(witness.of("frame")) == 1:
            raise ValueError("the window is gone")

    engine = Engine(locate, device="cpu", **{**callbacks, "on_frame": first_time})
    engine.start()
    try:
        for i in range(2):
            engine.request(recipe)
            witness.wait_for("frame", i + 1)
    finally:
        engine.stop()
    assert "a callback of the engine raised" in caplog.text


def test_a_device_that_is_not_here_falls_back_to_the_cpu(
    locate: Any, recipe: Recipe, witness: Any
) -> None:
    engine = Engine(locate, device="tpu", **witness.callbacks())
    assert engine.device == "tpu"
    engine.start()
    try:
        engine.request(recipe)
        (frame,) = witness.wait_for("frame")
    finally:
        engine.stop()
    assert frame.device == "cpu"
    assert witness.of("error") == [
        "The device 'tpu' is not available on this machine: use cpu or auto; drawing on the cpu"
    ]
    with pytest.raises(EngineError, match="'tpu' is not available"):
        Engine(locate, device="tpu", **witness.callbacks()).render(recipe)


def test_rendering_in_the_callers_thread(locate: Any, recipe: Recipe, witness: Any) -> None:
    engine = Engine(locate, device="cpu", **witness.callbacks())
    frame = engine.render(recipe)
    assert frame.request == 0 and not frame.preview and frame.recipe == recipe
    with pytest.raises(RecipeError, match="label is 9"):
        engine.render(msgspec.structs.replace(recipe, label=9))
    assert not witness.events


def test_running_out_of_memory_while_rendering_is_a_sentence(
    locate: Any, recipe: Recipe, witness: Any, monkeypatch: Any
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise MemoryError

    monkeypatch.setattr("latentstudio.engine.render.draw", broken)
    with pytest.raises(EngineError, match="not enough memory"):
        Engine(locate, device="cpu", **witness.callbacks()).render(recipe)


def test_thumbnails_are_averaged_down_in_the_background(
    engine: Engine, recipe: Recipe, witness: Any
) -> None:
    got: list[Frame] = []
    for size in (8, 999):
        assert engine.thumbnail(recipe, size, got.append).wait(30)
    small, full = got
    assert small.pixels.shape == (8, 8, 4) and small.preview and small.recipe == recipe
    assert full.pixels.shape == (32, 32, 4) and not full.preview
    blocks = full.pixels[..., :3].reshape(8, 4, 8, 4, 3).astype(float).mean(axis=(1, 3))
    assert np.abs(blocks - small.pixels[..., :3]).max() <= 1.0
    assert not witness.of("model"), "a thumbnail opens no model"
    job = engine.thumbnail(Recipe(checkpoint="ab" * 32), 8, got.append)
    assert job.wait(30)
    witness.wait_for("error")
    assert len(got) == 2


def test_a_cancelled_thumbnail_is_not_delivered(gated: tuple[Engine, Gate]) -> None:
    engine, gate = gated
    got: list[Frame] = []
    job = engine.thumbnail(Recipe(), 8, got.append)
    assert gate.entered.wait(30)
    job.cancel()
    gate.open.set()
    assert job.wait(30) and not got


def test_failed_work_tells_its_owner_or_everyone(engine: Engine, witness: Any) -> None:
    def work(_draw: Any) -> Iterator[float]:
        raise ZeroDivisionError("by zero")
        yield 0.0

    owner: list[str] = []
    engine.submit(Job(work, failed=owner.append))
    engine.submit(Job(work))
    (text,) = witness.wait_for("error")
    assert owner == [text] and "ZeroDivisionError" in text


def test_the_least_recently_used_model_is_evicted(
    checkpoints: Any, locate: Any, witness: Any
) -> None:
    engine = Engine(locate, device="cpu", **witness.callbacks())
    names = ("style", "twin", "plain", "style", "large")
    for name in names:
        engine.render(Recipe(checkpoint=checkpoints[name].content_hash))
    kept = [
        name for name in checkpoints if checkpoints[name].content_hash in engine._renderer.models
    ]
    assert kept == ["style", "plain", "large"]


def test_a_file_that_changed_its_generator_is_refused(
    checkpoints: Any, recipe: Recipe, witness: Any
) -> None:
    engine = Engine(lambda _: checkpoints["twin"].path, device="cpu", **witness.callbacks())
    with pytest.raises(EngineError, match=r"twin\.safetensors holds another generator"):
        engine.render(recipe)


def test_previews_are_coarser_where_exact_frames_are_slow(
    engine: Engine, checkpoints: Any, witness: Any, monkeypatch: Any
) -> None:
    large = Recipe(checkpoint=checkpoints["large"].content_hash)
    shown = []

    def ask(budget: float, psi_now: float, *, preview: bool = True) -> None:
        monkeypatch.setattr("latentstudio.engine.renderer.PREVIEW_BUDGET", budget)
        engine.request(psi(large, psi_now), preview=preview)
        frame = witness.wait_for("frame", len(shown) + 1)[-1]
        shown.append((frame.pixels.shape[0], frame.preview))

    ask(0.0, 0.1)
    engine.set_previews(False)
    ask(0.0, 0.2)
    engine.set_previews(True)
    ask(1e9, 0.3)
    ask(1e9, 0.4, preview=False)
    assert shown == [(64, True), (128, False), (128, False), (128, False)]


def test_thumbnails_of_slow_generators_stop_early(
    locate: Any, checkpoints: Any, witness: Any, monkeypatch: Any
) -> None:
    engine = Engine(locate, device="cpu", **witness.callbacks())
    large = Recipe(checkpoint=checkpoints["large"].content_hash)
    drawn = []
    image = Renderer._image

    def watch(self: Renderer, model: Any, recipe: Recipe, way: Way) -> Any:
        drawn.append(way.resolution)
        return image(self, model, recipe, way)

    monkeypatch.setattr(Renderer, "_image", watch)
    for budget in (1e9, 0.0):
        monkeypatch.setattr("latentstudio.engine.renderer.PREVIEW_BUDGET", budget)
        engine.render(large)
        frame = engine._renderer.frame(large, size=16)
        assert frame.pixels.shape == (16, 16, 4) and frame.preview
    assert drawn == [128, 128, 128, 32]


def test_an_exact_frame_is_given_up_for_a_preview_that_comes_sooner(
    locate: Any, checkpoints: Any, witness: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("latentstudio.engine.renderer.PREVIEW_BUDGET", 0.0)
    engine = Engine(locate, device="cpu", **witness.callbacks())
    large = Recipe(checkpoint=checkpoints["large"].content_hash)
    asked: list[int] = []

    def newer() -> bool:
        asked.append(1)
        return len(asked) == 3

    renderer = engine._renderer
    want = renderer.frame(large).pixels
    with pytest.raises(SupersededError):
        renderer.frame(psi(large, 0.5), superseded=newer)
    assert len(asked) == 3, "given up between layers, not after the last"
    assert np.array_equal(renderer.frame(large).pixels, want), "what was kept is still true"
    renderer.frame(large, preview=True, superseded=lambda: True)  # is that preview itself
    engine.set_previews(False)
    renderer.frame(large, superseded=lambda: True)  # nothing would come sooner


def test_a_rested_hand_that_moves_again_is_shown_the_newer_picture(
    engine: Engine, checkpoints: Any, witness: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("latentstudio.engine.renderer.PREVIEW_BUDGET", 0.0)
    large = Recipe(checkpoint=checkpoints["large"].content_hash)
    begun, draw = threading.Event(), Renderer._image

    def slow(self: Renderer, model: Any, *rest: Any) -> Any:
        if not begun.is_set():
            begun.set()
            assert any(model.superseded() or time.sleep(0.01) for _ in range(1000))
        return draw(self, model, *rest)

    monkeypatch.setattr(Renderer, "_image", slow)
    engine.request(large)
    assert begun.wait(30)
    number = engine.request(psi(large, 0.5), preview=True)
    frame = witness.wait_for("frame", 1)[0]
    assert (frame.request, frame.preview) == (number, True)
    assert not witness.of("error")


def test_a_frame_in_reduced_precision_says_so_and_is_a_preview(
    locate: Any, checkpoints: Any, witness: Any, monkeypatch: Any
) -> None:
    engine = Engine(locate, device="cpu", **witness.callbacks())
    recipe = Recipe(checkpoint=checkpoints["large"].content_hash)
    exact = engine.render(recipe)
    previews = engine._renderer.model(recipe.checkpoint).previews
    monkeypatch.setattr(previews, "choose", lambda _budget: Way(128, "bfloat16"))
    near = engine._renderer.frame(recipe, preview=True)
    assert near.preview and near.precision == "bfloat16"
    assert near.pixels.shape == exact.pixels.shape
    error = near.pixels.astype(int) - exact.pixels
    assert 0 < np.square(error).mean() < 255**2 / 10**4.5
    again = engine.render(recipe)
    assert np.array_equal(again.pixels, exact.pixels) and again.precision == "float32"


def test_what_is_reused_does_not_show(locate: Any, checkpoints: Any, witness: Any) -> None:
    recipe = Recipe(checkpoint=checkpoints["large"].content_hash)
    edits = [
        msgspec.structs.replace(recipe, noise=names.Noise(layers=(1.0,) * k + (0.5,)))
        for k in (10, 8, 2, 9)
    ]
    edits += [
        msgspec.structs.replace(recipe, mixing=names.Mixing().with_cells({(k, "B"): 1.0}))
        for k in (11, 8, 0)
    ]
    engine = Engine(locate, device="cpu", **witness.callbacks())
    starts = []
    for edit in [recipe, *edits]:
        fresh = Engine(locate, device="cpu", **witness.callbacks())
        assert np.array_equal(engine.render(edit).pixels, fresh.render(edit).pixels)
        kept = engine._renderer.model(recipe.checkpoint).activations
        assert kept is not None
        starts.append(kept.start)
    assert starts[0] == 0 and max(starts) == 5 and starts[-1] == 0


def test_studying_goes_on_in_slices_and_gives_way_to_requests(
    engine: Engine, recipe: Recipe, witness: Any
) -> None:
    seen: list[str] = []
    begun = threading.Event()

    def step(generator: Any) -> bool:
        ws = generator.map(generator.sample_z(1, 0))
        if not begun.is_set():
            begun.set()
            seen.append("given up")
            for _ in range(1000):  # until the request is there, which the next layer notices
                generator.synthesize(ws)
                time.sleep(0.01)
        generator.synthesize(ws)
        seen.append("whole")
        return len(seen) < 4

    done = threading.Event()
    job = engine.study(recipe.checkpoint, step, done=done.set, failed=seen.append)
    assert begun.wait(30)
    asked = time.monotonic()
    engine.request(recipe)
    witness.wait_for("frame")
    assert seen == ["given up"], "the request was drawn before the next slice"
    assert done.wait(30) and job.wait(30) and time.monotonic() - asked >= 0.15
    assert seen == ["given up", "whole", "whole", "whole"]


def test_a_study_that_fails_says_so_to_who_asked_for_it_alone(
    engine: Engine, recipe: Recipe, witness: Any
) -> None:
    said: list[str] = []

    def step(_generator: Any) -> bool:
        raise MemoryError

    def done() -> None:
        said.append("done")

    for checkpoint in (recipe.checkpoint, "ab" * 32):
        assert engine.study(checkpoint, step, done=done, failed=said.append).wait(30)
    assert "not enough memory" in said[0] and "is not here" in said[1]
    engine.request(recipe)
    assert witness.wait_for("frame") and not witness.of("error")


def test_small_generators_need_no_previews(
    engine: Engine, recipe: Recipe, witness: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("latentstudio.engine.renderer.PREVIEW_BUDGET", 0.0)
    for i in range(2):
        engine.request(recipe, preview=True)
        assert not witness.wait_for("frame", i + 1)[-1].preview


def test_weights_can_still_be_trained_after_drawing(
    locate: Any, recipe: Recipe, witness: Any
) -> None:
    engine = Engine(locate, device="cpu", **witness.callbacks())
    engine.render(recipe)
    generator = engine._renderer.model(recipe.checkpoint).generator
    z = generator.sample_z(1, 0).requires_grad_()
    generator.synthesize(generator.map(z)).sum().backward()
    assert z.grad is not None


def test_importing_the_engine_brings_neither_torch_nor_qt() -> None:
    code = (
        "import sys, latentstudio.engine.engine as e, latentstudio.engine.frame;"
        "from pathlib import Path;"
        "n = lambda *_: None;"
        "e.Engine(n, on_frame=n, on_error=n, on_model=n).stop();"
        "sys.exit('torch' in sys.modules or 'PySide6' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


RECIPES = (
    "Recipe(checkpoint=h)",
    "Recipe(checkpoint=h, noise=Noise('random', 5), truncation=Truncation(0.6, 3))",
    "Recipe(checkpoint=h, points=(Point('A', Seed(1), (Move(Axis('principal', 3), 1.5),"
    " Move(Axis('random', 2), 0.4))), *DEFAULT_POINTS[1:]),"
    " mixing=Mixing((Cell(2, 'B', 0.7), Cell(5, 'C', 1.0))),"
    " blend=Blend((Weight('A', 1.0), Weight('B', 2.0), Weight('C', 0.5)), 'z'))",
)
SCRIPT = """
import hashlib, sys
from pathlib import Path
from latentstudio.document.recipe import *
from latentstudio.document.recipe import DEFAULT_POINTS
from latentstudio.engine.engine import Engine
n = lambda *_: None
h = sys.argv[2]
engine = Engine(lambda _: Path(sys.argv[1]), device="cpu", on_frame=n, on_error=n, on_model=n)
for text in sys.argv[3:]:
    print(hashlib.sha256(engine.render(eval(text)).pixels).hexdigest())
"""


def test_equal_recipes_give_equal_pixels_here_and_in_another_process(
    checkpoints: Any, engine: Engine, locate: Any, witness: Any
) -> None:
    path, content_hash = checkpoints["style"]
    command = [sys.executable, "-c", SCRIPT, str(path), content_hash, *RECIPES]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    elsewhere = run.stdout.split()

    wanted = [eval(text, {**vars(names), "h": content_hash}) for text in RECIPES]
    fresh = Engine(locate, device="cpu", **witness.callbacks())
    here, in_thread = [], []
    for i, recipe in enumerate(wanted):
        here.append(hashlib.sha256(fresh.render(recipe).pixels).hexdigest())
        engine.request(recipe)
        frame = witness.wait_for("frame", i + 1)[-1]
        in_thread.append(hashlib.sha256(frame.pixels).hexdigest())
    assert here == elsewhere == in_thread and len(set(here)) == len(RECIPES)
    # And again, from what is kept, in another order.
    again = [hashlib.sha256(fresh.render(recipe).pixels).hexdigest() for recipe in wanted[::-1]]
    assert again[::-1] == here


def test_the_callers_number_of_threads_does_not_show(
    locate: Any, recipe: Recipe, witness: Any
) -> None:
    before = torch.get_num_threads()
    engine = Engine(locate, device="cpu", **witness.callbacks())
    seen = []
    try:
        for count in (1, 3):
            torch.set_num_threads(count)
            engine.render(recipe)
            seen.append(torch.get_num_threads())
    finally:
        torch.set_num_threads(before)
    assert seen[0] == seen[1]


@pytest.mark.parametrize(("asked", "count"), [("3", 3), ("0", None), ("many", None), (None, None)])
def test_threads_leave_a_core_to_the_window(
    asked: str | None, count: int | None, monkeypatch: Any
) -> None:
    if asked is None:
        monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    else:
        monkeypatch.setenv("OMP_NUM_THREADS", asked)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(4)), raising=False)
    assert thread_count() == (count or 3)
