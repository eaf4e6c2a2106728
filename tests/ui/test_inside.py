from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentstudio.document.edit import Bend
from latentstudio.document.recipe import Recipe
from latentstudio.engine.editing.values import Activations, Answering
from latentstudio.ui.inside.held import held, holding
from latentstudio.ui.inside.kinds import (
    KINDS,
    NO_STYLES,
    OWN_STYLE,
    STYLE_BEFORE,
    bend_key,
    channel_words,
    kind_tip,
    made,
    refusal,
)
from latentstudio.ui.inside.maps import MIDDLE, SIDE, prepared
from latentstudio.ui.inside.order import answer_words, ordered
from latentstudio.ui.inside.selection import Selection
from latentstudio.ui.inside.tints import NOTHING, table, tint
from tests.ui.conftest import CHECKPOINT, dcgan_info, stylegan_info

RECIPE = Recipe(checkpoint=CHECKPOINT)


def activations(maps, layer=2, recipe=RECIPE):
    maps = np.asarray(maps, dtype=np.float16)
    count = min(maps.shape[1:]) // 2 + 1
    spectrum = np.outer(np.arange(1.0, len(maps) + 1), 10.0 ** -np.arange(count))
    return Activations(recipe, layer, maps, spectrum)


def ramp():
    """Three channels: nothing, 0 to 3, and -8 everywhere."""
    return np.stack([np.zeros((2, 2)), np.arange(4.0).reshape(2, 2), np.full((2, 2), -8.0)])


# -- maps ----------------------------------------------------------------------------------


def test_strength_and_scales_by_hand():
    maps = prepared(activations(ramp()))
    assert len(maps) == 3
    assert maps.size == (2, 2)
    np.testing.assert_allclose(maps.strength, [0.0, np.sqrt(3.5), 8.0])
    np.testing.assert_array_equal(maps.reach, [0.0, 3.0, 8.0])
    assert maps.common == 8.0
    np.testing.assert_array_equal(maps.indices(0, own=True), MIDDLE)
    np.testing.assert_array_equal(maps.indices(1, own=True), [[128, 170], [213, 255]])
    np.testing.assert_array_equal(maps.indices(1, own=False), [[128, 144], [160, 176]])
    np.testing.assert_array_equal(maps.indices(2, own=False), 1)


def test_one_bright_spot_does_not_darken_all_others():
    noise = np.random.default_rng(0).normal(size=(4, 16, 16))
    noise[0, 0, 0] = 1000.0
    maps = prepared(activations(noise))
    assert maps.common < 4.0
    assert maps.indices(0, own=False)[0, 0] == 255


