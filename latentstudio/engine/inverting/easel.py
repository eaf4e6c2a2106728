"""What stands ready while points are searched for in one generator."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from latentstudio.checkpoints.bundled import bundled_features
from latentstudio.checkpoints.encoder_file import encoder_of
from latentstudio.checkpoints.header import glance
from latentstudio.document.sampling import Sampling
from latentstudio.document.vector import Vector
from latentstudio.engine.cache import LRU
from latentstudio.engine.editing.desk import Desk
from latentstudio.engine.editing.population import Store, paced
from latentstudio.engine.editing.values import USABLE
from latentstudio.engine.errors import EngineError
from latentstudio.engine.inverting.values import Guess
from latentstudio.latents.inversion.encoder import load_encoder
from latentstudio.latents.principal import PrincipalAxes, principal_axes
from latentstudio.metrics.matching import Embedding, Matching
from latentstudio.metrics.spaces.lpips import LpipsFeatures
from latentstudio.metrics.spaces.register import known, open_space

if TYPE_CHECKING:
    from latentstudio.engine.editing.lane import Task
    from latentstudio.engine.inverting.values import Pixels
    from latentstudio.generators.protocol import Generator

_LPIPS = "lpips"


class Easel:
    """A generator's feature space, its samples as that space reads them, and its encoder.

    Parameters
    ----------
    checkpoint
        Content hash of the generator.
    locate
        Content hash to file.
    device
        Where to compute.
    store
        Where the samples' readings outlive the session.

    Raises
    ------
    CheckpointError
        One sentence: a file that is damaged.
    """

    def __init__(
        self, checkpoint: str, locate: Callable[[str], Path | None], device: str, store: Store
    ) -> None:
        self.checkpoint, self.device, self._store = checkpoint, device, store
        path = locate(checkpoint)
        data = glance(path).data.get("name", "") if path is not None else ""
        features = bundled_features(str(data))
        self._desk = Desk(checkpoint, features, device, store) if features else None
        encoder = encoder_of(checkpoint, path)
        self._encoder = load_encoder(encoder, device) if encoder else None
        self._axes: LRU[PrincipalAxes] = LRU(4)
        self._lpips: LpipsFeatures | None = None
        if any(space.name == _LPIPS and space.ready for space in known()):
            opened = open_space(_LPIPS, device)
            self._lpips = opened if isinstance(opened, LpipsFeatures) else None

    @property
    def features(self) -> Embedding | None:
        """The feature space of the data that the generator learned from; None without one."""
        return self._desk.classifier if self._desk else None

    def matching(
        self,
        picture: Pixels,
        mask: Pixels | None = None,
        small: int | None = None,
        features: bool = True,
    ) -> Matching:
        """How far pictures are from one, of which a mask or a small size is known alone.

        Parameters
        ----------
        picture, mask, small
            As in an order.
        features
            Whether feature spaces count, too, where there are any.
        """
        return Matching(
            self.features if features else None,
            self.tensor(picture),
            mask=None if mask is None else torch.from_numpy(mask).to(self.device),
            small=small,
            lpips=self._lpips if features else None,
        )

    def tensor(self, picture: Pixels) -> Tensor:
        """uint8 [r, r, c] as [1, c, r, r] in [-1, 1]."""
        planes = torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))
        return planes[None].to(self.device).float() / 127.5 - 1.0

    def axes(self, generator: Generator, label: int | None) -> PrincipalAxes | None:
        """Principal axes of w, worked out once; None without a mapping network."""
        return self.axes_of(generator)(label) if generator.has_mapping else None

    def axes_of(self, generator: Generator) -> Callable[[int | None], PrincipalAxes]:
        """The same as composing a recipe asks for them."""
        return lambda label: self._axes(label, lambda: principal_axes(generator, label=label))

    def guess(self, picture: Pixels) -> Guess | None:
        """The encoder's; None without one that looks at such pictures."""
        if self._encoder is None or self._encoder[0].channels != picture.shape[2]:
            return None
        encoder, header = self._encoder
        begun = time.perf_counter()
        with torch.inference_mode():
            latent = encoder(self.tensor(picture))[0].cpu().numpy()
        return Guess(Vector.of(header.space, latent), time.perf_counter() - begun)

    def learn(self, task: Task) -> None:
        """Read enough samples to find near ones, while the hand rests; they are kept."""
        desk = self._desk
        if desk is None:
            return

        def fits(generator: Generator) -> bool:
            try:
                desk.check(generator)
            except EngineError:  # it reads other pictures: pixels must do
                return False
            return True

        if not task.once(self.checkpoint, fits):
            self._desk = None
        elif desk.outputs.n < USABLE:
            sampling = Sampling(self.checkpoint)

            def draw(generator: Generator, start: int, stop: int) -> None:
                rows = desk.see(generator, sampling, start, stop).numpy()
                desk.outputs.append(rows.astype(np.float16))

            title = "Looking at what the generator shows"
            paced(task, self.checkpoint, desk.outputs.n, USABLE, draw, title)
            self._store.save(self.checkpoint, desk.classifier_hash, desk.outputs.view())

    def nearest(self, picture: Pixels, n: int) -> list[int]:
        """Seeds of the samples that are read most like a picture, the nearest first.

        None without readings. Each output counts in its standard deviations over the samples.
        """
        if self._desk is None or not self._desk.outputs.n:
            return []
        samples = self._desk.outputs.view().astype(np.float32)
        wanted = self._desk.look(self.tensor(picture)).numpy()
        apart = np.square((samples - wanted) / np.maximum(samples.std(axis=0), 1e-3)).sum(axis=1)
        # Layers and classes have no part in the seeds.
        seeds = Sampling(self.checkpoint).draws(0, len(samples), num_layers=1).seeds
        return [int(seeds[i]) for i in np.argsort(apart, kind="stable")[:n]]
