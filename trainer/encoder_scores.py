"""How well an encoder guesses samples that it was never shown."""

from __future__ import annotations

import torch
from torch import Tensor

from latentstudio.latents.inversion.encoder import Encoder
from latentstudio.metrics.spaces.features import NetworkFeatures
from trainer.encoder_data import HELD_OUT, PART, Batch, Samples, pixel_error

HELD = 256  # samples; the standard error of a share is about 0.02


class Scale:
    """Errors of pictures in units of what two random samples differ by.

    Parameters
    ----------
    held
        Samples kept out.
    features
        A feature space, where there is one for the generator's data.
    """

    def __init__(self, held: Batch, features: NetworkFeatures | None) -> None:
        self.features = features
        others = held.images.roll(1, dims=0)
        with torch.no_grad():
            self.unit = {k: float(v.mean()) for k, v in self._raw(held.images, others).items()}

    def errors(self, images: Tensor, targets: Tensor) -> dict[str, Tensor]:
        """Squared ``pixels`` and, where there is a space, ``features`` distance: [n] each."""
        return {k: v / self.unit[k] for k, v in self._raw(images, targets).items()}

    def _raw(self, images: Tensor, targets: Tensor) -> dict[str, Tensor]:
        raw = {"pixels": pixel_error(images, targets)}
        if self.features is not None:
            with self.features.arithmetic():
                with torch.no_grad():
                    wanted = self.features.embed(targets)
                raw["features"] = (self.features.embed(images) - wanted).square().sum(dim=1)
        return raw


@torch.no_grad()
def scores_of(encoder: Encoder, samples: Samples, scale: Scale, held: Batch) -> dict[str, float]:
    """Measure an encoder; it is left in evaluation mode.

    Returns
    -------
    dict of str to float
        ``error``: root of the mean squared whitened error, which is near the samples' own
        deviation for guesses of the mean. ``r2``: explained share of the variance, averaged
        over whitened dimensions, and ``explained``: of the latent as it is. ``pixels`` and
        ``features``: mean distance of the guess's picture from the sample's, over that of
        random pairs (root mean squared).
    """
    encoder.eval()
    u = torch.cat([encoder.look(part) for part in torch.split(held.images, PART)])
    truth = encoder.whitened(held.latents)
    guess = encoder.latents(u)
    found = {
        "error": float((u - truth).square().mean().sqrt()),
        "r2": float(1 - ((u - truth).square().sum(0) / _spread(truth)).mean()),
        "explained": float(1 - (guess - held.latents).square().sum() / _spread(held.latents).sum()),
    }
    parts = [slice(i, i + PART) for i in range(0, len(u), PART)]
    labels = held.labels
    errors = [
        scale.errors(
            samples.pictures(guess[part], None if labels is None else labels[part]),
            held.images[part],
        )
        for part in parts
    ]
    for name in errors[0]:
        found[name] = float(torch.cat([e[name] for e in errors]).mean().sqrt())
    return found


def held_out(samples: Samples) -> Batch:
    """Samples that no training reaches."""
    return samples.draw(HELD_OUT, HELD)


def _spread(values: Tensor) -> Tensor:
    """Sum of squares about the mean, by dimension."""
    return (values - values.mean(dim=0)).square().sum(dim=0)
