"""Samplings: the same pictures for ever, paired across settings, each of them a recipe."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentstudio.document.recipe import Noise, Recipe, RecipeError, Truncation
from latentstudio.document.sampling import MAX_SAMPLES, Sampling

SEEDS = st.integers(0, 2**32 - 1)


def test_the_first_seeds_of_seed_0_never_change():
    table = np.random.RandomState([0, 5]).randint(0, 1 << 32, size=(3, 5), dtype=np.uint32)
    got = Sampling(seed=0).draws(0, 3, num_layers=4)
    assert got.seeds.tolist() == table[:, 0].tolist()
    assert got.partners.tolist() == table[:, 1].tolist()


@given(SEEDS, st.integers(0, 40), st.integers(0, 40))
def test_a_part_is_the_same_as_in_the_whole(seed, start, count):
    sampling = Sampling(seed=seed, mixing=0.5)
    whole = sampling.draws(0, 100, num_layers=6, num_classes=3)
    part = sampling.draws(start, start + count, num_layers=6, num_classes=3)
    for name in ("seeds", "partners", "crossovers", "labels"):
        assert np.array_equal(getattr(part, name), getattr(whole, name)[start : start + count])


@given(SEEDS, st.floats(0, 1), st.floats(0, 1))
def test_samplings_of_other_settings_are_paired(seed, low, high):
    low, high = sorted((low, high))
    fewer = Sampling(seed=seed, mixing=low).draws(0, 64, num_layers=8)
    more = Sampling(seed=seed, mixing=high, truncation=Truncation(0.3)).draws(0, 64, num_layers=8)
    assert np.array_equal(fewer.seeds, more.seeds)
    mixed = fewer.crossovers < 8
    assert np.array_equal(fewer.crossovers[mixed], more.crossovers[mixed])


def test_mixing_has_its_probability_and_every_layer_its_turn():
    got = Sampling(mixing=0.25).draws(0, 20_000, num_layers=5).crossovers
    assert np.mean(got < 5) == pytest.approx(0.25, abs=0.01)
    assert np.bincount(got[got < 5], minlength=5)[0] == 0
    assert np.bincount(got[got < 5])[1:] / (got < 5).sum() == pytest.approx([0.25] * 4, abs=0.02)
    assert (Sampling(mixing=1.0).draws(0, 50, num_layers=1).crossovers == 1).all()
    assert (Sampling(mixing=1.0).draws(0, 50, num_layers=2).crossovers == 1).all()


def test_classes_come_in_the_shares_asked_for():
    sampling = Sampling(seed=4)
    got = sampling.draws(0, 20_000, num_layers=2, num_classes=3, class_shares=(2, 0, 6)).labels
    assert np.bincount(got, minlength=3) / len(got) == pytest.approx([0.25, 0, 0.75], abs=0.01)
    alike = sampling.draws(0, 20_000, num_layers=2, num_classes=2).labels
    assert alike.mean() == pytest.approx(0.5, abs=0.01)
    one = msgspec.structs.replace(sampling, label=2)
    assert set(one.draws(0, 9, num_layers=2, num_classes=3).labels) == {2}
    assert sampling.draws(0, 9, num_layers=2).labels is None


@pytest.mark.parametrize("shares", [(1.0,), (1, -1, 1), (0, 0, 0), (float("nan"), 1, 1)])
def test_shares_that_are_none_are_refused(shares):
    with pytest.raises(ValueError, match="no shares of the generator's 3 classes"):
        Sampling().draws(0, 2, num_layers=2, num_classes=3, class_shares=shares)


def test_what_cannot_be_is_refused_in_a_sentence():
    with pytest.raises(ValueError, match="class 3 is outside 0 to 2"):
        Sampling(label=3).draws(0, 1, num_layers=2, num_classes=3)
    for start, stop in ((-1, 2), (3, 2), (0, MAX_SAMPLES + 1)):
        with pytest.raises(ValueError, match="can be drawn"):
            Sampling().draws(start, stop, num_layers=2)
    with pytest.raises(RecipeError, match=r"sampling\.mixing is 1\.5"):
        Sampling(mixing=1.5)
    with pytest.raises(RecipeError, match=r"sampling\.seed"):
        Sampling(seed=2**32)


def test_a_sampling_is_the_recipe_without_its_point():
    recipe = Recipe(truncation=Truncation(0.7, 3), noise=Noise("random", 5, 0.5), label=2)
    got = Sampling.of(recipe, seed=9, mixing=0.1)
    assert (got.truncation, got.noise.mode, got.noise.strength) == (
        recipe.truncation,
        "random",
        0.5,
    )
    assert (got.label, got.seed, got.mixing) == (2, 9, 0.1)
    assert Sampling.of(recipe, any_class=True).label is None
    assert got.with_psi(0.2).truncation == Truncation(0.2, 3)
    # The noise of each sample is its own: another seed on the screen changes no number.
    assert got == Sampling.of(
        msgspec.structs.replace(recipe, noise=Noise("random", 6, 0.5)), seed=9, mixing=0.1
    )
    assert msgspec.json.decode(msgspec.json.encode(got), type=Sampling) == got
