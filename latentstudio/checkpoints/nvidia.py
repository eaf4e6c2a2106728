"""NVIDIA's pickles of StyleGAN2 and StyleGAN3, read without executing what they name."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import ModuleType

from latentstudio.checkpoints import nvidia_stylegan2, nvidia_stylegan3
from latentstudio.checkpoints.errors import CheckpointError, quoted
from latentstudio.checkpoints.imported import Imported
from latentstudio.checkpoints.pickled_modules import read_network

# By what they hold and not by class name: forks call everything "Generator".
_FORMATS: dict[str, ModuleType] = {
    "NVIDIA StyleGAN2 pickle": nvidia_stylegan2,
    "NVIDIA StyleGAN3 pickle": nvidia_stylegan3,
}


def read_nvidia(path: Path) -> Imported:
    """Read the averaged generator (``G_ema``) of a training snapshot.

    Parameters
    ----------
    path
        Untrusted. Of G and D only the places are looked at, not the weights.

    Raises
    ------
    CheckpointError
        One sentence: what the file is instead, or what in it no published network has.
    """
    network = read_network(path)
    for title, reader in _FORMATS.items():
        if reader.matches(network):
            imported: Imported = reader.convert(network, str(path))
            return dataclasses.replace(
                imported, name=path.stem, training={"format": title, "file": path.name}
            )
    held = ", ".join(quoted(name, 30) for name in list(network.modules)[:5]) or "nothing"
    raise CheckpointError(
        f"{path} holds a {quoted(network.class_name)} that is neither StyleGAN2 nor StyleGAN3 (it"
        f" consists of {held}): open a snapshot of stylegan2-ada-pytorch or stylegan3"
    )
