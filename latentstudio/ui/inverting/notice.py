"""A sentence that must not be overlooked."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from latentstudio.ui.theme import ACCENT, ALERT, LINE, RAISED


class Notice(QLabel):
    """Words beside a bar in a colour; hidden while there are none."""

    def __init__(self, alarm: bool = False, parent: QWidget | None = None) -> None:
        """``alarm`` for what went wrong."""
        super().__init__(parent)
        self.setWordWrap(True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.setStyleSheet(
            f"background: {RAISED}; border: 1px solid {LINE}; border-radius: 3px; padding: 6px 8px;"
            f" border-left: 3px solid {ALERT if alarm else ACCENT};"
        )
        self.hide()  # never shown here: without a parent it would open as a window

    def say(self, words: str) -> None:
        """Show words, or nothing when they are empty."""
        self.setText(words)
        self.setVisible(bool(words))
