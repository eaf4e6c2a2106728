"""What is kept comes back whole or not at all, and never fills the disk."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest
import torch

from latentstudio.document.sampling import Sampling
from latentstudio.metrics.measure.kept import Kept, default_folder, key_of


class Number(msgspec.Struct):
    value: float


@pytest.mark.parametrize("folder", [True, False])
def test_rows_and_results_come_back(folder: bool, tmp_path: Path) -> None:
    kept = Kept(tmp_path / "new" / "folder" if folder else None)
    rows = torch.randn(5, 3)
    assert kept.rows("a", 0) is None
    kept.put_rows("a", 0, rows)
    found = kept.rows("a", 0)
    assert found is not None and torch.equal(found, rows)
    assert kept.rows("a", 5) is None and kept.rows("b", 0) is None
    made: list[int] = []

    def make() -> Number:
        made.append(1)
        return Number(2.5)

    assert kept.result("c", Number, make) == kept.result("c", Number, make) == Number(2.5)
    assert made == [1]


def test_every_damage_is_noticed(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    kept.put_rows("a", 0, torch.ones(2, 2))
    path = next(tmp_path.rglob("*.npy"))
    whole = path.read_bytes()
    for at in range(0, len(whole), 7):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert kept.rows("a", 0) is None
        path.write_bytes(whole[:at])
        assert kept.rows("a", 0) is None


def test_the_oldest_use_goes_first(tmp_path: Path) -> None:
    kept = Kept(tmp_path, limit=700)
    for number in range(4):
        kept.put_rows(f"k{number}", 0, torch.zeros(8, 4))  # 288 bytes each
        path = next((tmp_path / f"k{number}").iterdir())
        os.utime(path, (number, number))
    assert kept.rows("k0", 0) is not None  # a use of now
    kept.prune()
    left = [kept.rows(f"k{number}", 0) is not None for number in range(4)]
    assert left == [True, False, False, True]


def test_a_folder_that_refuses_costs_nothing_but_the_keeping(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    kept = Kept(blocked)
    kept.put_rows("a", 0, torch.ones(1, 1))
    assert kept.rows("a", 0) is not None and Kept(blocked).rows("a", 0) is None
    kept.prune()


def test_keys_tell_facts_apart() -> None:
    assert key_of("a", Sampling(seed=1)) == key_of("a", Sampling(seed=1))
    facts = [("a", 1), ("a1",), ("a", "1"), ("a", 1.5), ("a", None), ("a", Sampling())]
    assert len({key_of(*fact) for fact in facts}) == len(facts)


def test_the_folder_is_the_users_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert default_folder().name == "measure" and "latentstudio" in default_folder().parts
