from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest
import torch
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from latentstudio.checkpoints.store import save_generator
from latentstudio.document.timeline.motion import Walk
from latentstudio.document.timeline.timeline import Timeline
from latentstudio.engine.engine import Engine
from latentstudio.engine.frame import Frame
from latentstudio.export.film.plan import Plan
from latentstudio.export.film.settings import FilmSettings
from latentstudio.export.film.write import Progress, write_film
from latentstudio.generators.dcgan import DCGAN
from latentstudio.ui.film.foot import CANCELLED
from latentstudio.ui.film.formats import ending
from latentstudio.ui.film.weight import per_picture
from latentstudio.ui.film.window import EMPTY, TITLE, FilmWindow
from latentstudio.ui.film.words import notes, size_words, still_words
from tests.ui.timelines import film, picture

LEFT = Qt.MouseButton.LeftButton
SIDE = 32
SECONDS = 0.05  # that the fake engine says a frame takes


def drawn(recipe):
    """Blue, with one red column on the left."""
    pixels = np.zeros((SIDE, SIDE, 4), np.uint8)
    pixels[:, :, 2] = 255
    pixels[:, 0] = (255, 0, 0, 255)
    return Frame(recipe, pixels, False, SECONDS, "cpu", "float32", 1)


class FakeEngine:
    """Does a job at once, in a thread of its own, as the engine would; remembers what it drew."""

    def __init__(self):
        self.drawn = []

    def draw(self, recipe):
        self.drawn.append(recipe)
        return drawn(recipe)

    def submit(self, job):
        thread = threading.Thread(target=self._serve, args=[job])
        thread.start()
        thread.join()

    def _serve(self, job):
        try:
            while job.step(self.draw):
                pass
        except ValueError as error:
            job.failed(str(error))


class FakeJob:
    """Says what the test tells it to say."""

    def __init__(self, engine, path, timeline, settings, *, on_progress, on_done, on_error):
        self.path, self.timeline, self.settings = path, timeline, settings
        self.on_progress, self.on_done, self.on_error = on_progress, on_done, on_error
        self.cancelled = False

    def cancel(self):
        self.cancelled = True


class Room:
    """The window over fakes, and what came of it."""

    def __init__(self, studio, qtbot, tmp_path, engine):
        self.engine, self.document, self.folder = engine, studio.document, tmp_path
        self.studio, self.qtbot = studio, qtbot
        self.asked, self.jobs, self.answer = [], [], str(tmp_path / "film")
        self.window = FilmWindow(replace(studio.context, engine=engine))
        qtbot.addWidget(self.window)
        self.window.ask = self.ask
        self.window.exporter.make_job = self.make_job

    def ask(self, *question):
        self.asked.append(question)
        return self.answer

    def make_job(self, *args, **callbacks):
        self.jobs.append(FakeJob(*args, **callbacks))
        return self.jobs[-1]

    def show(self):
        self.window.show()
        self.qtbot.waitExposed(self.window)
        self.qtbot.waitUntil(lambda: self.window.sample.seconds is not None)
        self.click("size.drawn")
        return self.window

    def click(self, name):
        widget = self.window.findChild(object, f"film.{name}")
        self.qtbot.mouseClick(widget, LEFT)

    def begin(self):
        self.show()
        self.click("export")
        return self.jobs[-1]

    def from_engine(self, callback, *values):
        """Call back as the engine does: from another thread."""
        thread = threading.Thread(target=callback, args=values)
        thread.start()
        thread.join()
        QTest.qWait(1)


@pytest.fixture
def room(studio, qtbot, tmp_path):
    timeline = film(length=10.0)
    studio.document.change("Film", timeline=timeline, recipe=timeline.at(0.0))
    made = Room(studio, qtbot, tmp_path, FakeEngine())
    yield made
    made.window.stop()


def test_says_what_will_come_out_by_the_measured_time_of_a_frame(room):
    window = room.show()
    assert window.outcome.text() == "10.0 s, 300 frames, 32 × 32, about 15 s to draw"  # 300 * .05
    room.click("size.square")
    assert window.outcome.text() == "10.0 s, 300 frames, 1080 × 1080, about 15 s to draw"
    timeline = room.document.timeline
    assert room.engine.drawn == [timeline.recipe(n) for n in (0, 75, 150, 225)]


