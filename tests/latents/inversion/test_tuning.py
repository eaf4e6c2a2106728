"""Fine tuning around a point: nearer to the picture, and other pictures nearly as they were."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from latentstudio.checkpoints.difference import Difference, applied, encode_difference, tunable
from latentstudio.generators.protocol import Generator
from latentstudio.generators.reuse import weights_token
from latentstudio.generators.stylegan2 import StyleGAN2
from latentstudio.latents.inversion.tuning import Tuner, TuningError, drift
from tests.generators.small import FAMILIES, MAPPED, WIDTHS, latents, small

HASH = "ab" * 32


def of(family: str) -> Generator:
    generator = small(family)
    generator.content_hash = HASH
    return generator


def wanted(generator: Generator) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
    """A point, and how far pictures are from another one's: the square of the difference."""
    ws = latents(generator, 2)
    with torch.no_grad():
        target = generator.synthesize(ws[1:])
    return ws[:1], lambda images: (images - target).square().mean(dim=(1, 2, 3))


def run(tuner: Tuner) -> list[float]:
    losses = []
    while not tuner.done:
        losses.append(tuner.step().loss)
    return losses


@pytest.mark.parametrize("family", FAMILIES)
def test_the_picture_comes_nearer_and_the_generator_stays(family: str) -> None:
    generator = of(family)
    ws, loss = wanted(generator)
    state = copy.deepcopy(generator.state_dict())
    before = weights_token(generator)
    tuner = Tuner(generator, ws, loss, rank=2, rate=0.01, steps=40)
    losses = run(tuner)
    with torch.no_grad():
        assert losses[0] == pytest.approx(float(loss(generator.synthesize(ws))), rel=1e-4)
    assert min(losses) < 0.8 * losses[0]
    assert weights_token(generator) == before
    assert all(torch.equal(state[name], tensor) for name, tensor in generator.state_dict().items())
    assert not any(p.requires_grad for p in generator.parameters())
    difference = tuner.difference("Grandmother")
    assert (difference.checkpoint, difference.name) == (HASH, "Grandmother")
    ranks = {name: up.shape[1] for name, (up, _) in difference.weights.items()}
    assert ranks == dict.fromkeys(tunable(generator), 2)
    tuned = applied(generator, difference)
    with torch.no_grad():  # what is kept is the best, not the last
        assert float(loss(tuned.synthesize(ws))) == pytest.approx(min(losses), rel=1e-3)


@pytest.mark.parametrize("family", ["stylegan2", "dcgan"])
def test_other_pictures_hardly_change(family: str) -> None:
    generator = of(family)
    ws, loss = wanted(generator)
    changes = []
    for hold in (0.0, 10.0):
        tuner = Tuner(generator, ws, loss, rank=2, rate=0.01, steps=60, hold=hold)
        losses = run(tuner)
        assert min(losses) < 0.8 * losses[0]
        changes.append(drift(generator, applied(generator, tuner.difference()), 16))
    free, held = changes
    assert held < 0.05 and held < 0.4 * free


def test_drift_is_a_share_of_how_much_pictures_differ() -> None:
    generator = of("dcgan")
    assert drift(generator, generator, 4) == 0.0

    class Shuffled(torch.nn.Module):
        """Draws the picture of another point."""

        def synthesize(self, ws: Tensor) -> Tensor:
            torch.manual_seed(int(1000 * ws.abs().sum()))
            return generator.synthesize(torch.randn_like(ws))

    other: Any = Shuffled()
    assert 0.5 < drift(generator, other, 64) < 2.0


def test_it_ends_when_it_is_good_enough() -> None:
    generator = of("dcgan")
    ws, loss = wanted(generator)
    with torch.no_grad():
        start = float(loss(generator.synthesize(ws)))
    tuner = Tuner(generator, ws, loss, rank=2, rate=0.01, steps=100, stop_below=0.8 * start)
    losses = run(tuner)
    assert 1 < len(losses) < 100 and losses[-1] <= 0.8 * start < min(losses[:-1])


def test_equal_orders_give_equal_differences() -> None:
    generator = of("stylegan2")
    ws, loss = wanted(generator)

    def made(seed: int) -> str:
        torch.manual_seed(seed + 1)  # nobody's business
        tuner = Tuner(generator, ws, loss, steps=3, seed=seed)
        run(tuner)
        return encode_difference(tuner.difference())[1]

    assert made(0) == made(0) != made(1)


def test_settings_of_the_picture_are_respected() -> None:
    generator = of("stylegan2")
    ws, _ = wanted(generator)
    seen = []

    def loss(images: Tensor) -> Tensor:
        seen.append(images.detach().clone())
        return images.square().mean(dim=(1, 2, 3))

    settings = {"noise": "random", "noise_seed": 5, "noise_strength": 2.0}
    step = Tuner(generator, ws, loss, settings=settings).step()
    with torch.no_grad():
        image = generator.synthesize(ws, noise="random", noise_seed=5, noise_strength=2.0)
    torch.testing.assert_close(step.image, image, rtol=1e-4, atol=1e-5)
    assert torch.equal(step.image, seen[0]) and not step.image.requires_grad


def test_a_generator_with_classes_and_a_point_from_inference_mode() -> None:
    torch.manual_seed(0)
    generator = StyleGAN2(**MAPPED, **WIDTHS, num_classes=3).eval().requires_grad_(False)
    with torch.inference_mode():
        ws = generator.map(generator.sample_z(1, 0), torch.tensor([1]))
    tuner = Tuner(generator, ws, lambda images: images.square().mean(dim=(1, 2, 3)), steps=4)
    losses = run(tuner)
    assert losses[-1] < losses[0]


def test_a_loss_that_is_no_number_is_a_sentence_and_what_was_found_stays() -> None:
    generator = of("dcgan")
    ws, loss = wanted(generator)
    factors = [1.0, 1.0, torch.nan]
    tuner = Tuner(generator, ws, lambda images: loss(images) * factors.pop(0), rank=2)
    tuner.step()
    found = tuner.step()
    with pytest.raises(TuningError, match="no number"):
        tuner.step()
    tuned = applied(generator, tuner.difference())
    with torch.no_grad():
        assert float(loss(tuned.synthesize(ws))) == pytest.approx(found.loss, rel=1e-3)


def test_without_a_step_there_is_no_change() -> None:
    generator = of("dcgan")
    ws, loss = wanted(generator)
    assert Tuner(generator, ws, loss).difference().weights == {}


def test_a_tuned_generator_can_be_tuned_further() -> None:
    generator = of("stylegan2")
    ws, loss = wanted(generator)
    whole = Difference(HASH)
    tuned, losses = generator, []
    for _ in range(2):
        tuner = Tuner(tuned, ws, loss, rank=2, rate=0.01, steps=15)
        losses.append(min(run(tuner)))
        whole = whole.then(tuner.difference())
        tuned = applied(generator, whole)
    assert losses[1] < losses[0]
    with torch.no_grad():
        assert float(loss(tuned.synthesize(ws))) == pytest.approx(losses[1], rel=1e-3)
