"""The noise panel: the chance details that each layer adds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from latentstudio.document.recipe import MAX_SEED
from latentstudio.ui.panels.base import NO_GENERATOR, Panel
from latentstudio.ui.widgets.equaliser import Equaliser
from latentstudio.ui.widgets.field import NumberField
from latentstudio.ui.widgets.gesture import Gesture
from latentstudio.ui.widgets.glyph import GlyphButton
from latentstudio.ui.widgets.metrics import FIELD
from latentstudio.ui.widgets.rows import labelled
from latentstudio.ui.widgets.seed_row import SeedRow
from latentstudio.ui.widgets.segmented import Segmented
from latentstudio.ui.widgets.slider_row import SliderRow

if TYPE_CHECKING:
    from latentstudio.document.recipe import Recipe
    from latentstudio.generators.info import GeneratorInfo
    from latentstudio.ui.panels.context import PanelContext

MODES = [
    ("const", "Fixed", "const: the noise stored with the weights; the same in every picture"),
    ("none", "None", "none: no noise; smooth, sometimes painterly"),
    ("random", "Seeded", "random: fresh noise drawn from the seed below"),
]
STRENGTH_TIP = """Noise strength: a factor on what each layer learned (Karras et al. 2019).
0 none, 1 as trained, up to 3. Double-click for 1."""
LAYERS_TIP = """Drag to draw across the layers, coarse to fine; double-click for 1.
Keys: ← → choose, ↑ ↓ change, digits set."""
NO_NOISE = "This generator has no noise inputs: the latent point alone decides the picture."
FASTEST = 60.0


class NoisePanel(Panel):
    """Mode, seed, one strength for all, one per layer, and animation."""

    title = "Noise"
    name = "noise"

    def __init__(self, studio: PanelContext, parent: QWidget | None = None) -> None:
        super().__init__(studio, parent)
        self.mode = Segmented(MODES)
        self.mode.setObjectName("noise.mode")
        self.seed = SeedRow()
        self.seed.setObjectName("noise.seed")
        self.seed.setToolTip("Seed of the noise in the mode Seeded; choosing one turns it on")
        self.strength = SliderRow(0.0, 3.0, default=1.0, marks=(1.0,))
        self.strength.setObjectName("noise.strength")
        self.strength.setToolTip(STRENGTH_TIP)
        self.strength.name("Noise strength")
        self.layers = Equaliser(3.0)
        self.layers.setObjectName("noise.layers")
        self.layers.setToolTip(LAYERS_TIP)
        self.layers.setAccessibleName("Noise strength of each layer")
        self.animate = GlyphButton("play", "Animate. New noise again and again, as one undo step")
        self.animate.setObjectName("noise.animate")
        self.animate.setCheckable(True)
        self.speed = NumberField(1, FASTEST, step=1, decimals=0)
        self.speed.setObjectName("noise.speed")
        self.speed.setFixedWidth(FIELD + 8)
        self.speed.setSuffix(" fps")
        self.speed.setToolTip("At most so many new noises a second")
        self.speed.set_amount(12)

        self.column.addLayout(labelled("Mode", self.mode))
        self.column.addLayout(labelled("Seed", self.seed))
        self.column.addLayout(labelled("Animate", self.animate, self.speed, stretch=False))
        self.column.addLayout(labelled("Strength", self.strength))
        self.column.addLayout(labelled("Layers", self.layers))
        self.column.addStretch(1)

        self._rows: list[int] = []
        self._stroke = Gesture()
        self._drawn: tuple[str, int] | None = None
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._on_tick)
        self.mode.chosen.connect(self._on_mode)
        self.seed.edited.connect(self._on_seed)
        self.strength.edited.connect(self._on_strength)
        self.layers.edited.connect(self._on_layers)
        self.animate.toggled.connect(self._on_animate)
        self.speed.edited.connect(self._on_speed)
        self.refresh()

    def show_info(self, info: GeneratorInfo | None) -> None:
        """One bar for each layer that adds noise."""
        able = info is not None and info.has_noise
        layers = info.layers if info is not None else ()
        self._rows = [i for i, layer in enumerate(layers) if layer.noise]
        self.layers.set_bars(
            tuple((f"{layers[i].resolution}", _words(layers[i].name, i)) for i in self._rows)
        )
        if not able:
            self.animate.setChecked(False)
        for widget in (
            self.mode, self.seed, self.strength, self.layers, self.animate, self.speed,
        ):  # fmt: skip
            widget.setEnabled(able)
        self.say(NO_GENERATOR if info is None else "" if able else NO_NOISE)

    def show_recipe(self, recipe: Recipe) -> None:
        """Write mode, seed and strengths."""
        noise = recipe.noise
        self.mode.choose(noise.mode)
        self.seed.set_value(noise.seed)
        self.strength.set_value(noise.strength)
        listed = noise.layers
        self.layers.set_values([listed[i] if i < len(listed) else 1.0 for i in self._rows])
        if self.animate.isChecked() and (noise.mode, noise.seed) != self._drawn:
            # Somebody else chose the noise (undo, a restored point): do not fight it.
            self.animate.setChecked(False)

    def _change(self, merge: str | None = None, **values: object) -> None:
        noise = msgspec.structs.replace(self.document.recipe.noise, **values)
        recipe = msgspec.structs.replace(self.document.recipe, noise=noise)
        self.document.change("Noise", recipe=recipe, merge=merge)

    def _on_mode(self, mode: str) -> None:
        self._change(mode=mode)

    def _on_seed(self, seed: int) -> None:
        self._change(self.seed.merge(), mode="random", seed=seed)

    def _on_strength(self, strength: float) -> None:
        self._change(self.strength.merge(), strength=round(strength, 4))

    def _on_layers(self, changes: dict[int, float]) -> None:
        info = self.document.info
        count = len(info.layers) if info is not None else 0
        listed = list(self.document.recipe.noise.layers)
        listed += [1.0] * (count - len(listed))
        for bar, value in changes.items():
            listed[self._rows[bar]] = value
        # All ones is what no list means: equal pictures, equal recipes.
        layers = () if all(value == 1.0 for value in listed) else tuple(listed)
        self._change(self.layers.gesture.merge("noise.layers"), layers=layers)

    def _on_animate(self, on: bool) -> None:
        self.animate.set_sign("pause" if on else "play")
        if on:
            noise = self.document.recipe.noise
            self._drawn = noise.mode, noise.seed
            self._stroke.begin()
            self._timer.start(round(1000 / self.speed.value()))
            self._on_tick()
        else:
            self._timer.stop()

    def _on_speed(self, speed: float) -> None:
        self._timer.setInterval(round(1000 / speed))

    def _on_tick(self) -> None:
        if QApplication.mouseButtons() != Qt.MouseButton.NoButton:
            # A drag elsewhere stays one undo step: our steps must not come between its own.
            return
        seed = (self.document.recipe.noise.seed + 1) % (MAX_SEED + 1)
        self._drawn = "random", seed
        self._change(self._stroke.merge("noise.animate"), mode="random", seed=seed)


def _words(name: str, number: int) -> str:
    return f"Layer {number + 1}, {name}"
