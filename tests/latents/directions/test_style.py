from __future__ import annotations

import numpy as np
import pytest
import torch

from latentstudio.latents.directions.errors import DirectionError
from latentstudio.latents.directions.style import style_directions

MEAN = torch.tensor([0.0, 10.0, 0.0, 1.0, 5.0])
SD = torch.tensor([1.0, 2.0, 0.0, 0.5, 1.0])


def test_ranking_by_hand():
    styles = torch.tensor([[1.0, 6.0, 9.0, 1.5, 5.0], [3.0, 4.0, 9.0, 1.5, 5.0]])
    # δ: (1, 3), (-2, -3), no change at all, (1, 1), (0, 0).
    found = style_directions(styles, MEAN, SD)
    assert found.channels.tolist() == [3, 1, 0, 4]
    np.testing.assert_allclose(found.ratio, [np.inf, 2.5 / 0.5, 2.0 / 1.0, 0.0])
    np.testing.assert_allclose(found.shift, [1.0, -2.5, 2.0, 0.0])


def test_a_planted_channel_comes_first_whatever_its_unit():
    random = np.random.RandomState(0)
    sd = 10.0 ** random.uniform(-2, 2, 200)
    styles = random.randn(20, 200) * sd
    styles[:, 17] = (-3.0 + 0.2 * random.randn(20)) * sd[17]
    found = style_directions(styles, np.zeros(200), sd)
    assert found.channels[0] == 17
    assert found.shift[0] == pytest.approx(-3.0, abs=0.2)
    assert sorted(found.channels) == list(range(200))
    assert (np.diff(found.ratio) <= 0).all()


def test_refusals():
    with pytest.raises(DirectionError, match="1 styles are too few: 2"):
        style_directions(MEAN[None], MEAN, SD)
    with pytest.raises(DirectionError, match=r"5 channels do not fit a mean of shape \[4\]"):
        style_directions(torch.ones(2, 5), MEAN[:4], SD)
    with pytest.raises(DirectionError, match="no style channel changes"):
        style_directions(torch.ones(2, 5), MEAN, SD * 0)
