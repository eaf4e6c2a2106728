"""The panel that looks inside the network: maps of channels, their spectrum, and bends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QWidget

from latentstudio.ui.describe import DOT
from latentstudio.ui.inside.bend_box import BendBox
from latentstudio.ui.inside.bend_list import BendList
from latentstudio.ui.inside.channels_box import ChannelsBox
from latentstudio.ui.inside.deeds import Deeds
from latentstudio.ui.inside.held import held
from latentstudio.ui.inside.kinds import bend_key, channel_words
from latentstudio.ui.inside.layer_strip import LayerStrip
from latentstudio.ui.inside.spectrum_plot import SpectrumPlot
from latentstudio.ui.inside.watch import Watch
from latentstudio.ui.numbers.section import Section
from latentstudio.ui.numbers.visibility import Attention
from latentstudio.ui.panels.base import NO_GENERATOR, Panel
from latentstudio.ui.widgets.glyph import GlyphButton
from latentstudio.ui.widgets.hint import Hint
from latentstudio.ui.widgets.metrics import STEP

if TYPE_CHECKING:
    from latentstudio.document.recipe import Recipe
    from latentstudio.engine.editing.values import Answering
    from latentstudio.engine.frame import Frame
    from latentstudio.generators.info import GeneratorInfo, LayerInfo
    from latentstudio.ui.inside.maps import Maps
    from latentstudio.ui.panels.context import PanelContext

FIRST = 16  # px: where a network is looked into first, there are shapes and many channels
ASKING = "Asking the channels"
EARLIER = "of the picture before"
PREVIEW = "exact: the picture on the screen is a preview"


class InsidePanel(Panel):
    """Maps of one layer, and what is done to its channels."""

    title = "Inside"
    name = "inside"

    def __init__(self, studio: PanelContext, parent: QWidget | None = None) -> None:
        super().__init__(studio, parent)
        self.model, self.deeds = studio.editing, Deeds(studio)
        self._trouble, self._preview = "", False
        self._layers: tuple[str, tuple[LayerInfo, ...]] | None = None  # whose are in the strip
        self.watch = Watch(self.model, Attention(self), self)
        self.strip, self.channels = LayerStrip(), ChannelsBox()
        self.strip.setObjectName("inside.layer")
        self.before = GlyphButton("previous", "The layer before (in the row: Left)")
        self.after = GlyphButton("next", "The next layer (in the row: Right)")
        self.before.setObjectName("inside.layer.before")
        self.after.setObjectName("inside.layer.after")
        self.facts = Hint()
        self.facts.setObjectName("inside.facts")
        self.bend, self.bends, self.spectrum = BendBox(), BendList(), SpectrumPlot()
        self.spectrum.setObjectName("inside.spectrum")
        self._lay_out()
        self._connect()
        self._on_known()
        self.refresh()

    # -- the document --------------------------------------------------------------------

    def show_info(self, info: GeneratorInfo | None) -> None:
        """Offer the layers of the generator."""
        whose = None if info is None else (info.content_hash, info.layers)
        self.bend.show_info(info)
        if whose != self._layers:
            new, self._layers = self._layers is None, whose
            self.deeds.off.clear()
            layers = info.layers if info is not None else ()
            self.strip.show_layers(layers)
            if new:
                large = (i for i, its in enumerate(layers) if its.resolution >= FIRST)
                self.strip.choose(next(large, 0))
            self._look()
        self._explain()

    def show_recipe(self, recipe: Recipe) -> None:
        """Write what is bent, and ask for the maps when the hand rests."""
        bends, deeds = held(recipe), self.deeds
        deeds.off = {key: its for key, its in deeds.off.items() if key not in bends}
        self.bends.show_bends(bends, deeds.off, deeds.sliders(), self.document.info)
        self.strip.show_bent(frozenset(bend.layer for bend in recipe.bends))
        self._show_bend()
        self._show_facts()
        self.watch.rest()

    def show_frame(self, frame: Frame) -> None:
        """Whether the picture on the screen is as exact as the maps."""
        self._preview = frame.preview
        self._show_facts()

    def stop(self) -> None:
        """Ask for nothing more (the window is going)."""
        self.watch.stop()

    # -- what arrives --------------------------------------------------------------------

    def _on_mapped(self, maps: Maps) -> None:
        self._trouble = ""
        self.channels.show_maps(maps)
        self._show_facts()
        self._explain()

    def _on_answered(self, answer: Answering) -> None:
        self._trouble = ""
        self.channels.show_answer(answer)
        self._explain()

    def _on_known(self) -> None:
        known, order = self.model.known, self.channels.order
        columns = known.columns if known is not None else ()
        shown = [c for i, c in enumerate(columns) if known and known.population.shows(i)]
        if shown != order.columns:
            order.show_columns(shown, self.model.trouble)
            self._ask()

    def _on_library(self) -> None:
        self.show_recipe(self.document.recipe)

    def _on_progress(self, words: str, share: float, left: float) -> None:
        if self.watch.waiting:
            words += "" if left < 0 else f"{DOT}{left:,.0f} s left"
            self.channels.order.show_progress(words, share)

    def _on_failed(self, words: str) -> None:
        self._trouble = words
        if self.model.known is None:
            self.channels.order.show_columns((), self.model.trouble)
        self.channels.order.show_progress("", 1.0)
        self._explain()

    def _explain(self) -> None:
        there = self.document.info is not None
        self.say(self._trouble if there else NO_GENERATOR)
        for part in self._parts:
            part.setVisible(there)

    def _show_facts(self) -> None:
        info, maps = self.document.info, self.channels.maps
        if info is None:
            return
        parts = [info.layers[self.strip.current].name]
        if maps is not None:
            parts.append(f"{len(maps)} maps of {maps.size[1]} × {maps.size[0]}")
            if maps.recipe != self.document.recipe:
                parts.append(EARLIER)
            elif self._preview:
                parts.append(PREVIEW)
        self.facts.say(DOT.join(parts))

    # -- the hand on layers and channels -------------------------------------------------

    def _look(self) -> None:
        """Another layer."""
        self._trouble = ""
        self.channels.forget()
        self._ask()
        self._show_facts()
        self._explain()

    def _ask(self) -> None:
        order = self.channels.order
        asks = order.chosen == "answer"
        self.watch.look(self.strip.current, order.column if asks else None)
        if self.watch.waiting:
            order.show_progress(ASKING, 0.0)

    def _on_before(self) -> None:
        self.strip.step(-1)

    def _on_after(self) -> None:
        self.strip.step(1)

    def _on_chosen(self) -> None:
        self._show_bend()
        channels, maps = self.channels.channels, self.channels.maps
        if maps is None:
            self.spectrum.show_spectra((), (), "")
        else:
            chosen = maps.mean_spectrum(channels).tolist() if channels else ()
            words = channel_words(channels or ())
            self.spectrum.show_spectra(maps.mean_spectrum().tolist(), chosen, words)

    def _on_found(self, key: str) -> None:
        """Look at what a bend of the list bends."""
        its = (held(self.document.recipe) | self.deeds.off)[key]
        if its.bends[0].layer != self.strip.current:
            self.strip.choose(its.bends[0].layer)
            self._look()
        self.channels.choose(its.bends[0].channels)

    def _show_bend(self) -> None:
        layer, channels = self.strip.current, self.channels.channels
        self.bend.show_bends(self.document.recipe, layer, channels)

    # -- the hand on bends ---------------------------------------------------------------

    def _on_bent(self, kind: str, amount: float, merge: str) -> None:
        channels = self.channels.channels
        if channels is not None:
            self.deeds.bend(kind, self.strip.current, channels, amount, merge)

    def _on_kept(self) -> None:
        channels = self.channels.channels
        if channels is not None:
            key = bend_key(self.strip.current, "style", channels)
            self.deeds.keep(held(self.document.recipe)[key].bends[0])

    def _on_removed(self, key: str) -> None:
        if self.deeds.off.pop(key, None) is None:
            self.deeds.remove(key)
        self.show_recipe(self.document.recipe)

    def _on_cleared(self) -> None:
        self.deeds.clear()
        self.show_recipe(self.document.recipe)

    # -- inside --------------------------------------------------------------------------

    def _connect(self) -> None:
        self.strip.chosen.connect(self._look)
        self.before.clicked.connect(self._on_before)
        self.after.clicked.connect(self._on_after)
        self.channels.asked.connect(self._ask)
        self.channels.chosen.connect(self._on_chosen)
        self.watch.mapped.connect(self._on_mapped)
        self.watch.answered.connect(self._on_answered)
        self.watch.failed.connect(self._on_failed)
        self.studio.library.changed.connect(self._on_library)
        self.model.known_changed.connect(self._on_known)
        self.model.progressed.connect(self._on_progress)
        self.bend.bent.connect(self._on_bent)
        self.bend.kept.connect(self._on_kept)
        self.bends.moved.connect(self.deeds.move)
        self.bends.switched.connect(self.deeds.switch)
        self.bends.removed.connect(self._on_removed)
        self.bends.found.connect(self._on_found)
        self.bends.all.clicked.connect(self._on_cleared)

    def _lay_out(self) -> None:
        layers = QWidget()
        row = QHBoxLayout(layers)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(STEP)
        for widget in (self.before, self.strip, self.after):
            row.addWidget(widget, int(widget is self.strip))
        bend = Section("Bend what is chosen", "inside.fold.bend")
        bend.column.addWidget(self.bend)
        bends = Section("Bends in the picture", "inside.fold.bends")
        bends.column.addWidget(self.bends)
        spectrum = Section("Spectrum", "inside.fold.spectrum")
        spectrum.column.addWidget(self.spectrum)
        self._parts = (layers, self.facts, self.channels, bend, bends, spectrum)
        for part in self._parts:
            self.column.addWidget(part, int(part is self.channels))
