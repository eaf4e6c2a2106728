"""One sentence that slides in over the canvas and interrupts nothing."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEasingCurve, QEvent, QObject, QPoint, QPropertyAnimation, QSize, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from latentstudio.ui.icons import icon

MARGIN = 16
MAX_WIDTH = 720


class ErrorBar(QFrame):
    """A sentence with at most one action, at the foot of its parent.

    The newest sentence replaces the one before; it stays until it is dismissed, acted upon or
    overtaken by success (:meth:`clear`).
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("errorBar")
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.text.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.action = QPushButton()
        self.dismiss = QToolButton()
        self.dismiss.setIcon(icon("close"))
        self.dismiss.setIconSize(QSize(16, 16))
        self.dismiss.setToolTip("Dismiss (Esc)")
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
        self._act: Callable[[], None] | None = None
        self._dismissed: Callable[[], None] | None = None
        parent.installEventFilter(self)
        self.hide()

    @property
    def sentence(self) -> str:
        """What is said now; empty while hidden."""
        return "" if self.isHidden() else self.text.text()

    def say(
        self,
        sentence: str,
        *,
        kind: str = "error",
        action: str = "",
        act: Callable[[], None] | None = None,
        dismissed: Callable[[], None] | None = None,
    ) -> None:
        """Show a sentence.

        Parameters
        ----------
        sentence
            What, which file, what to do.
        kind
            ``error``, or ``notice`` for good news.
        action, act
            Label and deed of the one button.
        dismissed
            Called when the person closes the bar without acting.
        """
        self.text.setText(sentence)
        self.action.setText(action)
        self.action.setVisible(bool(action))
        self._act, self._dismissed = act, dismissed
        if self.property("kind") != kind:
            self.setProperty("kind", kind)
            self.style().unpolish(self)
            self.style().polish(self)
        hidden = self.isHidden()
        self.show()
        self.raise_()
        end = self._place()
        if hidden:
            self._slide.stop()
            self._slide.setStartValue(end + QPoint(0, self.height() + MARGIN))
            self._slide.setEndValue(end)
            self._slide.start()
        else:
            self.move(end)

    def clear(self) -> None:
        """Hide without a word."""
        self._slide.stop()
        self._act = self._dismissed = None
        self.hide()

    def _place(self) -> QPoint:
        parent, layout = self.parentWidget(), self.layout()
        assert parent is not None and layout is not None  # given in __init__
        width = max(120, min(MAX_WIDTH, parent.width() - 2 * MARGIN))
        # The size hint of a wrapped label is that of a narrow one: far too tall.
        height = max(48, layout.totalHeightForWidth(width))
        self.resize(width, height)
        return QPoint((parent.width() - width) // 2, parent.height() - self.height() - MARGIN)

    def _on_dismiss(self) -> None:
        dismissed = self._dismissed
        self.clear()
        if dismissed:
            dismissed()

    def _on_action(self) -> None:
        act = self._act
        self.clear()
        if act:
            act()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay at the foot of the parent when it is resized."""
        if event.type() == QEvent.Type.Resize and watched is self.parent() and self.isVisible():
            self._slide.stop()
            self.move(self._place())
        return False
