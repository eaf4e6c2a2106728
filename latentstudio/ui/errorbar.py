"""One sentence that slides in over the canvas and interrupts nothing."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from PySide6.QtCore import (
    QEasingCurve,
    QEvent,
    QObject,
    QPoint,
    QPropertyAnimation,
    QSize,
    Qt,
    QTimer,
)
from PySide6.QtGui import QEnterEvent, QHideEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from latentstudio.ui.icons import icon

MARGIN = 16
MAX_WIDTH = 720
SHORTEST = 4000  # ms that a notice stays at least
LETTER = 60  # ms to read one: some 17 letters a second
TO_ACT = 8000  # ms more where there is a button to think about
KEPT = 12  # sentences that can be read again


def _nothing() -> None:
    """Nobody waits for it."""


@dataclass(frozen=True)
class Message:
    """What the bar says; see :meth:`ErrorBar.say`."""

    sentence: str
    kind: str = "error"
    lasting: bool = True
    action: str = ""
    act: Callable[[], None] = _nothing
    dismissed: Callable[[], None] = _nothing
    when: datetime = field(default_factory=datetime.now)

    @property
    def stays(self) -> int:
        """How long, in ms."""
        return max(SHORTEST, LETTER * len(self.sentence)) + (TO_ACT if self.action else 0)


class ErrorBar(QFrame):
    """A sentence with at most one action, at the foot of its parent.

    The newest sentence replaces the one before. A notice goes by itself, once it could be read in
    a window that is looked at, or at a click; what it covered comes back then. Anything else stays
    until it is dismissed, acted upon or overtaken by success (:meth:`clear`).

    Attributes
    ----------
    said
        The last dozen messages, newest last.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("errorBar")
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.action = QPushButton()
        self.dismiss = QToolButton()
        self.dismiss.setIcon(icon("close"))
        self.dismiss.setIconSize(QSize(16, 16))
        self.dismiss.setToolTip("Dismiss (Esc); Help, Messages shows it again")
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 12, 12, 12)
        row.setSpacing(12)
        row.addWidget(self.text, 1)
        row.addWidget(self.action)
        row.addWidget(self.dismiss)
        self.dismiss.clicked.connect(self._on_dismiss)
        self.action.clicked.connect(self._on_action)
        self._slide = QPropertyAnimation(self, b"pos", self)
        self._slide.setDuration(160)
        self._slide.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._read = QTimer(self)
        self._read.setSingleShot(True)
        self._read.timeout.connect(self._on_read)
        self._message: Message | None = None
        self._below: Message | None = None  # that lasts, and that a notice covers
        self.said: deque[Message] = deque(maxlen=KEPT)
        parent.installEventFilter(self)
        self.hide()

    @property
    def sentence(self) -> str:
        """What is said now; empty while hidden."""
        return self._message.sentence if self._message else ""

    def say(
        self,
        sentence: str,
        *,
        kind: str = "error",
        lasting: bool | None = None,
        action: str = "",
        act: Callable[[], None] = _nothing,
        dismissed: Callable[[], None] = _nothing,
    ) -> None:
        """Show a sentence.

        Parameters
        ----------
        sentence
            What, which file, what to do.
        kind
            ``error``, or ``notice`` for good news.
        lasting
            Whether it stays until somebody answers; by default an error does.
        action, act
            Label and deed of the one button.
        dismissed
            Called when the person closes the bar without acting.
        """
        lasting = kind == "error" if lasting is None else lasting
        message = Message(sentence, kind, lasting, action, act, dismissed)
        covered = self._message if self._message and self._message.lasting else self._below
        self._below = None if lasting else covered
        self.said.append(message)
        self._show(message)

    def again(self, message: Message) -> None:
        """Show what was said before; its button has had its time."""
        self._show(Message(message.sentence, message.kind, lasting=False))

    def clear(self) -> None:
        """Hide without a word."""
        self._message = self._below = None
        self._slide.stop()
        self.hide()

    def take_back(self, sentence: str) -> None:
        """That sentence is true no more."""
        if self.sentence == sentence:
            self._next()

    def _show(self, message: Message) -> None:
        self._message = message
        self.text.setText(message.sentence)
        # A lasting one may be copied; where it may not, a click on it is one on the bar.
        self.text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            if message.lasting
            else Qt.TextInteractionFlag.NoTextInteraction
        )
        self.action.setText(message.action)
        self.action.setVisible(bool(message.action))
        if self.property("kind") != message.kind:
            self.setProperty("kind", message.kind)
            self.style().unpolish(self)
            self.style().polish(self)
        hidden = self.isHidden()
        self.show()
        self.raise_()
        self._count()
        end = self._place()
        if hidden:
            self._slide.stop()
            self._slide.setStartValue(end + QPoint(0, self.height() + MARGIN))
            self._slide.setEndValue(end)
            self._slide.start()
        else:
            self.move(end)

    def _next(self) -> None:
        below, self._message, self._below = self._below, None, None
        if below is None:
            self.clear()
        else:
            self._show(below)

    def _count(self) -> None:
        """Give the notice its time, anew."""
        self._read.stop()
        if self._message is not None and not self._message.lasting:
            self._read.start(self._message.stays)

    def _on_read(self) -> None:
        if self.isActiveWindow():
            self._next()
        else:
            self._count()  # nobody was there to read it

    def _place(self) -> QPoint:
        parent, layout = self.parentWidget(), self.layout()
        assert parent is not None and layout is not None  # given in __init__
        width = max(120, min(MAX_WIDTH, parent.width() - 2 * MARGIN))
        # The size hint of a wrapped label is that of a narrow one: far too tall.
        height = max(48, layout.totalHeightForWidth(width))
        self.resize(width, height)
        return QPoint((parent.width() - width) // 2, parent.height() - self.height() - MARGIN)

    def _on_dismiss(self) -> None:
        message = self._message
        self._next()
        if message is not None:
            message.dismissed()

    def _on_action(self) -> None:
        message = self._message
        self._next()
        if message is not None:
            message.act()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click takes a notice away."""
        if self._message is not None and not self._message.lasting:
            self._on_dismiss()
        event.accept()

    def enterEvent(self, _event: QEnterEvent) -> None:
        """It stays under the hand."""
        self._read.stop()

    def leaveEvent(self, _event: QEvent) -> None:
        """It may go."""
        self._count()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nothing to wait for."""
        self._read.stop()
        super().hideEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay at the foot of the parent when it is resized."""
        if event.type() == QEvent.Type.Resize and watched is self.parent() and self.isVisible():
            self._slide.stop()
            self.move(self._place())
        return False
