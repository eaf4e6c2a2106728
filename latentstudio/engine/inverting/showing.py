"""What a search has found, as plain values: pictures, points, and what to think of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from latentstudio.checkpoints.difference import Difference
from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.data.errors import printable
from latentstudio.document.checks import MAX_NAME
from latentstudio.document.vector import Vector
from latentstudio.engine.inverting.judgement import outlook, warning_of
from latentstudio.engine.inverting.values import Answer, Gauge, Progress
from latentstudio.latents.inversion.editability import editability

if TYPE_CHECKING:
    from latentstudio.checkpoints.differences import Differences
    from latentstudio.engine.inverting.draft import Draft
    from latentstudio.engine.inverting.values import Curves, Pixels
    from latentstudio.generators.protocol import Generator
    from latentstudio.latents.inversion import projector as projecting

LARGEST = 256  # px a side of pictures on the way
ALIKE = 3.0  # of 255: answers that differ by less are one


class Showing:
    """A search with what its results are measured by; for the thread that draws.

    Parameters
    ----------
    draft
        Whose tries are done.
    generator
        That it searches in.

    Attributes
    ----------
    projector
        The search.
    """

    def __init__(self, draft: Draft, generator: Generator) -> None:
        self._draft, self._generator = draft, generator
        self.projector = draft.begin(generator)
        self._best: tuple[projecting.Found, Answer] | None = None

    def progress(self, step: projecting.Progress, seconds_left: float, curves: Curves) -> Progress:
        """Where it stands after a step."""
        found = self.projector.best
        if self._best is None or self._best[0] is not found:
            self._best = found, self._answer(found)
        best = self._best[1]
        return Progress(
            step=step.index,
            steps=self.projector.steps,
            seconds_left=seconds_left,
            pictures=np.stack([pixels(image) for image in _small(step.images)]),
            losses=tuple(step.loss.tolist()),
            alive=tuple(step.alive.tolist()),
            origins=self._draft.origins,
            curves=curves,
            best=found.start,
            distance=best.distance,
            editability=best.editability,
            vector=best.vector,
            picture=best.picture,
        )

    def answers(
        self, differences: Differences, finished: bool = True
    ) -> tuple[tuple[Answer, ...], str]:
        """The best that differ from each other, the nearest first, and what to know about them.

        ``finished`` says that nobody stopped the search.
        """
        order, answers, trouble = self._draft.order, list[Answer](), ""
        for found in self.projector.answers:
            answer = self._answer(found)
            if len(answers) < order.answers and all(_differ(answer, each) for each in answers):
                answer = replace(answer, misfit=self._draft.misfit(found.image))
                if found.noise:
                    try:
                        answer = replace(answer, difference=self._kept(found.noise, differences))
                    except CheckpointError as error:  # a full disk takes nothing else away
                        trouble = f"{error}. The answer is without the noise that was found."
                answers.append(answer)
        warning = warning_of(order, min(answers, key=lambda each: each.misfit), finished)
        # Found by their loss, which is more than the distance that is shown.
        answers.sort(key=lambda each: each.distance)
        return tuple(answers), f"{trouble} {warning}".strip()

    def _answer(self, found: projecting.Found) -> Answer:
        seen = editability(
            self._generator, found.latent, found.space, self._draft.axes(self._generator)
        )
        return Answer(
            Vector.of(found.space, found.latent.detach().cpu().numpy()),
            found.loss,
            self._draft.distance(found.image),
            pixels(found.image),
            Gauge(seen.percentile, seen.word, outlook(seen.word, found.space)),
        )

    def _kept(self, noise: dict[int, Tensor], differences: Differences) -> str:
        """Noise planes as a difference: its content hash."""
        order = self._draft.order
        name = f"Noise of {printable(order.name) or 'a picture'}"[:MAX_NAME]
        return differences.add(Difference(order.checkpoint, noise=noise, name=name))


def pixels(image: Tensor) -> Pixels:
    """[c, H, W] in [-1, 1] as a frame shows it: uint8 [H, W, 3]."""
    rgb = image[:3] if len(image) >= 3 else image[:1].expand(3, -1, -1)
    scaled = rgb.detach().add(1.0).mul(127.5).round().clamp(0.0, 255.0)
    return scaled.to(torch.uint8).permute(1, 2, 0).contiguous().cpu().numpy()


def _small(images: Tensor) -> Tensor:
    if images.shape[-1] <= LARGEST:
        return images
    return F.interpolate(images.clamp(-1.0, 1.0), (LARGEST, LARGEST), mode="area")


def _differ(some: Answer, other: Answer) -> bool:
    apart = some.picture.astype(np.float32) - other.picture
    return float(np.sqrt(np.square(apart).mean())) >= ALIKE
