from __future__ import annotations

import torch

from latentstudio.document.recipe import Cell, Mixing
from latentstudio.latents.mixing import mix, sounding

BLEND = torch.arange(8.0).reshape(1, 4, 2)
POINTS = {"A": BLEND + 100.0, "B": -BLEND, "C": torch.ones(1, 4, 2)}


def brute(mixing: Mixing) -> torch.Tensor:
    """The docstring of Mixing, cell by cell, in float64."""
    ws = BLEND.double().clone()
    for layer in range(4):
        heard = {name: mixing.strength(layer, name) for name in POINTS if mixing.sounds(name)}
        total = sum(heard.values())
        if total > 1.0:
            heard = {name: s / total for name, s in heard.items()}
        row = (1.0 - sum(heard.values())) * BLEND[0, layer].double()
        for name, s in heard.items():
            row = row + s * POINTS[name][0, layer].double()
        ws[0, layer] = row
    return ws


def test_one_cell_moves_its_row_alone() -> None:
    mixed = mix(BLEND, POINTS, Mixing((Cell(2, "A", 0.25),)))
    assert torch.equal(mixed[0, 2], torch.tensor([29.0, 30.0]))  # [4, 5] + 0.25 * 100
    assert torch.equal(mixed[:, [0, 1, 3]], BLEND[:, [0, 1, 3]])


def test_full_strength_is_the_point_to_the_bit() -> None:
    points = {"A": torch.randn(1, 4, 2) * 1e-3}
    cells = tuple(Cell(layer, "A", 1.0) for layer in range(4))
    assert torch.equal(mix(BLEND * 1e6, points, Mixing(cells)), points["A"])


def test_strengths_above_one_are_shared_out() -> None:
    mixed = mix(BLEND, POINTS, Mixing((Cell(0, "A", 1.0), Cell(0, "C", 1.0))))
    assert torch.equal(mixed[0, 0], torch.tensor([50.5, 51.0]))  # half of [100, 101] and [1, 1]


def test_many_cells_are_as_written() -> None:
    cells = (
        Cell(0, "A", 0.3),
        Cell(0, "B", 0.9),
        Cell(1, "B", 0.5),
        Cell(3, "A", 0.1),
        Cell(3, "B", 0.2),
        Cell(3, "C", 0.3),
    )
    for mixing in (
        Mixing(cells),
        Mixing(cells, solo=("B",)),
        Mixing(cells, mute=("B",)),
        Mixing(cells, solo=("A", "B"), mute=("A",)),
    ):
        torch.testing.assert_close(mix(BLEND, POINTS, mixing).double(), brute(mixing))


def test_when_nothing_sounds_the_blend_comes_back_itself() -> None:
    cells = (Cell(0, "A", 1.0), Cell(1, "B", 0.0))
    assert mix(BLEND, {}, Mixing()) is BLEND
    assert mix(BLEND, {}, Mixing(cells, mute=("A",))) is BLEND
    assert mix(BLEND, {}, Mixing(cells, solo=("D",))) is BLEND
    assert sounding(Mixing(cells)) == [(0, "A", 1.0)]


def test_inputs_are_not_written_to() -> None:
    before = BLEND.clone()
    mix(BLEND, POINTS, Mixing((Cell(0, "A", 0.5),)))
    assert torch.equal(BLEND, before)
