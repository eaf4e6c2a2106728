"""What can be done with one slider."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from latentstudio.data.attributes import title
from latentstudio.ui.directions.layers import layer_choices, layered, range_words, whole

if TYPE_CHECKING:
    from latentstudio.document.direction import Direction
    from latentstudio.generators.info import GeneratorInfo
    from latentstudio.ui.directions.layers import Layers

CANNOT = """Only sliders fitted to an attribute can be fitted again from here; one made of examples
is made to hold something where its examples are: on the samples wall"""


class DirectionMenu(QMenu):
    """Layers, name, filmstrip, leakage, files, and away.

    Signals
    -------
    wanted(str)
        A deed: ``rename``, ``look``, ``leakage``, ``hold``, ``export``, ``back``, ``delete``, or
        ``range``.
    layers_wanted(object)
        (first, stop).
    """

    wanted = Signal(str)
    layers_wanted = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setToolTipsVisible(True)
        self.layers = self.addMenu("&Layers")
        self.addSeparator()
        self.deeds: dict[str, QAction] = {}
        for name, words in (
            ("look", "&Filmstrip and leakage"),
            ("leakage", "&Measure its leakage"),
            ("hold", ""),
            ("", ""),
            ("rename", "&Rename…"),
            ("export", "&Export to a file…"),
            ("back", "Send &back"),
            ("delete", "&Delete"),
        ):
            if name:
                self.deeds[name] = self.addAction(words)
                self.deeds[name].setData(name)
            else:
                self.addSeparator()
        self.triggered.connect(self._on_triggered)

    def show_direction(
        self,
        direction: Direction,
        layers: Layers,
        info: GeneratorInfo | None,
        worst: str,
    ) -> None:
        """Fit the menu to a direction, the layers in force, and its worst offender (or "")."""
        self.layers.clear()
        group = QActionGroup(self.layers)
        for words, choice in layer_choices(info):
            action = self.layers.addAction(words)
            action.setData(choice)
            action.setCheckable(True)
            action.setChecked(choice == whole(layers, info))
            group.addAction(action)
        self.layers.addAction(range_words(layers, info)).setData("range")
        moves_layers = direction.vector is not None and direction.vector.space != "z"
        self.layers.menuAction().setVisible(moves_layers and layered(info))
        hold, able = self.deeds["hold"], refittable(direction)
        hold.setText(f"&Hold {title(worst) or 'the worst'} and fit again")
        hold.setEnabled(bool(worst) and able)
        hold.setToolTip("" if able else CANNOT)

    def _on_triggered(self, action: QAction) -> None:
        data = action.data()
        if isinstance(data, str):
            self.wanted.emit(data)
        else:
            self.layers_wanted.emit(tuple(data))


def refittable(direction: Direction) -> bool:
    """Whether its file says all that a new fit needs."""
    return bool(direction.attribute) and direction.method in ("ridge", "logistic", "svm")