def test_rates_are_exact_and_change_the_frames_not_the_length(room):
    window = room.show()
    rate = window.choices.play.rate
    rate.setFocus()
    room.qtbot.keyClick(rate, Qt.Key.Key_Home)
    room.qtbot.keyClicks(rate, "23")
    # 10 s * 24000 / 1001 = 239.76
    assert window.outcome.text().startswith("10.0 s, 240 frames")
    room.click("export")
    assert room.jobs[0].timeline.rate == (24000, 1001)
    assert room.document.timeline.rate == (30, 1)


def test_the_preview_is_framed_as_the_film(room):
    window = room.show()
    room.click("size.wide")
    image = window.preview.image()
    assert image.width() / image.height() == pytest.approx(16 / 9, abs=0.02)
    middle = image.height() // 2
    assert image.pixelColor(2, middle).getRgb()[:3] == (0, 0, 0)
    window.choices.size_box.ask_colour = lambda colour: "#00ff00"
    room.click("background")
    assert window.preview.image().pixelColor(2, middle).getRgb()[:3] == (0, 255, 0)
    room.click("fit.fill")
    assert window.preview.image().pixelColor(2, middle).red() > 200  # the picture's own edge
    assert not window.choices.size_box.background.isEnabled()


def test_typing_pixels_is_an_own_size_and_odd_ones_are_told(room):
    window = room.show()
    field = window.choices.size_box.width_field
    field.setFocus()
    field.selectAll()
    room.qtbot.keyClicks(field, "301")
    room.qtbot.keyClick(field, Qt.Key.Key_Return)
    assert window.choices.size_box.size_chosen() == (301, 32)
    assert "302 × 32" in window.outcome.text()
    assert window.note.text().startswith("The film is 302 x 32 px in place of 301 x 32")
    assert not room.jobs  # Enter in a field ends typing, no more


def test_arrow_keys_go_between_formats_and_rows_follow(room):
    window = room.show()
    cards = window.choices.formats.cards
    cards["mp4"].setFocus()
    room.qtbot.keyClick(cards["mp4"], Qt.Key.Key_Right)
    assert window.choices.kind == "webm"
    play = window.choices.play
    assert play.repeat.isVisible() and not play.pictures.isVisible()
    room.click("format.gif")
    assert play.repeat.text() == "for ever"
    room.click("format.sheet")
    assert play.pictures.isVisible() and not play.quality.isVisible()
    assert window.outcome.text() == "24 of 300 frames, 32 × 32 each, about 1 s to draw"
    room.click("format.png")
    assert not play.repeat.isVisible() and play.rate.isVisible()
    assert "300 pictures" in window.outcome.text()


def test_repeated_films_are_longer_but_drawn_once(room):
    window = room.show()
    repeat = window.choices.play.repeat
    repeat.setFocus()
    room.qtbot.keyClick(repeat, Qt.Key.Key_Up)
    assert window.outcome.text().startswith("20.0 s, 600 frames")
    assert window.outcome.text().endswith("about 15 s to draw")


def test_a_film_is_made_by_the_keyboard_alone(room):
    window = room.show()
    window.close()
    window.show()
    room.qtbot.waitUntil(window.foot.export.hasFocus)
    room.qtbot.keyClick(window.foot.export, Qt.Key.Key_Return)
    (job,) = room.jobs
    assert room.asked == [(TITLE, "film.mp4", "MP4 (*.mp4)")]
    assert job.path == room.folder / "film.mp4"
    assert (job.settings.format, job.settings.size) == ("mp4", (SIDE, SIDE))
    room.from_engine(job.on_progress, Progress(120, 300, 40.0))
    assert window.foot.status.text == "Frame 120 of 300, about 40 s left"
    assert window.windowTitle() == f"40% · {TITLE}"
    assert not window.choices.isEnabled() and not window.foot.export.isVisible()
    room.from_engine(job.on_done, job.path)
    assert window.foot.words.text() == "Saved film.mp4"
    assert window.windowTitle() == TITLE and window.choices.isEnabled()
    opened = []
    window.foot.open_url = lambda url: opened.append(url) or len(opened) == 1
    room.qtbot.keyClick(window.foot.folder, Qt.Key.Key_Space)
    assert [Path(url.toLocalFile()) for url in opened] == [room.folder]
    assert window.foot.words.text() == "Saved film.mp4"
    room.qtbot.keyClick(window.foot.folder, Qt.Key.Key_Space)
    assert str(room.folder) in window.foot.words.text()  # no program opens it
    room.click("format.webm")
    room.click("export")
    assert room.asked[1] == (TITLE, str(room.folder / "film.webm"), "WebM (*.webm)")


