"""What the classifier is shown: labelled minibatches, changed a little, and its loss."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from latentstudio.data.attributes import Attribute
from latentstudio.metrics.spaces.classifier import AttributeClassifier, fit
from trainer.data.dataset import ImageDataset
from trainer.data.labels import mirrored as flipped
from trainer.errors import TrainingError

QUALITIES = 2  # blur and noise
UNKNOWN = -1  # class index of a label that is not known; of a number it is NaN
ROTATION = Attribute(
    name="rotation",
    kind="categorical",
    values=("0", "90", "180", "270"),
    flip="keep",
    help="degrees by which the picture was turned against the clock",
)


class Labelled:
    """A data set divided into pictures to learn from and pictures kept out.

    Parameters
    ----------
    dataset
        Without labels, the attribute is a rotation that :meth:`batch` makes.
    seed
        Of the division and the order.
    held_out
        Share that is kept out, 0 to 1; at least one picture.

    Attributes
    ----------
    attributes, labels, info
        As in the data set.
    pretext
        There were no labels.
    train, held
        int64 indices of the two parts.

    Raises
    ------
    TrainingError
        If one of the parts would be empty.
    """

    def __init__(self, dataset: ImageDataset, seed: int = 0, held_out: float = 0.1) -> None:
        self.dataset, self.seed = dataset, seed
        self.info: dict[str, Any] = dict(dataset.info)
        self.channels = dataset.channels
        self.resolution = dataset.resolution
        self.pretext = not dataset.attributes
        self.attributes: tuple[Attribute, ...] = tuple(dataset.attributes) or (ROTATION,)
        self.labels = {k: torch.from_numpy(np.array(v)) for k, v in dataset.labels.items()}
        count = dataset.count
        kept = max(1, round(count * held_out))
        if kept >= count:
            raise TrainingError(f"{count} pictures are too few for a classifier: add more.")
        # A stream of its own: the shuffles of passes begin with the seed and a small number.
        order = np.random.RandomState([seed, 2**31]).permutation(count)
        self.held = torch.from_numpy(np.sort(order[:kept]))
        self.train = torch.from_numpy(np.sort(order[kept:]))

    def pictures(self, index: Tensor) -> Tensor:
        """The pictures as they are: float32 [n, channels, R, R] in [-1, 1]."""
        picked = torch.from_numpy(self.dataset.images[index.numpy()]).float()
        return fit(picked, self.resolution, self.channels).div_(127.5).sub_(1.0)

    def batch(
        self, position: int, n: int, random: torch.Generator
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The minibatch after ``position`` training pictures, half of it mirrored.

        Parameters
        ----------
        position
            Pictures seen before.
        n
            How many.
        random
            Of the mirroring and the rotations.

        Returns
        -------
        images, labels
            float32 [n, channels, R, R], and [n] by attribute, corrected for the mirroring:
            negated, or unknown, where the attribute says so.
        """
        index = torch.from_numpy(self._indices(position, n))
        images = self.pictures(index)
        mirrored = torch.rand(n, generator=random) < 0.5
        images = torch.where(mirrored.reshape(-1, 1, 1, 1), images.flip(3), images)
        if self.pretext:
            turns = torch.randint(4, (n,), generator=random)
            return rotated(images, turns), {ROTATION.name: turns}
        chosen, sides = index.numpy(), mirrored.numpy()
        labels = {
            a.name: torch.from_numpy(flipped(a, self.dataset.labels[a.name][chosen], sides))
            for a in self.attributes
        }
        return images, labels

    def target_statistics(self) -> list[tuple[float, float]]:
        """Mean and standard deviation over the training part; (0, 1) for all but numbers."""
        result = []
        for attribute in self.attributes:
            mean, std = 0.0, 1.0
            if attribute.kind == "continuous" and not attribute.period:
                values = self.labels[attribute.name][self.train].double()
                values = values[torch.isfinite(values)]
                if attribute.flip == "negate":  # what is shown is as often mirrored as not
                    values = torch.cat([values, -values])
                if len(values) > 1 and values.std() > 0:
                    mean, std = float(values.mean()), float(values.std())
            result.append((mean, std))
        return result

    def _indices(self, position: int, n: int) -> NDArray[np.int64]:
        chosen: list[NDArray[np.int64]] = []
        train = self.train.numpy()
        while n > 0:
            epoch, start = divmod(position, len(train))
            # RandomState, whose streams numpy promises never to change.
            order = np.random.RandomState([self.seed, epoch]).permutation(len(train))
            part = train[order[start : start + n]]
            chosen.append(part)
            position, n = position + len(part), n - len(part)
        return np.concatenate(chosen)


def step_random(seed: int, position: int) -> torch.Generator:
    """The random numbers of one step: a function of the seed and the pictures seen."""
    number = np.random.RandomState([seed, position % 2**32]).randint(2**31)
    return torch.Generator().manual_seed(int(number))


