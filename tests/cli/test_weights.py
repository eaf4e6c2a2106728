"""Weights are listed without a network, and fetched only when asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from latentstudio.metrics.spaces import weights
from latentstudio.metrics.spaces.download import Received
from latentstudio.metrics.spaces.known_weights import SpaceError


def test_all_spaces_are_listed_with_what_to_do(run: Any) -> None:
    done = run("weights", "list")
    assert done.code == 0, done
    for name in ("portraits", "inception", "vgg16", "lpips"):
        assert name in done.out
    assert "ready: " in done.out and "fetch" in done.out


def test_fetching_says_where_it_went(run: Any, monkeypatch: Any) -> None:
    def fetch(name: str, *, progress: Any) -> Path:
        assert name == "inception"
        progress(Received(50, 100, 1.0))
        progress(Received(100, 100, 0.0))
        return Path("here.pth")

    monkeypatch.setattr(weights, "fetch", fetch)
    done = run("weights", "fetch", "inception")
    assert (done.code, done.out) == (0, "here.pth\n")


def test_what_cannot_be_fetched_gets_one_line(run: Any, monkeypatch: Any) -> None:
    def fail(*_: Any, **__: Any) -> Path:
        raise SpaceError("the line broke: try again")

    monkeypatch.setattr(weights, "fetch", fail)
    done = run("weights", "fetch", "inception")
    assert (done.code, done.out) == (1, "")
    assert done.err.splitlines()[-1] == "latentstudio: the line broke: try again"
