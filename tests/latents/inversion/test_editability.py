"""How far out a point is said to be."""

from __future__ import annotations

import pytest
import torch

from latentstudio.latents.gradient_space import Space
from latentstudio.latents.inversion.editability import editability
from latentstudio.latents.principal import principal_axes
from tests.generators.small import small


@pytest.mark.parametrize(
    ("family", "space"), [("stylegan2", "w"), ("stylegan2", "z"), ("dcgan", "z")]
)
def test_samples_stand_at_their_own_percentiles(family: str, space: Space) -> None:
    generator = small(family)
    z = generator.sample_z(200, 9)
    codes = z if space == "z" else generator.map(z)[:, 0]
    axes = principal_axes(generator) if space == "w" else None
    seen = [editability(generator, code, space, axes) for code in codes]
    shares = torch.tensor([each.percentile for each in seen])
    # Uniform: the share below each quantile is that quantile, within 4 sd of 200 throws.
    for quantile in (0.25, 0.5, 0.75):
        assert float((shares < quantile).float().mean()) == pytest.approx(quantile, abs=0.14)
    own = [each for each in seen if each.word == "close to the generator's own"]
    assert len(own) > 0.88 * len(seen)
    distance = torch.tensor([each.distance for each in seen])
    assert float(distance.square().mean()) == pytest.approx(1.0, rel=0.15)


def test_further_out_is_worse_and_said_so() -> None:
    generator = small("dcgan")
    words = []
    for length in (0.5, 1.0, 1.7, 6.0):
        seen = editability(generator, torch.full([generator.z_dim], length), "z")
        assert seen.distance == pytest.approx(length)
        words.append(seen.word)
    assert words[0] == words[1] == "close to the generator's own"
    assert words[2] == "at its edge"
    assert words[3] == "far outside"
    assert seen.percentile == 1.0


def test_layers_that_disagree_are_seen_though_each_is_usual() -> None:
    generator = small("stylegan2")
    axes = principal_axes(generator)
    step = axes.components[:1] * axes.sigma[0] + axes.components[1:2] * axes.sigma[1]
    signs = torch.tensor([1.0, -1.0]).repeat(generator.num_layers // 2)[:, None]
    together = editability(generator, (axes.mean + step)[0], "w", axes)
    torn = editability(generator, axes.mean + 2.0 * signs * step, "w+", axes)
    assert together.spread == 0.0
    # By hand: two of d coordinates at 2 deviations on either side of the mean.
    assert torn.spread == pytest.approx((2 * 4 / generator.w_dim) ** 0.5, rel=1e-4)
    assert torn.word == "far outside"


def test_the_axes_are_computed_where_none_are_given() -> None:
    generator = small("stylegan2")
    found = editability(generator, generator.mean_w, "w")
    given = editability(generator, generator.mean_w, "w", principal_axes(generator))
    assert found == given
