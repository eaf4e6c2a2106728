"""How the film plays: frames a second, rounds, quality; of a sheet, how many pictures."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from latentstudio.export.film.settings import MAX_REPEAT, FilmSettings
from latentstudio.ui.timeline.words import rate_words
from latentstudio.ui.widgets.combo import Combo
from latentstudio.ui.widgets.field import NumberField
from latentstudio.ui.widgets.metrics import GAP
from latentstudio.ui.widgets.rows import labelled
from latentstudio.ui.widgets.slider_row import SliderRow

Rate = tuple[int, int]
RATES: tuple[Rate, ...] = (
    (24000, 1001), (24, 1), (25, 1), (30000, 1001), (30, 1), (50, 1), (60, 1),
)  # fmt: skip
WIDE = 200
DEFAULT = FilmSettings("mp4", 8, 8)
FOREVER = ("gif", "webp")  # can say that they play for ever
EXACT = ("png", "sheet")  # know neither rounds nor quality


class PlayBox(QWidget):
    """A few rows, of which those are seen that the format knows.

    Signals
    -------
    edited()
        The hand changed something.
    """

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rate = Combo()
        self.rate.setToolTip("Frames a second; 23.976 and 29.97 are exact fractions")
        self.repeat = NumberField(1, MAX_REPEAT, step=1, decimals=0)
        self.repeat.setSuffix(" ×")
        self.quality = SliderRow(0, 100, step=1, decimals=0, default=DEFAULT.quality)
        self.quality.setToolTip("More is finer and larger. Double-click for the usual")
        self.quality.name("Quality")
        self.pictures = NumberField(1, 1000, step=1, decimals=0)
        self.columns = NumberField(1, 100, step=1, decimals=0)
        self.pictures.set_amount(DEFAULT.pictures)
        self.columns.set_amount(DEFAULT.columns)
        rows = (
            ("rate", "Rate", "Frames a second"),
            ("repeat", "Repeat", "How often the film plays"),
            ("quality", "Quality", "Quality"),
            ("pictures", "Pictures", "How many pictures the sheet shows, at equal distances"),
            ("columns", "In a row", "How many pictures stand in a row"),
        )
        self.rows: dict[str, QWidget] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        for name, title, words in rows:
            control = getattr(self, name)
            if control is not self.quality:
                control.setFixedWidth(WIDE)
            control.setObjectName(f"film.{name}")
            control.setAccessibleName(words)
            control.setToolTip(control.toolTip() or words)
            row = self.rows[name] = QWidget()
            row.setLayout(labelled(title, control, stretch=control is self.quality))
            column.addWidget(row)
        self.rate.activated.connect(self.edited)
        for field in (self.repeat, self.quality, self.pictures, self.columns):
            field.edited.connect(self.edited)
        self.show_format("mp4")

    def show_format(self, kind: str) -> None:
        """Show the rows that the format knows."""
        forever = kind in FOREVER
        if forever != bool(self.repeat.specialValueText()):
            self.repeat.setSpecialValueText("for ever" if forever else "")
            self.repeat.set_limits(0 if forever else 1, MAX_REPEAT)
            self.repeat.set_amount(0 if forever else 1)
        for name, row in self.rows.items():
            of_sheet = name in ("pictures", "columns")
            row.setVisible(kind == "sheet" if of_sheet else name == "rate" or kind not in EXACT)
        self.rows["rate"].setVisible(kind != "sheet")

    def show_rate(self, rate: Rate) -> None:
        """What the timeline says."""
        chosen = self.rate_chosen()
        others = ((_words(other), other) for other in RATES if other != rate)
        self.rate.fill([(f"{_words(rate)}, as the timeline", None), *others])
        self.rate.choose(chosen if chosen != rate else None)

    def rate_chosen(self) -> Rate | None:
        """The rate that the hand chose; None for the timeline's own."""
        data = self.rate.currentData()
        return None if data is None else (data[0], data[1])


def _words(rate: Rate) -> str:
    """A rate, and the fraction where it is one."""
    up, down = rate
    return rate_words(rate) if down == 1 else f"{rate_words(rate)} ({up}/{down})"
