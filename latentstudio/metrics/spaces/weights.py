"""Weights of published networks: found on the disk, or fetched when a person asks for it.

None of them comes with latentstudio. A file counts only if its sha256 is the published one, so
that a number which names its feature space means the same everywhere.
"""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path
from typing import BinaryIO

import platformdirs

from latentstudio.checkpoints.errors import CheckpointError, reason
from latentstudio.checkpoints.layout import open_untrusted
from latentstudio.checkpoints.torch_state import Weights, flatten
from latentstudio.metrics.spaces.download import Progress, download
from latentstudio.metrics.spaces.known_weights import KNOWN, KnownFile, SpaceError


def weights_folder() -> Path:
    """Where fetched weights are kept: in the user's data folder, which need not exist."""
    return Path(platformdirs.user_data_dir("latentstudio", appauthor=False)) / "weights"


def locate(name: str, folder: Path | None = None) -> Path | None:
    """Find a known file by its name; its content is checked when it is read.

    Parameters
    ----------
    name
        Of :data:`~latentstudio.metrics.spaces.known_weights.KNOWN`.
    folder
        Where to look; when None in :func:`weights_folder`, then where PyTorch keeps what
        torchvision, pytorch-fid and torch-fidelity have downloaded.
    """
    known = KNOWN[name]
    folders = [weights_folder(), _torch_folder()] if folder is None else [folder]
    paths = (place / file for place in folders for file in (known.file, *known.aliases))
    return next((path for path in paths if path.is_file()), None)


def fetch(
    name: str,
    folder: Path | None = None,
    progress: Progress | None = None,
    cancel: threading.Event | None = None,
) -> Path:
    """Download a known file. Only to be called when a person has asked for it.

    What has come stays beside the target as ``.part`` when the line breaks or somebody cancels,
    and the next call goes on from there.

    Parameters
    ----------
    name
        Of :data:`~latentstudio.metrics.spaces.known_weights.KNOWN`.
    folder
        Where to; made if need be. :func:`weights_folder` when None.
    progress
        Told how far it is, a few times a second, in this thread.
    cancel
        Set from another thread to stop.

    Returns
    -------
    Path
        The file, its sha256 checked. One that is there already is not fetched again.

    Raises
    ------
    SpaceError
        One sentence: an unknown name, no connection, other content than known, a folder that
        cannot be written.
    FetchCancelledError
        When ``cancel`` was set.
    """
    if name not in KNOWN:
        raise SpaceError(f"There are no weights called {name!r}: known are {', '.join(KNOWN)}")
    known = KNOWN[name]
    target = (weights_folder() if folder is None else folder) / known.file
    part = target.with_name(f"{known.file}.part")
    try:
        if target.is_file() and _is(known, target):
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        url = download(known, part, progress, cancel)
        if not _is(known, part):
            part.unlink()
            raise SpaceError(
                f"What {url} sent is not the {known.title}: its sha256 is not"
                f" {known.sha256[:8]}…, so it was deleted; try again later"
            )
        part.replace(target)
    except OSError as error:
        raise SpaceError(
            f"{target} cannot be written ({reason(error)}): free space or choose another folder"
        ) from error
    return target


def missing(known: KnownFile) -> str:
    """The sentence about a known file that is not on this computer."""
    return (
        f"The {known.title} is not on this computer: run `latentstudio weights fetch"
        f" {known.name}` ({known.size / 1e6:,.1f} MB), or put {known.urls[0]} into"
        f" {weights_folder()}"
    )


def read_weights(path: Path, known: KnownFile) -> Weights:
    """Read a file that is what it should be, to the last bit.

    Parameters
    ----------
    path
        Untrusted; nothing in it is read before its sha256 is right.
    known
        What it should be.

    Returns
    -------
    Weights
        Its tensors, on the CPU, for a network to take.

    Raises
    ------
    SpaceError
        One sentence: no such file, of the wrong size, or with other content.
    """
    import torch

    try:
        with open_untrusted(path) as (file, size):
            if size != known.size:
                raise SpaceError(
                    f"{path} is not the {known.title}: it has {size:,} bytes instead of"
                    f" {known.size:,}; it is cut short or another file, so fetch it again"
                )
            if sha256_of(file) != known.sha256:
                raise SpaceError(
                    f"{path} is not the {known.title} or was tampered with: its sha256 is not"
                    f" {known.sha256[:8]}…; remove it and fetch it again"
                )
            file.seek(0)
            state = torch.load(file, map_location="cpu", weights_only=True)
    except CheckpointError as error:
        raise SpaceError(str(error)) from error
    return Weights(flatten(state).get("", {}), path, f"the {known.title}")


def sha256_of(file: BinaryIO) -> str:
    """The sha256 of a file from where it stands, in hex."""
    return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]


def _is(known: KnownFile, path: Path) -> bool:
    with path.open("rb") as file:
        return sha256_of(file) == known.sha256


def _torch_folder() -> Path:
    """PyTorch's folder for downloads, as ``torch.hub`` finds it, without importing torch."""
    cache = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    home = os.environ.get("TORCH_HOME", f"{cache}/torch")
    return Path(home).expanduser() / "hub" / "checkpoints"
