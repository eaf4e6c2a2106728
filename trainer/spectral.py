"""Spectral normalisation of a discriminator.

Miyato et al., "Spectral Normalization for Generative Adversarial Networks" (2018), section 2.1
and algorithm 1: every weight, as a matrix [out, rest], is divided by its largest singular value
sigma, which one step of the power method per forward pass keeps track of. (For a convolution
that is the paper's measure, not the norm of the convolution as an operator.)
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize
from torch.nn.utils.parametrizations import spectral_norm

from trainer.errors import TrainingError

LAYERS = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose2d, nn.Linear, nn.Embedding)


def spectral_normalize(module: nn.Module, iterations: int = 1) -> nn.Module:
    """Divide each weight of a convolution, linear layer or embedding by its spectral norm.

    Built on :func:`torch.nn.utils.parametrizations.spectral_norm`. The weights move to
    ``parametrizations.weight.original`` in the state dict, with the power method's vectors
    beside them: build and normalise a network before loading into it or making its optimiser.
    The first vectors come from torch's global random state. They advance at every use of a
    weight in training mode, also where the weights take no gradient, and never in eval mode.

    Equalised layers are refused. They multiply their weight by ``gain / sqrt(fan_in)`` when
    they run, so that a weight of norm 1 would leave a layer of norm 0.06 (3×3, 128 features)
    and the signal would fade within a few of them.

    Parameters
    ----------
    module
        The discriminator; changed in place.
    iterations
        Steps of the power method for each forward pass; the paper takes one.

    Returns
    -------
    nn.Module
        ``module``.

    Raises
    ------
    TrainingError
        If it is normalised already, holds equalised layers, or nothing to normalise.
    """
    plain: list[nn.Module] = []
    for name, layer in module.named_modules():
        if parametrize.is_parametrized(layer):
            raise TrainingError(f"{_name(module)} is spectrally normalised already.")
        weight = layer._parameters.get("weight")
        if isinstance(layer, LAYERS):
            plain.append(layer)
        elif weight is not None and weight.ndim > 1:
            raise TrainingError(
                f"Spectral normalisation does not go with {_name(module)}, whose layer {name} "
                "scales its weight itself: choose the dcgan discriminator, or another regulariser."
            )
    if not plain:
        raise TrainingError(f"{_name(module)} has no layer to normalise spectrally.")
    for layer in plain:
        spectral_norm(layer, n_power_iterations=iterations)
        parametrizations = layer.get_submodule("parametrizations.weight")
        assert isinstance(parametrizations, parametrize.ParametrizationList)
        parametrizations[0] = _Float32(parametrizations[0])
    return module


class _Float32(nn.Module):
    """Runs a parametrisation outside autocast, where sigma would be of half precision."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, weight: Tensor) -> Tensor:
        with torch.autocast(weight.device.type, enabled=False):
            result: Tensor = self.inner(weight)
        return result


def _name(module: nn.Module) -> str:
    return type(module).__name__
