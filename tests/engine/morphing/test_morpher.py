from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
import pytest
import torch

from latentstudio.checkpoints.store import load_generator
from latentstudio.document.course import MAX_PACE, Course
from latentstudio.document.morph import Morph
from latentstudio.document.recipe import Noise, Point, Recipe
from latentstudio.document.vector import Vector
from latentstudio.engine.engine import Engine
from latentstudio.engine.morphing import walk as walking
from latentstudio.engine.morphing.morpher import Morpher, coarse_first, unpaced
from latentstudio.engine.morphing.values import Curve, steps_for
from latentstudio.engine.morphing.walk import Eye, Walk, eye_for
from latentstudio.engine.render import draw, to_pixels
from latentstudio.metrics.path_speed import FINER, pixel_pyramid, variation

EYE = Eye("pixels", pixel_pyramid)


@pytest.fixture
def morpher(engine: Engine, locate: Any, witness: Any) -> Iterator[Morpher]:
    engine._mailbox._calm = 0.0
    made = Morpher(
        engine,
        locate,
        on_strip=lambda strip: witness.note("strip", strip),
        on_curve=lambda curve: witness.note("curve", curve),
        on_pace=lambda pace: witness.note("pace", pace),
        on_progress=lambda *values: witness.note("progress", values),
        on_error=lambda text: witness.note("trouble", text),
    )
    yield made
    made.stop_all()


@pytest.fixture
def morph(recipe: Recipe) -> Recipe:
    noise = Noise("random", seed=3)
    return msgspec.structs.replace(recipe, morph=Morph(course=Course("slerp z")), noise=noise)


def at(morph: Recipe, t: float) -> Recipe:
    return msgspec.structs.replace(morph, morph=msgspec.structs.replace(morph.morph, t=t))


def single(checkpoints: Any, morph: Recipe, t: float) -> torch.Tensor:
    generator = load_generator(checkpoints["style"].path)
    return draw(generator, at(morph, t))


def test_a_strip_shows_its_ends_first_and_each_picture_exactly(
    morpher: Morpher, witness: Any, morph: Recipe, checkpoints: Any
) -> None:
    morpher.strip(morph, 6, 32)
    strips = witness.wait_for("strip", 6)
    assert [strip.index for strip in strips] == [0, 5, 2, 1, 4, 3]
    for strip in strips:
        assert (strip.recipe, strip.count, strip.t) == (morph, 6, strip.index / 5)
        assert np.array_equal(strip.pixels, to_pixels(single(checkpoints, morph, strip.t)))


def test_small_pictures_are_means_of_large_ones(
    morpher: Morpher, witness: Any, morph: Recipe, checkpoints: Any
) -> None:
    morpher.strip(morph, 2, 16)
    for strip in witness.wait_for("strip", 2):
        image = single(checkpoints, morph, strip.t).clamp(-1, 1).reshape(3, 16, 2, 16, 2)
        expected = (image.mean(dim=(2, 4)).permute(1, 2, 0) + 1) * 127.5
        assert strip.pixels.shape == (16, 16, 4)
        assert np.abs(strip.pixels[..., :3] - expected.numpy()).max() <= 0.51


def test_the_newest_strip_wins(morpher: Morpher, witness: Any, morph: Recipe) -> None:
    for count in (40, 30, 3):
        morpher.strip(morph, count, 8)
    witness.wait(lambda: sum(strip.count == 3 for strip in witness.of("strip")) == 3)
    assert witness.of("strip")[-1].count == 3


def test_a_curve_is_what_its_pictures_say(
    morpher: Morpher, witness: Any, morph: Recipe, checkpoints: Any
) -> None:
    morpher.curve(morph, 8)
    (curve,) = witness.wait_for("curve")
    images = torch.stack([single(checkpoints, morph, t) for t in curve.times.tolist()])
    vectors = pixel_pyramid(images).double().numpy()
    steps = np.linalg.norm(np.diff(vectors, axis=0), axis=1)
    np.testing.assert_allclose(curve.steps, steps, rtol=1e-3)
    assert curve.length == pytest.approx(steps.sum(), rel=1e-3)
    assert curve.direct == pytest.approx(np.linalg.norm(vectors[-1] - vectors[0]), rel=1e-3)
    assert curve.length >= curve.direct and (curve.space, curve.unit) == ("pixels", None)
    for t, local in zip(curve.times, curve.local, strict=True):
        near = t + (1e-3 if t < 0.5 else -1e-3)
        a, b = pixel_pyramid(torch.stack([single(checkpoints, morph, x) for x in (t, near)]))
        assert local == pytest.approx(float((b - a).square().sum()) * 1e6, rel=0.02)
    assert witness.of("progress")[-1][1] == 1.0


def test_the_worst_stretch_by_hand() -> None:
    times, local = np.linspace(0, 1, 4), np.array([1.0, 2.0, 3.0, 2.0])
    curve = Curve(Recipe(), times, np.array([1.0, 6.0, 2.0]), local, 5.0, None, "pixels")
    assert curve.worst == (pytest.approx(1 / 3), pytest.approx(2 / 3), 2.0)
    assert (curve.length, curve.path_length) == (9.0, 2.0)
    assert curve.variation == pytest.approx(np.sqrt(14 / 3) / 3)
    still = Curve(Recipe(), times, np.zeros(3), local, 0.0, None, "pixels")
    assert (still.variation, still.worst[2]) == (0.0, 1.0)


