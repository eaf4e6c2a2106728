"""One of two processes that test_parallel.py starts: runs cases, and says how each ended."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import msgspec
import torch

from latentstudio.data.errors import DataError
from trainer import loop
from trainer.config import RunConfig
from trainer.parallel import World, joined
from trainer.state import TrainingState


def end_of(name: str, config: RunConfig, out: Path, world: World) -> str:
    usual = loop.train_step

    def drifting(state: TrainingState, *rest: Any) -> Any:
        if state.step == 3 and world.rank == 1:
            with torch.no_grad():
                next(state.discriminator.parameters()).view(-1)[0] += 1e-6
        return usual(state, *rest)

    if name == "drifting":
        loop.train_step = drifting
    try:
        loop.train(config, out, report=lambda sentence: None, world=world)
    except DataError as error:
        return str(error)
    finally:
        loop.train_step = usual
    return "finished"


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    configs = msgspec.json.decode((folder / "configs.json").read_bytes(), type=dict[str, RunConfig])
    with joined("cpu") as world:
        ends = {name: end_of(name, c, folder / name, world) for name, c in configs.items()}
        (folder / f"ends-{world.rank}.json").write_text(json.dumps(ends))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
