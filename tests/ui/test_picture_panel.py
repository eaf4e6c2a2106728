"""The picture panel by mouse and keyboard, from an empty place to a point in the document."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QWidget

from latentstudio.document.recipe import Seed
from latentstudio.ui.inverting.drop_area import WORDS
from latentstudio.ui.inverting.run_row import left
from latentstudio.ui.panels.base import NO_GENERATOR
from latentstudio.ui.panels.picture import PAINT_FIRST, PicturePanel
from tests.ui.conftest import dcgan_info
from tests.ui.fake_inverter import FAR, FakeInverter, answers, flat, photograph, vector

LEFT = Qt.MouseButton.LeftButton
CONTROL = Qt.KeyboardModifier.ControlModifier
K = Qt.Key


@pytest.fixture
def model(studio):
    made = studio.inverting
    made.load = lambda: FakeInverter
    yield made
    made.stop()


@pytest.fixture
def panel(studio, model, show):
    made = show(PicturePanel(studio.context), width=326, height=900)
    yield made
    made.stop()


@pytest.fixture
def taken(panel, model, tmp_path, qtbot):
    """With a photograph, and its first guess asked for."""
    panel.ask = lambda *_: str(photograph(tmp_path / "anna.png"))
    qtbot.mouseClick(panel.drop, LEFT)
    qtbot.waitUntil(lambda: model.source.pixels is not None and model._agent is not None)
    return panel


@pytest.fixture
def inverter(taken, model):
    return model._agent


@pytest.fixture
def ended(taken, inverter, model, qtbot):
    """With two answers."""
    qtbot.mouseClick(taken.search, LEFT)
    inverter.go()
    inverter.end(2, warning="What it adds is invented.")
    qtbot.waitUntil(lambda: bool(model.answers))
    return taken


def drop(widget, mime):
    """What the platform sends when something is carried there and let go."""
    where, action = QPoint(20, 20), Qt.DropAction.CopyAction
    buttons, modifiers = LEFT, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(where, action, mime, buttons, modifiers)
    enter.setAccepted(False)
    QApplication.sendEvent(widget, enter)
    if enter.isAccepted():
        let_go = QDropEvent(QPointF(where), action, mime, buttons, modifiers)
        QApplication.sendEvent(widget, let_go)
    return enter.isAccepted()


def file(path):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    return mime


def picture(*colour):
    image = QImage(20, 20, QImage.Format.Format_RGB32)
    image.fill(QColor(*colour))
    return image


# -- in ------------------------------------------------------------------------------------


def test_at_first_there_is_an_inviting_place_and_nothing_else(panel):
    assert panel.drop.isVisible()
    assert panel.drop.accessibleName() == WORDS
    seen = panel.showing
    shown = [w for w in (panel.picture, seen.compare, panel.search, seen.run, panel.more,
                         seen.gauge, panel.answers, seen.watch) if w.isVisible()]  # fmt: skip
    assert shown == []


def test_without_a_generator_it_says_so(panel, studio):
    studio.document.set_info(None)
    assert panel.reason.text() == NO_GENERATOR


def test_a_click_or_enter_chooses_a_file(taken, model, qtbot):
    assert not taken.drop.isVisible()
    assert taken.picture.isVisible()
    assert taken.search.isEnabled()
    assert "anna.png · 200 × 200 px" in taken.picture.words.text()
    assert tuple(taken.showing.compare.pixels(0)[0, 0]) == (200, 40, 40)


def test_enter_on_the_place_asks_too_and_nothing_chosen_is_nothing(panel, model, qtbot):
    asked = []
    panel.ask = lambda *words: asked.append(words) or ""
    panel.drop.setFocus()
    qtbot.keyClick(panel.drop, K.Key_Return)
    assert asked[0][0] == "Choose a photograph"
    assert not model.source.reading


def test_a_file_can_be_dropped_first_on_the_place_then_anywhere(panel, model, tmp_path, qtbot):
    assert drop(panel.drop, file(photograph(tmp_path / "a.png")))
    qtbot.waitUntil(lambda: model.source.intake is not None)
    assert drop(panel, file(photograph(tmp_path / "b.png")))
    qtbot.waitUntil(lambda: model.source.intake.name == "b.png")
    words = QMimeData()
    words.setText("hello")
    assert not drop(panel, words)
    assert not drop(panel.drop, words)


def test_several_files_are_taken_in_turn(panel, model, tmp_path, qtbot):
    mime = QMimeData()
    paths = [photograph(tmp_path / f"{name}.png") for name in ("a", "b")]
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    assert drop(panel.drop, mime)
    qtbot.waitUntil(lambda: model.source.intake is not None)
    assert model.source.intake.name == "a.png"
    assert panel.next.words.text().startswith("b.png comes next")
    assert drop(panel, mime)
    assert [name for _, name in model.line] == ["b.png", "a.png", "b.png"]


def test_a_picture_of_another_program_can_be_dropped(panel, model, qtbot):
    mime = QMimeData()
    mime.setImageData(picture(9, 99, 199))
    assert drop(panel.drop, mime)
    qtbot.waitUntil(lambda: model.source.pixels is not None)
    assert tuple(model.source.pixels[0, 0]) == (9, 99, 199)


def test_pasting_takes_the_clipboards_picture(panel, model, qtbot):
    QGuiApplication.clipboard().setImage(picture(30, 60, 90))
    panel.drop.setFocus()
    qtbot.keyClick(panel.drop, K.Key_V, CONTROL)
    qtbot.waitUntil(lambda: model.source.pixels is not None)
    assert tuple(model.source.pixels[0, 0]) == (30, 60, 90)
    QGuiApplication.clipboard().setText("{}")
    assert not panel.paste(), "words are for others"


def test_a_bad_file_is_one_sentence_here(panel, model, tmp_path, qtbot):
    bad = tmp_path / "drawing.svg"
    bad.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    drop(panel.drop, file(bad))
    qtbot.waitUntil(panel.trouble.isVisible)
    assert "drawing.svg is an SVG drawing" in panel.trouble.text()
    assert panel.drop.isVisible()
    drop(panel.drop, file(photograph(tmp_path / "a.png")))
    qtbot.waitUntil(lambda: model.source.pixels is not None)
    assert not panel.trouble.isVisible()


def test_what_was_left_out_and_what_is_too_small_is_said(panel, model, tmp_path, qtbot):
    from PIL import Image

    frames = [Image.new("RGB", (24, 24), (40 * i, 0, 0)) for i in range(3)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    model.take(tmp_path / "a.gif")
    qtbot.waitUntil(lambda: model.source.pixels is not None)
    words = panel.picture.words.text()
    assert "only the first of 3 frames" in words
    assert "More has Enlarge" in words, "24 px for a generator of 64"


# -- the cut -------------------------------------------------------------------------------


def test_the_preview_follows_the_hand(taken, model, qtbot):
    view = taken.picture.view
    before = model.source.crop
    middle = view.rect().center()
    qtbot.mousePress(view, LEFT, pos=middle)
    qtbot.mouseMove(view, middle + QPoint(200, 0))
    qtbot.mouseRelease(view, LEFT, pos=middle + QPoint(200, 0))
    assert model.source.crop.x > before.x
    qtbot.waitUntil(lambda: tuple(taken.showing.compare.pixels(0)[32, 20]) == (40, 40, 200))


def test_the_turn_slider_turns(taken, model, qtbot):
    taken.picture.turn.slider.setFocus()
    qtbot.keyClick(taken.picture.turn.slider, K.Key_Right)
    assert model.source.crop.angle == 0.5
    assert taken.picture.view.crop.angle == 0.5
    assert model.source.crop.size < 1.0, "its corners stay inside"


def test_the_first_guess_is_the_first_picture(taken, inverter, model, studio, qtbot):
    with qtbot.waitSignal(model.guessed):
        inverter.guess(0.5)
    (asked,) = [r for r in studio.thumbnails.asked if r.point("A").base == vector(0.5)]
    assert taken.showing.compare.pixels(1) is None
    assert taken.showing.compare.words[1] == "Nothing found yet"
    studio.thumbnails.deliver(asked, QColor(7, 8, 9))
    assert tuple(taken.showing.compare.pixels(1)[0, 0]) == (7, 8, 9)
    assert taken.showing.compare.words[1] == "First guess"
    assert studio.steps() == 0, "nothing is in the document"


# -- the search ----------------------------------------------------------------------------


def test_find_it_searches_with_sensible_defaults(taken, inverter, qtbot):
    assert taken.search.text() == "Find it"
    taken.search.setFocus()
    qtbot.keyClick(taken.search, K.Key_Space)
    order = inverter.order
    assert (order.space, order.starts, order.steps, order.noise) == ("w+", 8, 300, False)
    assert taken.showing.run.isVisible()
    assert not taken.search.isVisible()
    assert not taken.more.isVisible()
    assert not taken.picture.view.isVisible(), "the room is for what happens"


def test_while_it_runs_starts_curves_time_and_gauge_are_seen(taken, inverter, model, qtbot):
    qtbot.mouseClick(taken.search, LEFT)
    inverter.tell("begun", inverter.order)
    qtbot.waitUntil(lambda: taken.showing.run.status.text == "Choosing where to start …")
    inverter.tell("waiting", "Looking at samples", 0.5, 3.0)
    qtbot.waitUntil(lambda: taken.showing.run.status.text == "Looking at samples · 3 s left")
    inverter.go(step=30, best=2, distance=0.21)
    qtbot.waitUntil(taken.showing.watch.isVisible)
    assert taken.showing.run.status.text == "Step 30 of 300 · 12 s left"
    assert taken.showing.grid.strengths == [1.0] * 8
    assert taken.showing.grid.best == 2
    assert len(taken.showing.losses.lines) == 8
    assert taken.showing.losses.lines[-1].colour == "", "the best is on top, in the accent"
    assert np.array_equal(taken.showing.compare.pixels(1), flat(60, 90, 120))
    assert taken.showing.compare.words == ("Yours", "Best so far · 21 % off")
    assert "nearer the mean" in taken.showing.gauge.sentence.text()


def test_starts_that_drop_out_fade_and_keep_their_last_picture(taken, inverter, model, qtbot):
    qtbot.mouseClick(taken.search, LEFT)
    inverter.go(step=100)
    for step in range(110, 200, 10):
        inverter.go(step=step, alive=(0, 2), gauge=FAR)
    qtbot.waitUntil(lambda: model.progress is not None and model.progress.step == 190)
    assert taken.showing.grid.strengths[0] == taken.showing.grid.strengths[2] == 1.0
    assert taken.showing.grid.strengths[1] == pytest.approx(0.22)
    assert taken.showing.grid.accessibleName() == "2 of 8 starts; number 3 leads"
    room = taken.showing.grid.room(1)
    grabbed = taken.showing.grid.grab().toImage().pixelColor(room.center().toPoint())
    assert grabbed.blue() > grabbed.red(), "faint, but of its own colours"
    assert taken.showing.gauge.scale.accessibleName() == "Editable: far outside"
    assert taken.showing.gauge.scale.share == pytest.approx(0.89, abs=0.02)


def test_stop_and_escape_keep_the_best(taken, inverter, qtbot):
    qtbot.mouseClick(taken.search, LEFT)
    qtbot.mouseClick(taken.showing.run.stop, LEFT)
    assert inverter.names()[-1] == "stop"
    inverter.calls.clear()
    taken.showing.compare.setFocus()
    qtbot.keyClick(taken.showing.compare, K.Key_Escape)
    assert inverter.names() == ["stop"]


def test_an_end_without_answers_says_why(taken, inverter, model, qtbot):
    qtbot.mouseClick(taken.search, LEFT)
    inverter.end(0, reason="There is no memory left for so many starts.")
    qtbot.waitUntil(taken.trouble.isVisible)
    assert taken.trouble.text() == "There is no memory left for so many starts."
    assert taken.search.isVisible()
    assert not taken.answers.isVisible()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(12.4, "12 s left"), (89.4, "89 s left"), (150, "2 min left"), (-1, ""), (float("nan"), "")],
)
def test_time_left(seconds, words):
    assert left(seconds) == words


# -- out -----------------------------------------------------------------------------------


def test_answers_stand_side_by_side_with_the_warning(ended, qtbot):
    assert [face.text() for face in ended.answers.faces] == ["4.0 % off", "14 % off"]
    assert ended.answers.warning.text() == "What it adds is invented."
    assert ended.showing.compare.words[1] == "Found · 4.0 % off"
    qtbot.mouseClick(ended.answers.faces[1], LEFT)
    assert ended.showing.compare.words[1] == "Found · 14 % off"
    assert np.array_equal(ended.showing.compare.pixels(1), answers(2)[1].picture)


def test_held_they_change_places(ended, qtbot):
    mine, found = ended.showing.compare.pixels(0), ended.showing.compare.pixels(1)
    qtbot.mousePress(ended.showing.compare, LEFT)
    assert ended.showing.compare.pixels(1) is mine
    qtbot.mouseRelease(ended.showing.compare, LEFT)
    assert ended.showing.compare.pixels(1) is found
    ended.showing.compare.setFocus()
    qtbot.keyPress(ended.showing.compare, K.Key_Space)
    assert ended.showing.compare.held
    qtbot.keyRelease(ended.showing.compare, K.Key_Space)
    assert not ended.showing.compare.held


def test_use_as_b_by_mouse_and_undo(ended, studio, qtbot):
    qtbot.mouseClick(ended.answers.faces[1], LEFT)
    qtbot.mouseClick(ended.answers.uses["B"], LEFT)
    recipe = studio.recipe
    assert recipe.point("B").base == answers(2)[1].vector
    assert recipe.blend.share("B") == 1.0
    assert studio.document.history.undo_label == "Picture as B"
    studio.document.undo()
    assert studio.recipe.point("B").base == Seed(1)


def test_use_by_keyboard_is_what_comes_next(ended, studio, qtbot):
    ended.answers.uses["A"].setFocus()
    qtbot.keyClick(ended.answers.uses["A"], K.Key_Space)
    assert studio.recipe.point("A").base == answers(1)[0].vector


def test_keep_refine_and_tune(ended, inverter, studio, model, qtbot):
    qtbot.mouseClick(ended.answers.deeds["keep"], LEFT)
    assert len(studio.document.gallery) == 1
    qtbot.mouseClick(ended.answers.deeds["tune"], LEFT)
    assert inverter.names()[-1] == "tune"
    assert ended.showing.run.isVisible()
    with qtbot.waitSignal(model.tuned):
        inverter.finish_tuning(studio.recipe)
    # A third of what it was, in the unit of the search.
    assert studio.told[-1] == "Fine-tuned: 4.0 % off before, 1.3 % off now."
    assert ended.showing.compare.words[1] == "Found · 1.3 % off"
    assert ended.answers.isVisible()
    qtbot.mouseClick(ended.answers.deeds["refine"], LEFT)
    assert inverter.calls[-1] == ("refine", 100)
    assert not ended.answers.isVisible()


# -- more ----------------------------------------------------------------------------------


def test_enlarging_asks_for_several_and_shows_what_is_known(taken, inverter, qtbot):
    qtbot.mouseClick(taken.more.fold, LEFT)
    qtbot.mouseClick(taken.more.task.kinds.buttons["enlarge"], LEFT)
    assert taken.more.task.small.isVisible()
    assert not taken.more.task.brush.isVisible()
    taken.more.task.small.setFocus()
    qtbot.keyClick(taken.more.task.small, K.Key_Down)
    assert taken.search.text() == "Find what it could be"
    qtbot.mouseClick(taken.search, LEFT)
    assert (inverter.order.small, inverter.order.answers) == (8, 4)
    known = taken.showing.compare.pixels(0)
    assert (known[:8, :8] == known[0, 0]).all(), "eight pixels a side are all that is known"


def test_repair_waits_for_paint(taken, inverter, qtbot):
    taken.more.set_open(True)
    qtbot.mouseClick(taken.more.task.kinds.buttons["repair"], LEFT)
    assert not taken.search.isEnabled()
    assert taken.search.toolTip() == PAINT_FIRST
    qtbot.mouseClick(taken.more.task.brush, LEFT)
    assert taken.search.isEnabled()
    qtbot.mouseClick(taken.more.task.painting.clear, LEFT)
    assert not taken.search.isEnabled()
    qtbot.mouseClick(taken.more.task.brush, LEFT)
    qtbot.mouseClick(taken.search, LEFT)
    mask = inverter.order.mask
    assert mask.shape == (64, 64)
    assert 0 < (mask == 0).sum() < mask.size / 4
    assert (taken.showing.compare.pixels(0)[mask == 0] == 64).all(), "grey where nothing is known"


def test_spaces_and_noise_are_the_generators(taken, studio, qtbot):
    assert taken.more.wishes().space == "w+"
    assert taken.more.spaces.buttons["w+"].isEnabled()
    studio.document.set_info(dcgan_info())
    assert taken.more.wishes().space == "z"
    assert not taken.more.spaces.buttons["w+"].isEnabled()
    assert not taken.more.wishes().noise


def test_starts_and_steps_are_carried_to_the_order(taken, inverter, qtbot):
    taken.more.set_open(True)
    taken.more.starts.slider.setFocus()
    qtbot.keyClick(taken.more.starts.slider, K.Key_Right)
    taken.more.noise.setFocus()
    qtbot.keyClick(taken.more.noise, K.Key_Space)
    qtbot.mouseClick(taken.search, LEFT)
    assert (inverter.order.starts, inverter.order.noise) == (9, True)


@pytest.mark.parametrize("width", [280, 326, 640])
def test_it_fits_into_narrow_and_wide_docks(ended, width):
    ended.resize(width, 900)
    QApplication.processEvents()
    ended.grab()
    content = ended.content
    assert content.width() <= width
    for widget in content.findChildren(QWidget):
        if widget.isVisible():
            right = widget.mapTo(content, widget.rect().topRight()).x()
            assert right <= content.width(), widget.objectName()


def test_everything_has_a_name_and_a_tip(ended):
    for button in (*ended.answers.uses.values(), *ended.answers.deeds.values(), ended.search):
        assert button.toolTip()
        assert button.text()
    for widget in (
        ended.showing.compare,
        ended.showing.grid,
        ended.showing.losses,
        ended.picture.view,
        ended.more.task.brush,
    ):
        assert widget.accessibleName()
