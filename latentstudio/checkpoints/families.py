"""Which class draws which family. Classes are imported on first use: they need torch."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from latentstudio.checkpoints.errors import CheckpointError, quoted

if TYPE_CHECKING:
    from latentstudio.generators.protocol import Generator

FAMILIES: dict[str, tuple[str, str]] = {
    "dcgan": ("latentstudio.generators.dcgan", "DCGAN"),
    "progan": ("latentstudio.generators.progan", "ProGAN"),
    "stylegan": ("latentstudio.generators.stylegan", "StyleGAN"),
    "stylegan2": ("latentstudio.generators.stylegan2", "StyleGAN2"),
    "stylegan3": ("latentstudio.generators.stylegan3", "StyleGAN3"),
}


def family_class(family: str, source: str) -> type[Generator]:
    """Import the generator class of a family.

    Parameters
    ----------
    family
        Such as ``dcgan``; untrusted.
    source
        What to call the checkpoint in the sentence of an error.

    Raises
    ------
    CheckpointError
        If the family is not in :data:`FAMILIES`.
    """
    if family not in FAMILIES:
        raise CheckpointError(
            f"{source} holds a generator of the family {quoted(family)}, which this latentstudio"
            f" does not know (it knows {', '.join(sorted(FAMILIES))}): update latentstudio"
        )
    module, name = FAMILIES[family]
    found: type[Generator] = getattr(import_module(module), name)
    return found
