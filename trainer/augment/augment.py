"""Augmentation of everything that a discriminator sees, so that it cannot learn by heart.

Karras et al., "Training Generative Adversarial Networks with Limited Data" (2020), section 2
and appendix B. Real and generated pictures pass through the same random transforms, and the
generator's gradient passes through them too.

**Why the generator does not learn to draw augmented pictures.** As long as each transform is
left out with some probability, the distribution of augmented pictures determines that of the
pictures: only a generator of the true distribution looks the same after augmentation. The
paper sees nothing leak up to p = 0.8 or so. At p = 1 the quarter turns, for instance, are
uniform, and a generator of pictures lying on their side would do just as well.

**What differs from the paper.** Its pictures are enlarged by a sym6 wavelet filter and padded
once by reflection; here they are enlarged by Lanczos-3, and reading beyond the edge folds back
into the picture however far it goes. There, every picture is resampled; here those that only
move by whole pixels are copied exactly, and those that do not move at all are left alone.
Filtering, noise and cutout, which the paper found to be of no further use, are left out.
"""

from __future__ import annotations

import torch
from torch import Generator, Tensor, nn

from trainer.augment.colour import recolour
from trainer.augment.geometry import transform
from trainer.augment.params import AugmentParams, check_kinds, sample


class Augment(nn.Module):
    """Random transforms, each with probability ``p`` for each picture.

    Parameters
    ----------
    kinds
        Letters: ``b`` pixel blitting (mirror, quarter turns, shift by whole pixels), ``g``
        general geometry (scale, rotation, stretch, shift), ``c`` colour (brightness, contrast,
        luma inversion, hue, saturation). The paper's best is ``bgc``.
    p
        Probability to begin with, 0 to 1; a buffer.

    Raises
    ------
    TrainingError
        If a letter is unknown.
    """

    p: Tensor

    def __init__(self, kinds: str = "bgc", p: float = 0.0) -> None:
        super().__init__()
        check_kinds(kinds)
        self.kinds = kinds
        self.register_buffer("p", torch.tensor(p, dtype=torch.float32))

    def sample(
        self, n: int, p: float | None = None, generator: Generator | None = None
    ) -> AugmentParams:
        """Draw what happens to ``n`` pictures, on the CPU.

        Parameters
        ----------
        n
            Pictures; those of all processes where each then takes its rows.
        p
            Probability; the buffer's when None.
        generator
            A random state on the CPU; torch's global one when None.
        """
        return sample(n, float(self.p) if p is None else p, generator, kinds=self.kinds)

    def forward(self, images: Tensor, params: AugmentParams | None = None) -> Tensor:
        """Transform pictures.

        Parameters
        ----------
        images
            [n, c, size, size] in [-1, 1], c 1, 3 or 4 (the fourth keeps its values); any
            floating dtype, computed in float32 at least.
        params
            n rows; newly drawn ones when None.

        Returns
        -------
        Tensor
            Shape and dtype of ``images``, differentiable in them any number of times; values
            may leave [-1, 1]. ``images`` itself where nothing happens.

        Raises
        ------
        ValueError
            If the pictures are not square or of other channels, or not as many as the rows.
        """
        n, _, h, w = images.shape
        if params is None:
            params = self.sample(n)
        if h != w or n != len(params):
            raise ValueError(
                f"{len(params)} augmentations do not fit pictures of shape {tuple(images.shape)}"
            )
        with torch.autocast(images.device.type, enabled=False):
            wide = images.to(torch.promote_types(images.dtype, torch.float32))
            result = recolour(transform(wide, params), params)
        return images if result is wide else result.to(images.dtype)
