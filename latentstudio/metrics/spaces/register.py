"""The register of feature spaces: by name, or by a file that a person points to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import torch

from latentstudio.checkpoints.bundled import bundled_features
from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.checkpoints.layout import open_untrusted
from latentstudio.checkpoints.sniff import HEAD, is_torch
from latentstudio.checkpoints.torch_file import load_state
from latentstudio.checkpoints.torch_state import flatten
from latentstudio.metrics.spaces.features import Features, load_features
from latentstudio.metrics.spaces.inception import InceptionFeatures
from latentstudio.metrics.spaces.known_weights import KNOWN, SpaceError
from latentstudio.metrics.spaces.lpips import LPIPS, LpipsFeatures
from latentstudio.metrics.spaces.resize import Resize
from latentstudio.metrics.spaces.vgg import VGG16Features
from latentstudio.metrics.spaces.weights import locate, missing, read_weights, sha256_of

__all__ = ["SpaceError", "SpaceInfo", "known", "open_space"]

PORTRAITS = "portraits"
AUTO = "auto"  # the bundled one, too

Paths = Mapping[str, Path]  # of weights, by their names in KNOWN


class SpaceInfo(NamedTuple):
    """A feature space by name.

    Attributes
    ----------
    name
        For :func:`open_space`.
    title
        For people.
    ready
        Whether all its files are there and as long as they should be.
    path
        Its first file, where there is one.
    help
        What to do, in one sentence, when it is not ready; else empty.
    missing
        What :func:`~latentstudio.metrics.spaces.weights.fetch` has to fetch, by name.
    for_sets
        Whether statistics of sets (FID, KID, ...) are made in it; LPIPS is for pairs only.
    """

    name: str
    title: str
    ready: bool
    path: Path | None
    help: str = ""
    missing: tuple[str, ...] = ()
    for_sets: bool = True


class _Published(NamedTuple):
    title: str
    files: tuple[str, ...]
    open: Callable[[Paths, torch.device], Features]
    for_sets: bool = True


def _inception(how: Resize) -> Callable[[Paths, torch.device], Features]:
    def open_(paths: Paths, device: torch.device) -> Features:
        file = KNOWN["inception"]
        weights = read_weights(paths["inception"], file)
        return InceptionFeatures(weights, file.sha256, how, device)

    return open_


def _vgg16(paths: Paths, device: torch.device) -> Features:
    file = KNOWN["vgg16"]
    return VGG16Features(read_weights(paths["vgg16"], file), file.sha256, device)


def _lpips(paths: Paths, device: torch.device) -> Features:
    vgg, linear = (KNOWN[name] for name in ("vgg16", "lpips"))
    distance = LPIPS(read_weights(paths["vgg16"], vgg), read_weights(paths["lpips"], linear))
    return LpipsFeatures(distance.to(device), vgg.sha256 + linear.sha256)


_PUBLISHED = {
    "inception": _Published("Inception, as FID is defined", ("inception",), _inception("tf1")),
    "inception-clean": _Published(
        "Inception, resized as clean-fid does", ("inception",), _inception("clean")
    ),
    "vgg16": _Published("VGG16", ("vgg16",), _vgg16),
    "lpips": _Published("LPIPS (distances of pairs)", ("lpips", "vgg16"), _lpips, for_sets=False),
}


def known(folder: Path | None = None) -> tuple[SpaceInfo, ...]:
    """List the feature spaces that have names; nothing is loaded.

    Parameters
    ----------
    folder
        Where to look for weights; see :func:`~latentstudio.metrics.spaces.weights.locate`.
    """
    bundled = bundled_features(PORTRAITS)
    help_ = "" if bundled else "Install latentstudio again: its bundled classifier is missing"
    own = SpaceInfo(
        PORTRAITS, "Portraits, by the bundled classifier", bool(bundled), bundled, help_
    )
    return (own, *(_info(name, folder) for name in _PUBLISHED))


def open_space(
    spec: str | Path, device: str | torch.device = "cpu", *, folder: Path | None = None
) -> Features:
    """Open a feature space.

    Parameters
    ----------
    spec
        A name that :func:`known` lists, ``auto``, or a file: a classifier, or the weights of a
        published network, recognised by their content.
    device
        Where to compute.
    folder
        Where to look for weights by name; see :func:`~latentstudio.metrics.spaces.weights.locate`.

    Raises
    ------
    SpaceError
        One sentence: weights that are not there, a file that is something else, not whole or
        tampered with.
    """
    device = torch.device(device)
    try:
        if spec in (AUTO, PORTRAITS):
            bundled = bundled_features(PORTRAITS)
            if bundled is None:
                raise SpaceError(known(folder)[0].help)
            return load_features(bundled, device)
        if isinstance(spec, str) and spec in _PUBLISHED:
            return _open(spec, {}, device, folder)
        if isinstance(spec, str) and not Path(spec).exists():
            names = ", ".join((AUTO, PORTRAITS, *_PUBLISHED))
            raise SpaceError(f"{spec!r} is no feature space and no file: choose one of {names}")
        return _open_file(Path(spec), device, folder)
    except CheckpointError as error:
        raise SpaceError(str(error)) from error


def _info(name: str, folder: Path | None) -> SpaceInfo:
    space = _PUBLISHED[name]
    paths = {file: locate(file, folder) for file in space.files}
    absent = [f for f, p in paths.items() if p is None or p.stat().st_size != KNOWN[f].size]
    help_ = missing(KNOWN[absent[0]]) if absent else ""
    first = paths[space.files[0]]
    return SpaceInfo(name, space.title, not absent, first, help_, tuple(absent), space.for_sets)


def _open(name: str, given: Paths, device: torch.device, folder: Path | None) -> Features:
    """Open a published space with the files that are given, the others located."""
    space = _PUBLISHED[name]
    paths = dict(given)
    for file in space.files:
        path = paths.get(file) or locate(file, folder)
        if path is None:
            raise SpaceError(missing(KNOWN[file]))
        paths[file] = path
    return space.open(paths, device)


def _open_file(path: Path, device: torch.device, folder: Path | None) -> Features:
    with open_untrusted(path) as (file, size):
        head = file.read(HEAD)
        file.seek(0)
        published = {(k.size, k.sha256): k.name for k in KNOWN.values()}
        alike = any(size == length for length, _ in published)
        digest = sha256_of(file) if alike else ""
    name = published.get((size, digest))
    if name is not None:
        return _open(name, {name: path}, device, folder)
    if is_torch(head):
        raise SpaceError(f"{path} {_stranger(path)}")
    return load_features(path, device)


def _stranger(path: Path) -> str:
    """What a PyTorch file is that holds none of the published weights."""
    tensors = flatten(load_state(path)).get("", {})
    if "Mixed_7c.branch_pool.conv.weight" in tensors:
        file = KNOWN["inception"]
        if "fc.weight" in tensors and len(tensors["fc.weight"]) != 1008:
            return (
                "is an Inception v3 with other classes, such as torchvision's, in which FID is"
                f" not defined: choose {file.file}"
            )
        return (
            "is not the Inception network of 2015-12-05 or was tampered with: its sha256 is not"
            f" {file.sha256[:8]}…; choose {file.file}"
        )
    if "features.28.weight" in tensors:
        return f"is a VGG16 with other weights than torchvision's: choose {KNOWN['vgg16'].file}"
    return (
        "is a PyTorch file, but no feature space that is known here: choose a classifier"
        f" (.safetensors), {', '.join(known.file for known in KNOWN.values())}"
    )
