"""The ends of a morph by hand, and a morph as a stretch of the timeline."""

from __future__ import annotations

import msgspec
import pytest
from PySide6.QtCore import Qt

from latentstudio.document.morph import Morph
from latentstudio.document.recipe import Recipe
from latentstudio.document.timeline.timeline import Timeline
from latentstudio.ui.morphing.ends_row import EndsRow
from latentstudio.ui.morphing.film import with_morph

LEFT = Qt.MouseButton.LeftButton
RECIPE = Recipe(checkpoint="ab" * 32, morph=Morph("A", "C", 0.3))


@pytest.fixture
def row(show):
    made = show(EndsRow(), width=200)
    made.told = []
    made.chosen.connect(lambda *ends: made.told.append(ends))
    return made


@pytest.mark.parametrize(
    ("which", "name", "ends"),
    [("start", "C", ("C", "B")), ("start", "B", ("B", "A")), ("end", "D", ("A", "D")),
     ("end", "A", ("B", "A"))],
)  # fmt: skip
def test_a_point_is_never_both_ends(row, qtbot, which, name, ends):
    qtbot.mouseClick(getattr(row, which).buttons[name], LEFT)
    assert row.ends() == ends
    assert row.told == [ends]
    assert (row.start.choice(), row.end.choice()) == ends


def test_showing_tells_nobody(row):
    row.show_ends("D", "C")
    assert (row.start.choice(), row.end.choice()) == ("D", "C")
    assert row.told == []


def test_every_point_says_what_it_would_be(row):
    assert row.start.buttons["C"].toolTip() == "The way begins at C"
    assert row.end.buttons["C"].toolTip() == "The way leads to C"


def test_a_morph_comes_behind_what_is_there():
    timeline, first = with_morph(Timeline(), RECIPE)
    assert (timeline.marks, timeline.length) == ((0.0, 3.0), 3.0)
    assert first.morph == Morph("A", "C", 0.0)
    assert timeline.at(1.5).morph.t == pytest.approx(0.5)
    longer = msgspec.structs.replace(timeline, length=20.0)
    timeline, _ = with_morph(longer, RECIPE)
    assert (timeline.marks, timeline.length) == ((0.0, 3.0, 4.0, 7.0), 20.0)


def test_a_film_of_another_generator_makes_room():
    other = msgspec.structs.replace(RECIPE, checkpoint="cd" * 32)
    timeline, _ = with_morph(with_morph(Timeline(), other)[0], RECIPE)
    assert timeline.marks == (0.0, 3.0)
    assert timeline.base.checkpoint == RECIPE.checkpoint
