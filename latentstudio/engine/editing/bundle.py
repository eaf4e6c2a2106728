"""What ships: the attributes of the bundled generators' samples, known at the first start.

``python -m latentstudio.engine.editing.bundle`` reads them anew, in a few minutes and always the
same: 4,096 samples of each bundled checkpoint, by the bundled classifier. To be run again when a
test says that a checkpoint or the classifier has changed. What is no longer asked for leaves the
folder.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from latentstudio.checkpoints.bundled import bundled_features, resources_folder
from latentstudio.checkpoints.store import load_generator
from latentstudio.document.sampling import Sampling
from latentstudio.engine.device import settle_threads
from latentstudio.engine.editing.desk import Desk
from latentstudio.engine.editing.population import BUNDLED, Store
from latentstudio.engine.editing.values import SAMPLES
from latentstudio.generators.protocol import Generator

_BATCH = 32


def checkpoints() -> list[Path]:
    """The bundled checkpoints."""
    return sorted((resources_folder() / "checkpoints").glob("*.safetensors"))


def open_desk(path: Path, store: Store) -> tuple[Desk, Generator]:
    """A bundled checkpoint, and what the store knows of it as the bundled classifier sees it."""
    classifier = bundled_features("portraits")
    assert classifier is not None
    generator = load_generator(path)
    return Desk(generator.content_hash, classifier, "cpu", store), generator


def build(folder: Path, n: int = SAMPLES) -> None:
    """Read ``n`` samples of each checkpoint, and keep them in a folder of its own."""
    settle_threads(1)  # products of several threads differ in their last bits
    for old in folder.glob("samples-*.npy"):
        old.unlink()
    store = Store(folder)
    for path in checkpoints():
        desk, generator = open_desk(path, store)
        desk.check(generator)
        sampling = Sampling(desk.checkpoint)
        rows = [
            desk.see(generator, sampling, start, min(n, start + _BATCH)).numpy()
            for start in range(0, n, _BATCH)
        ]
        outputs = np.concatenate(rows).astype(np.float16)
        store.save(desk.checkpoint, desk.classifier_hash, outputs)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=BUNDLED, help="folder to write into")
    build(parser.parse_args().out)