def test_a_pace_makes_steps_even(morpher: Morpher, witness: Any, morph: Recipe) -> None:
    uneven = Course("slerp z", (0.0, 0.05, 0.1, 0.6, 1.0))  # is measured anew, not on top
    start = msgspec.structs.replace(morph, morph=Morph("A", "C", course=uneven))
    morpher.pace(start, 16)
    (pace,) = witness.wait_for("pace")
    assert pace.recipe == start and pace.course.way == "slerp z"
    assert pace.after <= min(pace.before, 0.15)
    morpher.curve(msgspec.structs.replace(start, morph=Morph("A", "C", course=pace.course)), 16)
    (curve,) = witness.wait_for("curve")
    assert curve.variation == pytest.approx(pace.after, abs=1e-3)
    morpher.curve(start, 16)
    assert witness.wait_for("curve", 2)[1].variation > 0.3


@pytest.mark.parametrize(
    ("frames", "steps"), [(1, 48), (192, 48), (193, 49), (600, 150), (10**6, 256)]
)
def test_longer_stretches_are_measured_in_more_steps(frames: int, steps: int) -> None:
    assert steps_for(frames) == steps
    assert steps * FINER + 1 <= MAX_PACE


def test_layers_with_a_t_of_their_own_stay_where_the_pace_had_them(morph: Recipe) -> None:
    course = Course("lerp w", (0.0, 0.2, 1.0))
    paced = msgspec.structs.replace(morph, morph=Morph(course=course, layers=(0.5, None, 1.5)))
    bare = unpaced(paced).morph
    assert bare is not None and (bare.layers, bare.course.pace) == ((0.2, None, 1.5), ())


def test_without_a_way_there_is_one_sentence(
    morpher: Morpher, witness: Any, recipe: Recipe, morph: Recipe
) -> None:
    for ask in (morpher.curve, morpher.pace, lambda each: morpher.strip(each, 3, 8)):
        ask(recipe)
    assert all("is no morph" in text for text in witness.wait_for("trouble", 3))
    morpher.strip(morph, 1, 8)
    assert "ask for 2 or more" in witness.wait_for("trouble", 4)[-1]
    w = Vector.of("w", np.zeros(16, np.float32))
    morpher.pace(morph.with_point(Point("B", w)))
    assert "morph in w" in witness.wait_for("trouble", 5)[-1]


def test_nothing_comes_after_the_end(morpher: Morpher, witness: Any, morph: Recipe) -> None:
    morpher.strip(morph, 30, 8)
    witness.wait_for("strip")
    morpher.stop_all()
    heard = len(witness.events)
    morpher.strip(morph, 3, 8)
    assert not [thread for thread in threading.enumerate() if "morphing" in thread.name]
    assert len(witness.events) == heard


@pytest.mark.parametrize("count", [2, 3, 5, 8, 17])
def test_each_picture_of_a_strip_comes_once(count: int) -> None:
    order = list(coarse_first(count))
    assert sorted(order) == list(range(count)) and order[:2] == [0, count - 1]


def test_a_batch_sees_what_single_pictures_show(morph: Recipe, checkpoints: Any) -> None:
    generator, walk = load_generator(checkpoints["style"].path), Walk(morph, EYE)
    times = [0.0, 0.3, 1.0]
    together = walk.vectors(generator, times)
    alone = np.concatenate([walk.vectors(generator, [t]) for t in times])
    np.testing.assert_allclose(together, alone, atol=1e-4)


def test_large_pictures_are_drawn_no_larger_than_a_strip_needs(
    morph: Recipe, checkpoints: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = []

    def noting(*args: Any, **kwargs: Any) -> torch.Tensor:
        drawn.append(kwargs["max_resolution"])
        return draw(*args, **kwargs)

    monkeypatch.setattr(walking, "draw", noting)
    large = load_generator(checkpoints["large"].path)
    for size in (16, 64, 200):
        assert len(Walk(morph).small(large, 0.5, size)) == min(size, 128)
    assert drawn == [32, None, None]


def test_the_bundled_checkpoints_have_an_eye_of_their_own(checkpoints: Any) -> None:
    from latentstudio.checkpoints.bundled import resources_folder

    eye = eye_for(resources_folder() / "checkpoints" / "portraits-dcgan.safetensors", "cpu")
    assert eye.name == "portraits" and eye.unit == pytest.approx(np.sqrt(2 * 96))
    assert eye.embed(torch.zeros(1, 3, 64, 64)).shape == (1, 96)
    for path in (None, checkpoints["style"].path):
        assert eye_for(path, "cpu").name == "pixels"


def test_it_is_here_before_torch() -> None:
    code = "import sys, latentstudio.engine.morphing.morpher; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_numbers_are_variations(morph: Recipe) -> None:
    steps = np.array([1.0, 6.0, 2.0])
    curve = Curve(morph, np.linspace(0, 1, 4), steps, np.zeros(4), 5.0, None, "pixels")
    assert curve.variation == variation(steps)
