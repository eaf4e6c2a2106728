"""The start: a window at once, torch behind it, the first picture soon after."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PySide6.QtCore import QtMsgType
    from PySide6.QtWidgets import QApplication

    from latentstudio.checkpoints.catalogue import Catalogue
    from latentstudio.checkpoints.differences import Differences
    from latentstudio.ui.places import Places
    from latentstudio.ui.window import Window

SCREENSHOT_LIMIT = 180.0  # seconds


class StartError(RuntimeError):
    """The window cannot be shown or drawn: one sentence."""


def run(files: list[str]) -> int:
    """Open the studio on ``files`` (a checkpoint, session or picture) and stay until it closes.

    Returns
    -------
    int
        Exit code: 1, and one line on standard error, when no window can be shown.
    """
    try:
        app = _application()
    except StartError as error:
        print(error, file=sys.stderr)
        return 1
    from latentstudio.ui.places import Places

    window = build(Places.of_user())
    window.show()
    signal.signal(signal.SIGINT, _Interrupt(window))
    window.begin_soon(files)
    code = app.exec()
    _let_go(window)
    return code


def screenshot(out: str | os.PathLike[str], size: tuple[int, int], files: list[str]) -> None:
    """Draw the real window offscreen, after its first exact picture, and save it.

    Parameters
    ----------
    out
        The PNG file to write.
    size
        Width and height in pixels.
    files
        As for :func:`run`.

    Raises
    ------
    StartError
        One sentence: libraries are missing, nothing could be drawn in time, the size is too
        small for the window, or the file cannot be written.
    """
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = _application()
    from PySide6.QtCore import qInstallMessageHandler

    from latentstudio.ui.places import Places

    before = qInstallMessageHandler(_offscreen_message)
    with tempfile.TemporaryDirectory() as folder:
        # Nobody's own layout: a screenshot looks the same everywhere.
        window = build(Places.under(Path(folder)))
        try:
            window.resize(*size)
            window.show()
            window.begin(files)
            _wait_until_drawn(app, window)
            picture = window.grab().toImage()
            if (picture.width(), picture.height()) != size:
                raise StartError(
                    f"the window cannot be drawn at {size[0]}x{size[1]}; it needs at least"
                    f" {window.minimumSizeHint().width()}x{window.minimumSizeHint().height()}"
                )
            _save(out, picture)
        finally:
            window.close()
            _let_go(window)
            qInstallMessageHandler(before)


def _offscreen_message(_kind: QtMsgType, _context: object, message: str) -> None:
    # The offscreen platform says at every window that it cannot limit the window's size.
    if "propagateSizeHints" not in message:
        sys.stderr.write(f"{message}\n")


def _application() -> QApplication:
    # Two torch threads that spin can be slower than one; it must be set before torch loads.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from latentstudio.ui.display import complaint

    sentence = complaint()
    if sentence:
        raise StartError(sentence)
    if sys.platform == "win32":
        import torch  # noqa: F401  (its DLLs do not load after Qt's)
    try:
        from PySide6.QtWidgets import QApplication
    except ImportError as error:
        raise StartError(
            f"Qt cannot be loaded ({error}): `sudo apt-get install libgl1 libegl1 libglib2.0-0"
            " libxkbcommon0 libfontconfig1 libdbus-1-3` installs what it needs on Debian and"
            " Ubuntu."
        ) from error
    # The engine's Python must not keep the window waiting for long (default: 5 ms at a time).
    sys.setswitchinterval(0.001)
    from latentstudio.ui.theme import apply_theme

    app = QApplication.instance()
    if not isinstance(app, QApplication):
        app = QApplication([sys.argv[0]])
    app.setApplicationName("latentstudio")
    app.setDesktopFileName("latentstudio")
    apply_theme(app)
    return app


def build(
    places: Places,
    catalogue: Catalogue | None = None,
    make_engine: Callable[..., Any] | None = None,
) -> Window:
    """Make the window, with the best bundled checkpoint named but nothing loaded yet.

    Parameters
    ----------
    places
        Where to remember things.
    catalogue
        The checkpoints at hand; the user's own when None.
    make_engine
        Called with ``locate`` and the four callbacks; the real engine when None.
    """
    from PySide6.QtCore import QSettings

    from latentstudio.checkpoints.catalogue import Catalogue
    from latentstudio.checkpoints.differences import Differences
    from latentstudio.checkpoints.errors import CheckpointError
    from latentstudio.checkpoints.header import read_header
    from latentstudio.document.document import Document, State
    from latentstudio.document.recipe import Recipe
    from latentstudio.engine.engine import Engine
    from latentstudio.ui.folders import Folders
    from latentstudio.ui.studio import Studio
    from latentstudio.ui.window import Window

    catalogue = catalogue or Catalogue()
    default, info = catalogue.default(), None
    if default is not None:
        try:
            info = read_header(default).info
        except CheckpointError:
            info = None
    recipe = Recipe(checkpoint=info.content_hash if info else "")
    differences = Differences(places.differences)
    locate = _Locate(catalogue, differences)
    factory = _Factory(make_engine or Engine, locate)
    settings = QSettings(str(places.settings), QSettings.Format.IniFormat)
    studio = Studio(
        Document(State(recipe)), factory, places.directions, locate, differences, Folders(settings)
    )
    if info is not None:
        studio.learn(info)
    return Window(studio, catalogue, places, settings)


class _Locate:
    """Content hash to file, of checkpoints and of fine tunings."""

    def __init__(self, catalogue: Catalogue, differences: Differences) -> None:
        self._catalogue, self._differences = catalogue, differences

    def __call__(self, content_hash: str) -> Path | None:
        return self._catalogue.locate(content_hash) or self._differences.locate(content_hash)


class _Factory:
    """The engine, given the catalogue; the studio adds its callbacks."""

    def __init__(self, make: Callable[..., Any], locate: Callable[[str], Path | None]) -> None:
        self._make, self._locate = make, locate

    def __call__(self, **callbacks: Any) -> Any:
        return self._make(self._locate, **callbacks)


class _Interrupt:
    """Ctrl-C closes the window; Qt's loop lets Python hear it at the next tick of a timer."""

    def __init__(self, window: Window) -> None:
        self._window = window

    def __call__(self, _number: int, _frame: object) -> None:
        self._window.close()


def _wait_until_drawn(app: QApplication, window: Window) -> None:
    limit = time.monotonic() + SCREENSHOT_LIMIT
    quiet = 0
    while quiet < 10:
        app.processEvents()
        time.sleep(0.02)
        frame = window.canvas.frame
        if window.opener.reader.busy:
            quiet = 0
            continue
        if not window.studio.document.recipe.checkpoint:
            quiet += 1
            continue
        done = frame is not None and not frame.preview and window.studio.thumbnails.idle
        quiet = quiet + 1 if done else 0
        if frame is None and window.bar.sentence:
            raise StartError(window.bar.sentence)
        if time.monotonic() > limit:
            raise StartError(f"no picture was drawn within {SCREENSHOT_LIMIT:.0f} seconds")


def _save(out: str | os.PathLike[str], picture: Any) -> None:
    from latentstudio.atomic import SaveError, write_atomic
    from latentstudio.ui.scaling import to_png

    try:
        write_atomic(out, to_png(picture))
    except SaveError as error:
        raise StartError(str(error)) from error


def _let_go(window: Window) -> None:
    """Destroy the window while the application still lives."""
    from PySide6.QtCore import QCoreApplication, QEvent

    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
