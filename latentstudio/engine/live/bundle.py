"""The grid that ships: numbers that follow the hand within a second of the first start.

``python -m latentstudio.engine.live.bundle`` draws it anew, in a minute or two and always the
same: the bundled StyleGAN2 under default settings, at every knot of psi, seen by the bundled
classifier. To be run again when a test says that checkpoint, classifier, data, knots or the
fields of a sampling have changed. What is no longer asked for leaves the folder.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from latentstudio.checkpoints.bundled import resources_folder
from latentstudio.checkpoints.store import load_generator
from latentstudio.document.sampling import Sampling
from latentstudio.engine.device import settle_threads
from latentstudio.engine.live.grid import PSI, Grid
from latentstudio.engine.live.store import BUNDLED, Store
from latentstudio.generators.protocol import Generator
from latentstudio.metrics.reals import open_reals
from latentstudio.metrics.spaces.features import Features
from latentstudio.metrics.spaces.register import PORTRAITS, open_space

CHECKPOINT = resources_folder() / "checkpoints" / "portraits-stylegan2.safetensors"
_BATCH = 32


def bundled_parts() -> tuple[Grid, Generator, Features]:
    """The grid, still empty, and what it is drawn with."""
    features = open_space(PORTRAITS, "cpu")
    reals = open_reals(PORTRAITS, features)
    generator = load_generator(CHECKPOINT)
    base = PSI.base(Sampling(generator.content_hash))
    return Grid(PSI, base, reals.shares_for, reals.side), generator, features


def build(folder: Path) -> None:
    """Draw the grid and write it into a folder of its own."""
    grid, generator, features = bundled_parts()
    settle_threads(1)  # products of several threads differ in their last bits
    while grid.draw(generator, features, _BATCH):
        pass
    for old in folder.glob("grid-*.npz"):
        old.unlink()
    Store(folder).save(grid, features)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=BUNDLED, help="folder to write into")
    build(parser.parse_args().out)
