from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch

from latentstudio.checkpoints.store import save_generator
from latentstudio.document.recipe import Recipe
from latentstudio.engine.engine import Engine
from latentstudio.generators.dcgan import DCGAN
from latentstudio.generators.stylegan2 import StyleGAN2

PATIENCE = 30.0  # seconds; only a failing test waits for it


class Saved(NamedTuple):
    path: Path
    content_hash: str


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Saved]:
    """Tiny untrained generators: style, its twin (another hash), plain, large (128 px)."""
    folder = tmp_path_factory.mktemp("checkpoints")
    small = {"z_dim": 16, "w_dim": 16, "resolution": 32, "channel_base": 256, "channel_max": 8}
    saved = {}
    for seed, name in enumerate(("style", "twin", "plain", "large")):
        torch.manual_seed(seed)
        if name == "plain":
            generator: Any = DCGAN(z_dim=16, resolution=32, ngf=4)
        else:
            generator = StyleGAN2(**{**small, "resolution": 128 if name == "large" else 32})
            for parameter in generator.synthesis.parameters():
                if parameter.ndim == 0:  # noise strengths start at 0: let noise be seen
                    torch.nn.init.constant_(parameter, 0.3)
        path = folder / f"{name}.safetensors"
        content_hash = save_generator(path, generator, name=name, data={}, training={})
        saved[name] = Saved(path, content_hash)
    return saved


@pytest.fixture
def locate(checkpoints: dict[str, Saved]) -> Callable[[str], Path | None]:
    paths = {saved.content_hash: saved.path for saved in checkpoints.values()}
    return paths.get


class Witness:
    """Writes down what an engine calls back, and waits for it."""

    def __init__(self) -> None:
        self.events: list[tuple[Any, ...]] = []
        self._changed = threading.Condition()

    def note(self, *event: Any) -> None:
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    def callbacks(self) -> dict[str, Any]:
        return {
            "on_frame": lambda frame: self.note("frame", frame),
            "on_error": lambda text, recipe: self.note("error", text, recipe),
            "on_model": lambda info: self.note("model", info),
            "on_state": lambda state: self.note("state", state),
        }

    def of(self, kind: str) -> list[Any]:
        return [event[1] for event in self.events if event[0] == kind]

    def wait(self, condition: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(condition, PATIENCE), self.events

    def wait_for(self, kind: str, count: int = 1) -> list[Any]:
        self.wait(lambda: len(self.of(kind)) >= count)
        return self.of(kind)


@pytest.fixture
def witness() -> Witness:
    return Witness()


@pytest.fixture
def engine(locate: Callable[[str], Path | None], witness: Witness) -> Iterator[Engine]:
    """A started engine on the CPU; stopped afterwards."""
    made = Engine(locate, device="cpu", **witness.callbacks())
    made.start()
    yield made
    made.stop()


@pytest.fixture
def recipe(checkpoints: dict[str, Saved]) -> Recipe:
    return Recipe(checkpoint=checkpoints["style"].content_hash)
