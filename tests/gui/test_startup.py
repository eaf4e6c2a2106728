"""The start: quick, honest without a display, and drawn into a file where there is none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest
from PIL import Image

from latentstudio.ui.display import ALWAYS, FOR_X, complaint

NO_DISPLAY = {"QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"}


def everything(_library):
    return object()


def nothing(library):
    raise OSError(library)


def python(code, **environ):
    env = {k: v for k, v in os.environ.items() if k not in NO_DISPLAY} | environ
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_no_display_points_to_screenshot():
    sentence = complaint({}, "linux", everything)
    assert "latentstudio screenshot" in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("environ", "needed"),
    [
        ({"QT_QPA_PLATFORM": "offscreen"}, ALWAYS),
        ({"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}, ALWAYS),
        ({"DISPLAY": ":0"}, ALWAYS | FOR_X),
        ({"QT_QPA_PLATFORM": "xcb"}, ALWAYS | FOR_X),
    ],
)
def test_missing_libraries_are_named_with_their_packages(environ, needed):
    assert complaint(environ, "linux", everything) is None
    sentence = complaint(environ, "linux", nothing)
    assert f"apt-get install {' '.join(needed.values())}`" in sentence


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_other_systems_have_their_own_display(platform):
    assert complaint({}, platform, nothing) is None


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks for a display on Linux")
def test_run_without_a_display_is_one_line_and_exit_code_1():
    done = python("import sys; from latentstudio.ui.app import run; sys.exit(run([]))")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "latentstudio screenshot" in done.stderr


def test_building_the_window_does_not_import_torch():
    done = python(
        """
        import sys, tempfile, pathlib
        from latentstudio.ui.app import _application, build
        from latentstudio.ui.places import Places
        app = _application()
        window = build(Places.under(pathlib.Path(tempfile.mkdtemp())))
        window.show()
        app.processEvents()
        assert "torch" not in sys.modules, "torch"
        assert "PIL" not in sys.modules, "PIL"
        window.close()
        """,
        QT_QPA_PLATFORM="offscreen",
    )
    assert done.returncode == 0, done.stderr


def test_screenshot_is_the_window_at_the_size_asked_for(qtbot, themed, bundle, tmp_path):
    from latentstudio.ui.app import screenshot

    out = tmp_path / "shot.png"
    screenshot(out, (1300, 900), [str(bundle / "small.safetensors")])
    picture = np.asarray(Image.open(out).convert("RGB"))
    assert picture.shape == (900, 1300, 3)
    # The corner of the canvas is the backdrop; the middle is the generator's picture.
    assert len(np.unique(picture[300:600, 500:800].reshape(-1, 3), axis=0)) > 100


def test_a_screenshot_that_cannot_be_leaves_no_file(qtbot, themed, bundle, tmp_path):
    from latentstudio.ui.app import StartError, screenshot

    with pytest.raises(StartError, match="at least"):
        screenshot(tmp_path / "s.png", (50, 40), [str(bundle / "small.safetensors")])
    assert not (tmp_path / "s.png").exists()


@pytest.fixture
def xserver(tmp_path):
    """A real X server on a display of its own."""
    server = shutil.which("Xvfb")
    if server is None:
        pytest.skip("Xvfb is not installed")
    missing = complaint({"QT_QPA_PLATFORM": "xcb"})
    if missing:
        pytest.skip(missing)
    read, write = os.pipe()
    process = subprocess.Popen(
        [server, "-displayfd", str(write), "-screen", "0", "1600x1200x24", "-nolisten", "tcp"],
        pass_fds=[write],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    try:
        with os.fdopen(read) as pipe:
            number = pipe.readline().strip()
        if not number:
            pytest.skip("Xvfb did not start")
        yield f":{number}"
    finally:
        process.terminate()
        process.wait(10)


@pytest.mark.xserver
def test_a_real_x_window_shows_the_picture_and_ctrl_c_ends_it(xserver, bundle, tmp_path):
    """As a person starts it: `run`, a first picture on the real screen, then Ctrl-C."""
    shot = tmp_path / "screen.png"
    code = f"""
        import os, signal, sys
        from PySide6.QtCore import QTimer
        from latentstudio.ui import app
        built = app.build
        def watch():
            window = watch.window
            if window.canvas.frame is None:
                return
            watch.timer.stop()
            app_ = window.screen().grabWindow(0).save({str(shot)!r})
            os.kill(os.getpid(), signal.SIGINT)
        def build(*arguments):
            watch.window = built(*arguments)
            watch.timer = QTimer(interval=200)
            watch.timer.timeout.connect(watch)
            watch.timer.start()
            return watch.window
        app.build = build
        sys.exit(app.run([{str(bundle / "small.safetensors")!r}]))
    """
    started = time.monotonic()
    done = python(code, DISPLAY=xserver, QT_QPA_PLATFORM="xcb", OMP_NUM_THREADS="1")
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert time.monotonic() - started < 100
    screen = np.asarray(Image.open(shot).convert("RGB"))
    assert screen.shape == (1200, 1600, 3)
    assert len(np.unique(screen.reshape(-1, 3), axis=0)) > 500
