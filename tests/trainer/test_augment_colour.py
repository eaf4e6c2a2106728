"""Colours against matrices and pixels worked out by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from trainer.augment import AugmentParams, sample
from trainer.augment.colour import matrices, recolour


def rows(n: int = 1, **changes: float) -> AugmentParams:
    one = {k: torch.full((n,), v, dtype=torch.float64) for k, v in changes.items()}
    return replace(AugmentParams.identity(n), **one)


def pixel(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64).reshape(1, -1, 1, 1)


def changed(colour: tuple[float, ...], **changes: float) -> list[float]:
    return recolour(pixel(*colour), rows(**changes)).flatten().tolist()


def test_each_change_by_hand() -> None:
    colour = (0.5, -0.1, 0.2)  # of mean 0.2
    assert changed(colour, brightness=0.3) == pytest.approx([0.8, 0.2, 0.5])
    assert changed(colour, contrast=2.0) == pytest.approx([1.0, -0.2, 0.4])
    assert changed(colour, luma=-1.0) == pytest.approx([0.1, -0.5, -0.2])
    assert changed(colour, saturation=0.0) == pytest.approx([0.2, 0.2, 0.2])
    assert changed(colour, saturation=2.0) == pytest.approx([0.8, -0.4, 0.2])
    # A third of a turn: red becomes green, green blue, blue red.
    assert changed(colour, hue=2 * math.pi / 3) == pytest.approx([0.2, 0.5, -0.1])
    # Half a turn about the grey axis: 2 · mean - colour.
    assert changed(colour, hue=math.pi) == pytest.approx([-0.1, 0.5, 0.2])


def test_brightness_first_then_contrast_then_the_rest() -> None:
    colour = (0.5, -0.1, 0.2)
    assert changed(colour, brightness=0.1, contrast=2.0) == pytest.approx([1.2, 0.0, 0.6])
    # (0.6, 0, 0.3) of mean 0.3, doubled; luma inverted about grey; then the excess halved.
    values = changed(colour, brightness=0.1, contrast=2.0, luma=-1.0, saturation=0.5)
    assert values == pytest.approx([-0.6 + 0.3, -0.6 - 0.3, -0.6 + 0.0])


def test_the_whole_matrix_by_hand() -> None:
    a, b = (1 + math.sqrt(3)) / 3, (1 - math.sqrt(3)) / 3  # a quarter turn of hue
    expected = torch.tensor(
        [[1 / 3, b, a, 0], [a, 1 / 3, b, 0], [b, a, 1 / 3, 0], [0, 0, 0, 1]], dtype=torch.float64
    )
    torch.testing.assert_close(matrices(rows(hue=math.pi / 2))[0], expected)
    luma = torch.tensor([[1, -2, -2], [-2, 1, -2], [-2, -2, 1]], dtype=torch.float64) / 3
    torch.testing.assert_close(matrices(rows(luma=-1.0))[0, :3, :3], luma)


def test_grey_pictures() -> None:
    # As three equal channels would fare, which stay equal.
    params = sample(30, 1.0, kinds="c")
    torch.manual_seed(1)
    grey = torch.randn(30, 1, 4, 4, dtype=torch.float64)
    expected = recolour(grey.expand(30, 3, 4, 4), params)
    torch.testing.assert_close(recolour(grey, params).expand(30, 3, 4, 4), expected)
    assert changed((0.5,), luma=-1.0, hue=1.0, saturation=3.0) == pytest.approx([-0.5])
    assert changed((0.5,), brightness=0.1, contrast=2.0) == pytest.approx([1.2])


def test_a_fourth_channel_is_left_alone() -> None:
    four = recolour(pixel(0.5, -0.1, 0.2, 0.9), rows(luma=-1.0)).flatten().tolist()
    assert four == pytest.approx([0.1, -0.5, -0.2, 0.9])
    with pytest.raises(ValueError, match="2 channels"):
        recolour(pixel(0.5, 0.1), rows())


def test_other_pictures_keep_their_bits() -> None:
    x = torch.randn(3, 3, 4, 4)
    params = replace(AugmentParams.identity(3), hue=torch.tensor([0.0, 1.0, 0.0]))
    y = recolour(x, params)
    assert torch.equal(y[0], x[0])
    assert torch.equal(y[2], x[2])
    assert not torch.equal(y[1], x[1])


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_derivatives_of_first_and_second_order(channels: int) -> None:
    torch.manual_seed(2)
    params = sample(2, 1.0, kinds="c")
    x = torch.randn(2, channels, 2, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: recolour(x, params), x, fast_mode=True)
    square = lambda x: recolour(x, params).square()  # noqa: E731
    assert torch.autograd.gradgradcheck(square, x, fast_mode=True)
