"""What the samples' views need of the numbers, and how a sampling is put in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from latentstudio.document.recipe import Transform
from latentstudio.ui.describe import DOT

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PySide6.QtCore import SignalInstance
    from PySide6.QtWidgets import QWidget

    from latentstudio.data.attributes import Attribute
    from latentstudio.document.sampling import Draws, Sampling
    from latentstudio.generators.info import GeneratorInfo


class SampleSet(Protocol):
    """The samples measured so far; never changed once it was given out.

    Attributes
    ----------
    sampling, draws, n
        What they are pictures of.
    features
        float32 [n, d].
    thumbs
        uint8 [n, S, S, 3], RGB.
    distance
        float32 [n]: |w - mean w|.
    readings
        What the classifier says of each: probabilities [n, classes] (categorical) or [n] (binary,
        of the second value), or the value [n].
    """

    sampling: Sampling
    draws: Draws
    n: int
    features: NDArray[np.float32]
    thumbs: NDArray[np.uint8]
    distance: NDArray[np.float32]
    readings: dict[str, NDArray[np.float32]]

    def influence(self) -> Any:
        """[n]: what each sample adds to the FID; computed at the call."""

    def realism(self) -> Any:
        """[n]: Kynkäänniemi et al. 2019, section 4.3; computed at the call."""


class Numbers(Protocol):
    """The live numbers as the samples' views see them.

    Attributes
    ----------
    samples_changed
        Signal: :meth:`samples` gives more, or others.
    reals
        The data set: ``side`` (rows, index, labels), ``pictures``; None while it is opened.
    features
        The feature space (``metrics.features.Features``; a classifier's also has ``classifier``
        and ``read``); None while it is opened.
    """

    samples_changed: SignalInstance

    @property
    def reals(self) -> Any: ...
    @property
    def features(self) -> Any: ...

    def samples(self) -> SampleSet | None:
        """The newest snapshot."""

    def follow_visibility(self, widget: QWidget) -> None:
        """Measure while this widget is on the screen."""


def attributes_of(numbers: Numbers) -> tuple[Attribute, ...]:
    """What the feature space's classifier reads; nothing where it is no classifier."""
    classifier = getattr(numbers.features, "classifier", None)
    return () if classifier is None else tuple(classifier.attributes)


def sampling_words(sampling: Sampling, info: GeneratorInfo | None = None) -> str:
    """The settings that all samples share, such as ``ψ 0.70 < 8 · mixing 50%``."""
    psi, cutoff = sampling.truncation.psi, sampling.truncation.cutoff
    parts = [f"ψ {psi:.2f}".replace("-", "−") + ("" if cutoff is None else f" < {cutoff}")]
    if sampling.label is not None:
        labels = info.labels if info is not None else ()
        known = sampling.label < len(labels)
        parts.append(f"class {labels[sampling.label] if known else sampling.label}")
    if sampling.mixing:
        parts.append(f"mixing {sampling.mixing:.0%}")
    noise = sampling.noise
    if (info is None or info.has_noise) and noise.mode != "const":
        parts.append("no noise" if noise.mode == "none" else "random noise")
    if sampling.transform != Transform():
        parts.append("transformed")
    if sampling.seed:
        parts.append(f"seed {sampling.seed}")
    return DOT.join(parts)
