"""Stretches between keys of points, their courses, and the paces that still belong to them."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
import torch

from latentstudio.document.course import Course
from latentstudio.document.recipe import Axis, Cell, Mixing, Point, Seed
from latentstudio.document.timeline.motion import Walk
from latentstudio.document.timeline.timeline import Timeline
from latentstudio.generators.stylegan2 import StyleGAN2
from latentstudio.latents.compose import compose
from latentstudio.ui.timeline import changes
from latentstudio.ui.timeline.courses import (
    as_morph,
    stretches,
    stretches_from,
    stretches_over,
    with_courses,
    without_stale,
)
from tests.ui.timelines import PICTURES, film, picture

PACED = Course("slerp z", (0.0, 0.7, 1.0))


def paced(**changes_):
    """The film with a pace from its first key on."""
    timeline = film(**changes_)
    return with_courses(timeline, {stretches_from(timeline, "", 0.0)[0]: PACED})


def courses(timeline):
    return [key.course for key in timeline.track("point A").keys]


def test_stretches_lead_from_key_to_key():
    timeline = film()
    assert [(s.start.time, s.until) for s in stretches(timeline)] == [(0.0, 2.0), (2.0, 4.0)]
    assert [s.start.time for s in stretches_from(timeline, "point A", 2.0)] == [2.0]
    assert stretches_from(timeline, "truncation", 2.0) == ()
    assert stretches_from(timeline, "", 4.0) == ()
    assert [s.start.time for s in stretches_over(timeline, 3.9)] == [2.0]
    assert stretches_over(timeline, 4.0) == ()


def test_a_loop_leads_from_the_last_key_around_to_the_first():
    late = film(loop="loop").moved_mark(0.0, 1.0)
    (around,) = stretches_from(late, "", 4.0)
    assert (around.until, around.frames(late)) == (7.0, 90)
    for time in (0.5, 5.0):
        assert stretches_over(late, time) == (around,)


def test_a_course_is_put_on_one_stretch_and_the_film_follows_it():
    timeline = paced()
    assert courses(timeline) == [PACED, Course(), Course()]
    assert timeline.at(1.0).point("A").base.course == PACED


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.with_mark(2.0, picture(9, 0.5)),  # another point at its end
        lambda t: t.with_mark(0.0, picture(9)),
        lambda t: t.with_mark(1.0, picture(9)),  # a key between
        lambda t: t.without_mark(2.0),
        lambda t: changes.moved(t, "", 2.0, 5.0),  # beyond the next
        lambda t: with_courses(
            t, {next(stretches(t)): msgspec.structs.replace(PACED, way="lerp w")}
        ),
    ],
)
def test_a_pace_goes_with_the_way_it_was_measured_for(change):
    before = paced()
    after, names = without_stale(before, change(before))
    assert names == ("Point A",)
    assert not any(course.pace for course in courses(after))


@pytest.mark.parametrize(
    "change",
    [
        lambda t: changes.moved(t, "", 2.0, 3.0),
        lambda t: t.with_mark(2.0, picture(2, 0.1)),  # another psi
        lambda t: t.with_mark(6.0, picture(9)),  # behind it all
        lambda t: t.with_mark(1.0, t.at(1.0)),  # on the way
        lambda t: t.without_mark(4.0),
        lambda t: msgspec.structs.replace(t, loop="loop"),
        lambda _: paced(),
    ],
)
def test_a_pace_stays_while_its_way_does(change):
    before = paced()
    after, names = without_stale(before, change(before))
    assert names == ()
    assert courses(after)[0] == PACED


def test_the_pace_around_a_loop_rests_while_it_plays_once_and_goes_with_a_new_last_key():
    timeline = film(loop="loop")
    timeline = with_courses(timeline, {stretches_from(timeline, "", 4.0)[0]: PACED})
    once = msgspec.structs.replace(timeline, loop="once")
    assert without_stale(timeline, once)[1] == ()
    assert without_stale(once, once.with_mark(5.0, picture(9)))[1] == ("Point A",)


def test_what_a_pace_is_measured_on_is_what_the_film_shows():
    torch.manual_seed(0)
    network = StyleGAN2(
        z_dim=32, w_dim=32, resolution=16, channel_base=256, channel_max=16, mapping_layers=2
    ).eval()
    mixing = Mixing((Cell(3, "B", 0.5),))
    first, last = (
        msgspec.structs.replace(recipe, mixing=mixing) for recipe in (PICTURES[0], PICTURES[0])
    )
    moved = Point("A", Seed(5)).moved(Axis("toward", 2), 0.4)
    timeline = Timeline(walks=(Walk("A"),)).with_mark(0.0, first)
    timeline = timeline.with_mark(2.0, last.with_point(moved))
    (stretch,) = stretches(timeline)
    recipe = as_morph(timeline, stretch)
    assert (recipe.morph.start, recipe.morph.end) == ("A", "D")  # B is mixed in, C moved toward
    film_ = msgspec.structs.replace(timeline, walks=())
    for time in (0.0, 0.5, 1.7, 2.0):
        shown = film_.at(time)
        t = stretch.start.ease.at(time / 2)
        morph = msgspec.structs.replace(recipe.morph, t=t)
        with torch.inference_mode():
            expected = compose(network, shown)
            got = compose(network, msgspec.structs.replace(recipe, morph=morph))
        np.testing.assert_allclose(got.numpy(), expected.numpy(), atol=1e-5)
