"""The window: canvas in the middle, panels around it, and the wires between them."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QSettings, Qt, QTimer
from PySide6.QtGui import (
    QAction,
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QImage,
    QKeyEvent,
)
from PySide6.QtWidgets import QMainWindow, QMenu

from latentstudio.document.recents import Recents
from latentstudio.document.session import SessionError
from latentstudio.ui import docks
from latentstudio.ui.actions import BREAKS, MENUS, TABLE, build_actions
from latentstudio.ui.canvas import LESSONS, Canvas
from latentstudio.ui.commands import Commands
from latentstudio.ui.dock_room import DockRoom
from latentstudio.ui.errorbar import ErrorBar
from latentstudio.ui.files import Opener
from latentstudio.ui.keeping import Keeper
from latentstudio.ui.message_menu import MessageMenu
from latentstudio.ui.panels.sliders import SlidersPanel
from latentstudio.ui.panels.timeline import TimelinePanel
from latentstudio.ui.saving import ASIDE, Saver
from latentstudio.ui.shortcuts import FocusGuard, ShortcutSheet
from latentstudio.ui.statusbar import StatusLine
from latentstudio.ui.tool_windows import ToolWindows
from latentstudio.ui.toolbar import Bar
from latentstudio.ui.wording import sentence as worded

if TYPE_CHECKING:
    from latentstudio.checkpoints.catalogue import Catalogue
    from latentstudio.document.autosave import Recovery
    from latentstudio.document.recipe import Recipe
    from latentstudio.document.session import Session
    from latentstudio.engine.frame import Frame
    from latentstudio.generators.info import GeneratorInfo
    from latentstudio.ui.places import Places
    from latentstudio.ui.studio import Studio

COMPARE_KEYS = {Qt.Key.Key_C, Qt.Key.Key_Backslash}
LAYOUT_VERSION = 5  # counts up when there are other docks


class Window(QMainWindow):
    """The main window over one :class:`~latentstudio.ui.studio.Studio`."""

    def __init__(
        self, studio: Studio, catalogue: Catalogue, places: Places, settings: QSettings
    ) -> None:
        super().__init__()
        self.setObjectName("window")
        self.studio = studio
        studio.setParent(self)
        self._catalogue = catalogue
        self._settings = settings
        self._stage_state: tuple[Any, bool] | None = None
        self._sheet: ShortcutSheet | None = None
        self.windows = ToolWindows(studio, self)
        self._engine_trouble = False
        self._closed = False
        self._files: list[str] = []
        self._recovery: Recovery | None = None

        self.canvas = Canvas()
        self.setCentralWidget(self.canvas)
        self.bar = ErrorBar(self.canvas)
        self.status = StatusLine()
        self.setStatusBar(self.status)
        self.recents = Recents(places.state / "recents.json")
        self.opener = Opener(studio, catalogue, self.recents, self.bar, self)
        self.keeper = Keeper(places.state, self.recents)
        self.saver = Saver(
            studio, catalogue, self.recents, self.bar, self.keeper, self.view_state, self
        )
        self.opener.leave = self.saver.leave
        self.actions_by_name = build_actions(self, Commands(self))
        self.actions_by_name["smooth"].setChecked(True)
        previews = bool(self._settings.value("previews", True, type=bool))
        self.actions_by_name["previews"].setChecked(previews)
        studio.set_previews(previews)
        lessons = self._settings.value("lessons", LESSONS, type=int)
        self.canvas.lessons = lessons if isinstance(lessons, int) else LESSONS
        self.tools = Bar(self.actions_by_name, self._checkpoints)
        self.addToolBar(self.tools)
        studio.numbers.settle(places.state, catalogue.locate)
        studio.inverting.memory.settle(places.state)
        studio.editing.settle(catalogue.locate)
        self.docks = docks.build_docks(self, studio.context)
        self._recent_menu = QMenu("Open &recent", self)
        self._build_menus()
        self._guard = FocusGuard(self.canvas, self)
        self._connect()
        self.setAcceptDrops(True)
        self.resize(1440, 900)
        docks.arrange(self, self.docks)
        self._room = DockRoom(self, self.docks.values(), settings)
        self._default_layout = self.saveState(LAYOUT_VERSION)
        self._restore_layout()
        self._on_history()
        self._on_info(studio.document.info)
        self._on_title()
        self.canvas.setFocus()

    # -- the start -----------------------------------------------------------------------

    def begin_soon(self, files: list[str]) -> None:
        """Call :meth:`begin` once the window has been painted: torch would delay it."""
        self._files = files
        QTimer.singleShot(0, self._begin)

    def _begin(self) -> None:
        self.begin(self._files)

    def begin(self, files: list[str]) -> None:
        """Open ``files``, or what was left open; start the engine."""
        if files:
            self.opener.open_dropped(files)
        else:
            self._continue()
        self.studio.start()

    def _continue(self) -> None:
        left = self.keeper.left_open()
        if left is not None:
            self.opener.take_session(left, None)
            if not self.bar.sentence:
                self.bar.say(
                    "Your unsaved session is back.",
                    kind="notice",
                    action="Start fresh",
                    act=self.saver.begin,
                )
        self._recovery, problems = self.keeper.crashed()
        for problem in problems:
            self.bar.say(problem)
        if self._recovery is not None:
            when = self._recovery.when.astimezone().strftime("%d %b, %H:%M")
            self.bar.say(
                f"The studio ended unexpectedly; its session of {when} can be restored.",
                kind="notice",
                lasting=True,
                action="Restore",
                act=self._recover,
                dismissed=self._decline,
            )

    def _recover(self) -> None:
        recovery, self._recovery = self._recovery, None
        if recovery is not None:
            try:
                session = self.keeper.take(recovery)
            except SessionError as error:
                self.bar.say(worded(error))
            else:
                self.opener.take_session(session, None)
                if self.studio.document.state is not session.state:  # its checkpoint is not here
                    with suppress(OSError):
                        self.keeper.put_aside(session, "crashed")

    def _decline(self) -> None:
        recovery, self._recovery = self._recovery, None
        if recovery is not None:
            with suppress(SessionError, OSError):  # it is offered again at the next start
                path = self.keeper.decline(recovery, "crashed")
                self.bar.say(ASIDE.format(path.stem), kind="notice")

    # -- building ------------------------------------------------------------------------

    def _build_menus(self) -> None:
        menus = {name: self.menuBar().addMenu(f"&{name}") for name in MENUS}
        for menu in menus.values():
            menu.setToolTipsVisible(True)
        for entry in TABLE:
            if entry.name in BREAKS:
                menus[entry.menu].addSeparator()
            menus[entry.menu].addAction(self.actions_by_name[entry.name])
            if entry.name == "open":
                menus["File"].addMenu(self._recent_menu)
        self._recent_menu.aboutToShow.connect(self._fill_recent)
        self._recent_menu.triggered.connect(self._on_recent)
        menus["Help"].addMenu(MessageMenu(self.bar, self))
        menus["View"].addSeparator()
        for dock in self.docks.values():
            menus["View"].addAction(dock.toggleViewAction())
        reset = menus["View"].addAction("Reset &layout")
        reset.triggered.connect(self.reset_layout)

    def _connect(self) -> None:
        studio, canvas = self.studio, self.canvas
        studio.shown.connect(self._on_frame)
        for dock in self.docks.values():
            studio.shown.connect(dock.panel.show_frame)
        studio.compared.connect(canvas.set_before)
        self.opener.photo.connect(self.search)
        self.opener.photos.connect(self._search_in_turn)
        self.opener.film.connect(partial(self.bring, "timeline"))
        timeline = self.docks["timeline"].panel
        assert isinstance(timeline, TimelinePanel)
        timeline.film_wanted.connect(self.export_film)
        sliders = self.docks["sliders"].panel
        assert isinstance(sliders, SlidersPanel)
        sliders.wall_wanted.connect(partial(self.windows.show, "samples"))
        studio.troubled.connect(self._on_trouble)
        studio.noticed.connect(self._on_notice)
        studio.engine_state.connect(self._on_engine_state)
        canvas.grabbed.connect(studio.begin_drag)
        canvas.moved.connect(self._on_moved)
        canvas.zoomed.connect(self.status.show_zoom)
        canvas.painted.connect(self._on_painted)
        canvas.dropped.connect(self.opener.open_dropped)
        self.status.copy_asked.connect(self.actions_by_name["copy_recipe"].trigger)
        self.tools.picked.connect(self.opener.open)
        self.tools.compare_held.connect(studio.compare)
        self.opener.opened.connect(self._on_opened)
        self.saver.title_changed.connect(self._on_title)
        self.saver.turned.connect(self.apply_view)
        studio.document.info_changed.connect(self._on_info)
        studio.document.history_changed.connect(self._on_history)

    # -- from the studio -----------------------------------------------------------------

    def _on_frame(self, frame: Frame) -> None:
        self.canvas.set_frame(frame)
        self.status.show_frame(frame, self.studio.facts(frame.recipe.checkpoint))
        if self._engine_trouble:
            self._engine_trouble = False
            self.bar.clear()

    def _on_painted(self) -> None:
        if self.status.isVisible():
            self.status.count()

    def _on_trouble(self, sentence: str, recipe: Recipe | None) -> None:
        self._engine_trouble = True
        wanted = recipe.checkpoint if recipe is not None else ""
        if wanted and self._catalogue.locate(wanted) is None:
            self.opener.offer_to_locate(wanted, self._ask_again)
        else:
            self.bar.say(sentence)
        if self.canvas.frame is None:
            self.canvas.set_words("Nothing to show yet", "Drop a checkpoint here, or press Ctrl+O")

    def _ask_again(self) -> None:
        self.studio.engine.request(self.studio.document.recipe)

    def _on_notice(self, sentence: str) -> None:
        self.bar.say(sentence, kind="notice")

    def _on_engine_state(self, state: str) -> None:
        if self.canvas.frame is None:
            self.status.show_state(state)

    def _on_info(self, info: GeneratorInfo | None) -> None:
        if info is None:
            self.tools.name("No generator")
            self.canvas.set_words(
                "Drop a checkpoint here", "or press Ctrl+O; sessions and saved pictures open too"
            )
            return
        name = info.name or info.family
        self.tools.name(name)
        docks.favour(self.docks, info)
        self.canvas.set_side(info.resolution)
        self.canvas.set_words(name, "waking up …")

    def _on_moved(self, dx: float, dy: float) -> None:
        self.canvas.set_amounts(self.studio.drag(dx, dy))

    def _on_history(self) -> None:
        history = self.studio.document.history
        for name, label in (("undo", history.undo_label), ("redo", history.redo_label)):
            action = self.actions_by_name[name]
            action.setEnabled(label is not None)
            word = name.capitalize()
            action.setText(f"&{word} {label}" if label else f"&{word}")
        self._on_title()

    def _on_title(self) -> None:
        self.setWindowTitle(f"{self.saver.home.name}[*] — latentstudio")
        self.setWindowModified(self.saver.modified)

    # -- files ---------------------------------------------------------------------------

    def _on_opened(self, path: Path | None, session: Session | None) -> None:
        if session is not None:
            self.apply_view(session.view)
            self.saver.take(session, path)

    def _stop_panels(self) -> None:
        for dock in self.docks.values():
            dock.panel.stop()
        self.windows.stop()

    def view_state(self) -> dict[str, Any]:
        """What a session remembers of the window."""
        return {"axes": self.studio.axes.to_view(), "smooth": self.canvas.smooth}

    def apply_view(self, view: dict[str, Any]) -> None:
        """Take over what :meth:`view_state` gave; a damaged view changes nothing."""
        axes = view.get("axes")
        if isinstance(axes, dict):
            self.studio.axes.from_view(axes)
        self.actions_by_name["smooth"].setChecked(view.get("smooth") is not False)

    def _checkpoints(self) -> list[Path]:
        listed = [*self._catalogue.bundled(), *self.recents.paths("checkpoints")]
        return list(dict.fromkeys(path.resolve() for path in listed))

    def _fill_recent(self) -> None:
        self._recent_menu.clear()
        for kind in ("sessions", "checkpoints"):
            for path in self.recents.paths(kind):
                action = self._recent_menu.addAction(path.name)
                action.setData(str(path))
                action.setToolTip(str(path))
            self._recent_menu.addSeparator()
        if not any(action.data() for action in self._recent_menu.actions()):
            self._recent_menu.addAction("Nothing yet").setEnabled(False)

    def _on_recent(self, action: QAction) -> None:
        if isinstance(action.data(), str):
            self.opener.open(action.data())

    # -- layout --------------------------------------------------------------------------

    def reset_layout(self) -> None:
        """Put every panel back where it was on the first day."""
        self.restoreState(self._default_layout, LAYOUT_VERSION)
        docks.arrange(self, self.docks)
        self._want_widths()

    def _want_widths(self) -> None:
        self._room.settle({self.docks[name]: width for name, width in docks.WIDTHS.items()})

    def _restore_layout(self) -> None:
        geometry, state = self._settings.value("geometry"), self._settings.value("docks")
        if geometry:
            self.restoreGeometry(geometry)
        if state:
            self.restoreState(state, LAYOUT_VERSION)
        if not self._settings.contains("room/left"):
            self._want_widths()

    def set_previews(self, on: bool) -> None:
        """Draw previews while the hand moves, or every picture exactly; remembered."""
        self._settings.setValue("previews", on)
        self.studio.set_previews(on)

    def set_stage(self, on: bool) -> None:
        """Only the picture, on the whole screen; or everything again."""
        if on == (self._stage_state is not None):
            return
        if on:
            self._stage_state = (self.saveState(LAYOUT_VERSION), self.isMaximized())
        self.canvas.bare = on
        chrome = [self.menuBar(), self.tools, self.status, *self.docks.values()]
        for widget in chrome:
            widget.setVisible(not on)
        if self._stage_state is not None and not on:
            state, maximised = self._stage_state
            self._stage_state = None
            self.restoreState(state, LAYOUT_VERSION)
            self.showMaximized() if maximised else self.showNormal()
        else:
            self.showFullScreen()
        self.canvas.setFocus()

    def show_sheet(self) -> None:
        """The page with all keys."""
        if self._sheet is None:
            self._sheet = ShortcutSheet(self)
        self._sheet.show()
        self._sheet.raise_()

    def search(self, source: Path | bytes | QImage, name: str = "") -> None:
        """Take a picture that was not made here, to be searched for in the generator."""
        self.studio.inverting.take(source, name)
        self.bring("picture")

    def _search_in_turn(self, paths: list[Path]) -> None:
        self.studio.inverting.take_in_turn(paths)
        self.bring("picture")

    def export_film(self) -> None:
        """Show the film window, once there is a film."""
        if self.studio.timeline.empty:
            self.bring("timeline")
            self.bar.say("There is no film yet: set two keys on the timeline first.", kind="notice")
        else:
            self.windows.show("film")

    def bring(self, name: str) -> None:
        """Bring a panel to the front."""
        docks.bring(self.docks, name)

    def turn_to(self, name: str) -> None:
        """Bring a panel to the front, or what it stands before."""
        docks.turn(self.docks, name)

    # -- keys that are held --------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Compare and the hand last as long as their keys; Esc leads back to the picture."""
        if event.key() in COMPARE_KEYS and not event.modifiers():
            if not event.isAutoRepeat():
                self.studio.compare(True)
        elif event.key() == Qt.Key.Key_Space:
            self.canvas.set_hand(True)
        elif event.key() == Qt.Key.Key_Escape:
            if self._stage_state is not None:
                self.actions_by_name["stage"].setChecked(False)
            self.bar.dismiss.click() if self.bar.sentence else self.canvas.setFocus()
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Let go."""
        if event.isAutoRepeat():
            return
        if event.key() in COMPARE_KEYS:
            self.studio.compare(False)
        elif event.key() == Qt.Key.Key_Space:
            self.canvas.set_hand(False)
        else:
            super().keyReleaseEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """A key released in another window is not heard here."""
        if event.type() == QEvent.Type.ActivationChange and not self.isActiveWindow():
            self.studio.compare(False)
            self.canvas.set_hand(False)
        super().changeEvent(event)

    # -- drops beside the canvas count too -------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """As on the canvas."""
        self.canvas.dragEnterEvent(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """As on the canvas."""
        self.canvas.dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        """As on the canvas."""
        self.canvas.dropEvent(event)

    # -- the end -------------------------------------------------------------------------

    def closeEvent(self, event: QCloseEvent) -> None:
        """Keep everything, ask nothing."""
        if not self._closed:
            self._closed = True
            state = self._stage_state[0] if self._stage_state else self.saveState(LAYOUT_VERSION)
            self._settings.setValue("docks", state)
            if self._stage_state is None:
                self._settings.setValue("geometry", self.saveGeometry())
            self._settings.setValue("lessons", self.canvas.lessons)
            self._settings.sync()
            self.saver.finish()
            self.studio.document.info_changed.disconnect(self._on_info)
            self.studio.document.history_changed.disconnect(self._on_history)
            self.hide()
            self.opener.stop()
            self._stop_panels()
            self.studio.stop()
        event.accept()
