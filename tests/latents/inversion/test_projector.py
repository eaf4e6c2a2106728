"""Inversion by search: what it finds, keeps, leaves out, and says when it cannot go on."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from latentstudio.generators.stylegan2 import StyleGAN2
from latentstudio.latents.gradient_space import Space
from latentstudio.latents.inversion import projector
from latentstudio.latents.inversion.projector import InversionError, Projector
from latentstudio.metrics.matching import Matching
from tests.generators.small import FAMILIES, MAPPED, WIDTHS, latents, small
from tests.latents.inversion.plain import GOAL, Plain, starts, to_goal


def finished(search: Projector) -> list[float]:
    """The least loss of every step."""
    losses = []
    while not search.done:
        losses.append(float(search.step().loss.min()))
    return losses


@pytest.mark.parametrize("space", ["z", "w", "w+"])
def test_the_nearest_point_is_found(space: Space) -> None:
    search = Projector(Plain(), starts(2), space, to_goal, steps=120)
    finished(search)
    latent = search.best.latent.reshape(-1)
    torch.testing.assert_close(latent, GOAL, atol=0.02, rtol=0)
    assert search.best.loss == pytest.approx(float((latent - GOAL).square().sum()), abs=1e-6)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("space", ["z", "w", "w+"])
def test_every_family_comes_nearer_in_every_space(family: str, space: Space) -> None:
    generator = small(family)
    target = generator.synthesize(generator.map(generator.sample_z(1, 3)))

    def loss(images: Tensor) -> Tensor:
        return (images - target).square().mean(dim=(1, 2, 3))

    begin = generator.sample_z(2, 8)
    if space != "z":
        begin = generator.map(begin)[:, 0]
    search = Projector(generator, begin, space, loss, steps=20, keep=())
    first = search.step()
    finished(search)
    for found in search.answers:
        assert found.loss < 0.85 * float(first.loss[found.start])
        latent = found.latent[None]
        ws = generator.map(latent) if space == "z" else latent
        ws = (
            ws.expand(1, generator.num_layers, -1)
            if ws.ndim == 3
            else ws[:, None].expand(1, generator.num_layers, -1)
        )
        drawn = generator.synthesize(ws)[0]
        torch.testing.assert_close(found.image, drawn, atol=1e-3, rtol=1e-3)
    assert not any(p.requires_grad for p in generator.parameters())


def test_the_best_is_never_worse_than_anything_seen() -> None:
    search = Projector(Plain(), starts(3), "z", to_goal, steps=60, keep=())
    least = torch.full((3,), math.inf)
    while not search.done:
        least = torch.minimum(least, search.step().loss)
        assert search.best.loss == float(least.min())
    assert [found.loss for found in search.answers] == sorted(least.tolist())
    before = search.best.loss
    search.refine(20)
    assert not search.done
    assert search.steps == 80
    finished(search)
    assert search.best.loss <= before


def test_worse_starts_are_left_out_and_keep_their_numbers() -> None:
    generator = Plain()
    begin = torch.stack([GOAL + 3.0, GOAL + 0.3, GOAL - 2.0, GOAL + 1.0])
    search = Projector(generator, begin, "z", to_goal, steps=12, keep=((3, 2), (6, 1)))
    alive = [search.step().alive.tolist() for _ in range(12)]
    assert alive[:3] == [[0, 1, 2, 3]] * 3
    assert alive[3:6] == [[1, 3]] * 3
    assert alive[6:] == [[1]] * 6
    assert generator.drawn == 3 * 4 + 3 * 2 + 6  # one picture a start and step
    assert {found.start for found in search.answers} == {0, 1, 2, 3}


def test_the_same_seed_takes_the_same_way() -> None:
    first, again, other = (
        Projector(Plain(), starts(2), "z", to_goal, steps=30, seed=seed) for seed in (4, 4, 5)
    )
    assert finished(first) == finished(again) != finished(other)


def test_starts_without_a_number_are_left_out_and_the_last_ends_it() -> None:
    broken = torch.zeros(2, dtype=torch.bool)

    def loss(images: Tensor) -> Tensor:
        return torch.where(broken[: len(images)], torch.nan, to_goal(images))

    search = Projector(Plain(), starts(2), "z", loss, steps=20, keep=())
    search.step()
    broken[0] = True
    search.step()
    broken[0] = False
    assert search.step().alive.tolist() == [1]
    broken[0], best = True, search.best
    with pytest.raises(InversionError, match="no number"):
        search.step()
    assert search.done
    assert search.best is best


def test_it_ends_when_it_is_good_enough_and_slows_down_when_it_stands_still() -> None:
    search = Projector(Plain(), starts(1), "z", to_goal, steps=400, enough=0.05)
    assert min(finished(search)) == search.best.loss <= 0.05
    stuck = Projector(Plain(), starts(1), "z", lambda x: 0 * to_goal(x) + 1, steps=400)
    assert len(finished(stuck)) < 400
    assert stuck.steps < 400


def test_the_prior_keeps_it_where_samples_are() -> None:
    def outwards(images: Tensor) -> Tensor:
        return 100.0 - images[:, 0, 0].sum(dim=1)

    free = Projector(Plain(), starts(1), "z", outwards, steps=150, prior=0.0, keep=())
    held = Projector(Plain(), starts(1), "z", outwards, steps=150, prior=10.0, keep=())
    finished(free)
    finished(held)
    typical = math.sqrt(8)
    assert float(held.best.latent.norm()) < 1.6 * typical < 3 * typical
    assert float(free.best.latent.norm()) > 2 * float(held.best.latent.norm())


def test_in_w_plus_layers_stay_together_where_nothing_parts_them() -> None:
    generator = small("stylegan2")
    target = generator.synthesize(latents(generator, 1))

    def loss(images: Tensor) -> Tensor:
        return (images - target).square().mean(dim=(1, 2, 3))

    found = []
    for prior in (0.0, 10.0):
        w = generator.mean_w[None]
        search = Projector(generator, w, "w+", loss, steps=40, prior=prior)
        finished(search)
        rows = search.best.latent
        assert rows.shape == (generator.num_layers, generator.w_dim)
        found.append(float((rows - rows.mean(dim=0)).norm()))
    assert found[1] < 0.8 * found[0]


def test_noise_is_searched_for_too_and_kept_with_the_point() -> None:
    generator = small("stylegan2")
    ws = latents(generator, 1)[:, :1].expand(-1, generator.num_layers, -1)
    target = generator.synthesize(ws, "random", noise_seed=4)

    def loss(images: Tensor) -> Tensor:
        return (images - target).square().mean(dim=(1, 2, 3))

    searches = {}
    for noisy in (False, True):
        search = Projector(
            generator, ws[:, 0], "w", loss, steps=60, optimise_noise=noisy, settings={}
        )
        finished(search)
        searches[noisy] = search
    assert searches[True].best.loss < 0.9 * searches[False].best.loss
    assert searches[False].best.noise is None
    noise = searches[True].best.noise
    assert noise is not None
    assert {k: list(v.shape) for k, v in noise.items()} == {
        i: [layer.resolution] * 2 for i, layer in enumerate(generator.layers) if layer.noise
    }
    before = searches[True].best.loss
    searches[True].refine(10)
    finished(searches[True])
    assert searches[True].best.loss <= before


@pytest.mark.parametrize("noisy", [False, True])
@pytest.mark.parametrize("space", ["z", "w", "w+"])
def test_with_residuals_its_own_picture_is_found_again(space: Space, noisy: bool) -> None:
    generator = small("stylegan2")
    target = generator.synthesize(generator.map(generator.sample_z(1, 3)))
    matching = Matching(None, target)
    begin = generator.sample_z(3, 8)
    if space != "z":
        begin = generator.map(begin)[:, 0]
    found = {}
    for residuals in (None, matching.residuals):
        search = Projector(
            generator,
            begin,
            space,
            matching,
            residuals=residuals,
            steps=80,
            optimise_noise=noisy,
        )
        assert search.steps == 80
        taken = len(finished(search))
        assert taken == search.steps <= 80
        found[residuals] = search.best.loss
        assert search.best.space == space
        assert search.best.latent.ndim == (2 if space == "w+" else 1)
        assert noisy or search.best.noise is None
    assert found[matching.residuals] < 0.1 * found[None]
    before = search.best.loss
    search.refine(12)
    finished(search)
    assert search.best.loss <= before


def test_layers_that_are_given_apart_stay_apart() -> None:
    generator = small("stylegan2")
    rows = latents(generator, 1)
    matching = Matching(None, generator.synthesize(latents(generator, 1)))
    search = Projector(generator, rows, "w+", matching, residuals=matching.residuals, prior=0.0)
    drawn = search.step().images
    apart = (drawn - generator.synthesize(rows)).square().mean()
    one = generator.synthesize(rows[:, :1].expand(-1, generator.num_layers, -1))
    assert float(apart) < 0.1 * float((drawn - one).square().mean())


def test_several_answers_go_on_to_the_end() -> None:
    generator = small("stylegan2")
    matching = Matching(None, generator.synthesize(generator.map(generator.sample_z(1, 3))))
    begin = generator.map(generator.sample_z(6, 8))[:, 0]
    search = Projector(
        generator, begin, "w", matching, residuals=matching.residuals, steps=60, answers=3
    )
    while not search.done:
        alive = search.step().alive.tolist()
    assert len(alive) == 3
    assert len(search.answers) == 6
    assert {found.start for found in search.answers[:3]} == set(alive)


def test_a_large_generator_is_searched_by_descent_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projector, "LARGEST", 100)

    def never(images: Tensor) -> Tensor:
        raise AssertionError("slopes of so many residuals take too long")

    search = Projector(Plain(), starts(2), "z", to_goal, residuals=never, steps=60)
    finished(search)
    assert search.best.loss < 0.1


def test_classes_are_searched_within() -> None:
    torch.manual_seed(4)
    generator = StyleGAN2(**MAPPED, **WIDTHS, num_classes=3).eval().requires_grad_(False)
    label = torch.tensor([2])
    target = generator.synthesize(generator.map(generator.sample_z(1, 3), label))

    def loss(images: Tensor) -> Tensor:
        return (images - target).square().mean(dim=(1, 2, 3))

    search = Projector(generator, generator.sample_z(2, 8), "z", loss, steps=10, label=label)
    finished(search)
    best = search.best
    drawn = generator.synthesize(generator.map(best.latent[None], label))[0]
    torch.testing.assert_close(best.image, drawn, atol=1e-5, rtol=1e-4)


def test_what_cannot_be_searched_for_is_said() -> None:
    with pytest.raises(InversionError, match="no start"):
        Projector(Plain(), starts(0), "z", to_goal)
    with pytest.raises(InversionError, match="no noise"):
        Projector(small("dcgan"), starts(1, 6), "z", to_goal, optimise_noise=True)
    with pytest.raises(InversionError, match="take a step"):
        _ = Projector(Plain(), starts(1), "z", to_goal).best
