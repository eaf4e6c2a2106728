"""Spectral normalisation against singular values that are known."""

from __future__ import annotations

import copy
import math
import warnings

import pytest
import torch
from torch import Tensor, nn

from trainer import losses
from trainer.discriminators.dcgan import DCGANDiscriminator
from trainer.discriminators.stylegan2 import StyleGAN2Discriminator
from trainer.errors import TrainingError
from trainer.spectral import spectral_normalize


def make(num_classes: int = 0) -> nn.Module:
    torch.manual_seed(1)
    network = DCGANDiscriminator(16, 3, num_classes, ndf=3, batch_norm=False)
    return spectral_normalize(network)


def vectors(network: nn.Module) -> dict[str, Tensor]:
    state = network.state_dict()
    return {name: value.clone() for name, value in state.items() if name.endswith(("_u", "_v"))}


def test_sigma_of_a_known_matrix() -> None:
    # [[3, 0], [4, 5]] has the singular values 3 sqrt 5 and sqrt 5.
    layer = nn.Linear(2, 2, bias=False)
    weight = torch.tensor([[3.0, 0.0], [4.0, 5.0]])
    with torch.no_grad():
        layer.weight.copy_(weight)
    spectral_normalize(layer)
    torch.testing.assert_close(layer.weight, weight / (3 * math.sqrt(5)))


def test_every_weight_has_norm_one() -> None:
    network = make(num_classes=2)
    for _ in range(30):
        network(torch.randn(2, 3, 16, 16), torch.eye(2))
    network.eval()
    layers = [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    assert len(layers) == 4
    for layer in layers:
        sigma = torch.linalg.svdvals(layer.weight.detach().flatten(1).double())[0].item()
        assert sigma == pytest.approx(1.0, abs=0.02)


def test_gradient_is_orthogonal_to_the_weight() -> None:
    # W / sigma(W) does not change when W is scaled, once u and v have settled.
    layer = spectral_normalize(nn.Linear(3, 3).double(), iterations=50)
    layer(torch.randn(4, 3).double()).sum().backward()
    weight = layer.get_parameter("parametrizations.weight.original")
    assert weight.grad is not None
    assert (weight.grad * weight).sum().item() == pytest.approx(0.0, abs=1e-9)
    assert weight.grad.abs().max() > 1e-3


def test_the_power_method_advances_in_training_only() -> None:
    network, images = make(), torch.randn(2, 3, 16, 16)
    before = vectors(network)
    network.eval()(images)
    assert all(torch.equal(before[name], value) for name, value in vectors(network).items())
    network.train()(images)
    # The head has one row, so that its u is 1 from the start.
    moved = {k for k, value in vectors(network).items() if not torch.equal(before[k], value)}
    assert {k for k in before if not k.startswith("head")} <= moved


def test_copy_and_state_dict_go_on_with_the_same_bits() -> None:
    network, images = make(), torch.randn(2, 3, 16, 16)
    network(images)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        twin = copy.deepcopy(network)
        torch.manual_seed(7)
        other = spectral_normalize(DCGANDiscriminator(16, ndf=3, batch_norm=False))
        other.load_state_dict(network.state_dict())
    for _ in range(2):
        logits = network(images)
        assert torch.equal(twin(images), logits)
        assert torch.equal(other(images), logits)


def test_r1_passes_through() -> None:
    network = make().double()
    images = torch.randn(2, 3, 16, 16, dtype=torch.float64)
    network(images)
    network.eval()  # the vectors stand still for the comparison
    weight = network.get_parameter("first.parametrizations.weight.original")

    def penalty() -> Tensor:
        inputs = images.clone().requires_grad_()
        return losses.gradient_penalty(network(inputs), inputs).sum()

    (slope,) = torch.autograd.grad(penalty(), weight)
    step = torch.zeros_like(weight)
    step[1, 2, 0, 3] = 1e-6
    with torch.no_grad():
        weight.add_(step)
    above = penalty().item()
    with torch.no_grad():
        weight.sub_(2 * step)
    below = penalty().item()
    assert slope[1, 2, 0, 3].item() == pytest.approx((above - below) / 2e-6, rel=1e-4, abs=1e-9)
    assert slope[1, 2, 0, 3].item() != 0


def test_sigma_is_not_rounded_under_autocast() -> None:
    network = make().eval()
    weight = network.get_submodule("first").weight
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(network.get_submodule("first").weight, weight)
        assert network(torch.randn(2, 3, 16, 16)).dtype == torch.float32


def test_what_cannot_be_normalised_is_said() -> None:
    with pytest.raises(TrainingError, match="scales its weight itself"):
        spectral_normalize(StyleGAN2Discriminator(16, channel_base=64, channel_max=6))
    with pytest.raises(TrainingError, match="already"):
        spectral_normalize(make())
    with pytest.raises(TrainingError, match="no layer"):
        spectral_normalize(nn.BatchNorm2d(3))
