"""VGG16: its features between the convolutions for LPIPS, and its second layer of 4096.

Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition"
(2015), table 1, configuration D, with torchvision's weights.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from latentstudio.checkpoints.torch_state import Weights
from latentstudio.metrics.spaces.features import NetworkFeatures, space_hash
from latentstudio.metrics.spaces.resize import resize, rgb

WIDTHS = (64, 128, 256, 512, 512)  # of the five stages, each half the size of the one before
_CONVOLUTIONS = (2, 2, 3, 3, 3)
_SIZE, _DIM = 224, 4096


class VGG16(nn.Module):
    """The five stages of convolutions.

    Parameters
    ----------
    weights
        torchvision's state dict, of which the tensors of these stages are taken.

    Raises
    ------
    CheckpointError
        If a tensor is absent, of another shape or not finite.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        # ImageNet's, for values in -1 to 1.
        self.register_buffer("mean", torch.tensor([-0.030, -0.088, -0.188]).reshape(3, 1, 1))
        self.register_buffer("std", torch.tensor([0.458, 0.448, 0.450]).reshape(3, 1, 1))
        self.stages = nn.ModuleList()
        inputs, place = 3, 0
        for width, count in zip(WIDTHS, _CONVOLUTIONS, strict=True):
            stage = nn.Sequential()
            for _ in range(count):
                stage.extend(
                    [_Layer(weights, f"features.{place}", (width, inputs, 3, 3)), nn.ReLU()]
                )
                inputs, place = width, place + 2
            self.stages.append(stage)
            place += 1  # the pool between the stages
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, images: Tensor) -> list[Tensor]:
        """Each stage's output [n, c, h, w] for images [n, 3, H, W] in [-1, 1], 16 px or more."""
        x = (images - self.mean) / self.std
        x = x.contiguous(memory_format=torch.channels_last)
        outputs: list[Tensor] = []
        for stage in self.stages:
            outputs.append(stage(F.max_pool2d(outputs[-1], 2) if outputs else x))
        return outputs


class VGG16Features(NetworkFeatures):
    """The second fully connected layer of VGG16, after its ReLU, as a feature space.

    In which Kynkäänniemi et al. (2019) define precision and recall. Pictures are brought to 224
    px as torch-fidelity does.

    Parameters
    ----------
    weights
        torchvision's state dict.
    sha256
        Of its file.
    device
        Where to compute.
    """

    def __init__(self, weights: Weights, sha256: str, device: torch.device) -> None:
        super().__init__(
            name="vgg16",
            content_hash=space_hash("vgg16 fc2", resize="tf1", weights=sha256),
            dim=_DIM,
            resolution=_SIZE,
            device=device,
            batch=16,
        )
        self.stages = VGG16(weights).to(device)
        self.head = nn.Sequential(
            _Layer(weights, "classifier.0", (_DIM, WIDTHS[-1] * 7 * 7)),
            nn.ReLU(),
            _Layer(weights, "classifier.3", (_DIM, _DIM)),
            nn.ReLU(),
        ).to(device)

    def embed(self, images: Tensor) -> Tensor:
        """See :meth:`NetworkFeatures.embed`."""
        pixels = resize(rgb(images).add(1.0).mul(127.5), _SIZE, "tf1")
        last = self.stages(pixels.div(127.5).sub(1.0))[-1]
        features: Tensor = self.head(F.max_pool2d(last, 2).flatten(1))
        return features


class _Layer(nn.Module):
    """A convolution that keeps the size, or a matrix, with bias."""

    weight: Tensor
    bias: Tensor

    def __init__(self, weights: Weights, name: str, shape: tuple[int, ...]) -> None:
        super().__init__()
        for part, size in (("weight", shape), ("bias", shape[:1])):
            tensor = torch.from_numpy(weights.take(f"{name}.{part}", *size))
            if not tensor.isfinite().all():
                raise weights.error(f"its tensor '{name}.{part}' is not finite")
            self.register_buffer(part, tensor)

    def forward(self, x: Tensor) -> Tensor:
        if self.weight.ndim == 2:
            return F.linear(x, self.weight, self.bias)
        return F.conv2d(x, self.weight, self.bias, padding=1)
