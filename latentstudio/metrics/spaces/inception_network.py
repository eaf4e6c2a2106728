"""The network that FID and the Inception Score mean: Inception v3 as released on 2015-12-05.

Szegedy et al., "Rethinking the Inception Architecture for Computer Vision" (2016), section 6, in
the TensorFlow graph of Salimans et al., "Improved Techniques for Training GANs" (2016), and
Heusel et al., "GANs Trained by a Two Time-Scale Update Rule" (2017). It has 1008 classes and
departs from the paper in two places: average pools do not count the border, and the last block
pools by maximum.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from latentstudio.checkpoints.torch_state import Weights, batch_norm

DIM, CLASSES, SIZE = 2048, 1008, 299
_EPSILON = 1e-3  # of the batch normalisation

Step = tuple[int, int, int]  # output width, height and width of the kernel
Branch = Sequence[Step | tuple[Step, Step]]  # two together read the same input and are joined


def _block_6(c: int) -> dict[str, Branch]:
    return {
        "branch1x1": [(192, 1, 1)],
        "branch7x7": [(c, 1, 1), (c, 1, 7), (192, 7, 1)],
        "branch7x7dbl": [(c, 1, 1), (c, 7, 1), (c, 1, 7), (c, 7, 1), (192, 1, 7)],
    }


_BLOCK_5: dict[str, Branch] = {
    "branch1x1": [(64, 1, 1)],
    "branch5x5": [(48, 1, 1), (64, 5, 5)],
    "branch3x3dbl": [(64, 1, 1), (96, 3, 3), (96, 3, 3)],
}
_FORK = ((384, 1, 3), (384, 3, 1))
_BLOCK_7: dict[str, Branch] = {
    "branch1x1": [(320, 1, 1)],
    "branch3x3": [(384, 1, 1), _FORK],
    "branch3x3dbl": [(448, 1, 1), (384, 3, 3), _FORK],
}
_BLOCKS: dict[str, dict[str, Branch]] = {  # by the names of the weights file
    "Mixed_5b": _BLOCK_5,
    "Mixed_5c": _BLOCK_5,
    "Mixed_5d": _BLOCK_5,
    "Mixed_6a": {
        "branch3x3": [(384, 3, 3)],
        "branch3x3dbl": [(64, 1, 1), (96, 3, 3), (96, 3, 3)],
    },
    "Mixed_6b": _block_6(128),
    "Mixed_6c": _block_6(160),
    "Mixed_6d": _block_6(160),
    "Mixed_6e": _block_6(192),
    "Mixed_7a": {
        "branch3x3": [(192, 1, 1), (320, 3, 3)],
        "branch7x7x3": [(192, 1, 1), (192, 1, 7), (192, 7, 1), (192, 3, 3)],
    },
    "Mixed_7b": _BLOCK_7,
    "Mixed_7c": _BLOCK_7,
}
# Inputs of each block, and outputs of the convolution behind its pool; a block without one
# halves the size.
_INPUTS = (192, 256, 288, 288, 768, 768, 768, 768, 768, 1280, 2048)
_POOLED = (32, 64, 64, None, 192, 192, 192, 192, None, 192, 192)
_POOLS_BY_MAXIMUM = "Mixed_7c"
_NORM = ("weight", "bias", "running_mean", "running_var")


class Inception(nn.Module):
    """Pixels to pool features.

    Parameters
    ----------
    weights
        The state dict that pytorch-fid and torch-fidelity published.

    Raises
    ------
    CheckpointError
        If a tensor is absent, too many, of another shape or not finite.
    """

    classes: Tensor  # [1008, 2048]: features to logits

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        weights.drop("num_batches_tracked")
        self.body = nn.Sequential(
            _Conv(weights, "Conv2d_1a_3x3", 3, (32, 3, 3), stride=2),
            _Conv(weights, "Conv2d_2a_3x3", 32, (32, 3, 3)),
            _Conv(weights, "Conv2d_2b_3x3", 32, (64, 3, 3), padded=True),
            nn.MaxPool2d(3, 2),
            _Conv(weights, "Conv2d_3b_1x1", 64, (80, 1, 1)),
            _Conv(weights, "Conv2d_4a_3x3", 80, (192, 3, 3)),
            nn.MaxPool2d(3, 2),
        )
        for name, inputs, pooled in zip(_BLOCKS, _INPUTS, _POOLED, strict=True):
            self.body.append(_Block(weights, name, inputs, pooled))
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        classes = torch.from_numpy(weights.take("fc.weight", CLASSES, DIM))
        weights.take("fc.bias", CLASSES)  # the Inception Score is defined without it
        weights.finish()
        if not classes.isfinite().all():
            raise weights.error("its classes' weights are not finite")
        self.register_buffer("classes", classes.clone())

    def forward(self, pixels: Tensor) -> Tensor:
        """Features [n, 2048] of pixels [n, 3, 299, 299] in 0 to 255, differentiable in these."""
        x = ((pixels - 128.0) / 128.0).contiguous(memory_format=torch.channels_last)
        features: Tensor = self.body(x).mean(dim=(2, 3))
        return features


class _Conv(nn.Module):
    """A convolution into which its batch normalisation is folded, then ReLU."""

    weight: Tensor
    bias: Tensor

    def __init__(
        self,
        weights: Weights,
        name: str,
        inputs: int,
        step: Step,
        *,
        stride: int = 1,
        padded: bool = False,
    ) -> None:
        super().__init__()
        width, *kernel = step
        self.stride = stride
        self.padding = [k // 2 if padded else 0 for k in kernel]
        weight = weights.take(f"{name}.conv.weight", width, inputs, *kernel)
        norm = batch_norm(weights, f"{name}.bn", width)
        # In float64, so that folding costs no digit.
        gain, bias, mean, var = (torch.from_numpy(norm[key]).double() for key in _NORM)
        gain = gain / (var + _EPSILON).sqrt()
        folded = torch.from_numpy(weight).double() * gain[:, None, None, None]
        bias = bias - mean * gain
        if not (folded.isfinite().all() and bias.isfinite().all()):
            raise weights.error(f"the numbers of its layer {name} are not finite")
        self.register_buffer("weight", folded.float())
        self.register_buffer("bias", bias.float())

    def forward(self, x: Tensor) -> Tensor:
        return F.relu_(self.linear(x))

    def linear(self, x: Tensor) -> Tensor:
        """Without the ReLU."""
        return F.conv2d(x, self.weight, self.bias, self.stride, self.padding)


class _Fork(nn.ModuleList):
    """Layers that read the same input; what they make of it is joined."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([layer(x) for layer in self], dim=1)