def test_the_film_is_the_timeline_at_the_press_of_the_button(room):
    before = room.document.timeline
    job = room.begin()
    room.document.change("Length", timeline=msgspec.structs.replace(before, length=4.0))
    assert job.timeline is before
    assert room.window.outcome.text().startswith("4.0 s")


def test_cancel_gives_the_film_up_and_late_words_are_not_heard(room):
    job = room.begin()
    room.click("cancel")
    assert job.cancelled and room.window.foot.words.text() == CANCELLED
    room.from_engine(job.on_progress, Progress(2, 300, 1.0))
    room.from_engine(job.on_done, job.path)
    assert room.window.foot.words.text() == CANCELLED
    assert room.window.foot.export.isVisible() and room.window.windowTitle() == TITLE


def test_an_error_is_one_sentence_and_another_film_can_be_tried(room):
    job = room.begin()
    room.from_engine(job.on_error, "film.mp4 was not saved: the disk is full")
    window = room.window
    assert window.trouble.text() == "film.mp4 was not saved: the disk is full."
    assert window.trouble.isVisible() and window.foot.export.isEnabled()
    room.click("export")
    assert len(room.jobs) == 2 and not window.trouble.isVisible()


def test_what_a_format_cannot_hold_is_said_before_the_button_is_pressed(room):
    window = room.show()
    room.click("format.gif")
    rate = window.choices.play.rate
    rate.setFocus()
    room.qtbot.keyClick(rate, Qt.Key.Key_End)
    assert window.trouble.text().startswith("A GIF plays at most 50 frames a second")
    assert not window.foot.export.isEnabled()
    room.click("format.mp4")
    assert not window.trouble.isVisible() and window.foot.export.isEnabled()


def test_closed_it_goes_on_and_says_so_and_is_there_again(room):
    job = room.begin()
    window = room.window
    room.qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window.isVisible() and not job.cancelled
    room.from_engine(job.on_progress, Progress(30, 300, 9.0))
    window.show()
    assert window.foot.status.isVisible()
    assert window.foot.status.text == "Frame 30 of 300, about 9 s left"
    window.close()
    room.from_engine(job.on_done, job.path)
    assert room.studio.told == ["Saved film.mp4."]


def test_nothing_to_export_and_nobody_answering(room):
    window = room.show()
    room.answer = ""
    room.click("export")
    assert not room.jobs and window.foot.export.isVisible()
    room.document.change("Clear", timeline=type(room.document.timeline)())
    assert window.trouble.text() == EMPTY and not window.foot.export.isEnabled()


def test_a_checkpoint_that_is_not_here_is_tried_again_when_another_opens(room):
    def missing(_recipe):
        raise ValueError("the checkpoint abc is not here: open its file")

    there, room.engine.draw = room.engine.draw, missing
    window = room.window
    window.show()
    room.qtbot.waitUntil(window.trouble.isVisible)
    assert window.trouble.text() == "The checkpoint abc is not here: open its file."
    assert not window.foot.export.isEnabled()
    room.engine.draw = there
    room.document.info_changed.emit(room.document.info)
    room.qtbot.waitUntil(window.foot.export.isEnabled)
    assert not window.trouble.isVisible()


def test_a_close_button_closes_and_a_film_goes_on(room):
    room.begin()
    room.click("close")
    assert not room.window.isVisible()
    assert room.window.exporter.going


def test_a_gifs_own_clock_is_said_before_the_film_is_made(room):
    window = room.show()
    assert "hundredths" not in window.note.text()
    room.click("format.gif")
    # 30 fps: 3.33 hundredths a frame, so 3 or 4; 3 alone are 33.3 fps
    assert "frames stay 3 or 4 of them in turn, 30 fps on average" in window.note.text()
    assert "call that 33.3." in window.note.text()
    window.choices.play.rate.choose((25, 1))
    window.choices.edited.emit()
    assert "hundredths" not in window.note.text()


