"""Before a network is downloaded: what, how much, from where, and its licence; then yes or no."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from latentstudio.metrics.spaces.known_weights import KnownFile
from latentstudio.ui.widgets.metrics import GAP, MARGIN

if TYPE_CHECKING:
    from latentstudio.metrics.spaces.download import Received
    from latentstudio.ui.numbers.download import Download

MEGA = 1e6
WIDTH = 460


class SpaceDialog(QDialog):
    """Asks for one known file, and shows it coming.

    Signals
    -------
    arrived()
        The file is here and its sha256 is right.
    file_wanted()
        The person has it somewhere.
    """

    arrived = Signal()
    file_wanted = Signal()

    def __init__(
        self, title: str, known: KnownFile, download: Download, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("numbers.space")
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._known, self._download = known, download
        hosts = " or ".join(dict.fromkeys(urlsplit(url).hostname or url for url in known.urls))
        self.text = _label(
            f"The {known.title} is not on this computer. It can be downloaded now:"
            f" {known.size / MEGA:,.0f} MB from {hosts}."
        )
        self.small = _label(
            f"{known.source}. Licence: {known.licence}. Its sha256 is checked: {known.sha256[:16]}…"
        )
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Download")
        self.fetch = QPushButton(f"Download {known.size / MEGA:,.0f} MB")
        self.fetch.setObjectName("numbers.space.fetch")
        self.file = QPushButton("I have the file…")
        self.file.setToolTip(f"Point to {known.file} on this computer")
        self.cancel = QPushButton("Cancel")
        buttons = QHBoxLayout()
        buttons.setSpacing(GAP)
        buttons.addWidget(self.fetch)
        buttons.addWidget(self.file)
        buttons.addStretch(1)
        buttons.addWidget(self.cancel)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * MARGIN, 2 * MARGIN, 2 * MARGIN, MARGIN)
        column.setSpacing(MARGIN)
        for widget in (self.text, self.small, self.bar):
            column.addWidget(widget)
        column.addLayout(buttons)
        self.bar.hide()
        self.setFixedWidth(WIDTH)
        self.cancel.setDefault(True)
        self.cancel.clicked.connect(self.reject)
        self.fetch.clicked.connect(self._on_fetch)
        self.file.clicked.connect(self._on_file)
        download.progressed.connect(self._on_progress)
        download.finished.connect(self._on_finished)

    def done(self, code: int) -> None:
        """Closing it any way stops the download; the next one goes on where it stopped."""
        self._download.progressed.disconnect(self._on_progress)
        self._download.finished.disconnect(self._on_finished)
        if self._download.busy:
            self._download.cancel()
        super().done(code)

    def _on_fetch(self) -> None:
        for button in (self.fetch, self.file):
            button.setEnabled(False)
        self.text.setText("Connecting …")
        self.bar.show()
        self._download.begin(self._known.name)

    def _on_file(self) -> None:
        self.accept()
        self.file_wanted.emit()

    def _on_progress(self, received: Received) -> None:
        self.bar.setValue(round(1000 * received.done / max(1, received.total)))
        words = f"{received.done / MEGA:,.1f} of {received.total / MEGA:,.1f} MB"
        left = received.seconds_left
        self.text.setText(words if left is None else f"{words}, {left:,.0f} s left")

    def _on_finished(self, trouble: str) -> None:
        if trouble:
            self.text.setText(trouble)
            self.bar.hide()
            for button in (self.fetch, self.file):
                button.setEnabled(True)
        else:
            self.accept()
            self.arrived.emit()


def _label(text: str) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