class _MeanPool(nn.Module):
    """The mean over 3 x 3 without what lies outside, then a 1 x 1 convolution and ReLU.

    Computed the other way round, which comes to the same: the convolution has fewer outputs
    than inputs.
    """

    def __init__(self, conv: _Conv) -> None:
        super().__init__()
        self.conv = conv

    def forward(self, x: Tensor) -> Tensor:
        return F.relu_(F.avg_pool2d(self.conv.linear(x), 3, 1, 1, count_include_pad=False))


class _Block(_Fork):
    """Branches side by side, the last of them pooled."""

    def __init__(self, weights: Weights, name: str, inputs: int, pooled: int | None) -> None:
        super().__init__()
        for key, steps in _BLOCKS[name].items():
            halves = pooled is None
            self.append(_branch(weights, f"{name}.{key}", inputs, steps, halves=halves))
        if pooled is None:
            self.append(nn.MaxPool2d(3, 2))
            return
        conv = _Conv(weights, f"{name}.branch_pool", inputs, (pooled, 1, 1))
        maximum = name == _POOLS_BY_MAXIMUM
        self.append(nn.Sequential(nn.MaxPool2d(3, 1, 1), conv) if maximum else _MeanPool(conv))


def _branch(
    weights: Weights, name: str, inputs: int, steps: Branch, *, halves: bool
) -> nn.Sequential:
    """Convolutions in a row; of a block that halves the size, the last one does it."""
    layers = nn.Sequential()
    for i, step in enumerate(steps, 1):
        label = name if len(steps) == 1 else f"{name}_{i}"
        if len(step) == 2:
            fork = zip("ab", step, strict=True)
            layers.append(_Fork(_Conv(weights, label + x, inputs, s, padded=True) for x, s in fork))
        elif halves and i == len(steps):
            layers.append(_Conv(weights, label, inputs, step, stride=2))
        else:
            layers.append(_Conv(weights, label, inputs, step, padded=True))
            inputs = step[0]
    return layers
