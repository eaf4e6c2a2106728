"""Who gets a key, and the sheet that lists them all."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from latentstudio.ui import theme
from latentstudio.ui.actions import GESTURES, MENUS, TABLE

SPACE = 16
_K = Qt.Key
OWN_KEYS = {
    _K.Key_Left, _K.Key_Right, _K.Key_Up, _K.Key_Down, _K.Key_Home, _K.Key_End,
    _K.Key_PageUp, _K.Key_PageDown, _K.Key_Space, _K.Key_Return, _K.Key_Enter,
}  # fmt: skip


class FocusGuard(QObject):
    """Lets a focused control keep the keys that work it.

    Arrow keys step the seed while the picture has the focus; in a slider they move the slider.
    And undo always means the document: an entry's own undo would take back a digit at most.
    Only the widget in focus is filtered, so that nothing runs for other events.
    """

    def __init__(self, canvas: QWidget, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self._watched: QWidget | None = None
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._on_focus)

    def _on_focus(self, _old: QWidget | None, new: QWidget | None) -> None:
        # What loses the focus may do so because it is being destroyed.
        if self._watched is not None and isValid(self._watched):
            self._watched.removeEventFilter(self)
        self._watched = new if new is not self._canvas else None
        if self._watched is not None:
            self._watched.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Claim navigation keys for the control; keep undo and redo for the document."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if event.matches(QKeySequence.StandardKey.Undo) or event.matches(
                QKeySequence.StandardKey.Redo
            ):
                event.ignore()
                return True
            plain = event.modifiers() in (
                Qt.KeyboardModifier.NoModifier,
                Qt.KeyboardModifier.KeypadModifier,
                Qt.KeyboardModifier.ShiftModifier,
            )
            if plain and event.key() in OWN_KEYS:
                event.accept()
                return True
        return False


class ShortcutSheet(QDialog):
    """All keys on one page."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("shortcutSheet")
        self.setWindowTitle("Keyboard and mouse")
        groups = {
            menu: _group(menu, [(_keys(e.keys), e.text.replace("&", "")) for e in TABLE
                                if e.menu == menu])
            for menu in MENUS
        }  # fmt: skip
        groups["Hand"] = _group("Hand", list(GESTURES))
        # As high as a small laptop's screen: the gestures, which are wide, go below.
        above = _row([_column(groups, "File", "Edit"), _column(groups, "Point", "Help")])
        left = QVBoxLayout()
        left.setSpacing(SPACE)
        left.addLayout(above)
        left.addWidget(groups["Hand"])
        left.addStretch(1)
        whole = _row([left, _column(groups, "View")])
        whole.setContentsMargins(28, 24, 28, 24)
        self.setLayout(whole)


def _row(parts: list[QVBoxLayout]) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(40)
    for part in parts:
        row.addLayout(part)
    row.addStretch(1)
    return row


def _column(groups: dict[str, QWidget], *names: str) -> QVBoxLayout:
    column = QVBoxLayout()
    column.setSpacing(SPACE)
    for name in names:
        column.addWidget(groups[name])
    column.addStretch(1)
    return column


def _keys(keys: tuple[str, ...]) -> str:
    native = QKeySequence.SequenceFormat.NativeText
    return "  ".join(QKeySequence(key).toString(native) for key in keys[:2])


def _group(title: str, rows: list[tuple[str, str]]) -> QWidget:
    box = QWidget()
    grid = QGridLayout(box)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(6)
    heading = QLabel(title)
    heading.setStyleSheet(f"color: {theme.ACCENT}; font-weight: 600;")
    grid.addWidget(heading, 0, 0, 1, 2)
    for row, (keys, text) in enumerate(rows, start=1):
        label = QLabel(keys)
        label.setStyleSheet(f"color: {theme.INK_DIM};")
        label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        grid.addWidget(label, row, 0)
        grid.addWidget(QLabel(text), row, 1)
    grid.setColumnStretch(1, 1)
    return box
