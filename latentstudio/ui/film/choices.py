"""All that can be chosen about a film: format, size, how it plays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import msgspec
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from latentstudio.export.film.settings import FilmSettings
from latentstudio.ui.film.cards import Cards
from latentstudio.ui.film.formats import FORMATS
from latentstudio.ui.film.play_box import PlayBox
from latentstudio.ui.film.size_box import SizeBox
from latentstudio.ui.widgets.metrics import GAP
from latentstudio.ui.widgets.rows import Heading

if TYPE_CHECKING:
    from latentstudio.document.timeline.timeline import Timeline


class FilmChoices(QWidget):
    """Three boxes, one below the other.

    Signals
    -------
    edited()
        The hand changed something.
    """

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.formats = Cards("film.format", FORMATS, 6)
        self.size_box, self.play = SizeBox(), PlayBox()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        for title, box in (("Format", self.formats), ("Size", self.size_box), ("Play", self.play)):
            heading = Heading(title)
            heading.setContentsMargins(0, 0, 0, 0)
            column.addWidget(heading)
            column.addWidget(box)
        column.addStretch(1)
        self.formats.chosen.connect(self._on_format)
        self.size_box.edited.connect(self.edited)
        self.play.edited.connect(self.edited)

    @property
    def kind(self) -> str:
        """The format."""
        return self.formats.choice()

    def settings(self) -> FilmSettings:
        """What the film is to be (FilmError: it cannot be that)."""
        width, height = self.size_box.size_chosen()
        play = self.play
        return FilmSettings(
            cast(Any, self.kind),
            width,
            height,
            fit=cast(Any, self.size_box.fit.choice()),
            background=self.size_box.background.colour,
            quality=round(play.quality.value()),
            repeat=round(play.repeat.value()),
            pictures=round(play.pictures.value()),
            columns=round(play.columns.value()),
        )

    def at_rate(self, timeline: Timeline) -> Timeline:
        """The timeline at the rate that was chosen (RecipeError: too many frames)."""
        rate = self.play.rate_chosen()
        return timeline if rate is None else msgspec.structs.replace(timeline, rate=rate)

    def _on_format(self, kind: str) -> None:
        self.play.show_format(kind)
        self.edited.emit()
