"""The recipe's transform as the matrix that moves the picture."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from latentstudio.document.recipe import Transform


def transform_matrix(transform: Transform) -> Tensor:
    """3×3 matrix M that moves the picture: what was at p is drawn at M·p.

    Parameters
    ----------
    transform
        Turned by ``angle`` degrees counter-clockwise about the middle, then moved by ``x``
        picture widths to the right and ``y`` heights down.

    Returns
    -------
    Tensor
        float32 [3, 3] on the CPU, on points (x right, y down, 1) whose origin is the middle.

    Notes
    -----
    The conventions of Karras et al., "Alias-Free Generative Adversarial Networks" (2021),
    appendix A, of whose input layer the inverse is asked.
    """
    radians = math.radians(transform.angle)
    cosine, sine = math.cos(radians), math.sin(radians)
    rows = [[cosine, sine, transform.x], [-sine, cosine, transform.y], [0.0, 0.0, 1.0]]
    return torch.tensor(rows, dtype=torch.float32)
