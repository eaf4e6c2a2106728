"""The model: photographs in, orders to the inverter, points into the document."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage

from latentstudio.data.intake import Crop
from latentstudio.document.recipe import Point, Recipe, Seed, Truncation
from latentstudio.engine.inverting.values import Ended
from latentstudio.ui.inverting.model import InvertModel
from latentstudio.ui.inverting.searching import ELSEWHERE
from latentstudio.ui.inverting.wishes import Wishes, small_sizes
from tests.ui.conftest import CHECKPOINT, dcgan_info, stylegan_info
from tests.ui.fake_inverter import FakeInverter, answers, photograph, vector

RED, BLUE = (200, 40, 40), (40, 40, 200)


@pytest.fixture
def model(studio, qtbot):
    made = studio.inverting
    made.load = lambda: FakeInverter
    made.troubles = []
    made.failed.connect(made.troubles.append)
    yield made
    made.stop()


@pytest.fixture
def taken(model, tmp_path, qtbot):
    """A photograph of 300 x 200 px, red and blue, is cut."""
    model.take(photograph(tmp_path / "anna.png"))
    qtbot.waitUntil(lambda: model.source.pixels is not None)
    return model


@pytest.fixture
def inverter(taken, qtbot):
    qtbot.waitUntil(lambda: taken._agent is not None)
    return taken._agent


def found(model, inverter, qtbot, count=1, wishes=None, **end):
    model.find(wishes or Wishes())
    inverter.end(count, **end)
    qtbot.waitUntil(lambda: model.end is not None)


def test_a_file_is_cut_to_the_generators_size(taken):
    source = taken.source
    assert source.intake.name == "anna.png"
    assert source.crop == Crop.whole(300, 200)
    assert source.pixels.shape == (64, 64, 3)
    assert tuple(source.pixels[32, 5]) == RED
    assert tuple(source.pixels[32, 58]) == BLUE


def test_bytes_and_pasted_images_end_there_too(model, tmp_path, qtbot):
    model.take(photograph(tmp_path / "a.png").read_bytes(), "from the web")
    qtbot.waitUntil(lambda: model.source.pixels is not None)
    assert model.source.intake.name == "from the web"
    image = QImage(40, 60, QImage.Format.Format_RGB32)
    image.fill(QColor(10, 200, 30))
    model.take(image, "the pasted picture")
    qtbot.waitUntil(lambda: model.source.intake.name == "the pasted picture")
    qtbot.waitUntil(lambda: model.source.pixels is not None)
    assert tuple(model.source.pixels[0, 0]) == (10, 200, 30)


def test_what_is_no_picture_is_one_sentence_and_the_last_one_stays(taken, tmp_path, qtbot):
    text = tmp_path / "letter.txt"
    text.write_text("Dear Anna")
    taken.take(text)
    qtbot.waitUntil(lambda: bool(taken.troubles))
    assert len(taken.troubles) == 1
    assert "letter.txt" in taken.troubles[0]
    assert taken.troubles[0].endswith(".")
    assert taken.source.intake.name == "anna.png"


def test_a_drag_of_the_crop_is_followed_to_its_end(taken, qtbot):
    for x in np.linspace(0.5, 1.25, 20):
        taken.source.set_crop(Crop(float(x), 0.5, 0.4).inside(300, 200))
    qtbot.waitUntil(lambda: (taken.source.pixels == BLUE).all())


def test_another_generator_cuts_to_its_own_size(taken, studio, qtbot):
    studio.document.set_info(dcgan_info())
    qtbot.waitUntil(lambda: taken.source.pixels is not None)
    assert taken.source.pixels.shape == (32, 32, 3)


def test_the_encoder_is_asked_at_once_and_again_when_the_crop_rests(inverter, taken, qtbot):
    assert inverter.names() == ["first_guess"]
    _, checkpoint, pixels = inverter.calls[0]
    assert checkpoint == CHECKPOINT
    assert pixels is taken.source.pixels
    with qtbot.waitSignal(taken.guessed) as heard:
        inverter.guess(0.25)
    assert heard.args == [vector(0.25)]
    for x in (0.6, 0.7, 0.8):
        taken.source.set_crop(Crop(x, 0.5, 0.4))
    qtbot.waitUntil(lambda: len(inverter.calls) > 1)
    qtbot.waitUntil(lambda: inverter.calls[-1][2] is taken.source.pixels)
    assert len(inverter.calls) == 2, "one for the whole stroke"


def test_an_order_says_what_was_wished(taken, inverter):
    taken.find(Wishes(space="w+", starts=5, steps=70, noise=True))
    order = inverter.order
    assert (order.checkpoint, order.name, order.space) == (CHECKPOINT, "anna.png", "w+")
    assert (order.starts, order.steps, order.noise, order.answers) == (5, 70, True, 1)
    assert order.picture is taken.source.pixels
    assert order.mask is None
    assert order.small is None
    taken.find(Wishes(kind="enlarge", small=8, starts=2, answers=6))
    assert (inverter.order.small, inverter.order.answers, inverter.order.starts) == (8, 6, 6)
    mask = np.zeros((64, 64), np.uint8)
    taken.find(Wishes(kind="repair"), mask)
    assert inverter.order.mask is mask
    assert inverter.order.small is None


def test_enlarging_is_offered_from_halves():
    assert small_sizes(64) == (32, 16, 8, 4)
    assert small_sizes(48) == (24, 12, 6)


def test_use_puts_the_point_in_and_shows_it_in_one_undoable_step(taken, inverter, studio, qtbot):
    document = studio.document
    busy = msgspec.structs.replace(document.recipe, truncation=Truncation(0.5))
    document.change("ψ", recipe=busy)
    before = studio.steps()
    found(taken, inverter, qtbot)
    words = taken.use(taken.answers[0], "B")
    recipe = document.recipe
    assert recipe.point("B") == Point("B", vector(1.0))
    assert recipe.point("A") == Point("A", Seed(0)), "other points stay"
    assert recipe.blend.share("B") == 1.0
    assert recipe.truncation == Truncation(1.0), "it was found without"
    assert words == "Reset, so that B looks as it was found: truncation."
    assert document.active == "B"
    assert studio.steps() == before + 1
    document.undo()
    assert document.recipe == busy
    assert taken.use(taken.answers[0], "B")
    document.change("ψ", recipe=recipe)
    assert taken.use(taken.answers[0], "C") == "", "nothing had to be reset"


def test_keep_puts_it_into_the_gallery(taken, inverter, studio, qtbot):
    found(taken, inverter, qtbot)
    taken.keep(taken.answers[0])
    (kept,) = studio.document.gallery
    assert kept.title == "anna"
    assert kept.thumbnail.startswith(b"\x89PNG")
    assert kept.recipe == taken.recipe(taken.answers[0])
    assert studio.document.recipe == Recipe(checkpoint=CHECKPOINT), "the picture stays"
    studio.document.undo()
    assert studio.document.gallery == ()


def test_a_search_of_before_is_not_heard(taken, inverter, qtbot):
    taken.find(Wishes())
    first = inverter.order
    inverter.go(step=10)
    taken.find(Wishes())
    inverter.go(step=20)
    qtbot.waitUntil(lambda: taken.progress is not None)
    assert taken.progress.step == 20
    inverter.tell("ended", Ended(first, answers(), "Replaced."))
    inverter.go(step=30)
    qtbot.waitUntil(lambda: taken.progress.step == 30)
    assert taken.end is None
    assert taken.going == "search"


def test_stop_and_refine(taken, inverter, qtbot):
    taken.refine()
    taken.stop_run()
    assert inverter.names() == ["first_guess"], "nothing goes, and nothing has ended"
    taken.find(Wishes())
    taken.stop_run()
    assert inverter.names()[-1] == "stop"
    inverter.end()
    qtbot.waitUntil(lambda: not taken.going)
    taken.refine(40)
    assert inverter.calls[-1] == ("refine", 40)
    assert taken.going == "search"


def test_fine_tuning_follows_the_answer_into_the_document(taken, inverter, studio, qtbot):
    found(taken, inverter, qtbot)
    answer = taken.answers[0]
    taken.use(answer, "A")
    steps = studio.steps()
    taken.tune(answer, 60)
    name, recipe, picture, count = inverter.calls[-1]
    assert (name, recipe, count) == ("tune", studio.document.recipe, 60)
    assert picture is taken.order.picture
    with qtbot.waitSignal(taken.tuned):
        inverter.finish_tuning(recipe)
    assert not taken.going
    assert taken.answers[0].difference == "cd" * 32
    assert taken.answers[0].distance == pytest.approx(answer.distance / 3), "in its own unit"
    assert studio.document.recipe.difference == "cd" * 32
    assert studio.steps() == steps + 1


def test_fine_tuning_after_a_repair_does_not_bring_the_damage_back(taken, inverter, qtbot):
    mask = np.zeros((64, 64), np.uint8)
    mask[:, :32] = 255
    taken.find(Wishes(kind="repair"), mask)
    inverter.end(2)
    qtbot.waitUntil(lambda: taken.end is not None)
    taken.tune(taken.answers[1])
    picture = inverter.calls[-1][2]
    assert (picture[:, :32] == taken.order.picture[:, :32]).all()
    assert (picture[:, 32:] == taken.answers[1].picture[:, 32:]).all()


def test_fine_tuning_leaves_a_document_alone_that_has_moved_on(taken, inverter, studio, qtbot):
    found(taken, inverter, qtbot)
    taken.tune(taken.answers[0])
    with qtbot.waitSignal(taken.tuned):
        inverter.finish_tuning(studio.document.recipe)
    assert studio.document.recipe.difference == ""
    assert "A shows the picture with the fine tuning" in taken.use(taken.answers[0])
    assert studio.document.recipe.difference == "cd" * 32


def test_a_second_picture_says_that_the_fine_tuning_of_the_first_is_off(
    taken, inverter, studio, qtbot
):
    found(taken, inverter, qtbot)
    plain = taken.answers[0]
    taken.tune(plain)
    with qtbot.waitSignal(taken.tuned):
        inverter.finish_tuning(studio.document.recipe)
    taken.use(taken.answers[0], "A")
    said = taken.use(plain, "B")
    assert said == "The fine tuning or noise of the picture before is off; undo brings it back."
    studio.document.undo()
    assert studio.document.recipe.difference == "cd" * 32


def test_answers_of_another_generator_are_forgotten(taken, inverter, studio, qtbot):
    found(taken, inverter, qtbot)
    answer = taken.answers[0]
    other = msgspec.structs.replace(studio.document.recipe, checkpoint="cd" * 32)
    studio.document.change("Open", recipe=other)
    assert taken.answers == ()
    assert taken.use(answer) == ""
    assert taken.troubles == [ELSEWHERE]
    assert studio.document.recipe == other


def test_another_photograph_waits_for_the_search_or_ends_it(taken, inverter, tmp_path, qtbot):
    taken.find(Wishes())
    taken.take(photograph(tmp_path / "ben.png"))
    assert [name for _, name in taken.line] == ["ben.png"]
    assert taken.going == "search"
    taken.take_next()
    qtbot.waitUntil(lambda: taken.source.intake.name == "ben.png")
    assert "stop" in inverter.names()
    assert not taken.going
    assert taken.order is None


def test_photographs_are_taken_in_the_order_they_came(taken, inverter, tmp_path, qtbot):
    first, second, third = (photograph(tmp_path / f"{name}.png") for name in ("b", "c", "d"))
    taken.take_in_turn([first, second])
    taken.take(third.read_bytes())
    qtbot.waitUntil(lambda: taken.source.intake.name == "b.png")
    assert [name for _, name in taken.line] == ["c.png", "the pasted picture"]
    for name in ("c.png", "the pasted picture"):
        qtbot.waitUntil(lambda: taken.source.pixels is not None)
        found(taken, inverter, qtbot)
        taken.use(taken.answers[0])
        qtbot.waitUntil(lambda name=name: taken.source.intake.name == name)
    assert taken.line == []


def test_an_error_of_tuning_ends_it(taken, inverter, qtbot):
    found(taken, inverter, qtbot)
    taken.tune(taken.answers[0])
    inverter.tell("error", "the disk is full")
    qtbot.waitUntil(lambda: bool(taken.troubles))
    assert taken.troubles == ["The disk is full."]
    assert not taken.going


def test_a_guess_that_fails_does_not_end_a_search(taken, inverter, qtbot):
    taken.find(Wishes())
    inverter.tell("error", "the encoder is damaged")
    qtbot.waitUntil(lambda: bool(taken.troubles))
    assert taken.going == "search"


def test_an_inverter_that_cannot_be_loaded_is_one_sentence(studio, tmp_path, qtbot):
    def broken():
        raise ImportError("torch is not here")

    model = InvertModel(studio.document, engine=None, locate=lambda _hash: None)
    model.load = broken
    with qtbot.waitSignal(model.failed) as heard:
        model.take(photograph(tmp_path / "a.png"))
    assert heard.args == ["No picture can be searched for: torch is not here."]
    model.stop()


def test_nothing_is_loaded_before_there_is_a_photograph(model, qtbot):
    loaded = []
    model.load = lambda: loaded.append(1) or FakeInverter
    qtbot.wait(20)
    assert not loaded
    model.find(Wishes())
    assert not model.going


def test_without_a_generator_a_photograph_waits(studio, model, tmp_path, qtbot):
    studio.document.set_info(None)
    model.take(photograph(tmp_path / "a.png"))
    qtbot.waitUntil(lambda: model.source.intake is not None)
    assert model.source.pixels is None
    studio.document.set_info(stylegan_info())
    qtbot.waitUntil(lambda: model.source.pixels is not None)


def test_the_end_stops_the_inverter_and_is_final(taken, inverter, qtbot):
    taken.stop()
    assert inverter.stopped
    inverter.guess()
    taken.take(b"")
    taken.stop()
