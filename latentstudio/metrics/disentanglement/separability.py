"""Linear separability: whether a plane in the latent space parts those who smile from the rest.

Karras et al., "A Style-Based Generator Architecture for Generative Adversarial Networks" (2019),
section 4.2: of the samples the half that the classifier is surest of, a linear SVM X for each
binary attribute Y, and ``exp(Σ H(Y|X))``: 1 where planes part everything, and 2 to the number of
attributes where they part nothing and each is even. The base does not matter as long as it is one
(the authors' code has ``2^Σ`` of bits, the same number).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from latentstudio.metrics.disentanglement.codes import (
    FOLDS,
    Floats,
    Truth,
    Whole,
    checked,
    dealt,
    standardised,
)
from latentstudio.metrics.disentanglement.factors import Factor

if TYPE_CHECKING:
    from latentstudio.metrics.api import Table
    from latentstudio.metrics.quality import Progress


class Separability(msgspec.Struct, frozen=True, kw_only=True):
    """The linear separability of binary attributes; ready for JSON.

    Attributes
    ----------
    value
        ``exp(Σ H(Y|X))``, from 1 (separable) to ``2^k`` for k attributes: lower is better. Of
        equal attributes only: it grows with their number.
    mean_entropy
        H(Y|X) in bits, mean over the attributes: 0 to 1, whatever their number.
    attributes, entropies, kept
        Name, H(Y|X) in bits, and samples that counted, of each; ``hair: black`` is that class
        against the rest.
    left_out
        Attributes of which the surest half is of one class (all but four, at most), and numbers.
    n, method, source
        Samples drawn, how the number was found, and who named the factors.
    """

    value: float
    mean_entropy: float
    attributes: tuple[str, ...]
    entropies: tuple[float, ...]
    kept: tuple[int, ...]
    left_out: tuple[str, ...]
    n: int
    method: str
    source: str


def separability(
    codes: Table,
    factors: Sequence[Factor],
    *,
    source: str,
    folds: int = FOLDS,
    progress: Progress | None = None,
) -> Separability:
    """How well planes part the classes of each factor.

    Parameters
    ----------
    codes
        [n, d], standardised here: where a plane can be does not depend on it, and the SVM's
        margin then has a meaning in any unit.
    factors
        Categorical ones count once for each class; numbers are left out, as in the paper.
    source
        Who named the factors.
    folds
        Each sample is judged by an SVM fitted to the other folds. 0: by one fitted to itself too,
        as published, where 100,000 samples were kept. With few samples a dimension that calls
        noise separable: any 2 d points or fewer mostly are.
    progress
        Told the share done, 0 to 1; may raise to stop.

    Raises
    ------
    ValueError
        As :func:`~latentstudio.metrics.disentanglement.codes.checked`, when folds is 1 or
        negative, or no attribute is left.
    """
    if folds < 0 or folds == 1:
        raise ValueError(f"{folds} folds: choose 2 or more, or 0 to judge samples by themselves")
    wide = checked(codes, factors)
    left_out = [factor.name for factor in factors if not factor.classes]
    names, entropies, kept = [], [], []
    for i, factor in enumerate(factors):
        for name, probability in _against_the_rest(factor):
            sure = _surest(probability)
            truth = probability[sure] > 0.5
            if min(truth.sum(), (~truth).sum()) < FOLDS:
                left_out.append(name)
                continue
            answers = _answers(standardised(wide[sure]), truth, folds)
            names.append(name)
            entropies.append(conditional_entropy(_table(answers, truth)))
            kept.append(len(truth))
        if progress is not None:
            progress((i + 1) / len(factors))
    if not names:
        raise ValueError("no attribute has two classes that the classifier is sure of")
    judged = f"{folds}-fold held out" if folds else "on the samples it was fitted to, as published"
    return Separability(
        value=2.0 ** sum(entropies),
        mean_entropy=sum(entropies) / len(entropies),
        attributes=tuple(names),
        entropies=tuple(entropies),
        kept=tuple(kept),
        left_out=tuple(left_out),
        n=len(wide),
        method=f"linear SVM of the surest half, {judged}",
        source=source,
    )


def conditional_entropy(counts: NDArray[Any]) -> float:
    """H(Y|X) in bits of a table of counts, X along the rows and Y along the columns."""
    joint = np.asarray(counts, dtype=np.float64)
    given = np.broadcast_to(joint.sum(axis=1, keepdims=True), joint.shape)[joint > 0]
    share = joint[joint > 0]
    return max(0.0, -float((share * np.log2(share / given)).sum()) / float(joint.sum()))


def _against_the_rest(factor: Factor) -> Iterator[tuple[str, Floats]]:
    """Names of the questions that a factor answers with yes or no, and probabilities [n] of yes."""
    if factor.kind == "binary":
        yield factor.name, factor.values[:, 1]
    elif factor.kind == "categorical":
        for k, value in enumerate(factor.classes):
            yield f"{factor.name}: {value}", factor.values[:, k]


def _surest(probability: Floats) -> Whole:
    """Indices of the surer half, with all that are as sure as its last: order does not count."""
    confidence = np.abs(probability - 0.5)
    enough = math.ceil(len(confidence) / 2)
    return np.flatnonzero(confidence >= np.sort(confidence)[-enough])


def _answers(codes: Floats, truth: Truth, folds: int) -> Truth:
    """What SVMs say of each sample."""
    from sklearn.svm import LinearSVC

    # The primal, as published but for how exactly it is solved, which the answers hardly show.
    machine = LinearSVC(dual=False, tol=1e-2)
    if not folds:
        return np.asarray(machine.fit(codes, truth).predict(codes), dtype=np.bool_)
    answers = np.empty_like(truth)
    fold = dealt(truth.astype(np.float64), folds)
    for k in range(folds):
        machine.fit(codes[fold != k], truth[fold != k])
        answers[fold == k] = machine.predict(codes[fold == k])
    return answers


def _table(answers: Truth, truth: Truth) -> Whole:
    return np.bincount(2 * answers + truth, minlength=4).reshape(2, 2)
