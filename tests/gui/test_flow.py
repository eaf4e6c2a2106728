"""A person's first minutes, by mouse and keyboard, through every panel of the real window."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QWidget

from latentstudio.document.recipe import Recipe, Seed
from tests.gui.test_files import drop

LEFT = Qt.MouseButton.LeftButton


def control(window, name) -> QWidget:
    found = [w for w in window.findChildren(QWidget, name) if w.isVisibleTo(window)]
    assert len(found) == 1, f"{len(found)} visible controls are named {name}"
    return found[0]


def drag(qtbot, widget, start, end) -> None:
    qtbot.mousePress(widget, LEFT, pos=start)
    for part in range(1, 9):
        qtbot.mouseMove(widget, start + (end - start) * (part / 8))
    qtbot.mouseRelease(widget, LEFT, pos=end)


def test_first_minutes(qtbot, window, settled, tmp_path) -> None:
    document, canvas = window.studio.document, window.canvas
    pictures: list[np.ndarray] = [settled(window).pixels]
    start: Recipe = document.recipe

    def moved(what: str) -> Recipe:
        """The picture has changed, and by one undo step of a name."""
        pixels = settled(window).pixels
        assert not np.array_equal(pixels, pictures[-1]), f"{what} does not move the picture"
        pictures.append(pixels)
        assert document.history.undo_label
        return document.recipe

    qtbot.keyClick(canvas, Qt.Key.Key_2)
    assert moved("Point B").blend.share("B") == 1.0
    drag(qtbot, canvas, canvas.rect().center(), canvas.rect().center() + QPoint(120, -60))
    assert moved("A drag on the picture").point("B").moves

    seed = control(window, "source.seed").field
    seed.setFocus()
    qtbot.keyClick(seed, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(seed, "85")
    qtbot.keyClick(seed, Qt.Key.Key_Return)
    assert moved("A typed seed").point("B").base == Seed(85)

    pad = control(window, "source.pad")
    drag(qtbot, pad, pad.rect().center(), pad.rect().center() + QPoint(40, 30))
    assert moved("The pad").point("B").moves
    blend = control(window, "source.blend")
    drag(qtbot, blend, blend.rect().center(), blend.rect().center() + QPoint(10, 10))
    assert 0 < moved("The blend").blend.share("A") < 1

    psi = control(window, "truncation.psi").slider
    before = document.recipe.truncation.psi
    psi.setFocus()
    for _ in range(5):
        qtbot.keyClick(psi, Qt.Key.Key_Left)
    assert moved("Truncation").truncation.psi < before

    qtbot.mouseClick(control(window, "mixing.brush.coarse"), LEFT)
    assert moved("A mixing brush").mixing.cells
    qtbot.mouseClick(control(window, "mixing.mute.B"), LEFT)
    assert moved("Mute").mixing.mute == ("B",)

    qtbot.keyClick(canvas, Qt.Key.Key_K)
    assert [kept.recipe for kept in document.gallery] == [document.recipe]
    target = tmp_path / "found.png"
    window.saver.ask = lambda *_: str(target)
    qtbot.keyClick(canvas, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(target.exists, timeout=20_000)
    found = document.recipe

    while document.history.undo_label:
        qtbot.keyClick(canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert document.recipe == start
    assert document.gallery == ()
    assert np.array_equal(settled(window).pixels, pictures[0])

    drop(window, target)
    assert document.recipe == found
    assert np.array_equal(settled(window).pixels, pictures[-1])


def test_noise_moves_the_picture_where_it_was_learned(qtbot, window, settled) -> None:
    """Untrained noise strengths are 0, so only the recipe is looked at here."""
    qtbot.mouseClick(control(window, "noise.animate"), LEFT)
    document = window.studio.document
    qtbot.waitUntil(lambda: document.recipe.noise.seed > 2, timeout=20_000)
    qtbot.mouseClick(control(window, "noise.animate"), LEFT)
    assert document.recipe.noise.mode == "random"
    settled(window)
    document.undo()
    assert document.recipe.noise.mode == "const", "an animation is one step"
