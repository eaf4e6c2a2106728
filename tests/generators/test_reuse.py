from __future__ import annotations

import copy
import random
from typing import Any

import pytest
import torch

from latentstudio.document.edit import Bend
from latentstudio.generators.bending import Bending
from latentstudio.generators.probe import Probe
from latentstudio.generators.reuse import Activations
from latentstudio.generators.stylegan2 import StyleGAN2


def network(**changes: Any) -> StyleGAN2:
    torch.manual_seed(1)
    config = {"z_dim": 8, "w_dim": 8, "resolution": 32, "channel_base": 256, "channel_max": 16}
    g = StyleGAN2(**{**config, "mapping_layers": 1, **changes}).eval().requires_grad_(False)
    for parameter in g.synthesis.parameters():
        if parameter.ndim == 0:
            parameter.fill_(0.3)
    return g


def bends(chance: random.Random) -> Bending:
    kinds: list[tuple[Any, float]] = [("scale", 0.0), ("style", 1.0), ("move_x", 0.2), ("flip", 1)]
    chosen = [(chance.randrange(8), *chance.choice(kinds)) for _ in range(chance.randrange(3))]
    return Bending([Bend(layer, (0, 2), kind, amount) for layer, kind, amount in chosen])


def draw(g: StyleGAN2, ws: torch.Tensor, half: bool, **settings: Any) -> torch.Tensor:
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=half):
        return g.synthesize(ws, **settings)


@pytest.mark.parametrize("architecture", ["skip", "resnet", "orig"])
@pytest.mark.parametrize("limit", [0, 20_000, 2**28])
def test_reuse_does_not_show_in_any_bit(architecture: str, limit: int) -> None:
    """Random edits, each drawn with what is kept and by a copy that keeps nothing."""
    g, chance = network(architecture=architecture), random.Random(limit)
    kept, starts = Activations(limit), []
    ws = g.map(g.sample_z(1, 0)).clone()
    settings: dict[str, Any] = {"noise": "const", "noise_strength": [1.0] * g.num_layers}
    half = False
    for seed in range(120):
        for _ in range(chance.randrange(3)):
            match chance.randrange(10):
                case 0 | 1 | 2:
                    ws = ws.clone()
                    row = chance.randrange(g.num_layers)
                    ws[:, row:] = g.map(g.sample_z(1, seed))[:, row:]
                case 3 | 4:
                    strengths = list(settings["noise_strength"])
                    strengths[chance.randrange(g.num_layers)] = chance.random()
                    settings["noise_strength"] = strengths
                case 5:
                    settings["noise"] = chance.choice(["const", "none", "random"])
                    settings["noise_seed"] = chance.randrange(2)
                case 6:
                    settings["max_resolution"] = chance.choice([None, 4, 8, 16])
                    half = chance.random() < 0.3
                case 7:
                    settings["tap"] = bends(chance)
                case 8:
                    settings.pop("tap", None)
                case _:
                    parameter = chance.choice(list(g.synthesis.parameters()))
                    parameter.mul_(1.01)
        got = draw(g, ws, half, reuse=kept, **settings)
        starts.append(kept.start)
        assert torch.equal(got, draw(copy.deepcopy(g), ws, half, **settings))
        assert kept.nbytes <= limit
    assert (max(starts) >= 2) == (limit > 0)


def test_only_what_changed_is_drawn_again() -> None:
    g, kept = network(), Activations()
    ws = g.map(g.sample_z(1, 0)).clone()
    starts = []
    for row in (None, 7, 5, 4, 1, 0, None):
        if row is not None:
            ws = ws.clone()
            ws[:, row] += 1.0
        draw(g, ws, False, reuse=kept)
        starts.append(kept.start)
    # Rows: 0 and 1 feed 4 px, 1 to 3 8 px, 3 to 5 16 px, 5 to 7 32 px.
    assert starts == [0, 3, 2, 2, 0, 0, 3]


def test_a_bend_draws_its_block_again() -> None:
    g, kept, starts = network(), Activations(), []
    ws = g.map(g.sample_z(1, 0))
    for layer in (None, 7, 7, 5, 4, 3, 3, 0, 0, None):
        tap = None if layer is None else Bending([Bend(layer, (1,), "scale", -1.0)])
        got = draw(g, ws, False, reuse=kept, tap=tap)
        starts.append(kept.start)
        assert torch.equal(got, draw(g, ws, False, tap=tap))
    # Convolutions: 0 is of 4 px, 1 and 2 of 8 px, 3 and 4 of 16 px, 5 and 6 of 32 px, as is the
    # picture output 7. What a bend leaves and where it comes to both count.
    assert starts == [0, 3, 3, 3, 2, 2, 3, 0, 3, 0]


def test_a_dragged_amount_restarts_where_it_acts() -> None:
    g, kept, early = network(), Activations(), Bend(1, (), "style", 0.3)
    ws, starts = g.map(g.sample_z(1, 0)), []
    for amount in (0.0, 0.5, 0.7, 0.7):
        tap = Bending([early, Bend(6, (), "scale", amount)])
        got = draw(g, ws, False, reuse=kept, tap=tap)
        starts.append(kept.start)
        assert torch.equal(got, draw(g, ws, False, tap=tap))
    assert starts == [0, 3, 3, 3]


def test_a_probe_sees_every_picture() -> None:
    g, kept = network(), Activations()
    ws, maps = g.map(g.sample_z(1, 0)), []
    for _ in range(2):
        probe = Probe([4])
        draw(g, ws, False, reuse=kept, tap=probe)
        maps.append(probe.maps[4])
    assert kept.start == 2 and torch.equal(*maps)


def test_derivatives_through_a_tap_do_not_go_through_what_is_kept() -> None:
    g, kept = network(), Activations()
    ws = g.map(g.sample_z(1, 0)).clone()
    draw(g, ws, False, reuse=kept)

    class Learns(Probe):
        def style(self, layer: int, style: torch.Tensor) -> torch.Tensor:
            return style + shift if layer == 6 else style

    shift = torch.zeros(8, requires_grad=True)
    (grad,) = torch.autograd.grad(g.synthesize(ws, reuse=kept, tap=Learns()).sum(), shift)
    assert grad.abs().max() > 0


def test_an_exact_picture_goes_on_from_an_exact_preview() -> None:
    g, kept = network(), Activations()
    ws = g.map(g.sample_z(1, 0))
    draw(g, ws, False, reuse=kept, max_resolution=16)
    got = draw(g, ws, False, reuse=kept)
    assert kept.start == 2 and torch.equal(got, draw(g, ws, False))


def test_random_noise_without_a_seed_is_never_reused() -> None:
    g, kept = network(), Activations()
    ws = g.map(g.sample_z(1, 0))
    pictures = [draw(g, ws, False, reuse=kept, noise="random") for _ in range(2)]
    assert not torch.equal(*pictures)


def test_derivatives_do_not_go_through_what_is_kept() -> None:
    g, kept = network(), Activations()
    ws = g.map(g.sample_z(1, 0)).clone()
    draw(g, ws, False, reuse=kept)
    ws.requires_grad_()
    (grad,) = torch.autograd.grad(g.synthesize(ws, reuse=kept).sum(), ws)
    assert grad.abs().sum(dim=(0, 2)).min() > 0


def test_forgetting() -> None:
    g, kept = network(), Activations()
    ws = g.map(g.sample_z(1, 0))
    draw(g, ws, False, reuse=kept)
    assert kept.nbytes > 0
    kept.clear()
    draw(g, ws, False, reuse=kept)
    assert kept.start == 0
