"""Edits by gradient: where they arrive, what they hold, and what they say when they cannot."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from latentstudio.generators.protocol import Generator
from latentstudio.latents.gradient import GradientEdit, GradientError
from latentstudio.latents.gradient_space import Coordinates
from latentstudio.latents.principal import principal_axes
from tests.generators.small import FAMILIES, small

SCORES = 3


class Linear(Generator):
    """Pictures that are w itself, so that scores are linear in it: the optimum is known."""

    family = "linear"
    has_mapping = False

    def __init__(self, dim: int = 6) -> None:
        super().__init__()
        self.z_dim = self.w_dim = dim
        self.num_layers, self.resolution, self.channels, self.num_classes = 1, 8, 1, 0
        self.layers = ()
        self.weight = torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))

    def config(self) -> dict[str, Any]:
        return {}

    def _map(self, z: Tensor, onehot: Tensor | None) -> Tensor:
        return z[:, None]

    def synthesize(self, ws: Tensor, *_: Any, **__: Any) -> Tensor:
        return ws[:, :, None]  # [n, 1, 1, d]


def linear(weights: Tensor, n: int = 2, **kwargs: Any) -> GradientEdit:
    start = torch.randn(n, 1, weights.shape[1], generator=torch.manual_seed(4), dtype=torch.float64)
    at = Coordinates(Linear(weights.shape[1]), 0.2 * start, "w")
    arguments: dict[str, Any] = {"target": 0, "goal": 1.0, "hold": torch.tensor([0.0, 1.0, 0.0])}
    return GradientEdit(at, score=lambda x: x[:, 0, 0] @ weights.t(), **arguments | kwargs)


SLOPES = torch.tensor(
    [[1.0, 0.5, 0, 0, 0, 0], [0, 1.0, 0.3, 0, 0, 0], [0.2, 0, 0, 1.0, 0, 0]], dtype=torch.float64
)


def finish(edit: GradientEdit, most: int = 200) -> Any:
    for _ in range(most):
        step = edit.step()
        if bool(step.reached.all()):
            return step
    raise AssertionError(f"not reached: {step.scores[:, 0]}")


@pytest.mark.parametrize("known", [True, False])
def test_the_goal_is_reached_and_what_is_held_stays(known: bool) -> None:
    edit = linear(SLOPES, slopes=SLOPES if known else None)
    first = edit.step()
    last = finish(edit)
    assert (last.scores[:, 0] - 1.0).abs().max() < 0.15  # it walks 0.08 a step
    drift = (last.scores - first.scores)[:, 1].abs().max()
    assert drift < (0.12 if known else 0.35)
    # Without holding, the steepest way drags the second score along: its slope has cosine 0.43.
    free = linear(SLOPES, hold=torch.zeros(3))
    begin = free.step().scores
    assert (finish(free).scores - begin)[:, 1].abs().max() > (3 if known else 1.2) * drift


def test_known_slopes_lead_along_the_way_that_is_freed_of_the_held() -> None:
    held = SLOPES[1] / SLOPES[1].norm()
    freed = SLOPES[0] - (SLOPES[0] @ held) * held  # by hand: Gram and Schmidt
    edit = linear(SLOPES, slopes=SLOPES)
    edit.step()
    moved = finish(edit).offset
    cosine = torch.nn.functional.cosine_similarity(moved, freed[None].double())
    assert cosine.min() > 0.99


def test_a_batch_is_as_many_edits() -> None:
    together = linear(SLOPES, n=3, goal=torch.tensor([1.0, -0.5, 0.7]))
    for _ in range(12):
        many = together.step()
    for i, goal in enumerate((1.0, -0.5, 0.7)):
        at = Coordinates(Linear(), together._at.start[i : i + 1], "w")
        alone = GradientEdit(
            at,
            score=lambda x: x[:, 0, 0] @ SLOPES.t(),
            target=0,
            goal=goal,
            hold=torch.tensor([0.0, 1.0, 0.0]),
        )
        for _ in range(12):
            one = alone.step()
        torch.testing.assert_close(one.offset[0], many.offset[i])


def test_a_step_follows_the_gradient_of_all_errors_together() -> None:
    edit = linear(SLOPES, hold=torch.tensor([0.0, 1.0, 1.0]))
    edit.step()
    before = edit.offset.clone()
    # At the first step nothing has drifted: the way is down the target's slope alone.
    way = before / before.norm(dim=1, keepdim=True)
    torch.testing.assert_close(way, (SLOPES[0] / SLOPES[0].norm()).expand(2, -1))


def test_it_goes_the_short_way_round_a_circle() -> None:
    slopes = torch.eye(3, 6, dtype=torch.float64)
    start = torch.zeros(1, 1, 6, dtype=torch.float64)
    start[0, 0, 0] = 0.9
    edit = GradientEdit(
        Coordinates(Linear(), start, "w"),
        score=lambda x: torch.remainder(x[:, 0, 0] @ slopes.t() + 1.0, 2.0) - 1.0,
        target=0,
        goal=-0.7,
        hold=torch.zeros(3),
        periods=torch.tensor([2.0, math.inf, math.inf]),
    )
    last = finish(edit)
    assert 0.3 < float(last.offset[0, 0]) < 0.6  # 0.9 + 0.4 = 1.3, which is -0.7


def test_it_turns_round() -> None:
    edit = linear(SLOPES)
    start = edit.step().scores[:, 0]
    finish(edit)
    edit.reverse()
    assert not edit.reached.any()
    last = finish(edit)
    torch.testing.assert_close(last.scores[:, 0], 2 * start - 1.0, atol=0.15, rtol=0)


def test_what_cannot_be_reached_is_noticed() -> None:
    edit = linear(SLOPES, goal=5.0)
    edit._score = lambda x: torch.tanh(x[:, 0, 0] @ SLOPES.t())
    for _ in range(150):
        edit.step()
        if edit.stalled:
            return
    raise AssertionError("it went on for ever")


def test_numbers_that_are_none_move_nothing() -> None:
    edit = linear(SLOPES)
    edit.step()
    before = edit.offset.clone()
    edit._score = lambda x: x[:, 0, 0] @ SLOPES.t() * torch.nan
    with pytest.raises(GradientError, match=r"no number .*so the picture stays"):
        edit.step()
    assert torch.equal(edit.offset, before)


def test_contradictions_are_refused() -> None:
    with pytest.raises(GradientError, match="also held"):
        linear(SLOPES, hold=torch.ones(3))
    style = small("stylegan2")
    ws = style.map(style.sample_z(1, 0))
    with pytest.raises(GradientError, match="no layer"):
        GradientEdit(
            Coordinates(style, ws, "w+", first=90),
            score=lambda x: x.mean(dim=(2, 3)),
            target=0,
            goal=1.0,
            hold=torch.zeros(3),
        )


def test_likely_points_stay_so() -> None:
    slopes = torch.eye(1, 6, dtype=torch.float64)
    ends = []
    for prior in (0.0, 4.0):
        edit = GradientEdit(
            Coordinates(Linear(), torch.zeros(1, 1, 6, dtype=torch.float64), "w"),
            score=lambda x: x[:, 0, 0] @ slopes.t(),
            target=0,
            goal=6.0,
            hold=torch.zeros(1),
            prior=prior,
        )
        for _ in range(120):
            edit.step()
        ends.append(float(edit.offset.norm()))
    assert ends[0] > 5.5
    assert math.sqrt(6) < ends[1] < ends[0] - 0.5  # pulled back from beyond the usual distance


@pytest.mark.parametrize("space", ["z", "w", "w+"])
@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_rises_and_the_offset_is_what_made_the_picture(
    family: str, space: Any
) -> None:
    generator = small(family).eval().requires_grad_(False)
    z = generator.sample_z(2, 3)
    label = None  # none of them has classes
    start = z if space == "z" else generator.map(z, label)
    stop = None if space == "z" else max(1, generator.num_layers - 1)
    sketch = torch.randn(3, generator.channels, 8, 8, generator=torch.manual_seed(1))

    def sketched(images: Tensor) -> Tensor:
        seen = torch.nn.functional.adaptive_avg_pool2d(images, 8)
        return torch.einsum("nchw,schw->ns", seen, sketch)

    others = generator.map(generator.sample_z(64, 9), label)
    sd = sketched(generator.synthesize(others)).std(dim=0)

    def score(images: Tensor) -> Tensor:
        return sketched(images) / sd

    at = Coordinates(generator, start, space, stop=stop, label=label)
    first = score(at.images(at.zeros()))
    edit = GradientEdit(
        at, score=score, target=0, goal=first[:, 0] + 0.5, hold=torch.tensor([0.0, 1.0, 0.0])
    )
    for _ in range(30):
        step = edit.step()
    assert (step.scores[:, 0] > first[:, 0] + 0.05).all()
    if space == "z":
        ws = generator.map(z + step.offset, label)
    else:
        moved = step.offset if space == "w+" else step.offset[:, None]
        layers = torch.arange(generator.num_layers)[None, :, None] < (stop or 0)
        ws = start + moved * layers
        assert torch.equal(ws[:, stop:], start[:, stop:])
    torch.testing.assert_close(score(generator.synthesize(ws)), step.scores, atol=1e-4, rtol=1e-3)


def test_a_step_of_length_one_is_a_standard_deviation_of_w() -> None:
    style = small("stylegan2").eval().requires_grad_(False)
    axes = principal_axes(style, 2000)
    ws = style.map(style.sample_z(2000, 5))
    at = Coordinates(style, ws[:1], "w", axes=axes)
    placed = at.seen(ws[:, 0])
    strong = axes.sigma > 0.05 * axes.sigma.max()
    torch.testing.assert_close(
        placed.std(dim=0)[strong], torch.ones(int(strong.sum())), atol=0.15, rtol=0
    )
    # and a displacement is what it says: u @ basis.
    u = torch.zeros(1, 1, style.w_dim)
    u[0, 0, 1] = 1.0
    torch.testing.assert_close(
        at.offset(u)[0].abs(), (axes.sigma[1] * axes.components[1]).abs(), atol=1e-5, rtol=1e-4
    )


def test_slopes_are_those_of_ridge_regression() -> None:
    rng = np.random.default_rng(0)
    codes, truth = rng.normal(size=(300, 6)), rng.normal(size=(2, 6))
    scores = codes @ truth.T + rng.normal(size=(300, 2))
    at = Coordinates(Linear(), torch.zeros(1, 1, 6, dtype=torch.float64), "w")
    found = at.slopes(torch.from_numpy(codes), torch.from_numpy(scores)).numpy()
    x, y = codes - codes.mean(0), scores - scores.mean(0)
    # Least squares with the penalty as extra rows, as numpy solves it.
    wide = np.vstack([x, math.sqrt(0.01 * 300) * np.eye(6)])
    expected = np.linalg.lstsq(wide, np.vstack([y, np.zeros((6, 2))]), rcond=None)[0].T
    np.testing.assert_allclose(found, expected, atol=1e-8)
