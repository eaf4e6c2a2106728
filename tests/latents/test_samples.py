"""Samples drawn together are what their recipes show one by one."""

import msgspec
import pytest
import torch

from latentstudio.document.recipe import Noise, Transform, Truncation
from latentstudio.document.sampling import Sampling
from latentstudio.engine.render import draw
from latentstudio.generators.stylegan import StyleGAN
from latentstudio.generators.stylegan3 import StyleGAN3
from latentstudio.latents.samples import draws_of, sample_images, sample_ws

SETTINGS = [
    Sampling(seed=3),
    Sampling(truncation=Truncation(0.4, 3)),
    Sampling(truncation=Truncation(-0.5)),
    Sampling(mixing=0.7, truncation=Truncation(0.6)),
    Sampling(noise=Noise("none")),
    Sampling(noise=Noise("random", 0, 2.0, (1.0, 0.0, 3.0)), mixing=1.0),
]


def check(generator, sampling, shares=()):
    draws = draws_of(generator, sampling, 5, 11, shares)
    images = sample_images(generator, sampling, draws)
    for i, image in enumerate(images):
        recipe = sampling.recipe(draws, i, generator.num_layers)
        torch.testing.assert_close(image, draw(generator, recipe), atol=2e-5, rtol=2e-5)
    return images


@pytest.mark.parametrize("sampling", SETTINGS)
def test_style_based(style, sampling):
    with torch.no_grad():
        for module in style.modules():
            if hasattr(module, "noise_strength"):
                module.noise_strength.fill_(0.3)
    images = check(style, sampling)
    assert images.std(dim=0).mean() > 1e-3  # they do differ


def test_random_noise_differs_from_sample_to_sample(style):
    with torch.no_grad():
        for module in style.modules():
            if hasattr(module, "noise_strength"):
                module.noise_strength.fill_(0.3)
    sampling = Sampling(truncation=Truncation(0.0), noise=Noise("random"))
    images = check(style, sampling)  # at psi 0 nothing but the noise differs
    assert images.std(dim=0).mean() > 1e-3


def test_classes(classes):
    for sampling in (Sampling(seed=1), Sampling(label=2), Sampling(mixing=1.0)):
        check(classes, sampling, (1.0, 0.0, 2.0))


def test_without_a_mapping_network(plain):
    check(plain, Sampling(seed=8, mixing=1.0, truncation=Truncation(0.5)))


def test_stylegan():
    torch.manual_seed(0)
    generator = StyleGAN(z_dim=8, w_dim=8, resolution=16, channel_base=128, channel_max=8).eval()
    check(generator, Sampling(mixing=0.5, noise=Noise("random")))


def test_a_moved_picture():
    torch.manual_seed(0)
    generator = StyleGAN3(
        z_dim=8, w_dim=8, resolution=16, channel_base=256, channel_max=8, synthesis_layers=4
    ).eval()
    still = check(generator, Sampling())
    moved = check(generator, Sampling(transform=Transform(0.2, 0.1, 30.0)))
    assert (still - moved).abs().max() > 1e-3


def test_mixing_takes_the_last_layers_from_the_partner(style):
    sampling = Sampling(mixing=1.0)
    draws = draws_of(style, sampling, 0, 4)
    ws = sample_ws(style, draws)
    own = style.map(style.sample_seeds(draws.seeds.tolist()))
    other = style.map(style.sample_seeds(draws.partners.tolist()))
    for row, first in enumerate(draws.crossovers.tolist()):
        assert torch.equal(ws[row, :first], own[row, :first])
        assert torch.equal(ws[row, first:], other[row, first:])


def test_one_seed_for_each_picture_or_one_for_all(style):
    ws = style.map(style.sample_z(3, 0))
    with pytest.raises(ValueError, match="2 seeds for 3 pictures"):
        style.synthesize(ws, "random", noise_seed=[1, 2])


def test_points_by_seeds(style):
    got = style.sample_seeds([7, 0, 7])
    assert torch.equal(got, torch.cat([style.sample_z(1, seed) for seed in (7, 0, 7)]))
    with pytest.raises(ValueError, match="seed -1"):
        style.sample_seeds([-1])


def test_the_hash_of_the_checkpoint_changes_nothing(style):
    one, other = Sampling(), msgspec.structs.replace(Sampling(), checkpoint="a" * 64)
    draws = draws_of(style, one, 0, 2)
    assert torch.equal(sample_images(style, one, draws), sample_images(style, other, draws))
