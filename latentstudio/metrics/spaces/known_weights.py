"""Weights of networks that others published, by the sha256 without which they do not count."""

from __future__ import annotations

from typing import NamedTuple


class SpaceError(ValueError):
    """A feature space that cannot be had; its text is one sentence that says what to do."""


class FetchCancelledError(SpaceError):
    """A download that was stopped on request; what has come is kept."""


class KnownFile(NamedTuple):
    """A published file of weights.

    Attributes
    ----------
    name
        Short, for commands: ``inception``.
    title
        For people; fits behind "the".
    file
        How the file is called where it is kept; also found under ``aliases``.
    aliases
        Its other names in the wild.
    urls
        Where it is published, tried in this order.
    size
        Bytes.
    sha256
        64 hex digits.
    licence
        What its publisher says.
    source
        Who made the weights, and where size and sha256 are from.
    """

    name: str
    title: str
    file: str
    aliases: tuple[str, ...]
    urls: tuple[str, ...]
    size: int
    sha256: str
    licence: str
    source: str


INCEPTION = KnownFile(
    name="inception",
    title="FID Inception network",
    file="pt_inception-2015-12-05-6726825d.pth",
    aliases=("weights-inception-2015-12-05-6726825d.pth",),
    urls=(
        "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/"
        "pt_inception-2015-12-05-6726825d.pth",
        "https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/"
        "weights-inception-2015-12-05-6726825d.pth",
    ),
    size=95_628_359,
    sha256="6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2",
    licence="Apache 2.0",
    source="TensorFlow's Inception of 2015-12-05, ported by pytorch-fid and torch-fidelity",
)
VGG16 = KnownFile(
    name="vgg16",
    title="VGG16 network",
    file="vgg16-397923af.pth",
    aliases=(),
    urls=("https://download.pytorch.org/models/vgg16-397923af.pth",),
    size=553_433_881,
    # The file's name carries the first digits, as is torch's custom; all of them stand in
    # public copies of it: huggingface.co/Keiser41/mangaaa, model/vgg16-397923af.pth.
    sha256="397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0",
    licence="BSD 3-Clause",
    source="torchvision, IMAGENET1K_V1",
)
LPIPS = KnownFile(
    name="lpips",
    title="linear part of LPIPS 0.1",
    file="lpips-vgg-v0.1.pth",
    aliases=("vgg.pth",),
    urls=(
        "https://raw.githubusercontent.com/richzhang/PerceptualSimilarity/master/"
        "lpips/weights/v0.1/vgg.pth",
    ),
    size=7_289,
    # Of weights/v0.1/vgg.pth in the package lpips 0.1.4 on PyPI.
    sha256="a78928a0af1e5f0fcb1f3b9e8f8c3a2a5a3de244d830ad5c1feddc79b8432868",
    licence="BSD 2-Clause",
    source="Zhang et al., the package lpips 0.1.4",
)
KNOWN = {known.name: known for known in (INCEPTION, VGG16, LPIPS)}
