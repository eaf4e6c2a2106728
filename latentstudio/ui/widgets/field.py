"""A small field for a number: typing it and pressing Enter is one step."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QLocale, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent, QShowEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QDoubleSpinBox, QWidget

from latentstudio.ui.widgets.gesture import Gesture
from latentstudio.ui.widgets.metrics import ROW


class NumberField(QDoubleSpinBox):
    """A spin box without buttons that reports the hand alone.

    Signals
    -------
    edited(float)
        A number was typed and committed, or stepped with the arrow keys or the wheel.
    """

    edited = Signal(float)

    def __init__(
        self,
        low: float,
        high: float,
        *,
        step: float = 0.01,
        decimals: int = 2,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._low, self._high = low, high
        self._shown: tuple[float, float] | None = None
        self.gesture = Gesture()
        # A decimal point everywhere: numbers are copied between field, command line and file.
        self.setLocale(QLocale.c())
        self.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setKeyboardTracking(False)
        self.setDecimals(decimals)
        self.setSingleStep(step)
        self.setRange(low, high)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedHeight(ROW)
        self.setMinimumWidth(40)
        self.valueChanged.connect(self._on_value)

    def set_limits(self, low: float, high: float) -> None:
        """Another range for the hand."""
        self._low, self._high = low, high
        self._shown = None
        self.set_amount(self.value())

    def set_amount(self, amount: float) -> None:
        """Show a number, also one from a file that lies beyond the field's own range."""
        if self._shown == (amount, self.value()):
            # Every change of the document passes here, and spin boxes are slow to write to.
            return
        with QSignalBlocker(self):
            self.setRange(min(self._low, amount), max(self._high, amount))
            self.setValue(amount)
        self._shown = amount, self.value()

    def begin(self, text: str) -> None:
        """Take the focus with the first character of a number typed elsewhere."""
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.lineEdit().setText(text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape forgets what was typed."""
        self.gesture.key(event)
        if event.key() == Qt.Key.Key_Escape:
            with QSignalBlocker(self):
                self.lineEdit().setText(self.textFromValue(self.value()))
            self.selectAll()
            return
        super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Only with the focus."""
        if not self.hasFocus():
            event.ignore()
            return
        self.gesture.wheel()
        super().wheelEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the digits the whole width."""
        super().resizeEvent(event)
        self._place()

    def showEvent(self, event: QShowEvent) -> None:
        """As when resized."""
        super().showEvent(event)
        self._place()

    def changeEvent(self, event: QEvent) -> None:
        """As when resized."""
        super().changeEvent(event)
        self._place()

    def _place(self) -> None:
        # A style sheet that names the buttons keeps their room even where there are none,
        # and then leaves the digits a width of one pixel.
        self.lineEdit().setGeometry(self.rect().adjusted(4, 1, -4, -1))

    def _on_value(self, value: float) -> None:
        self.edited.emit(value)
