"""From two photographs to a film, as a person does it: drop, find, use, morph, keys, export."""

import time

import pytest
from PIL import Image
from PySide6.QtCore import Qt

from latentstudio.document.film_text import read_film_timeline
from latentstudio.document.recipe import Point, Recipe, Seed
from latentstudio.document.vector import Vector
from tests.gui.conftest import WAIT
from tests.gui.test_files import drop

LEFT = Qt.MouseButton.LeftButton
LONG = 4 * WAIT


@pytest.fixture
def photographs(window, tmp_path):
    """Two pictures that the generator can make, as files from elsewhere."""
    paths = []
    for seed in (5, 6):
        recipe = Recipe(window.studio.document.recipe.checkpoint).with_point(Point("A", Seed(seed)))
        pixels = window.studio.engine.render(recipe).pixels
        path = tmp_path / f"photo{seed}.jpg"
        Image.fromarray(pixels[..., :3]).resize((96, 96), Image.Resampling.LANCZOS).save(path)
        paths.append(path)
    return paths


def find(qtbot, window, point):
    """Search for the photograph, and use what was found."""
    panel = window.docks["picture"].panel
    qtbot.waitUntil(panel.search.isEnabled, timeout=WAIT)
    panel.more.steps.set_value(50)
    qtbot.mouseClick(panel.search, LEFT)
    qtbot.waitUntil(lambda: bool(panel.model.answers) and not panel.model.going, timeout=LONG)
    qtbot.mouseClick(panel.answers.uses[point], LEFT)


def test_two_photographs_become_a_film(qtbot, window, settled, photographs, tmp_path):
    document = window.studio.document
    source = window.docks["picture"].panel.model.source
    with qtbot.waitSignal(source.cut, timeout=WAIT):
        drop(window, *photographs)
    with qtbot.waitSignal(source.cut, timeout=LONG):  # the second comes by itself
        find(qtbot, window, "A")
    assert document.active == "A"
    assert source.intake.name == photographs[1].name
    find(qtbot, window, "B")
    assert document.active == "B"
    assert all(isinstance(document.recipe.point(name).base, Vector) for name in "AB")
    settled(window)

    window.canvas.setFocus()
    qtbot.keyClick(window.canvas, Qt.Key.Key_M)
    morph = window.docks["morph"].panel
    qtbot.waitUntil(lambda: not morph.visibleRegion().isEmpty(), timeout=WAIT)
    qtbot.mouseClick(morph.on, LEFT)
    assert document.recipe.morph.t == 0.5
    qtbot.waitUntil(lambda: len(morph.model.pictures) == 7, timeout=WAIT)
    qtbot.waitUntil(lambda: morph.model.curve is not None, timeout=WAIT)
    qtbot.mouseClick(morph.pace, LEFT)
    qtbot.waitUntil(morph.pace.isChecked, timeout=WAIT)
    qtbot.mouseClick(morph.take, LEFT)
    assert document.timeline.marks == (0.0, 3.0)

    window.canvas.setFocus()
    qtbot.keyClick(window.canvas, Qt.Key.Key_T)
    model = window.studio.timeline
    steps = document.history.undo_label
    model.play()
    shown = []
    window.studio.shown.connect(lambda frame: shown.append(frame.recipe.morph.t))
    qtbot.waitUntil(lambda: len(shown) > 3 and model.time > 0.2, timeout=WAIT)
    assert document.history.undo_label == steps  # playing leaves no steps
    model.pause()
    assert document.recipe == document.timeline.at(model.time)
    settled(window)


def test_a_film_of_three_keys_is_exported_and_opens_again(qtbot, window, settled, tmp_path):
    document, model = window.studio.document, window.studio.timeline
    for _ in range(3):
        qtbot.keyClick(window.canvas, Qt.Key.Key_R)
        qtbot.keyClick(window.canvas, Qt.Key.Key_K, Qt.KeyboardModifier.ShiftModifier)
    timeline = document.timeline
    assert timeline.marks == (0.0, 2.0, 4.0)
    assert timeline.at(4.0).point("A") == document.recipe.point("A")
    assert model.empty is False

    qtbot.keyClick(
        window.canvas,
        Qt.Key.Key_E,
        Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier,
    )
    film = window.windows.made("film")
    target = tmp_path / "mine.mp4"
    film.ask = lambda *_: str(target)
    qtbot.mouseClick(film.foot.export, LEFT)
    begun = time.monotonic()
    qtbot.waitUntil(target.exists, timeout=LONG)
    assert time.monotonic() - begun < LONG / 1000
    assert read_film_timeline(target) == timeline
    film.close()

    document.reset(type(document.state)(document.recipe))
    drop(window, target)
    assert document.timeline == timeline
    assert document.recipe == timeline.at(0.0)
    settled(window)