def rotated(images: Tensor, turns: Tensor) -> Tensor:
    """Pictures [n, c, R, R] turned by ``turns`` (int64 [n]) quarters against the clock."""
    result = images.clone()
    for quarter in (1, 2, 3):
        chosen = turns == quarter
        result[chosen] = torch.rot90(images[chosen], quarter, (2, 3))
    return result


def augment(images: Tensor, random: torch.Generator) -> tuple[Tensor, Tensor]:
    """Shift, brighten, blur and roughen pictures a little, each for itself.

    The classifier also judges generated pictures, which are softer and less steady than real
    ones. Most pictures stay sharp and clean.

    Parameters
    ----------
    images
        float32 [n, c, R, R] in [-1, 1].
    random
        The source of all choices.

    Returns
    -------
    images
        Same shape: shifted by up to R / 32 pixels, contrast within 10%, brightness within
        0.1, one in seven mixed with a twofold blur, one in three with noise of up to 0.06.
    spoilt
        [n, QUALITIES]: share of the blur and standard deviation of the noise, each divided by
        its own standard deviation over all pictures. A head of the training tells them from
        the embedding, which would otherwise learn to overlook both: a feature space that is
        blind to blur and noise praises generators for them.
    """
    n, _, size, _ = images.shape

    def uniform(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(n, 1, 1, 1, generator=random)

    reach = size // 32
    if reach:
        padded = F.pad(images, (reach,) * 4, mode="replicate")
        views = padded.unfold(2, size, 1).unfold(3, size, 1)
        dy, dx = torch.randint(2 * reach + 1, (2, n), generator=random)
        images = views[torch.arange(n), :, dy, dx]
    softened = F.interpolate(F.avg_pool2d(images, 2), size=(size, size), mode="bilinear")
    blur = uniform(0, 0.7) * (uniform(0, 1) < 1 / 7)
    images = torch.lerp(images, softened, blur)
    images = images * uniform(0.9, 1.1) + uniform(-0.1, 0.1)
    noise = uniform(0, 0.06) * (uniform(0, 1) < 1 / 3)
    images = images + noise * torch.randn(images.shape, generator=random)
    return images, torch.cat([blur / 0.145, noise / 0.0173], 1).reshape(n, QUALITIES)


def quality_loss(told: Tensor, spoilt: Tensor) -> Tensor:
    """Squared error of blur and noise as told and as done, both [n, QUALITIES]."""
    return (told - spoilt).square().sum(1).mean()


def prepare_targets(
    classifier: AttributeClassifier, labels: dict[str, Tensor]
) -> dict[str, Tensor]:
    """What the heads should say, by attribute.

    Returns
    -------
    dict of str to Tensor
        int64 [n] class indices; float32 [n] for binary ones and standardised numbers;
        float32 [n, 2] points (cos, sin) for periodic ones. Unknown: -1, or NaN.
    """
    result = {}
    for i, attribute in enumerate(classifier.attributes):
        label = labels[attribute.name]
        if attribute.kind == "categorical":
            result[attribute.name] = label.long()
        elif attribute.kind == "binary":
            result[attribute.name] = label.float().masked_fill(label == UNKNOWN, math.nan)
        elif attribute.period:
            result[attribute.name] = on_circle(attribute, label.float())
        else:
            mean, std = float(classifier.target_mean[i]), float(classifier.target_std[i])
            result[attribute.name] = (label.float() - mean) / std
    return result


def on_circle(attribute: Attribute, values: Tensor) -> Tensor:
    """Points (cos, sin) [n, 2] of a periodic attribute's values [n]."""
    angle = (values - attribute.low) * (2 * math.pi / attribute.period)
    return torch.stack([angle.cos(), angle.sin()], 1)


def loss_of(classifier: AttributeClassifier, outputs: Tensor, targets: dict[str, Tensor]) -> Tensor:
    """Sum over the attributes of cross-entropy or squared error, averaged over what is known."""
    total = outputs.new_zeros(())
    for attribute, part in zip(classifier.attributes, classifier.slices, strict=True):
        y, t = outputs[:, part], targets[attribute.name]
        if attribute.kind == "categorical":
            known = t != UNKNOWN
            error = F.cross_entropy(y, t.clamp(min=0), reduction="none")
        elif attribute.kind == "binary":
            known = torch.isfinite(t)
            error = F.binary_cross_entropy_with_logits(y[:, 0], t.nan_to_num(), reduction="none")
        else:
            t = t.reshape(len(t), -1)
            known = torch.isfinite(t).all(1)
            error = (y - t.nan_to_num()).square().sum(1)
        # A masked mean, not an index: no wait for the device.
        total = total + (error * known).sum() / known.sum().clamp(min=1)
    return total