def test_large_maps_are_averaged_and_values_that_are_no_numbers_are_nothing():
    large = np.random.default_rng(1).normal(size=(1, 2 * SIDE, 2 * SIDE)).astype(np.float16)
    maps = prepared(activations(large))
    expected = large.astype(np.float64).reshape(SIDE, 2, SIDE, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(maps.small[0], expected, atol=1e-5)
    assert maps.size == (2 * SIDE, 2 * SIDE)
    odd = prepared(activations(np.full((2, 2 * SIDE + 7, SIDE - 3), 0.5)))
    assert odd.small.shape == (2, SIDE, SIDE - 3)
    np.testing.assert_allclose(odd.small, 0.5, rtol=1e-6)
    broken = prepared(activations(np.full((1, 2, 2), np.nan)))
    assert broken.strength[0] == 0.0


def test_the_mean_spectrum_leaves_the_mean_out():
    maps = prepared(activations(np.ones((3, 8, 8))))
    np.testing.assert_allclose(maps.mean_spectrum(), [0.2, 0.02, 0.002, 0.0002])
    np.testing.assert_allclose(maps.mean_spectrum((0, 2)), [0.2, 0.02, 0.002, 0.0002])
    np.testing.assert_allclose(maps.mean_spectrum((2,))[0], 0.3)


def test_colours_are_dark_at_zero_and_brighten_evenly_both_ways(qapp):
    assert tint(0.0).name() == NOTHING
    assert table()[MIDDLE] == tint(0.0).rgb()
    for way in (-1, 1):
        lightness = [tint(way * share / 10).lightnessF() for share in range(11)]
        assert lightness == sorted(lightness)
        assert lightness[-1] > 0.85
    assert tint(0.5).red() > tint(0.5).blue()
    assert tint(-0.5).blue() > tint(-0.5).red()


# -- order ---------------------------------------------------------------------------------


def answer(*correlation, layer=2):
    correlation = np.array(correlation)
    told = tuple(int(i) for i in np.argsort(-np.abs(correlation)) if abs(correlation[i]) > 0.2)
    return Answering("smile", "", layer, told, correlation)


def test_orders():
    maps = prepared(activations(ramp()))
    assert ordered(maps, "number", None) == (0, 1, 2)
    assert ordered(maps, "strength", None) == (2, 1, 0)
    assert ordered(maps, "answer", None) == (0, 1, 2)
    assert ordered(maps, "answer", answer(0.1, -0.8, 0.3)) == (1, 2, 0)
    assert ordered(maps, "answer", answer(0.1, -0.8, 0.3, layer=1)) == (0, 1, 2)
    assert ordered(maps, "answer", answer(0.1, -0.8)) == (0, 1, 2)


def test_answers_in_words():
    assert answer_words(answer(0.1, -0.8, 0.3), "Smile") == "2 of 3 channels answer to Smile."
    assert answer_words(answer(0.1, -0.8), "Smile") == "1 of 2 channels answers to Smile."
    assert answer_words(answer(0.1, 0.0), "Smile") == "None of the 2 channels answers to Smile."
    many = Answering("smile", "", 0, tuple(range(64)), np.full(128, 0.9))
    assert answer_words(many, "Smile") == "64 or more of 128 channels answer to Smile."


# -- selection -----------------------------------------------------------------------------


def test_a_hand_on_a_list():
    hand = Selection()
    hand.arrange((5, 3, 1, 4, 2))
    hand.take(1)
    assert hand.chosen == {3}
    hand.take(3, extend=True)
    assert hand.chosen == {3, 1, 4}
    hand.take(0, add=True)
    assert hand.chosen == {5, 3, 1, 4}
    hand.take(3, add=True)
    assert hand.chosen == {5, 3, 1}
    hand.take(4, add=True, extend=True)
    assert hand.chosen == {5, 3, 1, 4, 2}
    hand.take(2)
    hand.take(2)
    assert hand.chosen == set()
    hand.step(9)
    assert (hand.at, hand.chosen) == (4, {2})
    hand.step(3, extend=True)
    assert hand.chosen == {4, 2}
    hand.step(-1, only_move=True)
    assert (hand.at, hand.chosen) == (0, {4, 2})


def test_the_cursor_follows_its_channel_into_another_order():
    hand = Selection()
    hand.arrange(range(4))
    hand.take(2)
    hand.arrange((2, 0, 1, 3))
    assert (hand.at, hand.chosen) == (0, {2})
    hand.arrange((0, 1))
    assert (hand.at, hand.chosen) == (-1, set())


# -- bends ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_makes_bends_over_the_whole_range_of_its_slider(name):
    kind = KINDS[name]
    assert kind.low <= kind.rest <= kind.high
    for amount in (kind.low, kind.rest, kind.high):
        bend = made(name, 3, (1, 7), amount, "b8.conv1")
        assert (bend.layer, bend.channels, bend.kind, bend.amount) == (3, (1, 7), name, amount)
        assert bend.key == bend_key(3, name, (1, 7))
        assert bend.name == f"{kind.title} 1, 7 of b8.conv1"


def test_the_neutral_amounts_are_those_that_do_nothing_to_a_picture():
    import torch

    from latentstudio.generators.bending import Bending

    x, style = torch.randn(1, 3, 8, 8), torch.randn(1, 3)
    for name, kind in KINDS.items():
        if kind.neutral is None:
            continue
        tap = Bending([made(name, 0, (), kind.neutral, "b4")])
        assert torch.equal(tap.style(0, style), style)
        assert torch.equal(tap.features(0, x), x)


def test_keys_tell_layers_kinds_and_channels_apart():
    keys = {
        bend_key(layer, kind, channels)
        for layer in (1, 2)
        for kind in ("scale", "style")
        for channels in ((), (1,), (1, 2))
    }
    assert len(keys) == 12
    assert bend_key(1, "scale", ()) == "bend:1:scale:all"


def test_channel_words():
    assert channel_words(()) == "all"
    assert channel_words((4,)) == "4"
    assert channel_words((1, 2, 3, 9)) == "1, 2, 3 + 1"


def test_styles_are_refused_where_there_are_none_and_explained_where_they_are():
    assert refusal("style", dcgan_info()) == NO_STYLES.format(family="DCGAN")
    assert refusal("scale", dcgan_info()) == ""
    info = stylegan_info()
    assert refusal("style", info) == ""
    assert kind_tip(KINDS["style"], info) == STYLE_BEFORE
    first = msgspec.structs.replace(info, family="stylegan")
    assert kind_tip(KINDS["style"], first) == OWN_STYLE
    assert kind_tip(KINDS["zoom"], info) == KINDS["zoom"].tip


BENDS = st.lists(
    st.builds(
        Bend,
        layer=st.integers(0, 3),
        channels=st.sampled_from([(), (1,), (1, 2)]),
        kind=st.sampled_from(["scale", "rotate"]),
        amount=st.floats(-2, 2),
        key=st.sampled_from(["", "a", "b", "c"]),
    ),
    max_size=8,
)


@given(BENDS)
def test_taking_bends_away_and_putting_them_back_keeps_the_others_in_order(bends):
    recipe = Recipe(bends=tuple(bends))
    found = held(recipe)
    assert sum(len(its.bends) for its in found.values()) == len(bends)
    for identity, its in found.items():
        without = holding(recipe, identity, None)
        assert identity not in held(without)
        rest = [bend for bend in bends if bend not in its.bends]
        assert list(without.bends) == rest
        again = holding(without, identity, its)
        assert held(again)[identity] == its
        alone = its.place + len(its.bends)
        if tuple(bends[its.place : alone]) == its.bends:
            assert again == recipe


def test_words_of_what_is_held():
    info = stylegan_info()
    one = held(Recipe(bends=(Bend(3, (7, 12), "scale", 0.0),)))
    assert [its.words(info) for its in one.values()] == ["Scale · b16.conv0 · 7, 12"]
    assert [its.name for its in one.values()] == ["Scale"]
    several = held(
        Recipe(bends=(Bend(3, (7,), "style", 1.0, "k", "Beard"), Bend(4, (2,), "style", 1.0, "k")))
    )
    assert several["k"].words(info) == "Style · 2 layers · 2, 7"
    assert several["k"].name == "Beard"
    beyond = held(Recipe(bends=(Bend(99, (), "zoom", 2.0),)))
    assert [its.words(info) for its in beyond.values()] == ["Zoom · layer 99 · all"]
