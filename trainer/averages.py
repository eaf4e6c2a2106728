"""Statistics that an averaged generator needs of its own."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from latentstudio.generators.protocol import Generator


@torch.no_grad()
def refresh_statistics(generator: Generator, samples: int, seed: int = 0) -> None:
    """Recompute the mean latent and the batch normalisation of a generator, in place.

    Averaged weights do not go with the running statistics of the weights they were averaged
    from; both are computed here afresh from random samples. The global random state is not
    touched.

    Parameters
    ----------
    generator
        In evaluation mode, and left in it.
    samples
        How many latent points, 1 or more.
    seed
        Of the points, as in :meth:`Generator.sample_z`.
    """
    z = generator.sample_z(samples, seed)
    # Every class counts alike.
    classes: Tensor | None = None
    if generator.num_classes:
        classes = torch.arange(samples, device=z.device) % generator.num_classes
    mapping: Any = getattr(generator, "mapping", None)
    if generator.has_mapping and mapping is not None:
        ws = generator.map(z, classes)
        mapping.w_avg.copy_(ws[:, 0].mean(dim=0))
    norms = [m for m in generator.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    if not norms:
        return
    usual = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain average over the batches
        norm.train()
    try:
        for index in torch.split(torch.arange(samples), 64):
            generator(z[index], None if classes is None else classes[index])
    finally:
        for norm, momentum in zip(norms, usual, strict=True):
            norm.momentum = momentum
            norm.eval()
