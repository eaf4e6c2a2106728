"""Rows with a label column, and headings."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from latentstudio.ui.widgets.metrics import GAP, LABEL_COLUMN, ROW, STEP


def labelled(
    text: str, *widgets: QWidget, stretch: bool = True, shared: bool = False
) -> QHBoxLayout:
    """A label in the common column, and widgets beside it.

    The first widget takes the room; all do when ``shared``, none without ``stretch``.
    """
    row = QHBoxLayout()
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(STEP)
    label = RowLabel(text, widgets[0])
    row.addWidget(label, 0, Qt.AlignmentFlag.AlignTop)
    for i, widget in enumerate(widgets):
        takes = shared or (stretch and i == 0)
        row.addWidget(widget, int(takes), Qt.AlignmentFlag.AlignTop)
    if not stretch:
        row.addStretch(1)
    return row


class RowLabel(QLabel):
    """The name of a control; it dims with it and shares its tooltip."""

    def __init__(self, text: str, control: QWidget) -> None:
        super().__init__(text)
        self.setFixedSize(LABEL_COLUMN - STEP, ROW)
        self.setBuddy(control)
        self.setToolTip(control.toolTip())
        self.setEnabled(control.isEnabled())
        control.installEventFilter(self)

    def eventFilter(self, control: QObject, event: QEvent) -> bool:
        """Follow the control."""
        if isinstance(control, QWidget):
            if event.type() == QEvent.Type.EnabledChange:
                self.setEnabled(control.isEnabled())
            elif event.type() == QEvent.Type.ToolTipChange:
                self.setToolTip(control.toolTip())
        return False


class Heading(QLabel):
    """The name of a part of a panel."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold)
        self.setFont(font)
        self.setFixedHeight(ROW)
        self.setContentsMargins(0, GAP - STEP, 0, 0)
