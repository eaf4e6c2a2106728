"""A slider with its number beside it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from latentstudio.ui.widgets.field import NumberField
from latentstudio.ui.widgets.gesture import Gesture
from latentstudio.ui.widgets.metrics import FIELD, GAP
from latentstudio.ui.widgets.slider import Slider


class SliderRow(QWidget):
    """Drag the slider or type the number: both say :attr:`edited`.

    Signals
    -------
    edited(float)
        The hand changed the value.
    """

    edited = Signal(float)

    def __init__(
        self,
        low: float,
        high: float,
        *,
        step: float = 0.01,
        decimals: int = 2,
        default: float = 0.0,
        origin: float | None = None,
        marks: Sequence[float] = (),
        labelled: bool = False,
        suffix: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.slider = Slider(
            low,
            high,
            step=step,
            default=default,
            origin=origin,
            marks=marks,
            labelled=labelled,
        )
        self.field = NumberField(low, high, step=step, decimals=decimals)
        self.field.setFixedWidth(FIELD)
        self.field.setSuffix(suffix)
        self._last: Gesture = self.slider.gesture
        self._value = default
        self.set_value(default)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        row.addWidget(self.slider, 1, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.field, 0, Qt.AlignmentFlag.AlignTop)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusProxy(self.slider)
        self.slider.edited.connect(self._on_slider)
        self.slider.typed.connect(self.field.begin)
        self.field.edited.connect(self._on_field)

    def value(self) -> float:
        """The value shown."""
        return self._value

    def set_value(self, value: float) -> None:
        """Show a value without reporting it."""
        self._value = value
        self.slider.set_amount(value)
        self.field.set_amount(value)

    def merge(self) -> str:
        """The merge key of the present stroke: the value's path and the stroke's number."""
        return self._last.merge(self.objectName())

    def setToolTip(self, text: str) -> None:
        """The same words over slider and number."""
        super().setToolTip(text)
        self.slider.setToolTip(text)
        self.field.setToolTip(text)

    def name(self, words: str) -> None:
        """Name for screen readers."""
        self.slider.setAccessibleName(words)
        self.field.setAccessibleName(words)

    def _on_slider(self, value: float) -> None:
        self._last = self.slider.gesture
        self._value = value
        self.field.set_amount(value)
        self.edited.emit(value)

    def _on_field(self, value: float) -> None:
        self._last = self.field.gesture
        self._value = value
        self.slider.set_amount(value)
        self.edited.emit(value)
