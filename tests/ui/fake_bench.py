"""An engine with studies alone, and an inspection that goes a step when a test says so."""

from __future__ import annotations

import queue
import threading

import msgspec

from latentstudio.engine.job import Job
from tests.export.reports import inspected

PATIENCE = 20  # seconds
# Title, whether it draws, and how many steps.
PLAN = (
    ("samples", True, 2),
    ("dci in z", False, 1),
    ("layers", True, 2),
    ("leakage in w", True, 1),
)


class FakeEngine:
    """One thread that serves studies in turn."""

    def __init__(self, generator=None):
        self.generator = generator
        self.asked = []
        self._jobs = queue.Queue()
        self._thread = threading.Thread(target=self._serve, name="fake engine")
        self._thread.start()

    def study(self, checkpoint, step, *, done, failed, quiet=True):
        def work(_draw):
            while step(self.generator):
                yield 0.0

        self.asked.append((checkpoint, quiet))
        job = Job(work, done=done, failed=failed, quiet=quiet)
        self._jobs.put(job)
        return job

    def stop(self):
        self._jobs.put(None)
        self._thread.join()

    def _serve(self):
        while (job := self._jobs.get()) is not None:
            try:
                while job.step(None):
                    pass
            except Exception as error:
                job.failed(str(error))


class FakeInspection:
    """Finds DCI of z, then the layers, then leakage."""

    def __init__(self):
        self.titles = [(title, draws) for title, draws, count in PLAN for _ in range(count)]
        self.at = 0
        self.threads = []
        self.error = None
        self._gate = threading.Semaphore(0)

    def let(self, steps=1):
        """Allow so many more steps."""
        self._gate.release(steps)

    @property
    def title(self):
        return self.titles[self.at][0] if self.at < len(self.titles) else ""

    @property
    def draws(self):
        return self.at < len(self.titles) and self.titles[self.at][1]

    @property
    def progress(self):
        return self.at / len(self.titles)

    def step(self):
        assert self._gate.acquire(timeout=PATIENCE)
        if self.error is not None:
            error, self.error = self.error, None
            raise error
        self.threads.append((self.title, threading.current_thread().name))
        self.at += 1

    def report(self):
        whole, at = inspected(), self.at
        z = msgspec.structs.replace(
            whole.spaces[0], ppl_full=None, ppl_end=None, separability=None, mig=None, sap=None,
            dci=whole.spaces[0].dci if at >= 3 else None,
        )  # fmt: skip
        return msgspec.structs.replace(
            whole,
            spaces=(z,),
            shown=whole.shown if at >= 2 else (),
            layers=whole.layers if at >= 5 else None,
            leakage=whole.leakage if at >= 6 else None,
            left_out=(),
        )
