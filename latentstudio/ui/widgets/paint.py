"""The few colours and shapes that all drawn controls share, all from the palette."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPalette, QPen
from PySide6.QtWidgets import QWidget

from latentstudio.ui.widgets.metrics import RADIUS

# Colours of the palettes that were met: they are mixed for every painting otherwise.
_INKS: dict[tuple[int, bool], dict[str, Any]] = {}
_PALETTES = 64


def mixed(a: QColor, b: QColor, share: float) -> QColor:
    """``a`` with ``share`` (0 to 1) of ``b`` in it."""
    keep = 1.0 - share
    return QColor.fromRgbF(
        a.redF() * keep + b.redF() * share,
        a.greenF() * keep + b.greenF() * share,
        a.blueF() * keep + b.blueF() * share,
    )


class Ink:
    """A widget's colours as it stands: theme, enabled or not.

    Attributes
    ----------
    ground, well, line
        The window behind, the bed of a control, and its outline.
    text, quiet
        Words, and words that step back.
    accent, tint
        The one accent colour (grey when disabled), and a little of it on the well.
    knob
        The handle of a slider or pad.
    """

    def __init__(self, widget: QWidget) -> None:
        palette = widget.palette()
        key = palette.cacheKey(), widget.isEnabled()
        known = _INKS.get(key)
        if known is None:
            self._mix(widget)
            if len(_INKS) >= _PALETTES:
                _INKS.clear()
            _INKS[key] = vars(self)
        else:
            vars(self).update(known)

    def _mix(self, widget: QWidget) -> None:
        palette = widget.palette()
        role = QPalette.ColorRole
        active = QPalette.ColorGroup.Active
        self.enabled = widget.isEnabled()
        self.ground = palette.color(active, role.Window)
        text = palette.color(active, role.WindowText)
        accent = palette.color(active, role.Highlight)
        self.well = palette.color(active, role.Base)
        self.line = mixed(self.ground, text, 0.18)
        self.groove = mixed(self.ground, text, 0.22)
        self.text = text if self.enabled else mixed(self.ground, text, 0.4)
        self.quiet = mixed(self.ground, text, 0.55 if self.enabled else 0.3)
        self.accent = accent if self.enabled else mixed(self.ground, text, 0.28)
        self.tint = mixed(self.well, self.accent, 0.35)
        self.knob = mixed(self.ground, text, 0.9 if self.enabled else 0.35)


def bed(painter: QPainter, ink: Ink, rect: QRectF, focus: bool = False) -> None:
    """The sunken ground of a pad, grid or strip, with a ring when it has the focus."""
    painter.setPen(QPen(ink.accent if focus else ink.line, 1))
    painter.setBrush(ink.well)
    painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)


def knob(
    painter: QPainter,
    ink: Ink,
    centre: QPointF,
    radius: float,
    *,
    focus: bool,
    hollow: bool = False,
) -> None:
    """A round handle; hollow where it stands for a place it cannot quite show."""
    painter.setPen(QPen(ink.accent if focus else ink.ground, 2))
    painter.setBrush(ink.well if hollow else ink.knob)
    if hollow:
        painter.setPen(QPen(ink.accent if focus else ink.knob, 2))
    painter.drawEllipse(centre, radius, radius)


def small(font: QFont) -> QFont:
    """The font for marks and captions: a little smaller, never below what can be read."""
    size = font.pointSizeF()
    if size > 0:
        font = QFont(font)
        font.setPointSizeF(max(7.0, size - 1.5))
    return font


def caption(
    painter: QPainter, rect: QRectF, text: str, align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft
) -> None:
    """Text in one line, shortened with an ellipsis where the room ends."""
    metrics = painter.fontMetrics()
    short = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(rect.width()))
    painter.drawText(rect, align | Qt.AlignmentFlag.AlignVCenter, short)
