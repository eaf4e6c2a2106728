"""A part of a panel that folds away under its heading."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from latentstudio.ui.widgets.metrics import GAP, ROW, STEP
from latentstudio.ui.widgets.paint import Ink

WIDE = 560  # px from which things stand beside each other, as on a stage


class Fold(QAbstractButton):
    """A heading with an arrow."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(title)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setToolTip(f"Show or hide: {title}")
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold)
        self.setFont(font)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """One row."""
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + 5 * STEP, ROW)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Arrow and words."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = Ink(self)
        painter.setPen(QPen(ink.accent if self.hasFocus() else ink.quiet, 1.5))
        at = QPointF(5.0, self.height() / 2)
        arrow = [QPointF(-3, -2), QPointF(0, 2), QPointF(3, -2)]
        if not self.isChecked():
            arrow = [QPointF(-2, -3), QPointF(2, 0), QPointF(-2, 3)]
        painter.drawPolyline([at + point for point in arrow])
        painter.setPen(ink.text if self.isChecked() or self.underMouse() else ink.quiet)
        room = self.rect().adjusted(4 * STEP, 0, 0, 0)
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(room, flags, self.text())


class Pair(QWidget):
    """Two widgets, one below the other, or side by side where there is room for both."""

    def __init__(self, first: QWidget, second: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._box = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(GAP)
        for widget in (first, second):
            self._box.addWidget(widget, 1, Qt.AlignmentFlag.AlignTop)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Turn the box."""
        way = QBoxLayout.Direction
        wide = event.size().width() >= WIDE
        self._box.setDirection(way.LeftToRight if wide else way.TopToBottom)


class Section(QWidget):
    """Widgets below a heading that shows or hides them.

    Attributes
    ----------
    fold
        The heading.
    column
        Where the widgets go.
    """

    def __init__(self, title: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fold = Fold(title)
        self.fold.setObjectName(name)
        self._body = QWidget()
        self.column = QVBoxLayout(self._body)
        self.column.setContentsMargins(0, 0, 0, STEP)
        self.column.setSpacing(GAP)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.fold)
        whole.addWidget(self._body)
        self.fold.toggled.connect(self._body.setVisible)
        self.fold.setChecked(True)

    def set_open(self, on: bool) -> None:
        """Show or hide the widgets."""
        self.fold.setChecked(on)
