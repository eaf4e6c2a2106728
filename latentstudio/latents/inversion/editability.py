"""Whether a point found can be edited: how near it is to where the generator's own points lie.

A search finds points that draw a picture well and are unlike any that the generator learned from;
there directions lead elsewhere (Tov et al., "Designing an Encoder for StyleGAN Image Manipulation",
2021, section 3). So the distance from the mean and that between the layers are shown with the loss.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from latentstudio.generators.protocol import Generator
from latentstudio.latents.gradient_space import Coordinates, Space
from latentstudio.latents.inversion.points import centred, distances, entered, spreads
from latentstudio.latents.principal import PrincipalAxes, principal_axes

SAMPLES = 1000
USUAL = 0.95  # percentile up to which a point is one of many
EDGE = 1.25  # times the distance of that percentile
# Two samples mixed, half of the layers each, have a spread of about 0.7.
MIXED, TORN = 0.6, 1.0

Word = Literal["close to the generator's own", "at its edge", "far outside"]
_WORDS: tuple[Word, ...] = ("close to the generator's own", "at its edge", "far outside")


@dataclass(frozen=True)
class Editability:
    """Where a point lies among samples.

    Attributes
    ----------
    distance
        From the mean, root mean square over directions: 1 is usual for a sample.
    percentile
        The share of samples that are nearer to the mean, 0 to 1.
    spread
        How far the layers are from each other, in the same unit; 0 in z and w.
    word
        The verdict.
    """

    distance: float
    percentile: float
    spread: float
    word: Word


def editability(
    generator: Generator, latent: Tensor, space: Space, axes: PrincipalAxes | None = None
) -> Editability:
    """Judge a point.

    Samples are drawn at the first call for a generator, and remembered.

    Parameters
    ----------
    generator
        In evaluation mode.
    latent
        [z_dim], [w_dim] or [num_layers, w_dim], as ``space`` says.
    space
        Of the latent.
    axes
        Principal axes of w; computed here when None.
    """
    if axes is None and space != "z" and generator.has_mapping:
        axes = _axes(generator)
    at = centred(generator, space, axes)
    usual = _usual(at, axes)
    u = entered(at, latent[None])
    distance, spread = float(distances(u)), float(spreads(u))
    percentile = float(torch.searchsorted(usual, distance)) / len(usual)
    edge = float(usual[int(USUAL * len(usual))])
    level = int(distance > edge or spread > MIXED)
    level += int(distance > EDGE * edge or spread > TORN)
    return Editability(distance, percentile, spread, _WORDS[level])


def _usual(at: Coordinates, axes: PrincipalAxes | None) -> Tensor:
    """The distances of samples from the mean, sorted."""
    generator = at.generator
    known = _known.setdefault(generator, {})
    kind = "z" if at.space == "z" else "w"
    if kind not in known or known[kind][0] is not axes:
        z = generator.sample_z(SAMPLES, 0)
        labels = None
        if generator.num_classes:
            labels = torch.arange(SAMPLES, device=z.device) % generator.num_classes
        with torch.no_grad():
            codes = z if kind == "z" else generator.map(z, labels)[:, 0]
        known[kind] = axes, at.seen(codes).square().mean(dim=1).sqrt().sort().values
    return known[kind][1]


def _axes(generator: Generator) -> PrincipalAxes:
    known = _known.get(generator, {}).get("w", (None,))[0]
    return known or principal_axes(generator)


# Generators that nobody else holds go, with what is known of them.
_known: WeakKeyDictionary[Generator, dict[str, tuple[PrincipalAxes | None, Tensor]]]
_known = WeakKeyDictionary()
