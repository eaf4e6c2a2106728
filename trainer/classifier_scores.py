"""How well a classifier reads pictures that it was not trained on."""

from __future__ import annotations

import torch
from torch import Tensor

from latentstudio.data.attributes import Attribute
from latentstudio.metrics.spaces.classifier import AttributeClassifier
from latentstudio.metrics.spaces.classifier_store import Score
from latentstudio.metrics.spaces.features import BATCH
from trainer.classifier_data import ROTATION, UNKNOWN, Labelled, on_circle, rotated


@torch.no_grad()
def held_out_scores(classifier: AttributeClassifier, data: Labelled) -> dict[str, Score]:
    """Accuracy, or share of variance explained, on the pictures kept out, as they are.

    Parameters
    ----------
    classifier
        Put into evaluation mode.
    data
        Without labels every held-out picture is shown in all four rotations.

    Returns
    -------
    dict of str to Score
        By attribute; one without a known label, or whose labels do not vary, has none.
    """
    classifier.eval()
    device = classifier.center.device
    answers: dict[str, list[Tensor]] = {a.name: [] for a in data.attributes}
    truths: dict[str, list[Tensor]] = {a.name: [] for a in data.attributes}
    for index in torch.split(data.held, BATCH):
        images = data.pictures(index)
        labels = {name: values[index] for name, values in data.labels.items()}
        if data.pretext:
            turns = torch.arange(4).repeat_interleave(len(index))
            images, labels = rotated(images.repeat(4, 1, 1, 1), turns), {ROTATION.name: turns}
        for name, answer in classifier.predict(images.to(device)).items():
            answers[name].append(answer.cpu())
            truths[name].append(labels[name])
    result = {}
    for attribute in data.attributes:
        name = attribute.name
        score = score_of(attribute, torch.cat(answers[name]), torch.cat(truths[name]))
        if score is not None:
            result[name] = score
    return result


def score_of(attribute: Attribute, answer: Tensor, truth: Tensor) -> Score | None:
    """Score predictions (as of ``predict``) against labels [n]; None if there is nothing to say.

    The R2 of a periodic attribute is that of the points on the unit circle:
    1 - sum |p - t|^2 / sum |t - mean t|^2.
    """
    if attribute.kind == "continuous":
        known = torch.isfinite(truth)
        y, t = answer[known].double(), truth[known].double()
        if attribute.period:
            y, t = on_circle(attribute, y), on_circle(attribute, t)
        spread = (t - t.mean(0)).square().sum() if len(t) else torch.zeros(())
        if spread <= 0:
            return None
        return Score(measure="r2", value=float(1 - (y - t).square().sum() / spread))
    known = truth != UNKNOWN
    y, t = answer[known], truth[known].long()
    if len(t) == 0:
        return None
    guess = y.argmax(1) if attribute.kind == "categorical" else (y > 0.5).long()
    largest = float(torch.bincount(t).max()) / len(t)
    return Score(measure="accuracy", value=float((guess == t).double().mean()), baseline=largest)
