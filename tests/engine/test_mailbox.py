from __future__ import annotations

import threading
import time

from latentstudio.document.recipe import Recipe, Truncation
from latentstudio.engine.job import Job
from latentstudio.engine.mailbox import Mailbox, Request


def recipe(i: int) -> Recipe:
    return Recipe(truncation=Truncation(i / 1000))


def test_the_latest_request_wins() -> None:
    mailbox = Mailbox()
    numbers = [mailbox.put(recipe(i)) for i in range(10)]
    assert numbers == sorted(set(numbers))
    taken = mailbox.take()
    assert isinstance(taken, Request)
    assert (taken.number, taken.recipe) == (numbers[-1], recipe(9))
    assert mailbox.take(0) is None


def test_requests_go_before_jobs_and_jobs_take_turns() -> None:
    mailbox = Mailbox()
    first, second = Job(lambda _: iter(())), Job(lambda _: iter(()))
    mailbox.submit(first)
    mailbox.submit(second)
    mailbox.put(recipe(0))
    assert isinstance(mailbox.take(), Request)
    assert mailbox.take() is first
    mailbox.submit(first)
    assert mailbox.take() is second
    assert mailbox.take() is first


def test_quiet_jobs_come_last_and_only_when_no_request_came_for_a_while() -> None:
    mailbox = Mailbox(calm=0.05)
    quiet, loud = Job(lambda _: iter(()), quiet=True), Job(lambda _: iter(()))
    mailbox.submit(quiet)
    mailbox.submit(loud)
    assert mailbox.take(0) is loud
    for i in range(5):
        mailbox.put(recipe(i))
        assert isinstance(mailbox.take(), Request)
        assert mailbox.take(0) is None
    start = time.monotonic()
    mailbox.put(recipe(9))
    assert mailbox.request_waits
    assert isinstance(mailbox.take(), Request) and not mailbox.request_waits
    assert mailbox.take() is quiet, "without a timeout, as soon as it is calm"
    assert time.monotonic() - start >= 0.05
    mailbox.submit(quiet)
    assert mailbox.take(0) is quiet
    mailbox.submit(quiet)
    assert mailbox.close() == [quiet]


def test_closing_wakes_the_server_and_hands_back_the_jobs() -> None:
    mailbox = Mailbox()
    got: list[object] = []
    server = threading.Thread(target=lambda: got.append(mailbox.take()))
    server.start()
    assert mailbox.close() == []
    server.join(10)
    assert got == [None] and mailbox.closed
    job = Job(lambda _: iter(()))
    assert not mailbox.submit(job)
    assert mailbox.put(recipe(0)) > 0
    assert mailbox.take() is None

    left = Mailbox()
    left.submit(job)
    assert left.close() == [job]


def test_many_threads_post_and_the_last_word_is_served() -> None:
    mailbox = Mailbox()
    served: list[int] = []

    def serve() -> None:
        while isinstance(task := mailbox.take(), Request):
            served.append(task.number)

    def post() -> None:
        for i in range(500):
            mailbox.put(recipe(i))

    server = threading.Thread(target=serve)
    server.start()
    posters = [threading.Thread(target=post) for _ in range(4)]
    for thread in posters:
        thread.start()
    for thread in posters:
        thread.join()
    last = mailbox.put(recipe(0))
    for _ in range(1000):
        if served and served[-1] == last:
            break
        threading.Event().wait(0.01)
    mailbox.close()
    server.join(10)
    assert served[-1] == last == 2001
    assert served == sorted(served), "nothing stale after something newer"
