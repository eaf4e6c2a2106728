"""Feature spaces: pictures in, vectors out, in which the distances of sets are measured."""

from __future__ import annotations

import os
from typing import Protocol

import torch
from torch import Tensor

from latentstudio.metrics.classifier import AttributeClassifier
from latentstudio.metrics.classifier_store import load_classifier

BATCH = 64


class Features(Protocol):
    """A feature space.

    Attributes
    ----------
    name
        For people and labels, such as ``portraits``.
    content_hash
        Equal hashes give comparable numbers; others never share an axis.
    dim
        Length of a vector.
    resolution
        Height and width in pixels that pictures are brought to.
    """

    @property
    def name(self) -> str: ...
    @property
    def content_hash(self) -> str: ...
    @property
    def dim(self) -> int: ...
    @property
    def resolution(self) -> int: ...

    def __call__(self, images: Tensor) -> Tensor:
        """Compute the features of pictures.

        Parameters
        ----------
        images
            float [n, c, H, W] in [-1, 1], n from 0 on any device. They are rounded to 8 bit
            first, as files would be, so that a generator gains nothing from finer steps.

        Returns
        -------
        Tensor
            float32 [n, dim] on the CPU, where statistics are made in float64.
        """
        ...


class ClassifierFeatures:
    """The embedding of an attribute classifier as a feature space.

    Parameters
    ----------
    classifier
        Kept in evaluation mode, on its device.
    name, content_hash
        As in :class:`Features`.
    bf16
        Compute in bfloat16; None does where the processor or GPU has it. Features differ by
        about 1% of their standard deviation.
    """

    def __init__(
        self,
        classifier: AttributeClassifier,
        *,
        name: str,
        content_hash: str,
        bf16: bool | None = None,
    ) -> None:
        self.classifier = classifier.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.name = name
        self.content_hash = content_hash
        self.dim = classifier.dim
        self.resolution = classifier.resolution
        self.device = classifier.center.device
        self.bf16 = has_bf16(self.device) if bf16 is None else bf16

    def __call__(self, images: Tensor) -> Tensor:
        """See :meth:`Features.__call__`."""
        parts = [self._embed(part) for part in torch.split(images, BATCH)] if len(images) else []
        return torch.cat(parts) if parts else torch.empty(0, self.dim)

    def _embed(self, images: Tensor) -> Tensor:
        # Autocast is entered for each part: its cache of cast weights does not outlive it.
        kind = self.device.type
        with torch.inference_mode(), torch.autocast(kind, torch.bfloat16, enabled=self.bf16):
            embedded: Tensor = self.classifier.embed(
                quantise(images.to(self.device, torch.float32))
            )
        return embedded.float().cpu().clone()


def quantise(images: Tensor) -> Tensor:
    """Round pictures in [-1, 1] to the 256 values of a file; what lies outside is clamped."""
    return images.add(1.0).mul_(127.5).round_().clamp_(0.0, 255.0).div_(127.5).sub_(1.0)


def has_bf16(device: torch.device) -> bool:
    """Whether bfloat16 is faster than float32 there: not where it is emulated."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    able = torch.cpu.get_capabilities()
    return device.type == "cpu" and bool(able.get("amx_bf16") or able.get("avx512_bf16"))


def load_features(path: str | os.PathLike[str], device: str | torch.device = "cpu") -> Features:
    """Open a classifier's file as a feature space.

    Parameters
    ----------
    path
        Written by ``latentstudio-train classifier``; untrusted.
    device
        Where to compute.

    Raises
    ------
    CheckpointError
        One sentence: what is wrong with the file.
    """
    classifier, header = load_classifier(path, device)
    return ClassifierFeatures(classifier, name=header.name, content_hash=header.content_hash)
