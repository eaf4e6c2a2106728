from __future__ import annotations

import json
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from trainer.discriminators.dcgan import DCGANDiscriminator
from trainer.discriminators.stylegan2 import StyleGAN2Discriminator, minibatch_std

SMALL = {"channel_base": 64, "channel_max": 6}


def make(family: str, **changes: Any) -> nn.Module:
    torch.manual_seed(2)
    if family == "dcgan":
        return DCGANDiscriminator(16, **{"ndf": 3, "batch_norm": False, **changes})
    stem = "strided" if family == "strided" else "residual"
    return StyleGAN2Discriminator(16, **{**SMALL, "stem": stem, **changes})


FAMILIES = ["dcgan", "stylegan2", "strided"]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("num_classes", [0, 3])
def test_one_logit_each(family: str, channels: int, num_classes: int) -> None:
    d = make(family, channels=channels, num_classes=num_classes)
    image = torch.randn(6, channels, 16, 16)
    label = torch.eye(3)[[0, 1, 2, 0, 1, 2]] if num_classes else None
    logits = d(image, label)
    assert logits.shape == (6,) and logits.dtype == torch.float32
    logits.sum().backward()
    for name, parameter in d.named_parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all(), name


@pytest.mark.parametrize("family", FAMILIES)
def test_r1_against_finite_differences(family: str) -> None:
    """The derivative of the squared input gradient by the weights, along a random direction."""
    d = make(family, num_classes=2).double()
    torch.manual_seed(0)
    image = torch.randn(4, 3, 16, 16).double()
    label = torch.eye(2).double()[[0, 1, 1, 0]]
    weights = [p for p in d.parameters() if p.ndim > 1]
    directions = [torch.randn_like(w) * w.detach().std() for w in weights]

    def penalty(*, graph: bool) -> Tensor:
        x = image.clone().requires_grad_()
        (grad,) = torch.autograd.grad(d(x, label).sum(), x, create_graph=graph)
        return grad.square().sum()

    def shifted(step: float) -> Tensor:
        before = [w.detach().clone() for w in weights]
        with torch.no_grad():
            torch._foreach_add_(weights, directions, alpha=step)
        value = penalty(graph=False)
        with torch.no_grad():
            torch._foreach_copy_(weights, before)
        return value

    exact = torch.autograd.grad(penalty(graph=True), weights, allow_unused=True)
    along = sum((g * v).sum() for g, v in zip(exact, directions, strict=True) if g is not None)
    step = 1e-7  # small: the gradient jumps where a leaky ReLU changes sides
    numeric = (shifted(step) - shifted(-step)) / (2 * step)
    torch.testing.assert_close(along, numeric, rtol=1e-4, atol=1e-9)


@pytest.mark.parametrize("family", FAMILIES)
def test_r1_in_bfloat16_is_near_float32(family: str) -> None:
    d = make(family)
    image = torch.randn(4, 3, 16, 16)

    def penalty(enabled: bool) -> Tensor:
        x = image.clone().requires_grad_()
        with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
            logits = d(x)
        (grad,) = torch.autograd.grad(logits.sum(), x, create_graph=True)
        value = grad.square().sum(dim=(1, 2, 3)).mean()
        d.zero_grad()
        value.backward()
        return value.detach()

    assert penalty(True).item() == pytest.approx(penalty(False).item(), rel=0.1)
    assert all(p.grad is None or p.grad.isfinite().all() for p in d.parameters())


@pytest.mark.parametrize("family", FAMILIES)
def test_labels_matter_and_are_required(family: str) -> None:
    d = make(family, num_classes=3)
    image = torch.randn(2, 3, 16, 16)
    rows = torch.eye(3)
    assert not torch.allclose(d(image, rows[[0, 0]]), d(image, rows[[1, 1]]))
    with pytest.raises(ValueError, match="3 classes: give a label"):
        d(image)


@pytest.mark.parametrize("family", FAMILIES)
def test_config_survives_json(family: str) -> None:
    d = make(family, num_classes=2)
    twin = type(d)(**json.loads(json.dumps(d.config())))
    twin.load_state_dict(d.state_dict())
    image, label = torch.randn(4, 3, 16, 16), torch.eye(2)[[0, 1, 0, 1]]
    assert torch.equal(twin(image, label), d(image, label))


@pytest.mark.parametrize("family", FAMILIES)
def test_resolution_must_be_a_power_of_two(family: str) -> None:
    with pytest.raises(ValueError, match="resolution 12"):
        {"dcgan": DCGANDiscriminator}.get(family, StyleGAN2Discriminator)(12)


def test_unknown_stem() -> None:
    with pytest.raises(ValueError, match="stem 'none' is not residual or strided"):
        StyleGAN2Discriminator(16, stem="none")


def test_minibatch_std_by_hand() -> None:
    x = torch.randn(6, 2, 4, 4)
    y = minibatch_std(x, 4)  # groups of 3: the largest divisor of 6 up to 4
    assert y.shape == (6, 3, 4, 4)
    assert torch.equal(y[:, :2], x)
    for i in range(2):
        group = x[[i, i + 2, i + 4]]
        want = (group.var(dim=0, correction=0) + 1e-8).sqrt().mean()
        torch.testing.assert_close(y[[i, i + 2, i + 4], 2], want.expand(3, 4, 4))


def test_without_batch_norm_pictures_are_judged_alone() -> None:
    d = make("dcgan")
    image = torch.randn(3, 3, 16, 16)
    alone = torch.cat([d(picture[None]) for picture in image])
    torch.testing.assert_close(d(image), alone, atol=1e-6, rtol=1e-5)
    assert make("dcgan", batch_norm=True).state_dict().keys() != d.state_dict().keys()
