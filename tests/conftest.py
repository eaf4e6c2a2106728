"""For all tests: no display, one thread, nobody's own folders, and nothing left behind."""

from __future__ import annotations

import gc
import os
import sys
import threading
import time

# Before Qt and torch are imported by any test.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import pytest
from hypothesis import HealthCheck, settings

# A change is judged by the same examples each time; `make fuzz` looks for new ones. Trainings may
# run beside the tests: a slow example says nothing about the code.
_patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("studio", _patient, max_examples=30, derandomize=True)
settings.register_profile("fuzz", _patient, max_examples=1000, derandomize=False)
settings.load_profile("studio")

# Threads that libraries start once and keep, by the module of their class or target.
KEPT_BY_LIBRARIES = ("tqdm.", "torch.", "concurrent.futures.", "multiprocessing.")
PATIENCE = 3.0  # seconds that a thread is given to end


def pytest_configure(config):
    # Qt's offscreen platform says this at every show() and raise(); it has no window manager.
    config.addinivalue_line("qt_log_ignore", "This plugin does not support .*")


@pytest.fixture(autouse=True)
def _own_folders(tmp_path_factory, monkeypatch):
    """Settings, autosaves and catalogues go to a folder that belongs to the test alone."""
    home = tmp_path_factory.mktemp("home")
    for name in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
    if sys.platform == "darwin":
        monkeypatch.setenv("HOME", str(home))


@pytest.fixture(scope="session", autouse=True)
def _empty_clipboard_at_the_end():
    """Offscreen, the clipboard dies after Python does, and its Python object crashes it."""
    yield
    application = _application()
    if application is not None:
        application.clipboard().clear()


@pytest.fixture(autouse=True)
def _nothing_left_behind(_own_folders, request):
    """Fail a test that leaves a thread, a running timer or a top-level widget, and name it."""
    threads = set(threading.enumerate())
    widgets = {id(widget) for widget in _top_level()}
    yield
    left = [f"thread {_describe(thread)}" for thread in _living(threads)]
    left += [f"widget {widget!r}" for widget in _top_level() if id(widget) not in widgets]
    if "qtbot" in request.fixturenames or "qapp" in request.fixturenames:
        left += [f"timer {timer!r} of {timer.parent()!r}" for timer in _running_timers()]
    if left:
        pytest.fail("the test leaves behind: " + "; ".join(left))


def _origin(thread):
    target = getattr(thread, "_target", None)
    return f"{type(thread).__module__}.", f"{getattr(target, '__module__', '')}."


def _living(before):
    def ours():
        return [
            thread
            for thread in threading.enumerate()
            if thread not in before
            and thread.is_alive()
            and not any(origin.startswith(KEPT_BY_LIBRARIES) for origin in _origin(thread))
        ]

    limit = time.monotonic() + PATIENCE
    while ours() and time.monotonic() < limit:
        time.sleep(0.01)
    return ours()


def _describe(thread):
    frame = sys._current_frames().get(thread.ident)
    where = f" at {frame.f_code.co_filename}:{frame.f_lineno}" if frame else ""
    return f"{thread.name}{where}"


def _application():
    widgets = sys.modules.get("PySide6.QtWidgets")
    return widgets.QApplication.instance() if widgets else None


def _top_level():
    app = _application()
    if app is None:
        return []
    from PySide6.QtCore import QCoreApplication, QEvent

    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    return app.topLevelWidgets()


def _running_timers():
    from PySide6.QtCore import QTimer
    from shiboken6 import isValid

    def runs(timer):
        try:
            return isValid(timer) and timer.isActive()
        except RuntimeError:  # it has just been deleted, by the thread it belonged to
            return False

    return [o for o in gc.get_objects() if type(o) is QTimer and runs(o)]
