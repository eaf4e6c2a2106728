"""PyTorch files (``.pt``, ``.pth``): loaded without executing anything, then told apart."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from latentstudio.checkpoints import dcgan_example, gan_zoo, rosinality
from latentstudio.checkpoints.errors import CheckpointError, quoted
from latentstudio.checkpoints.imported import Imported
from latentstudio.checkpoints.layout import open_untrusted
from latentstudio.checkpoints.torch_archive import check_legacy, check_zip
from latentstudio.checkpoints.torch_claims import SETTINGS
from latentstudio.checkpoints.torch_state import Settings, flatten

_LAYOUTS: tuple[tuple[Callable[[Any], bool], Callable[[Any, Path], Imported]], ...] = tuple(
    (layout.matches, layout.convert) for layout in (rosinality, gan_zoo, dcgan_example)
)
# Names that a discriminator's state dict has, and the layouts' generators have not.
_DISCRIMINATORS = ("fromRGBLayers", "decisionLayer", "final_linear", "from_rgb", "main.11.weight")
_LOCK = threading.Lock()  # torch keeps the stand-ins in a variable that all threads share


def read_torch_file(path: Path) -> Imported:
    """Read a generator from a PyTorch file of a known layout.

    Parameters
    ----------
    path
        Untrusted; its name does not matter.

    Raises
    ------
    CheckpointError
        One sentence: what it is instead, or what is wrong with it.
    """
    state = load_state(path)
    for matches, convert in _LAYOUTS:
        if matches(state):
            with np.errstate(all="ignore"):  # what is not finite is refused with the whole network
                return convert(state, path)
    raise CheckpointError(f"{path} {_description(state)}")


def load_state(path: Path) -> Any:
    """Load what ``torch.save`` wrote into a file, of which nothing is executed.

    Parameters
    ----------
    path
        Untrusted. Zip files are mapped, not read: their tensors are views.

    Returns
    -------
    object
        Dicts, lists, numbers, texts, tensors on the CPU and :class:`Settings`.

    Raises
    ------
    CheckpointError
        One sentence, before anything is allocated that the file does not hold.
    """
    import torch

    stand_ins: list[Any] = [(Settings, name) for name in SETTINGS]
    with open_untrusted(path) as (file, size):
        zipped = file.read(4) == b"PK\x03\x04"
        (check_zip if zipped else check_legacy)(file, size, path)
        try:
            with _LOCK, torch.serialization.safe_globals(stand_ins):
                # Only named files can be mapped, and torch takes this name for another format.
                if zipped and path.suffix != ".safetensors":
                    return torch.load(path, map_location="cpu", weights_only=True, mmap=True)
                file.seek(0)
                return torch.load(file, map_location="cpu", weights_only=True)
        except MemoryError:
            raise
        except Exception as error:  # of many kinds, and the module of some must not be imported
            sentence = (str(error).splitlines() or [type(error).__name__])[0].split(". ")[0][:150]
            raise CheckpointError(
                f"{path} cannot be loaded by PyTorch ({sentence}): download or save it again"
            ) from error


def _description(state: Any) -> str:
    parts = flatten(state)
    names = [name for tensors in parts.values() for name in tensors]
    if any(name.startswith(_DISCRIMINATORS) for name in names):
        return (
            "holds a discriminator, but no generator that is known here: choose the file that"
            " holds the generator"
        )
    if isinstance(state, dict) and any("optim" in str(key) for key in state):
        return (
            "is a training checkpoint without a generator that is known here: save its"
            " generator's state dict"
        )
    some = ", ".join(quoted(name, 40) for name in names[:3]) or "no tensors by name"
    return (
        f"is a PyTorch file of a layout that is not known here (it holds {some}): known are"
        " rosinality's StyleGAN2, PyTorch's DCGAN example and pytorch_GAN_zoo's PGAN and DCGAN"
    )
