"""Pictures of a sampling, many at a time: the same as their recipes one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from latentstudio.generators.bending import Bending
from latentstudio.latents.edits import displaced_ws, displaced_z
from latentstudio.latents.transform import transform_matrix

if TYPE_CHECKING:
    from latentstudio.document.edit import Edit
    from latentstudio.document.recipe import Recipe
    from latentstudio.document.sampling import Draws, Sampling
    from latentstudio.generators.protocol import Generator


def draws_of(
    generator: Generator,
    sampling: Sampling,
    start: int,
    stop: int,
    class_shares: Sequence[float] = (),
) -> Draws:
    """What samples ``start`` to ``stop - 1`` of a generator are made from.

    Parameters and errors are those of :meth:`~latentstudio.document.sampling.Sampling.draws`.
    """
    return sampling.draws(
        start,
        stop,
        num_layers=generator.num_layers,
        num_classes=generator.num_classes,
        class_shares=class_shares,
    )


def sample_ws(generator: Generator, draws: Draws, edits: Sequence[Edit] = ()) -> Tensor:
    """The latents of samples, mixed and not yet truncated: [n, num_layers, w_dim].

    Of ``edits``, those in z.
    """
    labels = None
    if draws.labels is not None:
        labels = torch.from_numpy(draws.labels).to(generator.device)
    z = displaced_z(generator.sample_seeds(draws.seeds.tolist()), edits)
    ws = generator.map(z, labels)
    crossovers = torch.from_numpy(draws.crossovers).to(ws.device)
    mixed = (crossovers < generator.num_layers).nonzero()[:, 0]
    if len(mixed):
        partners = generator.sample_seeds([int(draws.partners[i]) for i in mixed.tolist()])
        partners = displaced_z(partners, edits)
        others = generator.map(partners, None if labels is None else labels[mixed])
        layers = torch.arange(generator.num_layers, device=ws.device)
        listens = layers[None, :] >= crossovers[mixed][:, None]
        ws = ws.clone()
        ws[mixed] = torch.where(listens[:, :, None], others, ws[mixed])
    return ws


def sample_images(
    generator: Generator, sampling: Sampling, draws: Draws, ws: Tensor | None = None
) -> Tensor:
    """Draw samples.

    Parameters
    ----------
    generator
        In evaluation mode; its hash is not compared with the sampling's.
    sampling, draws
        The settings, and which samples.
    ws
        What :func:`sample_ws` gave for them, where it is known already.

    Returns
    -------
    Tensor
        float32 [n, channels, H, W], nominally in [-1, 1], unclamped, on the generator's device:
        what the engine draws for each sample's recipe but for the rounding of larger batches.
    """
    with torch.inference_mode():
        ws = sample_ws(generator, draws, sampling.edits) if ws is None else ws
        ws = generator.truncate(ws, sampling.truncation.psi, sampling.truncation.cutoff)
        ws = displaced_ws(generator, ws, sampling.edits)
        seeds = draws.seeds.tolist() if sampling.noise.mode == "random" else None
        settings = settings_of(generator, sampling, seeds)
        return generator.synthesize(ws, **settings)


def settings_of(
    generator: Generator, of: Recipe | Sampling, seeds: Sequence[int] | None = None
) -> dict[str, Any]:
    """The keyword arguments of ``synthesize`` for noise, transform and bends.

    Parameters
    ----------
    generator
        Says whether it has a transform.
    of
        Whose they are.
    seeds
        Of the noise, one a picture, in place of ``noise.seed``.
    """
    noise = of.noise
    strength: float | list[float] = noise.strength
    if noise.layers:
        strength = [noise.factor(layer) for layer in range(generator.num_layers)]
    settings: dict[str, Any] = {
        "noise": noise.mode,
        "noise_seed": noise.seed if seeds is None else list(seeds),
        "noise_strength": strength,
        "noise_turn": noise.turn,
    }
    if generator.has_transform:
        settings["transform"] = transform_matrix(of.transform)
    if of.bends:
        settings["tap"] = Bending(of.bends)
    return settings
