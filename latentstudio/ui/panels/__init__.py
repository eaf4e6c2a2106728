"""The docked panels: one concern each."""

from __future__ import annotations

from latentstudio.ui.panels.base import Panel
from latentstudio.ui.panels.composition import CompositionPanel
from latentstudio.ui.panels.context import PanelContext, Thumbnails
from latentstudio.ui.panels.edit import EditPanel
from latentstudio.ui.panels.gallery import GalleryPanel
from latentstudio.ui.panels.inside import InsidePanel
from latentstudio.ui.panels.mixing import MixingPanel
from latentstudio.ui.panels.morph import MorphPanel
from latentstudio.ui.panels.neighbours import NeighboursPanel
from latentstudio.ui.panels.noise import NoisePanel
from latentstudio.ui.panels.numbers import NumbersPanel
from latentstudio.ui.panels.picture import PicturePanel
from latentstudio.ui.panels.sliders import SlidersPanel
from latentstudio.ui.panels.source import SourcePanel
from latentstudio.ui.panels.timeline import TimelinePanel
from latentstudio.ui.panels.transform import TransformPanel
from latentstudio.ui.panels.truncation import TruncationPanel

PANELS: tuple[type[Panel], ...] = (
    SourcePanel,
    PicturePanel,
    TruncationPanel,
    MixingPanel,
    MorphPanel,
    EditPanel,
    SlidersPanel,
    NumbersPanel,
    NeighboursPanel,
    NoisePanel,
    TransformPanel,
    CompositionPanel,
    InsidePanel,
    GalleryPanel,
    TimelinePanel,
)

__all__ = ["PANELS", "Panel", "PanelContext", "Thumbnails"]
