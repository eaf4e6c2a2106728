"""What a classifier says about pictures: to read, and to drive.

Each column has a *reading*, which people see, and a *score*, which gradients drive: where a
probability comes near 0 or 1 its gradient vanishes, while log-odds go on. "In standard
deviations" always means those over samples of one generator (:class:`Population`).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from latentstudio.metrics.columns import Column as Column
from latentstudio.metrics.columns import columns_of as columns_of
from latentstudio.metrics.columns import difference as difference
from latentstudio.metrics.columns import find as find
from latentstudio.metrics.population import Population as Population
from latentstudio.metrics.population import leaks as leaks
from latentstudio.metrics.spaces.classifier import AttributeClassifier


def readings(classifier: AttributeClassifier, outputs: Tensor) -> Tensor:
    """What people read, differentiable.

    Parameters
    ----------
    classifier
        Whose outputs they are.
    outputs
        [n, outputs] of its heads.

    Returns
    -------
    Tensor
        float32 [n, c]: the value in the attribute's unit, or a probability.
    """
    found = classifier.read(outputs).values()
    return torch.cat([x if x.ndim == 2 else x[:, None] for x in found], dim=1)


def scores(classifier: AttributeClassifier, outputs: Tensor) -> Tensor:
    """What gradients drive: unbounded but for periodic attributes, and differentiable.

    Parameters
    ----------
    classifier, outputs
        As for :func:`readings`.

    Returns
    -------
    Tensor
        float32 [n, c]: the value in the attribute's unit, or the log-odds (of a class against
        all others).
    """
    found = classifier.read(outputs)
    parts = []
    for attribute, part in zip(classifier.attributes, classifier.slices, strict=True):
        if attribute.kind == "categorical":
            parts.append(_log_odds(outputs[:, part]))
        elif attribute.kind == "binary":
            parts.append(outputs[:, part])
        else:
            parts.append(found[attribute.name][:, None])
    return torch.cat(parts, dim=1)


def _log_odds(logits: Tensor) -> Tensor:
    """Of each class against all others: 1 - p would round to 0 where a class is certain."""
    classes = logits.shape[1]
    if classes == 1:
        return 0.0 * logits
    own = torch.eye(classes, dtype=torch.bool, device=logits.device)
    return logits - logits[:, None].masked_fill(own, -math.inf).logsumexp(dim=2)


def standardised(
    classifier: AttributeClassifier, population: Population
) -> Callable[[Tensor], Tensor]:
    """The scores of pictures in standard deviations from the generator's mean.

    Parameters
    ----------
    classifier, population
        Of the same columns. A column whose scores do not vary is only shifted.

    Returns
    -------
    callable
        Pictures [n, channels, H, W] in [-1, 1] to float32 [n, c], differentiable; a periodic
        column goes from minus to plus half a period, 0 being the mean direction.
    """
    columns, sd = population.columns, population.score_sd
    device = next(classifier.parameters()).device
    mean = torch.tensor(population.score_mean[None], dtype=torch.float32, device=device)
    scale = torch.tensor(np.where(sd > 1e-6, sd, 1.0), dtype=torch.float32, device=device)

    def score(images: Tensor) -> Tensor:
        return difference(columns, mean, scores(classifier, classifier(images))) / scale

    return score
