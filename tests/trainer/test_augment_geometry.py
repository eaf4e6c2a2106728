"""Moving pictures, against numpy, Pillow and a slow statement in float64."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from tests.oracles import augment as oracle
from trainer.augment import Augment, AugmentParams, sample
from trainer.augment.geometry import matrices, transform


def rows(n: int = 1, **changes: float | list[float]) -> AugmentParams:
    """Parameters that change nothing but these, the same for every picture."""
    params = AugmentParams.identity(n)
    given = {}
    for name, value in changes.items():
        whole = getattr(params, name)
        given[name] = torch.tensor(value, dtype=torch.float64).expand_as(whole)
    return replace(params, **given)


def picture(size: int = 16, channels: int = 3, n: int = 1) -> Tensor:
    torch.manual_seed(5)
    return torch.rand(n, channels, size, size, dtype=torch.float64) * 2 - 1


def blob(
    size: int, dx: float = 0.0, dy: float = 0.0, turn: float = 0.0, wave: float = 1.0
) -> Tensor:
    """A smooth picture that is known everywhere: moved by pixels or turned counterclockwise."""
    place = torch.arange(size, dtype=torch.float64) - (size - 1) / 2
    across, down = place[None, :] - dx, place[:, None] - dy
    x = across * math.cos(turn) - down * math.sin(turn)
    y = across * math.sin(turn) + down * math.cos(turn)
    envelope = torch.exp(-((x - 2) ** 2 + 2 * y**2) / (size * 2))
    return (torch.cos(wave * (0.9 * x + 0.4 * y)) * envelope)[None, None]


def test_mirror() -> None:
    x = picture()
    assert torch.equal(transform(x, rows(flip=-1.0)), x.flip(3))


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_quarter_turns_are_those_of_numpy_and_pillow(quarters: int) -> None:
    x = picture()
    y = transform(x, rows(quarters=float(quarters))).numpy()[0]
    assert np.array_equal(y, np.rot90(x.numpy()[0], quarters, axes=(1, 2)))
    turn = Image.Transpose(Image.Transpose.ROTATE_90 + quarters - 1)
    expected = Image.fromarray(x[0, 0].float().numpy()).transpose(turn)
    assert np.array_equal(y[0].astype(np.float32), np.asarray(expected))


@pytest.mark.parametrize(("right", "down"), [(2, 0), (0, -1), (-2, 2)])
def test_shift_by_whole_pixels_mirrors_at_the_edge(right: int, down: int) -> None:
    x = picture(16)
    # 2.2 pixels are rounded to 2.
    y = transform(x, rows(shift=[1.1 * right / 16, 1.1 * down / 16]))
    padded = np.pad(x.numpy(), ((0, 0), (0, 0), (4, 4), (4, 4)), mode="symmetric")
    expected = padded[:, :, 4 - down : 20 - down, 4 - right : 20 - right]
    assert np.array_equal(y.numpy(), expected)


def test_mirror_comes_before_turn_and_shift() -> None:
    x = picture()
    y = transform(x, rows(flip=-1.0, quarters=1.0, shift=[0.125, 0.0]))
    expected = np.rot90(x.numpy()[0, :, :, ::-1], 1, axes=(1, 2))
    assert np.array_equal(y.numpy()[0, :, :, 2:], expected[:, :, :-2])


def test_blits_of_float32_pictures_copy_pixels() -> None:
    torch.manual_seed(2)
    x = torch.randn(40, 1, 64, 64)
    y = transform(x, sample(40, 1.0, kinds="b"))
    assert not torch.equal(y, x)
    # Every value of a moved picture is one of the picture's own.
    assert all(torch.isin(after, before).all() for after, before in zip(y, x, strict=True))


@pytest.mark.parametrize(
    "changes",
    [
        {"scale": 1.3},
        {"scale": 0.6},
        {"turn": 0.7},
        {"stretch": 1.4},
        {"offset": [0.2, -0.31]},
        {"offset": [1.6, 0.0]},
        {"flip": -1.0, "turn": 2.0, "stretch": 0.8, "turn_after": -1.0, "offset": [0.1, 0.1]},
    ],
)
def test_warps_against_loops(changes: dict[str, float]) -> None:
    x, params = picture(8, 1), rows(**changes)
    expected = oracle.warped(x[0, 0].numpy(), matrices(params, 8)[0].numpy())
    np.testing.assert_allclose(transform(x, params)[0, 0].numpy(), expected, atol=1e-12)
    single = transform(x.float(), params)[0, 0].numpy()
    np.testing.assert_allclose(single, expected, atol=1e-4)


def test_order_and_signs_of_the_matrices() -> None:
    def moved(**changes: float | list[float]) -> list[float]:
        point = torch.tensor([3.0, 1.0, 1.0], dtype=torch.float64)
        return (matrices(rows(**changes), 20)[0] @ point)[:2].tolist()

    # Up is negative: counterclockwise takes the right (3, 1) up to (1, -3).
    assert moved(quarters=1.0) == pytest.approx([1, -3])
    assert moved(turn=math.pi / 2) == pytest.approx([1, -3])
    assert moved(scale=2.0) == pytest.approx([6, 2])
    assert moved(stretch=2.0) == pytest.approx([6, 0.5])
    assert moved(shift=[0.11, -0.04]) == pytest.approx([5, 0])
    assert moved(offset=[0.11, -0.04]) == pytest.approx([5.2, 0.2])
    assert moved(shift=[0.1, 0], scale=2.0, offset=[0, 0.1]) == pytest.approx([10, 4])
    # Stretched between the turns: (3, 1) -> (1, -3) -> (2, -1.5) -> (1.5, 2).
    turns = {"turn": math.pi / 2, "stretch": 2.0, "turn_after": -math.pi / 2}
    assert moved(**turns) == pytest.approx([1.5, 2])


CENTRE = (slice(None), slice(None), slice(6, 26), slice(6, 26))


def test_rotation_of_a_known_picture() -> None:
    angle = math.radians(25)
    error = transform(blob(32), rows(turn=angle)) - blob(32, turn=angle)
    assert error[CENTRE].abs().max() < 0.02
    assert (blob(32) - blob(32, turn=angle))[CENTRE].abs().max() > 1.0


def test_rotation_against_pillow() -> None:
    x = blob(32, wave=0.25)  # coarse: Pillow's bicubic interpolation is the less exact of the two
    ours = transform(x, rows(turn=math.radians(25)))
    source = Image.fromarray(x[0, 0].float().numpy())
    theirs = torch.from_numpy(np.array(source.rotate(25, Image.Resampling.BICUBIC)))
    assert (ours - theirs)[CENTRE].abs().max() < 0.04
    assert (ours - x)[CENTRE].abs().max() > 0.2


def test_shift_by_half_a_pixel_is_sharper_than_bilinear() -> None:
    x, truth = blob(32), blob(32, dx=0.5, dy=0.5)
    ours = transform(x, rows(offset=[0.5 / 32, 0.5 / 32]))
    plain = (x + x.roll(1, 2) + x.roll(1, 3) + x.roll((1, 1), (2, 3))) / 4
    assert (ours - truth)[CENTRE].abs().max() < 0.04
    assert (ours - truth)[CENTRE].abs().max() < (plain - truth)[CENTRE].abs().max() / 2.5


def test_shrinking_averages_what_is_too_fine() -> None:
    # Stripes of one pixel, at half the size, would alias to black or white.
    x = (torch.arange(32) % 2 * 2.0 - 1).expand(1, 1, 32, 32)
    y = transform(x, rows(scale=0.5))
    # Inside of the mirrored edges, where two equal stripes meet.
    assert y[:, :, :, 12:20].abs().max() < 0.01


def test_flat_pictures_stay_flat() -> None:
    x = torch.full((20, 3, 16, 16), 0.7, dtype=torch.float64)
    y = transform(x, sample(20, 1.0, kinds="bg"))
    torch.testing.assert_close(y, x)


@pytest.mark.parametrize("size", [4, 8])
def test_small_pictures_of_a_growing_network(size: int) -> None:
    x = picture(size, n=8)
    y = transform(x, sample(8, 1.0, kinds="bg"))
    assert y.shape == x.shape
    assert y.isfinite().all()
    assert y.abs().max() < 2


def test_only_warped_pictures_are_resampled() -> None:
    x = picture(n=3)
    params = replace(
        AugmentParams.identity(3),
        flip=torch.tensor([1.0, -1.0, 1.0]).double(),
        scale=torch.tensor([1.0, 1.0, 1.2]).double(),
    )
    y = transform(x, params)
    assert torch.equal(y[0], x[0])
    assert torch.equal(y[1], x[1].flip(2))
    assert not torch.equal(y[2], x[2])
    assert torch.equal(transform(x[2:], params[2:]), y[2:])


@pytest.mark.parametrize("kinds", ["b", "g", "bg"])
def test_derivatives_of_first_and_second_order(kinds: str) -> None:
    torch.manual_seed(6)
    params = sample(2, 1.0, kinds=kinds)
    x = picture(4, 1, n=2).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: transform(x, params), x, fast_mode=True)
    # A square on top: the transform alone is linear.
    square = lambda x: transform(x, params).square()  # noqa: E731
    assert torch.autograd.gradgradcheck(square, x, fast_mode=True)


def test_pictures_of_half_precision_in_channels_last_order() -> None:
    torch.manual_seed(8)
    augment = Augment("bgc", p=1.0)
    params, x = augment.sample(4), picture(16, n=4).float()
    y = augment(x.contiguous(memory_format=torch.channels_last), params)
    torch.testing.assert_close(y, augment(x, params))
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(augment(x, params), augment(x, params).float())
        low = augment(x.bfloat16(), params)
    assert low.dtype == torch.bfloat16
    torch.testing.assert_close(low.float(), augment(x, params), atol=0.1, rtol=0.05)
