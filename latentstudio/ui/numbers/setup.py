"""What is measured, chosen by hand: data, features, how many, and how samples are drawn."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from latentstudio.ui.numbers.choices import BUNDLED, BUNDLED_TITLE, TARGETS, Choices, data_title
from latentstudio.ui.widgets.combo import Combo
from latentstudio.ui.widgets.metrics import GAP
from latentstudio.ui.widgets.rows import labelled
from latentstudio.ui.widgets.seed_row import SeedRow
from latentstudio.ui.widgets.segmented import Segmented
from latentstudio.ui.widgets.slider_row import SliderRow

if TYPE_CHECKING:
    from latentstudio.generators.info import GeneratorInfo
    from latentstudio.ui.numbers.model import NumbersModel

FOLDER, ARCHIVE, FILE = "?folder", "?archive", "?file"  # entries that ask
DATA_TIP = """Data: the real pictures that samples are compared with. A folder or a zip of
pictures; what was computed from it is kept, and made anew when it changes."""
FEATURES_TIP = """Features: the network through whose eyes pictures are compared. Numbers of
different features have nothing to do with each other. “Inception 2015-12-05” is the one
that papers mean by FID; the data set's own is fast enough for a moving hand."""
TARGET_TIP = """Samples: how many are drawn before a measurement counts as settled and goes
into the history. Twice as many make the intervals about a third narrower."""
SEED_TIP = "Seed of the samples: another one draws others, independent of these"
MIXING_TIP = """Style mixing: the probability that a sample takes its fine layers from a second
seed (Karras et al. 2019, section 3.1). Double-click for 0"""
NO_MIXING = "This generator is fed in one place: there are no layers to mix."
CLASS_TIP = "Samples of all classes, in the data's shares, or of the class in the Source panel"


class Setup(QWidget):
    """The choosers.

    Signals
    -------
    space_wanted(SpaceInfo)
        The hand chose a feature space whose network is not here yet.
    file_wanted(str)
        The hand wants to point to data (a folder or an archive) or to a features' file.
    """

    space_wanted = Signal(object)
    file_wanted = Signal(str)

    def __init__(self, numbers: NumbersModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._numbers = numbers
        self._paths: list[str] = []
        self.data = _combo("data", "Data set", DATA_TIP)
        self.features = _combo("features", "Feature space", FEATURES_TIP)
        self.target = _combo("target", "Number of samples", TARGET_TIP)
        self.target.fill([(f"{n:,}", n) for n in TARGETS])
        self.seed = SeedRow()
        self.seed.setObjectName("numbers.seed")
        self.seed.field.setToolTip(SEED_TIP)
        self.seed.field.setAccessibleName("Seed of the samples")
        self.mixing = SliderRow(0.0, 1.0, default=0.0, origin=0.0, marks=(0.0, 0.5, 0.9))
        self.mixing.setObjectName("numbers.mixing")
        self.mixing.name("Mixing probability")
        classes = [("all", "All", CLASS_TIP), ("this", "This one", CLASS_TIP)]
        self.classes = Segmented(classes)
        self.classes.setObjectName("numbers.classes")
        self._class_row = QWidget()
        self._class_row.setLayout(labelled("Classes", self.classes))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        for words, widget in (
            ("Data", self.data),
            ("Features", self.features),
            ("Samples", self.target),
            ("Seed", self.seed),
            ("Mixing", self.mixing),
        ):
            column.addLayout(labelled(words, widget))
        column.addWidget(self._class_row)

        self.data.activated.connect(self._on_data)
        self.features.activated.connect(self._on_features)
        self.target.activated.connect(self._on_target)
        self.seed.edited.connect(self._on_seed)
        self.mixing.edited.connect(self._on_mixing)
        self.classes.chosen.connect(self._on_classes)
        numbers.choices_changed.connect(self.show_choices)
        numbers.spaces_changed.connect(self._on_spaces)
        self.show_choices(numbers.choices)

    def show_info(self, info: GeneratorInfo | None) -> None:
        """Offer what the generator can do."""
        mixes = info is not None and info.num_layers > 1
        self.mixing.setEnabled(mixes)
        self.mixing.setToolTip(MIXING_TIP if mixes or info is None else NO_MIXING)
        self._class_row.setVisible(info is not None and info.num_classes > 0)

    def show_choices(self, choices: Choices) -> None:
        """Write the choices."""
        if choices.data and choices.data not in (BUNDLED, *self._paths):
            self._paths.append(choices.data)
        items: list[tuple[str, object]] = [] if choices.data else [("Not known", "")]
        items += [(BUNDLED_TITLE, BUNDLED)]
        items += [(data_title(path), path) for path in self._paths]
        self.data.fill([*items, ("Choose a folder…", FOLDER), ("Choose a zip…", ARCHIVE)])
        self.data.choose(choices.data)
        self.features.fill(self._spaces(choices.features))
        self.features.choose(choices.features)
        self.target.choose(choices.target)
        self.seed.set_value(choices.seed)
        self.mixing.set_value(choices.mixing)
        self.classes.choose("all" if choices.any_class else "this")

    def _spaces(self, chosen: str) -> list[tuple[str, object]]:
        items: list[tuple[str, object]] = [("The data set's own", "auto")]
        known = {"auto"}
        for space in self._numbers.spaces:
            if space.for_sets and space.name not in known:
                known.add(space.name)
                items.append((space.title + ("" if space.ready else " …"), space.name))
        if chosen not in known:
            items.append((Path(chosen).name, chosen))
        return [*items, ("Choose a file…", FILE)]

    def choose_space(self, name: str) -> None:
        """Measure in a feature space; ask for its network first where it is not here."""
        space = next((space for space in self._numbers.spaces if space.name == name), None)
        if space is not None and not space.ready and space.missing:
            self.space_wanted.emit(space)
        else:
            self._numbers.choose(features=name)

    def _on_spaces(self) -> None:
        self.show_choices(self._numbers.choices)

    def _on_data(self) -> None:
        spec = self.data.currentData()
        self.data.choose(self._numbers.choices.data)
        if spec in (FOLDER, ARCHIVE):
            self.file_wanted.emit(spec)
        else:
            self._numbers.choose(data=spec)

    def _on_features(self) -> None:
        name = self.features.currentData()
        self.features.choose(self._numbers.choices.features)
        if name == FILE:
            self.file_wanted.emit(FILE)
        else:
            self.choose_space(name)

    def _on_target(self) -> None:
        self._numbers.choose(target=self.target.currentData())

    def _on_seed(self, seed: int) -> None:
        self._numbers.choose(seed=seed)

    def _on_mixing(self, share: float) -> None:
        self._numbers.choose(mixing=round(share, 4))

    def _on_classes(self, key: str) -> None:
        self._numbers.choose(any_class=key == "all")


def _combo(name: str, words: str, tip: str) -> Combo:
    combo = Combo()
    combo.setObjectName(f"numbers.{name}")
    combo.setAccessibleName(words)
    combo.setToolTip(tip)
    return combo
