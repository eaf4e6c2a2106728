"""Inception Score: samples that a classifier is sure of, and that are not all the same.

Salimans et al., "Improved Techniques for Training GANs" (2016), section 4:
``exp(mean over x of KL(p(y|x) || p(y)))``, from 1 (all alike, or nothing recognised) to the number
of classes. It never looks at the data. As published, the samples are cut into ten contiguous
parts, each with a p(y) of its own, and the answer is the mean over the parts: it is biased
downwards where a part is small, so compare equal numbers of samples only.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from latentstudio.metrics.estimate import Score
from latentstudio.metrics.frechet import rows


class RunningInceptionScore:
    """The Inception Score of samples that come in parts.

    Parameters
    ----------
    n
        How many samples there will be: the parts are contiguous.
    splits
        Number of parts, at least 2, of at least 2 samples each: the standard error comes from
        their spread.

    Raises
    ------
    ValueError
        When the samples do not suffice for the parts.
    """

    def __init__(self, n: int, splits: int = 10) -> None:
        if splits < 2 or n < 2 * splits:
            raise ValueError(
                f"{n} samples in {splits} parts: the Inception Score needs at least 2 parts"
                " of 2 samples"
            )
        self.n, self.splits, self.seen = n, splits, 0
        self._probability = torch.zeros(splits, 0, dtype=torch.float64)
        self._certainty = torch.zeros(splits, dtype=torch.float64)

    def add(self, logits: Tensor) -> None:
        """Take in logits [b, classes], in order, without the bias term of the last layer.

        Raises
        ------
        ValueError
            On more samples than announced, another number of classes, or NaN.
        """
        log_p = rows(logits).log_softmax(dim=1).cpu()
        b, classes = log_p.shape
        if self.seen + b > self.n:
            raise ValueError(f"{self.seen + b} samples, but {self.n} were announced")
        if self.seen == 0:
            self._probability = torch.zeros(self.splits, classes, dtype=torch.float64)
        elif classes != self._probability.shape[1]:
            raise ValueError(f"{classes} classes after {self._probability.shape[1]}")
        p = log_p.exp()
        # Sample i is in part k where k n // splits <= i < (k + 1) n // splits.
        part = (torch.arange(self.seen, self.seen + b) * self.splits + self.splits - 1) // self.n
        self._probability.index_add_(0, part, p)
        self._certainty.index_add_(0, part, _certainty(p, log_p))
        self.seen += b

    def score(self) -> Score:
        """Mean over the parts, and its standard error; ValueError before all samples came."""
        if self.seen < self.n:
            raise ValueError(f"{self.seen} of {self.n} samples have come")
        parts = torch.arange(self.splits + 1) * self.n // self.splits
        sizes = parts.diff()
        marginal = self._probability / sizes[:, None]
        # The mean KL is mean Σ p log p - Σ q log q, with q the mean of p.
        spread = self._certainty / sizes - _certainty(marginal, marginal.log())
        scores = spread.exp()
        error = float(scores.std()) / math.sqrt(self.splits)
        return Score(float(scores.mean()), error, self.n)


def inception_score(logits: Tensor, splits: int = 10) -> Score:
    """The Inception Score of logits [n, classes], without the bias term of the last layer.

    Parameters
    ----------
    logits
        Of any dtype; computed in float64. As published, of the FID Inception network's 1008
        outputs.
    splits
        Contiguous parts. From 2 on the standard error is that of the mean over them; for 1 it
        is by the delta method: the influence of a sample on log IS is its own KL less the mean.

    Returns
    -------
    Score
        1 to the number of classes.

    Raises
    ------
    ValueError
        On fewer than 2 samples a part, or numbers that are not finite.
    """
    if splits != 1:
        running = RunningInceptionScore(len(logits), splits)
        running.add(logits)
        return running.score()
    log_p = rows(logits).log_softmax(dim=1)
    if len(log_p) < 2:
        raise ValueError("the Inception Score needs at least 2 samples; there is 1")
    p = log_p.exp()
    kl = _certainty(p, log_p) - (p * p.mean(dim=0).log().nan_to_num(neginf=0.0)).sum(dim=1)
    value = math.exp(float(kl.mean()))
    return Score(value, value * float(kl.std()) / math.sqrt(len(kl)), len(kl))


def _certainty(p: Tensor, log_p: Tensor) -> Tensor:
    """Σ p log p of each row; 0 log 0 is 0."""
    return torch.where(p > 0.0, p * log_p, 0.0).sum(dim=1)
