from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from trainer.errors import TrainingError
from trainer.unfinished import Header, read_unfinished, restore, write_unfinished


class Note(Header, kw_only=True):
    words: str


FORM = "test-1"
Parts = tuple[dict[str, nn.Module], torch.optim.AdamW]


def fresh(seed: int, width: int = 3) -> Parts:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        networks: dict[str, nn.Module] = {"net": nn.Linear(2, width), "head": nn.Linear(width, 1)}
    parameters = [p for network in networks.values() for p in network.parameters()]
    return networks, torch.optim.AdamW(parameters, lr=0.1)


def step(parts: Parts) -> torch.Tensor:
    networks, optimizer = parts
    optimizer.zero_grad()
    loss: torch.Tensor = networks["head"](networks["net"](torch.ones(4, 2))).square().mean()
    loss.backward()
    optimizer.step()
    return loss.detach()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    parts = fresh(1)
    step(parts)
    path = tmp_path / "a.resume"
    write_unfinished(path, Note(format=FORM, images=7, seconds=1.5, words="hm"), *parts)
    return path


def test_a_resumed_optimiser_takes_the_steps_of_the_first(path: Path) -> None:
    header, tensors = read_unfinished(path, Note, FORM)
    assert (header.images, header.seconds, header.words) == (7, 1.5, "hm")
    first, resumed = fresh(1), fresh(2)
    step(first)
    restore(path, tensors, *resumed)
    for _ in range(3):
        assert torch.equal(step(first), step(resumed))


def test_what_does_not_fit_is_one_sentence(path: Path) -> None:
    _, tensors = read_unfinished(path, Note, FORM)
    for parts in (fresh(1, width=4), ({**fresh(1)[0], "more": nn.Linear(1, 1)}, fresh(1)[1])):
        with pytest.raises(TrainingError, match="does not fit this network") as caught:
            restore(path, tensors, *parts)
        assert "\n" not in str(caught.value)


def test_files_that_are_none_are_one_sentence(path: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no unfinished run"):
        read_unfinished(tmp_path / "none", Note, FORM)
    with pytest.raises(TrainingError, match="cannot be read"):
        read_unfinished(tmp_path, Note, FORM)
    with pytest.raises(TrainingError, match="of another kind"):
        read_unfinished(path, Note, "test-2")
    content = path.read_bytes()
    for place in range(0, len(content), 97):
        damaged = bytearray(content)
        damaged[place] ^= 4
        path.write_bytes(damaged)
        try:  # a field such as the seconds may change unseen; a weight may not
            _, tensors = read_unfinished(path, Note, FORM)
        except TrainingError as error:
            assert "damaged" in str(error)
        else:
            restore(path, tensors, *fresh(1))
    path.write_bytes(content[:-1])
    with pytest.raises(TrainingError, match="damaged"):
        read_unfinished(path, Note, FORM)
