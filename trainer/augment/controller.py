"""How strongly to augment: driven by how sure the discriminator is of its training pictures."""

from __future__ import annotations

import torch


class AdaController:
    """Raises the probability of augmentation while the discriminator overfits, else lowers it.

    Karras et al. 2020, "Training Generative Adversarial Networks with Limited Data",
    section 3.1: the signs of the logits at real pictures, averaged, are 0 while it cannot tell
    and 1 when it knows them all by heart.

    Parameters
    ----------
    target
        Average sign to be held, -1 to 1; the paper's is 0.6.
    kimg
        In so many thousand pictures the probability can move from 0 to 1.
    p
        Where it stands, 0 to 1.

    Raises
    ------
    ValueError
        If ``kimg`` or ``p`` is out of its range.
    """

    def __init__(self, target: float = 0.6, kimg: float = 500.0, p: float = 0.0) -> None:
        if not kimg > 0 or not 0.0 <= p <= 1.0:
            raise ValueError(f"augmentation needs kimg > 0 and 0 <= p <= 1, not {kimg} and {p}")
        self.target, self.kimg, self.p = target, kimg, _float32(p)

    def update(self, sign_real_mean: float, images: int) -> float:
        """Take a step towards the target.

        Parameters
        ----------
        sign_real_mean
            Mean of sign(D(x)) over the real pictures since the last update, over all
            processes. NaN moves nothing.
        images
            How many real pictures were seen since then, over all processes.

        Returns
        -------
        float
            The new probability.
        """
        way = (sign_real_mean > self.target) - (sign_real_mean < self.target)
        p = self.p + way * images / (self.kimg * 1000)
        self.p = _float32(min(max(p, 0.0), 1.0))
        return self.p


def _float32(p: float) -> float:
    """Rounded as a snapshot keeps it: a resumed run goes on with the same bits."""
    return float(torch.tensor(p, dtype=torch.float32))