def test_the_timeline_beside_the_film_is_announced(room):
    window = room.show()
    assert "NAME.mp4.timeline.json" in window.note.text()
    room.click("format.png")
    assert "NAME.timeline.json" in window.note.text()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"length": 10.0}, "The last 6.0 s stand still: the last key lies at 4.0 s."),
        ({"length": 4.0}, ""),
        ({"length": 10.0, "loop": "loop"}, ""),
        ({"length": 10.0, "walks": (Walk(),)}, ""),
    ],
)
def test_a_still_end_is_said(changes, words):
    plan = Plan(film(**changes), FilmSettings("mp4", 64, 64))
    assert still_words(plan) == words
    assert (words in notes(plan)) == bool(words)


def test_the_dialog_begins_where_the_last_film_went(room, tmp_path):
    room.answer = str(tmp_path)
    room.begin()
    assert room.studio.context.folders.of("film") == str(tmp_path.parent)


@pytest.mark.parametrize("kind", ["gif", "webp", "png"])
def test_the_weight_of_a_few_frames_is_that_of_the_film(kind, tmp_path):
    def noisy(recipe):
        pixels = np.random.RandomState(recipe.point("A").base.value).randint(0, 256, (32, 32, 4))
        return Frame(recipe, pixels.astype(np.uint8), False, SECONDS, "cpu", "float32", 1)

    settings = FilmSettings(kind, 64, 64)
    timeline = Timeline(length=2.0, rate=(20, 1), base=picture(5))
    path = write_film(tmp_path / f"film{ending(kind)}", timeline, settings, noisy)
    files = [path] if path.is_file() else list(path.iterdir())
    size = sum(file.stat().st_size for file in files)
    guess = 40 * per_picture([noisy(picture(seed)) for seed in range(4)], settings)
    assert guess == pytest.approx(size, rel=0.1)


def test_the_size_of_the_file_is_said_where_it_can_be_known(room):
    window = room.show()
    assert "B," not in window.outcome.text()
    room.click("format.gif")
    room.qtbot.waitUntil(lambda: "B, about" in window.outcome.text(), timeout=10_000)
    room.click("format.mp4")
    assert "B," not in window.outcome.text()
    assert [size_words(n) for n in (10, 99_000, 11_600_000, 2.5e9)] == [
        "1 kB",
        "99 kB",
        "11.6 MB",
        "2.5 GB",
    ]


# -- a real one --------------------------------------------------------------------------


@pytest.fixture
def real(studio, qtbot, tmp_path):
    """The window over a real engine with a tiny generator, and a film of twelve frames."""
    torch.manual_seed(0)
    path = tmp_path / "tiny.safetensors"
    network = DCGAN(z_dim=16, resolution=SIDE, ngf=4)
    key = save_generator(path, network, name="tiny", data={}, training={})
    nobody = dict.fromkeys(("on_frame", "on_model"), lambda _news: None)
    engine = Engine({key: path}.get, device="cpu", on_error=print, **nobody)
    engine.start()
    timeline = film(length=0.5, rate=(24, 1))
    base = msgspec.structs.replace(timeline.base, checkpoint=key)
    timeline = msgspec.structs.replace(timeline, base=base)
    studio.document.change("Film", timeline=timeline, recipe=timeline.at(0.0))
    films = tmp_path / "films"
    films.mkdir()
    window = FilmWindow(replace(studio.context, engine=engine))
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(lambda: window.sample.seconds is not None, timeout=30_000)
    yield SimpleNamespace(window=window, engine=engine, films=films, timeline=timeline)
    engine.stop()


def test_a_real_film_comes_out(real, qtbot):
    from latentstudio.document.film_text import read_film_timeline

    window = real.window
    assert window.outcome.text().startswith("0.5 s, 12 frames, 512 × 512, about ")
    qtbot.mouseClick(window.choices.formats.cards["gif"], LEFT)
    window.ask = lambda *_question: str(real.films / "faces.gif")
    with qtbot.waitSignal(window.exporter.saved, timeout=30_000):
        qtbot.mouseClick(window.foot.export, LEFT)
    assert window.foot.words.text() == "Saved faces.gif"
    assert read_film_timeline(real.films / "faces.gif") == real.timeline
    window.stop()


def test_closing_the_studio_leaves_nothing_of_a_film_on_its_way(real, qtbot):
    window = real.window
    window.ask = lambda *_question: str(real.films / "faces.mp4")
    window.choices.play.repeat.set_amount(1000)
    with qtbot.waitSignal(window.exporter.progressed, timeout=30_000):
        qtbot.mouseClick(window.foot.export, LEFT)
    window.close()
    window.stop()
    real.engine.stop()
    assert list(real.films.iterdir()) == []
