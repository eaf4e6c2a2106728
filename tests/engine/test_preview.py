from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentstudio.engine.preview import EXACT, Previews, Way, reduced_precision
from latentstudio.generators.dcgan import DCGAN

LADDER = [
    Way(128, "bfloat16"),
    Way(128, EXACT),
    Way(256, "bfloat16"),
    Way(256, EXACT),
    Way(512, "bfloat16"),
    Way(512, EXACT),
    Way(1024, "bfloat16"),
    Way(1024, EXACT),
]


def drag(previews: Previews, seconds: dict[Way, float], budget: float, frames: int = 40) -> Way:
    """The way that a drag settles on, on a machine that takes ``seconds``."""
    for _ in range(frames):
        way = previews.choose(budget)
        previews.note(way, way.resolution, seconds[way])
    return previews.choose(budget)


def test_the_ladder_goes_from_an_eighth_to_the_exact_picture() -> None:
    assert Previews(1024, "bfloat16").ladder() == LADDER
    assert Previews(128).ladder() == [Way(64, EXACT), Way(128, EXACT)]
    assert Previews(32).ladder() == [Way(32, EXACT)]


@pytest.mark.parametrize("rung", range(len(LADDER)))
def test_a_drag_settles_on_the_finest_way_within_the_budget(rung: int) -> None:
    seconds = {way: 2.0**i for i, way in enumerate(LADDER)}
    assert drag(Previews(1024, "bfloat16"), seconds, seconds[LADDER[rung]]) == LADDER[rung]


def test_a_machine_too_slow_for_all_shows_the_fastest() -> None:
    seconds = {way: 1.0 + i for i, way in enumerate(LADDER)}
    assert drag(Previews(1024, "bfloat16"), seconds, 0.03) == LADDER[0]


def test_a_reduced_precision_that_is_slower_is_left() -> None:
    seconds = {way: 9.0 if way.precision != EXACT else 1.0 for way in LADDER}
    assert drag(Previews(1024, "bfloat16"), seconds, 0.03).precision == EXACT


def test_an_exact_frame_known_to_be_fast_needs_no_preview() -> None:
    previews = Previews(1024, "bfloat16")
    previews.note(previews.exact, 1024, 0.01)
    assert previews.choose(0.03) == previews.exact


def test_a_family_that_cannot_stop_early_is_not_asked_to_again() -> None:
    previews = Previews(256)
    first = previews.choose(0.03)
    assert first.resolution == 64
    previews.note(first, 256, 1.0)
    assert previews.ladder() == [previews.exact]
    assert previews.choose(0.03) == previews.exact


@given(
    st.lists(st.floats(1e-4, 10.0), min_size=len(LADDER), max_size=len(LADDER)),
    st.floats(0.001, 1.0),
)
def test_no_drag_settles_beyond_the_budget_while_something_fits(
    times: list[float], budget: float
) -> None:
    seconds = dict(zip(LADDER, times, strict=True))
    previews = Previews(1024, "bfloat16")
    settled = drag(previews, seconds, budget)
    tried = [way for way in LADDER if way in previews._seconds]
    assert seconds[settled] <= max(budget, min(seconds[way] for way in tried))


def test_families_without_a_reduced_precision_have_none() -> None:
    assert reduced_precision(DCGAN(z_dim=4, resolution=32, ngf=4)) == ""
