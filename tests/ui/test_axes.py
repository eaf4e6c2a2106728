from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentstudio.document.document import Document
from latentstudio.document.recipe import Axis, Point, Seed
from latentstudio.document.vector import Vector
from latentstudio.generators.info import GeneratorInfo
from latentstudio.ui.axes import AxesModel, axis_words

kinds = st.sampled_from(["random", "coordinate", "principal"])
axes = st.builds(Axis, kinds, st.integers(0, 1000)) | st.builds(
    Axis, st.just("toward"), st.integers(0, 3)
)


def test_drag_moves_the_active_point_by_gain():
    document, model = Document(), AxesModel()
    document.change("B", active="B")
    model.x, model.y, model.gain = Axis("coordinate", 3), Axis("toward", 0), 2.0
    model.drag(document, 0.25, -0.5, merge="drag#1")
    model.drag(document, 0.25, 0.0, merge="drag#1")
    point = document.recipe.point("B")
    assert point.along(Axis("coordinate", 3)) == pytest.approx(1.0)
    assert point.along(Axis("toward", 0)) == pytest.approx(-1.0)
    assert document.recipe.point("A").moves == ()
    document.undo()
    assert document.recipe.point("B").moves == ()


def test_one_axis_twice_takes_both_ways_of_the_hand():
    document, model = Document(), AxesModel()
    model.x = model.y = Axis("random", 9)
    model.gain = 1.0
    model.drag(document, 0.2, 0.3)
    assert document.recipe.point("A").along(Axis("random", 9)) == pytest.approx(0.5)
    assert len(document.recipe.point("A").moves) == 1


def test_amounts_stay_where_a_recipe_can_be():
    document, model = Document(), AxesModel()
    model.place(document, 1e9, -1e9)
    assert model.position(document.recipe.point("A")) == (100.0, -100.0)


def test_touching_an_old_axis_keeps_the_order_of_the_moves():
    document, model = Document(), AxesModel()
    first, second = (Axis("random", 1), Axis("random", 2)), (Axis("random", 3), Axis("random", 4))
    for x, y in (first, second, first):
        model.x, model.y = x, y
        model.drag(document, 0.1, 0.1)
    order = [move.axis for move in document.recipe.point("A").moves]
    assert order == [*first, *second]


@given(x=axes, y=axes, gain=st.floats(0.05, 6))
def test_view_round_trip(x, y, gain):
    one, two = AxesModel(), AxesModel()
    one.x, one.y, one.gain = x, y, gain
    two.from_view(one.to_view())
    assert (two.x, two.y, two.gain) == (x, y, gain)


@pytest.mark.parametrize(
    "view",
    [{"x": 3}, {"x": {"kind": "sideways"}}, {"y": {"index": -1}}, {"gain": "wide"}, {"gain": 1e9}],
)
def test_a_damaged_view_changes_nothing(view, qtbot):
    model = AxesModel()
    before = model.to_view()
    with qtbot.assertNotEmitted(model.changed):
        model.from_view(view)
    assert model.to_view() == before


def test_changed_is_emitted_once_for_a_change_and_not_without_one(qtbot):
    model = AxesModel()
    seen = []
    model.changed.connect(lambda: seen.append(1))
    model.gain = 2.0
    model.gain = 2.0
    model.x = model.x
    assert len(seen) == 1
    model.gain = 1e9
    assert model.gain == 6.0


def test_fit_replaces_what_the_generator_lacks():
    model = AxesModel()
    model.x, model.y = Axis("principal", 0), Axis("coordinate", 99)
    model.fit(GeneratorInfo("dcgan", 16, 16, 1, 32, 3, 0, (), False), Point("A", Seed(1)))
    assert model.x.kind == model.y.kind == "random"
    assert model.x != model.y


def test_a_point_without_a_z_moves_along_components_and_others_as_before():
    info = GeneratorInfo("stylegan2", 8, 8, 6, 32, 3, 0, (), True)
    found = Point("A", Vector.of("w+", np.zeros((6, 8), np.float32)))
    model = AxesModel()
    model.x = chosen = Axis("random", 77)
    model.y = Axis("principal", 5)
    model.fit(info, found)
    assert (model.x, model.y) == (Axis("principal", 0), Axis("principal", 5))
    model.fit(info, found)
    model.fit(info, Point("B", Seed(2)))
    assert (model.x, model.y) == (chosen, Axis("principal", 5))
    model.fit(info, found)
    model.x = Axis("principal", 3)  # by hand, so it is wanted further on
    model.fit(info, Point("B", Seed(2)))
    assert model.x == Axis("principal", 3)


def test_words():
    assert axis_words(Axis("toward", 1)) == "toward B"
    assert axis_words(Axis("coordinate", 12)) == "z 12"
