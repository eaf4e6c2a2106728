"""The shelf: what is put there is found again, and the oldest go."""

from __future__ import annotations

import os
from datetime import datetime

from latentstudio.document.document import State
from latentstudio.document.recipe import Point, Recipe, Seed
from latentstudio.document.session import Session, load_session
from latentstudio.document.shelf import KEPT, Shelf

WHEN = datetime(2026, 11, 22, 20, 15, 3)


def session(seed):
    return Session(State(Recipe().with_point(Point("A", Seed(seed)))), {"smooth": False})


def test_what_is_put_aside_is_found_under_its_name_and_time(tmp_path):
    shelf = Shelf(tmp_path / "new" / "kept")
    path = shelf.put(session(7), "night", WHEN)
    assert path.name == "night 2026-11-22 20.15.03.latents"
    assert load_session(path) == session(7)
    assert shelf.holds(path)
    assert not shelf.holds(tmp_path / path.name)


def test_two_of_one_second_do_not_meet(tmp_path):
    shelf = Shelf(tmp_path)
    paths = [shelf.put(session(seed), "night", WHEN) for seed in range(3)]
    assert [load_session(path).state.recipe.point("A").base.value for path in paths] == [0, 1, 2]


def test_the_oldest_go_once_there_are_too_many(tmp_path):
    shelf = Shelf(tmp_path)
    for seed in range(KEPT + 3):
        path = shelf.put(session(seed), "night", WHEN.replace(minute=seed))
        os.utime(path, (1000 + seed, 1000 + seed))
    shelf.put(session(99), "last", WHEN)
    left = {load_session(path).state.recipe.point("A").base.value for path in tmp_path.iterdir()}
    assert left == {*range(4, KEPT + 3), 99}
