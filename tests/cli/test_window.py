"""The commands that need the window hand on what they were told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


def test_open_hands_its_files_to_the_window(checkpoint: Path, run: Any, monkeypatch: Any) -> None:
    app = pytest.importorskip("latentstudio.ui.app")
    opened: list[list[str]] = []
    monkeypatch.setattr(app, "run", lambda files: opened.append(files) or 3)
    assert run("open", checkpoint).code == 3
    assert run().code == 3
    assert opened == [[str(checkpoint)], []]


def test_screenshot_hands_on_its_size(tmp_path: Path, run: Any, monkeypatch: Any) -> None:
    app = pytest.importorskip("latentstudio.ui.app")
    asked: list[tuple[Any, ...]] = []
    monkeypatch.setattr(app, "screenshot", lambda *args: asked.append(args))
    out = tmp_path / "shot.png"
    assert run("screenshot", "--out", out, "--size", "800x600").code == 0
    assert asked == [(out, (800, 600), [])]

    def fail(*_: Any) -> None:
        raise app.StartError("no libraries")

    monkeypatch.setattr(app, "screenshot", fail)
    result = run("screenshot", "--out", out)
    assert (result.code, result.err) == (1, "latentstudio: no libraries\n")
