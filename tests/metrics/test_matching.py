"""The loss of an inversion: held to sums by hand, and to what may not count."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from latentstudio.metrics.matching import Matching


class Colours:
    """Features by hand: the mean of each channel, as float64."""

    def embed(self, images: Tensor) -> Tensor:
        return images.mean(dim=(2, 3))


def pictures(n: int, side: int = 16) -> Tensor:
    random = torch.Generator().manual_seed(3)
    return torch.rand(n, 3, side, side, generator=random, dtype=torch.float64) * 2 - 1


def pyramid(difference: np.ndarray) -> float:
    """Brute force: mean squares of block means of 1, 2, 4 px."""
    squares = []
    for block in (1, 2, 4):
        side = difference.shape[-1] // block
        parts = difference.reshape(3, side, block, side, block).mean(axis=(2, 4))
        squares.append((parts**2).mean())
    return float(np.mean(squares))


def test_the_parts_are_sums_by_hand() -> None:
    target, images = pictures(1), pictures(3)
    matching = Matching(Colours(), target, weights={"pixels": 2.0})
    parts = matching.parts(images)
    for i, image in enumerate(images):
        difference = (image - target[0]).numpy()
        assert float(parts["pixels"][i]) == pytest.approx(pyramid(difference))
        colours = difference.mean(axis=(1, 2))
        assert float(parts["features"][i]) == pytest.approx((colours**2).sum() / 6)
    torch.testing.assert_close(matching(images), parts["features"] + 2 * parts["pixels"])


@pytest.mark.parametrize("hidden", [None, "mask", "small"])
def test_the_squares_of_what_is_left_are_the_loss(hidden: str | None) -> None:
    mask = (torch.rand(16, 16, generator=torch.Generator().manual_seed(1)) > 0.4).double()
    matching = Matching(
        Colours(),
        pictures(1),
        mask=mask if hidden == "mask" else None,
        small=8 if hidden == "small" else None,
        lpips=Colours(),
    )
    images = pictures(4)[1:]
    rest = matching.residuals(images)
    assert rest.shape[0] == 3
    torch.testing.assert_close(rest.square().sum(dim=1), matching(images))


def test_the_target_itself_is_at_0_and_the_gradient_leads_there() -> None:
    target = pictures(1)
    matching = Matching(Colours(), target)
    images = pictures(2)[1:].requires_grad_(True)
    loss = matching(images)
    (gradient,) = torch.autograd.grad(loss.sum(), images)
    assert float(matching((images - 0.5 * gradient).detach())) < 0.99 * float(loss.detach())
    assert float(matching(target)) == float(matching.distance(target)) == 0.0


def test_bytes_are_read_as_a_screen_shows_them() -> None:
    bytes_ = torch.randint(0, 256, (1, 3, 8, 8), dtype=torch.uint8)
    matching = Matching(None, bytes_)
    assert float(matching(bytes_.float() / 127.5 - 1.0)) == 0.0


def test_pictures_may_be_brighter_than_white_where_white_is_wanted() -> None:
    target = pictures(1)
    target[0, :, :3] = 1.0
    target[0, :, 3:5] = -1.0
    matching = Matching(Colours(), target)
    beyond = target.clone()
    beyond[0, :, :3] += 0.4
    beyond[0, :, 3:5] -= 0.4
    assert float(matching(beyond)) == float(matching.distance(beyond)) == 0.0
    assert float(Matching(None, beyond)(target)) == 0.0  # a target has no more than a file has
    elsewhere = target.clone()
    elsewhere[0, :, 5:] += 3.0
    elsewhere.requires_grad_(True)
    (gradient,) = torch.autograd.grad(matching(elsewhere).sum(), elsewhere)
    assert bool((gradient[0, :, 5:] > 0).all())  # and is led back from beyond elsewhere


def test_what_the_mask_hides_does_not_count() -> None:
    target, images = pictures(1), pictures(2)
    mask = torch.zeros(16, 16)
    mask[:, :6] = 255  # not on a border of the blocks of 4 px
    matching = Matching(Colours(), target, mask=mask)
    changed = images.clone()
    changed[..., 6:] = 0.7
    torch.testing.assert_close(matching(images), matching(changed))
    torch.testing.assert_close(matching.distance(images), matching.distance(changed))
    changed[..., 5] += 0.5
    assert (matching(changed) - matching(images)).abs().min() > 1e-4
    everything = Matching(Colours(), target, mask=torch.ones(16, 16))
    torch.testing.assert_close(everything(images), Matching(Colours(), target)(images))


def test_a_constant_difference_counts_the_same_under_any_mask() -> None:
    target = pictures(1)
    mask = torch.zeros(16, 16)
    mask[3:9, 2:11] = 1
    parts = Matching(None, target, mask=mask).parts(target + 0.3)
    assert float(parts["pixels"]) == pytest.approx(0.09, rel=1e-5)


@pytest.mark.parametrize("side", [16, 4])
def test_a_small_picture_is_compared_at_its_size(side: int) -> None:
    target = pictures(1)
    shrunk = target.reshape(1, 3, 4, 4, 4, 4).mean(dim=(3, 5))
    matching = Matching(Colours(), target if side == 16 else shrunk, small=4)
    images = pictures(2)
    # A difference that averages away within blocks of 4 px is not seen.
    wave = torch.tensor([0.2, -0.2], dtype=torch.float64).repeat(8)
    torch.testing.assert_close(matching(images), matching(images + wave))
    expected = (images.reshape(2, 3, 4, 4, 4, 4).mean(dim=(3, 5)) - shrunk).square()
    torch.testing.assert_close(matching.parts(images)["pixels"], expected.mean(dim=(1, 2, 3)))


def test_the_distance_is_that_of_features_of_what_a_screen_shows() -> None:
    target, images = pictures(1), pictures(2)
    matching = Matching(Colours(), target)
    expected = (images.mean(dim=(2, 3)) - target.mean(dim=(2, 3))).norm(dim=1)
    torch.testing.assert_close(matching.distance(images), expected)
    torch.testing.assert_close(matching.distance(images * 1e9), matching.distance(images.sign()))
    pixels = Matching(None, target).distance(images)
    torch.testing.assert_close(pixels, (images - target).square().mean(dim=(1, 2, 3)).sqrt())


def test_the_usual_distance_is_that_of_independent_pairs() -> None:
    images = pictures(3)
    colours = images.mean(dim=(2, 3))
    expected = ((colours[0] - colours[1]).norm() + (colours[1] - colours[2]).norm()) / 2
    assert Matching(Colours(), images[:1]).usual(images) == pytest.approx(float(expected))
    with pytest.raises(ValueError, match="at least 2"):
        Matching(Colours(), images[:1]).usual(images[:1])


def test_lpips_joins_in_where_it_is_defined() -> None:
    target, images = pictures(1), pictures(2)
    both = Matching(None, target, lpips=Colours()).parts(images)
    expected = (images.mean(dim=(2, 3)) - target.mean(dim=(2, 3))).square().sum(dim=1)
    torch.testing.assert_close(both["lpips"], expected)
    assert "lpips" not in Matching(None, target, lpips=Colours(), small=8).parts(images)
    assert "features" not in Matching(Colours(), target, weights={"features": 0}).parts(images)


@pytest.mark.parametrize(
    ("target", "arguments", "message"),
    [
        (torch.zeros(2, 3, 8, 8), {}, "shape"),
        (torch.zeros(1, 3, 8, 8), {"mask": torch.ones(4, 4)}, "mask"),
        (torch.zeros(1, 3, 8, 8), {"mask": torch.ones(8, 8), "small": 4}, "mask"),
        (torch.zeros(1, 3, 8, 8), {"mask": torch.zeros(8, 8)}, "keeps nothing"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    target: Tensor, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Matching(None, target, **arguments)
