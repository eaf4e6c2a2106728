"""The status line: the values of the very frame on the screen, and what it cost."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QLabel, QSizePolicy, QStatusBar, QToolButton

from latentstudio.ui.describe import describe
from latentstudio.ui.icons import icon

if TYPE_CHECKING:
    from latentstudio.engine.frame import Frame
    from latentstudio.generators.info import GeneratorInfo

PAUSE = 0.5  # seconds without a frame after which a rate means nothing


class StatusLine(QStatusBar):
    """Recipe, device, precision, render time, rate and zoom.

    Signals
    -------
    copy_asked()
        The person wants the frame's recipe as JSON.
    """

    copy_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setSizeGripEnabled(False)
        self.copy = QToolButton()
        self.copy.setIcon(icon("copy"))
        self.copy.setIconSize(QSize(16, 16))
        self.copy.setToolTip("Copy this picture's recipe as JSON (Ctrl+C)")
        self.copy.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.copy.clicked.connect(self.copy_asked)
        self.copy.setEnabled(False)
        self.recipe = QLabel()
        self.recipe.setObjectName("recipe")
        self.recipe.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.recipe.setToolTip("What made the picture on the screen, read from the picture itself")
        self.addWidget(self.copy)
        self.addWidget(self.recipe, 1)
        self.device = self._field(
            "Device and precision of this picture; whether it is a preview, and of what size",
            "preview 1024 px bfloat16",
        )
        self.cost = self._field("Time from request to picture", "0000.0 ms")
        self.rate = self._field("Pictures a second while the hand moves", "000 fps")
        self.zoom = self._field("Zoom: 100 % is one picture pixel on one screen pixel", "00000 %")
        self.setContentsMargins(4, 0, 12, 0)
        self._last = 0.0
        self._interval = 0.0

    def _field(self, tip: str, widest: str) -> QLabel:
        label = QLabel()
        label.setToolTip(tip)
        label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        label.setMinimumWidth(label.fontMetrics().horizontalAdvance(widest) + 12)
        self.addPermanentWidget(label)
        return label

    def show_frame(
        self, frame: Frame, info: GeneratorInfo | None = None, *, now: float | None = None
    ) -> None:
        """Write the frame's own values, in the words of its generator.

        ``now`` in seconds, for tests.
        """
        now = time.perf_counter() if now is None else now
        gap, self._last = now - self._last, now
        if gap < PAUSE:
            self._interval = gap if not self._interval else 0.85 * self._interval + 0.15 * gap
        else:
            self._interval = 0.0
        self.copy.setEnabled(True)
        self.recipe.setText(describe(frame.recipe, info))
        where = f"preview {len(frame.pixels)} px" if frame.preview else frame.device
        self.device.setText(f"{where} {frame.precision}")
        self.cost.setText(f"{frame.seconds * 1000:.1f} ms")
        self.rate.setText(f"{1 / self._interval:.0f} fps" if self._interval else "– fps")

    def show_zoom(self, zoom: float) -> None:
        """Device pixels per picture pixel, as a percentage."""
        self.zoom.setText(f"{zoom:.0%}".replace("%", " %"))

    def show_state(self, state: str) -> None:
        """What the engine is busy with, while no picture says more."""
        self.recipe.setText(state)
