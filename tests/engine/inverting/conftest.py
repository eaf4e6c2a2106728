from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from latentstudio.checkpoints.differences import Differences
from latentstudio.checkpoints.store import save_generator
from latentstudio.document.recipe import Point, Recipe, Seed
from latentstudio.engine.engine import Engine
from latentstudio.engine.inverting import draft, easel
from latentstudio.engine.inverting.inverter import Inverter
from latentstudio.generators.dcgan import DCGAN
from latentstudio.generators.progan import ProGAN
from latentstudio.generators.stylegan2 import StyleGAN2

TINY: dict[str, Any] = {"z_dim": 8, "resolution": 16}
STYLED: dict[str, Any] = {"w_dim": 8, "channel_base": 128, "channel_max": 8, "mapping_layers": 1}
MAKE: dict[str, Callable[[], Any]] = {
    "stylegan2": lambda: StyleGAN2(**TINY, **STYLED),
    "classes": lambda: StyleGAN2(**TINY, **STYLED, num_classes=3),
    "progan": lambda: ProGAN(8, 16, channel_base=128, channel_max=8),
    "dcgan": lambda: DCGAN(z_dim=8, resolution=16, ngf=4),
    "grey": lambda: DCGAN(z_dim=8, resolution=16, ngf=4, channels=1),
}
KINDS = ("begun", "ended", "guess", "tuning", "tuned")


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Tiny untrained generators whose pictures differ, by name: path and content hash."""
    folder, saved = tmp_path_factory.mktemp("invertible"), {}
    for name, make in MAKE.items():
        torch.manual_seed(7)
        generator = make()
        if isinstance(generator, DCGAN):
            for parameter in generator.parameters():
                if parameter.ndim > 1:
                    torch.nn.init.normal_(parameter, std=0.2)
        for parameter in generator.parameters():
            if parameter.ndim == 0:  # noise strengths start at 0: let noise be seen
                torch.nn.init.constant_(parameter, 0.3)
        path = folder / f"{name}.safetensors"
        saved[name] = path, save_generator(path, generator, name=name, data={}, training={})
    return saved


@pytest.fixture
def differences(tmp_path: Path) -> Differences:
    return Differences(tmp_path / "differences")


@pytest.fixture
def locate(checkpoints: Any, differences: Differences) -> Callable[[str], Path | None]:
    paths = {content_hash: path for path, content_hash in checkpoints.values()}
    return lambda content_hash: paths.get(content_hash) or differences.locate(content_hash)


@pytest.fixture
def recipe(checkpoints: Any) -> Recipe:
    return Recipe(checkpoint=checkpoints["stylegan2"][1])


@pytest.fixture
def shown(engine: Engine) -> Callable[..., np.ndarray]:
    """The picture of a recipe, or with a seed as its point A: uint8 [r, r, 3]."""

    def draw(recipe: Recipe, base: Any = None) -> np.ndarray:
        base = Seed(base) if isinstance(base, int) else base
        recipe = recipe if base is None else recipe.with_point(Point("A", base))
        return np.ascontiguousarray(engine.render(recipe).pixels[..., :3])

    return draw


@pytest.fixture
def inverter(
    engine: Engine,
    locate: Any,
    witness: Any,
    differences: Differences,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Inverter]:
    """One that tries few samples, and finds no published weights on this machine."""
    monkeypatch.setattr(easel, "known", tuple)
    monkeypatch.setattr(draft, "RANDOM", 8)
    monkeypatch.setattr(draft, "FAR", 8)
    engine._mailbox._calm = 0.0
    callbacks: dict[str, Any] = {
        f"on_{kind}": lambda value, kind=kind: witness.note(kind, value) for kind in KINDS
    }
    made = Inverter(
        engine,
        locate,
        **callbacks,
        on_progress=lambda progress: witness.note("progress", progress),
        on_waiting=lambda *values: witness.note("waiting", values),
        on_error=lambda text: witness.note("trouble", text),
        cache=tmp_path / "cache",
        differences=differences,
    )
    yield made
    made.stop_all()
