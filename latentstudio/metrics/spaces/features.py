"""Feature spaces: pictures in, vectors out, in which the distances of sets are measured."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from typing import Any, Protocol

import torch
from torch import Tensor

from latentstudio.checkpoints.content import ContentHash
from latentstudio.metrics.spaces.classifier import AttributeClassifier
from latentstudio.metrics.spaces.classifier_store import load_classifier
from latentstudio.metrics.spaces.precision import full_precision

BATCH = 64  # pictures that a small network is shown at a time


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


class NetworkFeatures(ABC):
    """A feature space that a network computes; :meth:`embed` is what differs.

    Parameters
    ----------
    name, content_hash, dim, resolution
        As in :class:`Features`.
    device
        Where the network is.
    batch
        Pictures that it is shown at a time.
    """

    def __init__(
        self,
        *,
        name: str,
        content_hash: str,
        dim: int,
        resolution: int,
        device: torch.device,
        batch: int,
    ) -> None:
        self.name, self.content_hash = name, content_hash
        self.dim, self.resolution = dim, resolution
        self.device, self.batch = device, batch

    @abstractmethod
    def embed(self, images: Tensor) -> Tensor:
        """Features of pictures as they are, not rounded: for paths and gradients.

        Parameters
        ----------
        images
            float32 [n, c, H, W] in [-1, 1] on the device of the network.

        Returns
        -------
        Tensor
            float32 [n, dim] on that device, differentiable in the pictures.
        """

    def __call__(self, images: Tensor) -> Tensor:
        """See :meth:`Features.__call__`."""
        parts = torch.split(images, self.batch) if len(images) else ()
        return torch.cat([self._rounded(part) for part in parts] or [torch.empty(0, self.dim)])

    def arithmetic(self) -> AbstractContextManager[Any]:
        """The precision in which ``__call__`` computes: entered for each part of a batch."""
        return full_precision()

    def _rounded(self, images: Tensor) -> Tensor:
        with torch.inference_mode(), self.arithmetic():
            embedded = self.embed(quantise(images.to(self.device, torch.float32)))
        return embedded.float().cpu().clone()


class ClassifierFeatures(NetworkFeatures):
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
        super().__init__(
            name=name,
            content_hash=content_hash,
            dim=classifier.dim,
            resolution=classifier.resolution,
            device=classifier.center.device,
            batch=BATCH,
        )
        self.classifier = classifier.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.bf16 = has_bf16(self.device) if bf16 is None else bf16

    def embed(self, images: Tensor) -> Tensor:
        """See :meth:`NetworkFeatures.embed`."""
        embedded: Tensor = self.classifier.embed(images)
        return embedded

    def arithmetic(self) -> AbstractContextManager[Any]:
        """See :meth:`NetworkFeatures.arithmetic`."""
        # The cache of cast weights goes when it is left.
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16)

    def read(self, features: Tensor) -> dict[str, Tensor]:
        """What the classifier's heads read in features, by attribute.

        Parameters
        ----------
        features
            [n, dim] as ``__call__`` returned them.

        Returns
        -------
        dict of str to Tensor
            On the CPU; as
            :meth:`~latentstudio.metrics.spaces.classifier.AttributeClassifier.predict` says.
        """
        with torch.inference_mode():
            outputs = self.classifier.heads(features.to(self.device, torch.float32))
            read = self.classifier.read(outputs)
        return {name: value.cpu().clone() for name, value in read.items()}


def space_hash(network: str, **parts: str) -> str:
    """The content hash of a feature space: what computes it, and everything else that counts.

    Parameters
    ----------
    network
        What is computed; another version of it has another name.
    parts
        Such as the way of resizing and the sha256 of the weights.

    Returns
    -------
    str
        64 hex digits.
    """
    return ContentHash("features", {"network": network, **parts}).hexdigest()


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
