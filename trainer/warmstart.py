"""Begin a run with the weights of another, of the same or of a smaller resolution.

Coarse structure is learned several times faster on small pictures. The layers of a smaller
network are found again, resolution by resolution, in a larger one of the same widths; what
is new begins at random, but without an effect on the picture, which begins as the enlarged
old one. The idea is that of progressive growing (Karras et al. 2018) without the fade.
"""

from __future__ import annotations

import re
from pathlib import Path

import torch
from torch import Tensor, nn

from latentstudio.generators.growth import Grows
from trainer.errors import TrainingError
from trainer.state import Header, Snapshots, TrainingState, read_snapshot
from trainer.tensors import under

_NUMBERED = re.compile(r"(blocks|stages|norms)\.(\d+)\.")


def read_source(source: Path) -> tuple[Header, dict[str, Tensor]]:
    """Header and tensors of a run's newest whole snapshot, or of a snapshot file.

    Raises
    ------
    TrainingError
        If there is none.
    """
    if source.is_dir():
        return Snapshots(source / "snapshots").load()[1:3]
    return read_snapshot(source)


def warm_start(state: TrainingState, header: Header, tensors: dict[str, Tensor]) -> None:
    """Copy what fits from a snapshot into the networks of a state, in place.

    Optimisers, counters and random state stay those of a fresh run.

    Parameters
    ----------
    state
        Freshly built.
    header, tensors
        From :func:`read_source`.

    Raises
    ------
    TrainingError
        If the networks are of another kind, larger, or of other widths.
    """
    old, new = header.config.resolution, state.generator.resolution
    if header.config.preset.generator != state.generator.family or old > new:
        raise TrainingError(
            f"A {header.config.preset.generator} of {old} px cannot start a "
            f"{state.generator.family} of {new} px."
        )
    if old < new and isinstance(state.generator, Grows):
        raise TrainingError(
            f"A {state.generator.family} of {new} px does not start from one of {old} px: it grows "
            "by itself, with --grow-from."
        )
    for name in ("generator", "average"):
        network: nn.Module = getattr(state, name)
        fresh = _copy(network, under(tensors, name))
        _silence(network, fresh)
    doublings = (new // old).bit_length() - 1
    stem = header.config.preset.discriminator_args.get("stem", "residual")
    source = _moved(under(tensors, "discriminator"), doublings, stem, state.discriminator)
    _copy(state.discriminator, source)


def _moved(
    source: dict[str, Tensor], doublings: int, stem: str, discriminator: nn.Module
) -> dict[str, Tensor]:
    """A discriminator's tensors under the names they have in one of higher resolution."""
    strided = getattr(discriminator, "stem", "residual") == "strided"
    # Stages are counted from the finest; a strided stem takes the place of the first.
    shift = doublings + (stem == "strided") - strided
    moved = {
        _NUMBERED.sub(lambda m: f"{m[1]}.{int(m[2]) + shift}.", key): value
        for key, value in source.items()
    }
    if doublings == 1 and stem == "residual" and strided:
        # Exact: the 4x4 stride-2 convolution that averages 2x2 pixels, then sees their colour
        # as before. The taps share 1/16 of the equalised variance, and four of them add up.
        old = source["from_rgb.weight"]
        moved["from_rgb.weight"] = torch.nn.functional.pad(old.repeat(1, 1, 2, 2), (1, 1, 1, 1))
    return moved


@torch.no_grad()
def _copy(network: nn.Module, source: dict[str, Tensor]) -> set[str]:
    """Copy what has the same name and shape; the names that were not found."""
    fresh = set()
    target = network.state_dict()
    for key, value in target.items():
        if key in source and source[key].shape == value.shape:
            value.copy_(source[key])
        else:
            fresh.add(key)
    found = sum(target[key].numel() for key in target.keys() - fresh)
    if 2 * found < sum(value.numel() for value in source.values()):
        raise TrainingError("The run to start from has networks of other widths.")
    return fresh


@torch.no_grad()
def _silence(network: nn.Module, fresh: set[str]) -> None:
    """Let new picture outputs begin at zero: the picture is then the enlarged old one."""
    for key, value in network.state_dict().items():
        if key in fresh and key.endswith("torgb.weight"):
            value.zero_()
