"""Path length regularisation of generators whose Jacobian is known."""

from __future__ import annotations

import pytest
import torch

from trainer import losses


def test_path_length_of_a_linear_generator() -> None:
    # One layer, image = 2 w on a 2 x 2 picture: J^T y = 2 y / sqrt(4) = y.
    ws = torch.randn(3, 1, 4, requires_grad=True)
    images = (2 * ws).reshape(3, 1, 2, 2)
    y = torch.tensor([3.0, 0.0, 4.0, 0.0]).reshape(1, 1, 2, 2).expand(3, 1, 2, 2)
    lengths = losses.path_lengths(images, ws, y)
    torch.testing.assert_close(lengths, torch.full((3,), 5.0))


def test_path_length_averages_squares_over_layers() -> None:
    # Two layers, image = 2 w0 + 6 w1: norms 5 and 15, root mean square sqrt(125).
    ws = torch.randn(1, 2, 4, requires_grad=True)
    images = (2 * ws[:, 0] + 6 * ws[:, 1]).reshape(1, 1, 2, 2)
    y = torch.tensor([3.0, 0.0, 4.0, 0.0]).reshape(1, 1, 2, 2)
    assert losses.path_lengths(images, ws, y).item() == pytest.approx(125**0.5)


def test_path_length_loss_moves_its_mean() -> None:
    lengths = torch.tensor([1.0, 3.0])
    loss, mean = losses.path_length_loss(lengths, torch.tensor(0.0), weight=2.0, interval=4)
    assert mean.item() == pytest.approx(0.02)
    assert loss.item() == pytest.approx(8 * (0.98**2 + 2.98**2) / 2)


def test_path_length_trains_the_generator() -> None:
    # image = a w on a 2 x 2 picture: length a |y| / 2; with |y| = 2 and the mean held at 0,
    # the loss is a^2 and its slope 2 a (the mean itself takes no gradient).
    a = torch.tensor(3.0, requires_grad=True)
    ws = torch.randn(1, 1, 4, requires_grad=True)
    lengths = losses.path_lengths((a * ws).reshape(1, 1, 2, 2), ws, torch.ones(1, 1, 2, 2))
    loss, mean = losses.path_length_loss(lengths, torch.tensor(0.0), weight=1.0, decay=0.0)
    assert loss.item() == pytest.approx(9.0)
    (slope,) = torch.autograd.grad(loss, a)
    assert slope.item() == pytest.approx(6.0)
    assert not mean.requires_grad
