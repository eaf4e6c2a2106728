"""A run's own numbers: FID, KID, precision and recall in the data set's features."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from latentstudio.checkpoints.bundled import bundled_features
from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.document.sampling import Sampling
from latentstudio.metrics.quality import generate_features, score
from latentstudio.metrics.reals import RealSide, open_reals
from latentstudio.metrics.spaces.features import Features, load_features
from trainer.averages import refresh_statistics
from trainer.config import RunConfig
from trainer.data.dataset import ImageDataset
from trainer.errors import TrainingError
from trainer.state import TrainingState
from trainer.watch import collapse_warning, nearest_share, spread

BATCH = 32
# What a data folder's own classifier is called.
OWN = "features.safetensors"


class Evaluation:
    """Measures the averaged generator of a run and writes ``metrics.jsonl``.

    Parameters
    ----------
    features
        The feature space.
    real
        The data in it.
    config
        Gives the number of samples and their seed.
    out
        The run's folder.
    """

    def __init__(self, features: Features, real: RealSide, config: RunConfig, out: Path) -> None:
        self.features, self.real = features, real
        self.samples, self.seed = config.metrics_samples, config.seed
        self.path = out / "metrics.jsonl"

    def done(self, state: TrainingState) -> bool:
        """Whether the run has been measured where it stands."""
        rows = read_rows(self.path)
        return bool(rows) and rows[-1]["images"] == state.images

    def measure(self, state: TrainingState) -> tuple[dict[str, Any], list[str]]:
        """Draw samples, compare them with the data, and append one line.

        Returns
        -------
        tuple
            The line, and a sentence for each thing that a person should look at.
        """
        # A copy: measuring a run must not change it, and only one process measures.
        generator = copy.deepcopy(state.average)
        refresh_statistics(generator, samples=1024)
        sampling = Sampling(seed=self.seed)
        fake = generate_features(
            generator,
            self.features,
            sampling,
            self.samples,
            BATCH,
            class_shares=self.real.class_shares,
        )
        quality = score(self.real, fake, sampling)
        real = self.real.rows[: len(fake)]
        share = spread(fake) / max(spread(real), 1e-12)
        row = {
            "kimg": state.images / 1000,
            "images": state.images,
            "seconds": round(state.seconds, 2),
            "cpu_seconds": round(state.cpu_seconds, 2),
            "resolution": state.growth.resolution,
            "spread_share": share,
            "nearest_share": nearest_share(fake[:500], real[:500]),
            **msgspec.to_builtins(quality),
        }
        warning = collapse_warning(share, (line["spread_share"] for line in read_rows(self.path)))
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        return row, [warning] if warning else []


def open_evaluation(
    config: RunConfig, data: ImageDataset, out: Path, report: Callable[[str], None]
) -> Evaluation | None:
    """What measures a run, or None when it is not to be measured or has no feature space.

    Raises
    ------
    TrainingError
        If the feature space that was asked for cannot be read.
    """
    if config.metrics_kimg <= 0 or config.features == "none":
        return None
    path = find_features(config.features, data)
    if path is None:
        report(
            "No FID: these pictures have no features of their own yet. Train them with "
            f"latentstudio-train classifier --data {config.data} --resolution {data.resolution} "
            f"--out {data.folder / OWN}, then resume."
        )
        return None
    try:
        features = load_features(path, config.device)
    except (OSError, CheckpointError) as error:
        raise TrainingError(f"--features {path} cannot be read: {error}") from error
    real = real_side(features, data)
    return Evaluation(features, real, config, out)


def find_features(chosen: str, data: ImageDataset) -> Path | None:
    """The classifier file of a feature space.

    Parameters
    ----------
    chosen
        A file, or ``auto``: the data folder's own, or the bundled one of the portraits.
    data
        The pictures.
    """
    if chosen != "auto":
        return Path(chosen)
    return usual_features(data.folder, str(data.info.get("name", "")))


def usual_features(folder: Path, name: str) -> Path | None:
    """The classifier of a data folder itself, or the bundled one of a data set of this name."""
    own = folder / OWN
    return own if own.exists() else bundled_features(name)


def real_side(features: Features, data: ImageDataset) -> RealSide:
    """A data set in a feature space, remembered beside the data; DataError as it is read."""
    reals = open_reals(data.folder, features, cache=data.folder)
    return replace(reals.side, class_shares=reals.class_shares(data.condition))


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The lines of a JSON-lines file; none when there is no file.

    Raises
    ------
    TrainingError
        If a line is not JSON.
    """
    if not path.exists():
        return []
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            rows.append(json.loads(line))
        except ValueError as error:
            raise TrainingError(f"{path} is damaged in line {number}: remove that line.") from error
    return rows
