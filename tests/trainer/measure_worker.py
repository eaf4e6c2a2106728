"""One of two processes that test_measure.py starts: draws its share of the samples."""

from __future__ import annotations

import sys
from pathlib import Path

import torch

from latentstudio.checkpoints.store import load_generator
from latentstudio.document.sampling import Sampling
from latentstudio.metrics.spaces.features import load_features
from trainer.measure import shared_features
from trainer.parallel import joined


def main(folder: Path, n: int) -> None:
    torch.set_num_threads(1)
    told: list[int] = []
    with joined("cpu") as world:
        features = shared_features(
            load_generator(folder / "model.safetensors"),
            load_features(folder / "features.safetensors"),
            Sampling(seed=3),
            n,
            world,
            progress=lambda _what, count, _known: told.append(count),
        )
        assert (features is None) == (world.rank > 0)
        if features is not None:
            torch.save(features, folder / "gathered.pt")
        (folder / f"told-{world.rank}").write_text(str(sum(told)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
