"""The status line: the values of the very frame on the screen, and what it cost."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QStatusBar, QToolButton

from latentstudio.ui.describe import describe
from latentstudio.ui.icons import icon

if TYPE_CHECKING:
    from latentstudio.engine.frame import Frame
    from latentstudio.generators.info import GeneratorInfo

SPAN = 1.0  # seconds that the rate is counted over
PAUSE = 500  # ms without a frame after which a rate means nothing
FEWEST = 3  # frames that make a rate


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
        self.rate = self._field("Pictures a second that were seen, while they move", "000 fps")
        self.zoom = self._field("Zoom: 100 % is one picture pixel on one screen pixel", "00000 %")
        self.setContentsMargins(4, 0, 12, 0)
        self._seen: deque[float] = deque()
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE)
        self._pause.timeout.connect(self._on_pause)

    def _field(self, tip: str, widest: str) -> QLabel:
        label = QLabel()
        label.setToolTip(tip)
        label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        label.setMinimumWidth(label.fontMetrics().horizontalAdvance(widest) + 12)
        self.addPermanentWidget(label)
        return label

    def show_frame(self, frame: Frame, info: GeneratorInfo | None = None) -> None:
        """Write the frame's own values, in the words of its generator."""
        self.copy.setEnabled(True)
        self.recipe.setText(describe(frame.recipe, info))
        where = f"preview {len(frame.pixels)} px" if frame.preview else frame.device
        self.device.setText(f"{where} {frame.precision}")
        self.cost.setText(f"{frame.seconds * 1000:.1f} ms")

    def count(self, now: float | None = None) -> None:
        """Another frame has been painted, and could be seen; ``now`` in seconds, for tests.

        Frames that arrive together, such as after the window was busy, are one to the eye.
        """
        now = time.perf_counter() if now is None else now
        seen = self._seen
        seen.append(now)
        while now - seen[0] > SPAN:
            seen.popleft()
        span = seen[-1] - seen[0]
        self.rate.setText(f"{(len(seen) - 1) / span:.0f} fps" if len(seen) >= FEWEST else "")
        self._pause.start()

    def _on_pause(self) -> None:
        self._seen.clear()
        self.rate.setText("")

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody reads it."""
        self._pause.stop()
        self._on_pause()
        super().hideEvent(event)

    def show_zoom(self, zoom: float) -> None:
        """Device pixels per picture pixel, as a percentage."""
        self.zoom.setText(f"{zoom:.0%}".replace("%", " %"))

    def show_state(self, state: str) -> None:
        """What the engine is busy with, while no picture says more."""
        self.recipe.setText(state)
