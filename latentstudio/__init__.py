"""latentstudio: take hold of a trained generator and move through its latent space by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os

    from latentstudio.generators.protocol import Generator

__version__ = "0.1.0"
__all__ = ["__version__", "load"]


def load(path: str | os.PathLike[str], device: str = "cpu") -> Generator:
    """Open a checkpoint file and return its generator, ready to draw.

    Parameters
    ----------
    path
        A latentstudio checkpoint (``.safetensors``). Nothing in the file is executed.
    device
        ``cpu``, ``cuda``, ``cuda:1``, ``mps``.

    Returns
    -------
    Generator
        In evaluation mode, without gradients, float32.

    Raises
    ------
    latentstudio.checkpoints.errors.CheckpointError
        With one sentence: what is wrong, in which file, and what to do.
    """
    # Imported late: the window must be on screen before torch is.
    from latentstudio.checkpoints.store import load_generator

    return load_generator(path, device=device)
