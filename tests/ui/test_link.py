"""Links: an agent of the engine is loaded late, asked once it is there, and heard until the end."""

import threading

import pytest
from PySide6.QtWidgets import QWidget

from latentstudio.document.document import Document
from latentstudio.ui.link import Link, WatchedLink
from latentstudio.ui.news import News


class Agent:
    """Keeps what it is asked."""

    def __init__(self, tell, tell_of_run):
        self.tell, self.tell_of_run = tell, tell_of_run
        self.asked, self.stops = [], 0

    def question(self, *values):
        self.asked.append(values)

    def cancel(self):
        self.asked.append("cancel")

    def stop_all(self):
        self.stops += 1


class Keeping:
    """Keeps what it hears."""

    USELESS = "Nothing can be asked"

    def __init__(self):
        super().__init__(Document(), "engine")
        self.loads, self.heard, self.troubles, self.looks = [], [], [], []

    def load(self):
        self.loads.append(threading.current_thread())
        return Agent

    def _make(self, loaded):
        keep = self.keep
        return loaded(self._hear(keep), self._hear(keep, of_run=True))

    def keep(self, *values):
        assert threading.current_thread() is threading.main_thread()
        self.heard.append(values)

    def _on_error(self, words):
        self.troubles.append(words)

    def _look(self):
        self.looks.append(self.active)

    def _on_recipe(self, recipe):
        self.heard.append((recipe,))


class Asking(Keeping, Link):
    """Without anybody who looks."""


class Watching(Keeping, WatchedLink):
    """For whoever looks."""


class Broken(Asking):
    """Cannot be loaded."""

    def load(self):
        super().load()
        raise ImportError("torch is not here")


@pytest.fixture
def made(qapp):
    links = []

    def make(kind):
        links.append(kind())
        return links[-1]

    yield make
    for link in links:
        link.stop()


def elsewhere(call, *values):
    thread = threading.Thread(target=call, args=values)
    thread.start()
    thread.join()


def test_the_first_question_loads_on_a_thread_and_all_are_asked_in_turn(made, qtbot):
    link = made(Asking)
    assert not link.loads
    for number in range(3):
        link._ask("question", number)
    qtbot.waitUntil(lambda: link._agent is not None)
    link._ask("question", 3)
    assert link._agent.asked == [(0,), (1,), (2,), (3,)]
    assert len(link.loads) == 1
    assert link.loads[0] is not threading.main_thread()


def test_what_nobody_waits_for_any_more_is_not_asked(made, qtbot):
    link = made(Asking)
    link._ask("question", 1)
    link._let_go()
    link._ask("question", 2)
    qtbot.waitUntil(lambda: link._agent is not None)
    link._let_go()
    assert link._agent.asked == [(2,), "cancel"]


def test_what_cannot_be_loaded_is_a_sentence_and_may_be_tried_again(made, qtbot):
    link = made(Broken)
    for times in (1, 2):
        link._ask("question")
        qtbot.waitUntil(lambda times=times: len(link.troubles) == times)
    assert link.troubles == ["Nothing can be asked: torch is not here"] * 2
    assert len(link.loads) == 2
    assert link._waiting == []


def test_threads_are_heard_in_the_gui_s_and_a_run_that_was_replaced_is_not(made, qtbot):
    link = made(Asking)
    link._ask("question")
    qtbot.waitUntil(lambda: link._agent is not None)
    elsewhere(link._agent.tell, "plain", 1)
    elsewhere(link._agent.tell_of_run, "old run")
    assert link.heard == [], "nothing is said across threads"
    link._round += 1
    elsewhere(link._agent.tell_of_run, "new run")
    qtbot.waitUntil(lambda: len(link.heard) == 2)
    assert link.heard == [("plain", 1), ("new run",)]


def test_nothing_arrives_after_the_end_and_the_agent_is_stopped_once(made, qtbot):
    link = made(Asking)
    link._ask("question")
    qtbot.waitUntil(lambda: link._agent is not None)
    elsewhere(link._agent.tell, "under way")
    link.stop()
    elsewhere(link._agent.tell, "late")
    link.stop()
    qtbot.wait(10)
    assert link.heard == []
    assert link._agent.stops == 1


def test_a_link_that_is_stopped_loads_nothing(made, qtbot):
    link = made(Asking)
    link.stop()
    link._ask("question")
    qtbot.wait(10)
    assert not link.loads


@pytest.mark.parametrize("first", ["wake", "look"])
def test_a_watched_one_waits_for_a_picture_and_somebody_who_looks(made, show, qtbot, first):
    link, widget = made(Watching), show(QWidget())
    steps = {"wake": link.wake, "look": lambda: link.follow_visibility(widget)}
    steps.pop(first)()
    qtbot.wait(10)
    assert not link.loads
    for step in steps.values():
        step()
    qtbot.waitUntil(lambda: link._agent is not None)
    assert link.active
    widget.hide()
    qtbot.waitUntil(lambda: link.looks[-1:] == [False])


def test_a_watched_one_keeps_questions_until_the_picture_stands(made, qtbot):
    link = made(Watching)
    link._ask("question", 7)
    qtbot.wait(10)
    assert not link.loads
    link.wake()
    qtbot.waitUntil(lambda: link._agent is not None)
    assert link._agent.asked == [(7,)]
    recipe = link.document.recipe.showing("B")
    link.document.change("B", recipe=recipe)
    link.stop()
    link.document.undo()
    assert link.heard == [(recipe,)]


def test_news_keep_their_order(qapp, qtbot):
    heard, news = [], News()
    say = news.hear(lambda *values: heard.append(values))
    elsewhere(lambda: [say(n, str(n)) for n in range(50)])
    qtbot.waitUntil(lambda: len(heard) == 50)
    assert heard == [(n, str(n)) for n in range(50)]
