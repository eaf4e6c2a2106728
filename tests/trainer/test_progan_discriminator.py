from __future__ import annotations

import json
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from latentstudio.generators.growth import Growth
from tests.oracles import progan as oracle
from trainer.discriminators.progan import ProGANDiscriminator

POINTS = [(4, 1.0), (8, 0.0), (8, 0.3), (16, 0.0), (16, 0.3), (16, 1.0)]


def make(**changes: Any) -> ProGANDiscriminator:
    torch.manual_seed(2)
    args: dict[str, Any] = {"channel_base": 96, "channel_max": 10} | changes
    d = ProGANDiscriminator(16, **args)
    with torch.no_grad():
        for name, parameter in d.named_parameters():
            if name.endswith("bias"):  # they start at 0, where a mistake would not be seen
                parameter.normal_(0.0, 0.3)
    return d


@pytest.mark.parametrize("blur", [False, True])
@pytest.mark.parametrize(("size", "alpha"), POINTS)
def test_equals_the_paper(size: int, alpha: float, blur: bool) -> None:
    d = make(growing=True, blur=blur).double()
    d.set_growth(Growth(size, alpha))
    image = torch.randn(6, 3, size, size).double()
    # Groups of 3: the largest divisor of 6 up to 4.
    want = oracle.judgement(image, d.state_dict(), alpha=alpha, group=3, blur=blur)
    torch.testing.assert_close(d(image), want, atol=1e-10, rtol=0)


@pytest.mark.parametrize("channels", [1, 4])
def test_equals_the_paper_with_classes(channels: int) -> None:
    d = make(channels=channels, num_classes=3, mbstd_group=2).double()
    image, label = torch.randn(4, channels, 16, 16).double(), torch.eye(3).double()[[0, 2, 2, 1]]
    want = oracle.judgement(image, d.state_dict(), group=2, onehot=label)
    torch.testing.assert_close(d(image, label), want, atol=1e-10, rtol=0)
    assert not torch.allclose(d(image, label), d(image, label.flip(0)))


@pytest.mark.parametrize("blur", [False, True])
@pytest.mark.parametrize("size", [8, 16])
def test_a_new_level_begins_as_a_judge_of_halved_pictures(size: int, blur: bool) -> None:
    d = make(growing=True, blur=blur).double()
    image = torch.randn(4, 3, size, size).double()
    d.set_growth(Growth(size // 2))
    want = d(F.avg_pool2d(image, 2))
    d.set_growth(Growth(size, 0.0))
    torch.testing.assert_close(d(image), want, atol=1e-12, rtol=0)


@pytest.mark.parametrize("num_classes", [0, 3])
@pytest.mark.parametrize("blur", [False, True])
@pytest.mark.parametrize(("size", "alpha"), [(4, 1.0), (8, 0.3), (16, 0.3), (16, 1.0)])
def test_gradient_penalty_against_finite_differences(
    size: int, alpha: float, blur: bool, num_classes: int
) -> None:
    """The derivative of the squared input gradient by the weights, along a random direction."""
    d = make(growing=True, blur=blur, num_classes=num_classes).double()
    d.set_growth(Growth(size, alpha))
    torch.manual_seed(0)
    image = torch.randn(4, 3, size, size).double()
    label = torch.eye(3).double()[[0, 1, 2, 0]] if num_classes else None
    weights: list[Tensor] = [p for p in d.parameters() if p.ndim > 1]
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


@pytest.mark.parametrize("alpha", [0.5, 1.0])
def test_gradient_penalty_in_bfloat16_is_near_float32(alpha: float) -> None:
    d = make(growing=True, blur=True)
    d.set_growth(Growth(16, alpha))
    image = torch.randn(4, 3, 16, 16)

    def penalty(enabled: bool) -> Tensor:
        x = image.clone().requires_grad_()
        with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
            logits = d(x)
        assert logits.dtype == torch.float32
        (grad,) = torch.autograd.grad(logits.sum(), x, create_graph=True)
        value = grad.square().sum(dim=(1, 2, 3)).mean()
        d.zero_grad()
        torch.autograd.backward(value)
        return value.detach()

    assert penalty(True).item() == pytest.approx(penalty(False).item(), rel=0.1)
    assert all(p.grad is None or p.grad.isfinite().all() for p in d.parameters())


@pytest.mark.parametrize("growing", [False, True])
def test_config_survives_json(growing: bool) -> None:
    d = make(num_classes=2, growing=growing, blur=True)
    twin = ProGANDiscriminator(**json.loads(json.dumps(d.config())))
    twin.load_state_dict(d.state_dict())
    image, label = torch.randn(4, 3, 16, 16), torch.eye(2)[[0, 1, 0, 1]]
    logits = d(image, label)
    assert logits.shape == (4,) and logits.dtype == torch.float32
    assert torch.equal(twin(image, label), logits)


def test_only_the_finest_picture_input_without_growing() -> None:
    names = {name.split(".")[0] for name in make().state_dict()}
    assert names == {"b4", "b8", "b16", "fromrgb16", "out"}


def test_wrong_inputs_say_so() -> None:
    d = make(growing=True, num_classes=3)
    d.set_growth(Growth(8))
    with pytest.raises(ValueError, match="pictures are 16 × 16 px; expected 8 px"):
        d(torch.zeros(2, 3, 16, 16), torch.eye(3)[:2])
    with pytest.raises(ValueError, match="3 classes: give a label"):
        d(torch.zeros(2, 3, 8, 8))


@pytest.mark.parametrize("args", [{"resolution": 12}, {"resolution": 16, "channel_base": 15}])
def test_impossible_configurations(args: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=list(args)[-1]):
        ProGANDiscriminator(**args)
