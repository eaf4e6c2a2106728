"""How large the pictures of the film are, and what happens to those of another shape."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QColorDialog, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from latentstudio.export.film.settings import MAX_SIDE
from latentstudio.ui.film.cards import Cards
from latentstudio.ui.film.swatch import Swatch
from latentstudio.ui.widgets.field import NumberField
from latentstudio.ui.widgets.metrics import FIELD, GAP, ROW, STEP
from latentstudio.ui.widgets.rows import labelled
from latentstudio.ui.widgets.segmented import Segmented

LEAST_SIDE = 8
PRESETS = {
    "512": (512, 512),
    "square": (1080, 1080),
    "upright": (1080, 1920),
    "wide": (1920, 1080),
}
USUAL = "512"  # what a small generator draws is too small to be shown to anybody
CHOICES = (
    ("drawn", "As drawn", "", "The generator's own pixels, one by one"),
    ("512", "Small", "512 × 512", "For a message or a page"),
    ("square", "Square", "1080 × 1080", "For a feed"),
    ("upright", "Upright", "1080 × 1920", "For a telephone held upright"),
    ("wide", "Wide", "1920 × 1080", "For a screen or a projector"),
    ("own", "Own", "", "Any width and height: type them below"),
)
FITS = [
    ("bars", "Bars", "All of the picture is seen, with bars where it is narrower than the film"),
    ("fill", "Fill", "The picture fills the film; what does not fit is cut off"),
]


class SizeBox(QWidget):
    """Presets over width and height; typing those is an own size.

    Signals
    -------
    edited()
        The hand changed something.
    """

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._drawn = (512, 512)
        self._own = (1280, 720)
        self.presets = Cards("film.size", CHOICES, 6, shaped=True)
        self.presets.choose(USUAL)
        self.width_field, self.height_field = (
            NumberField(LEAST_SIDE, MAX_SIDE, step=2, decimals=0) for _ in range(2)
        )
        self.fit = Segmented(FITS)
        self.fit.choose("bars")
        self.background = Swatch("#000000")
        self.background.setToolTip("Colour of the bars")
        for widget, name, words in (
            (self.width_field, "width", "Width in pixels"),
            (self.height_field, "height", "Height in pixels"),
            (self.background, "background", "Colour of the bars"),
        ):
            widget.setObjectName(f"film.{name}")
            widget.setAccessibleName(words)
        for key, button in self.fit.buttons.items():
            button.setObjectName(f"film.fit.{key}")
        # Tests answer here instead of in a modal dialog.
        self.ask_colour: Callable[[str], str] = self._ask_colour
        self._lay_out()
        self.presets.chosen.connect(self._on_preset)
        self.width_field.edited.connect(self._on_own)
        self.height_field.edited.connect(self._on_own)
        self.fit.chosen.connect(self._on_fit)
        self.background.clicked.connect(self._on_background)
        self._show_size()

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(STEP)
        for widget in (self.width_field, QLabel("×"), self.height_field, QLabel("px")):
            row.addWidget(widget)
        for field in (self.width_field, self.height_field):
            field.setFixedWidth(FIELD)
        row.addSpacing(GAP)
        row.addWidget(self.fit, 1)
        row.addWidget(self.background)
        self.background.setFixedSize(4 * ROW, ROW)
        own = QWidget()
        row.setContentsMargins(0, 0, 0, 0)
        own.setLayout(row)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(self.presets)
        column.addLayout(labelled("Pixels", own))

    def size_chosen(self) -> tuple[int, int]:
        """Width and height."""
        sizes = {"drawn": self._drawn, "own": self._own}
        return (PRESETS | sizes)[self.presets.choice()]

    def set_drawn(self, width: int, height: int) -> None:
        """What the generator draws."""
        self._drawn = (width, height)
        self._show_size()

    def _show_size(self) -> None:
        sizes = PRESETS | {"drawn": self._drawn, "own": self._own}
        for key, (width, height) in sizes.items():
            self.presets.cards[key].show_shape(width, height)
            self.presets.cards[key].say(f"{width} × {height}")
        width, height = self.size_chosen()
        self.width_field.set_amount(width)
        self.height_field.set_amount(height)

    def _on_preset(self, _key: str) -> None:
        self._show_size()
        self.edited.emit()

    def _on_own(self, _value: float) -> None:
        self._own = round(self.width_field.value()), round(self.height_field.value())
        self.presets.choose("own")
        self._show_size()
        self.edited.emit()

    def _on_fit(self, fit: str) -> None:
        self.background.setEnabled(fit == "bars")
        self.edited.emit()

    def _on_background(self) -> None:
        colour = self.ask_colour(self.background.colour)
        if colour:
            self.background.show_colour(colour)
            self.edited.emit()

    def _ask_colour(self, colour: str) -> str:
        answer = QColorDialog.getColor(QColor(colour), self.window(), "Colour of the bars")
        return answer.name() if answer.isValid() else ""
