"""The card of a classifier: what it reads, and how its feature space judges spoilt pictures."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from latentstudio.atomic import write_atomic
from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.metrics.frechet import Accumulator, Statistics, frechet_distance
from latentstudio.metrics.spaces.classifier_store import ClassifierHeader, read_classifier_header
from latentstudio.metrics.spaces.features import BATCH, Features, load_features
from trainer.classifier_data import Labelled
from trainer.classifier_state import ClassifierConfig
from trainer.data.dataset import open_dataset
from trainer.errors import TrainingError

HALF = 12_000  # pictures in each of the two sets that are compared
JPEG_QUALITY = 30
Spoil = Callable[[Tensor], Tensor]


def write_card(out: Path, config: ClassifierConfig) -> Path:
    """Measure the feature space of a classifier and describe both beside its file.

    Parameters
    ----------
    out
        A file that :func:`trainer.classifier.train_classifier` wrote.
    config
        How.

    Returns
    -------
    Path
        ``NAME.md``.

    Raises
    ------
    TrainingError
        If a file cannot be read or written, or there are fewer than four pictures.
    """
    try:
        header = read_classifier_header(out)
        features = load_features(out, config.device)
        root = Path(config.data_root)
        dataset = open_dataset(config.data, config.resolution, root, seed=config.seed, shrink=True)
        data = Labelled(dataset, config.seed, config.held_out)
        n, rows = distances(features, data)
        path = out.with_suffix(".md")
        write_atomic(path, _text(out, header, n, rows).encode("utf-8"))
    except CheckpointError as error:
        raise TrainingError(str(error)) from error
    except OSError as error:
        raise TrainingError(f"The card cannot be written: {error.strerror or error}.") from error
    return path


def distances(features: Features, data: Labelled) -> tuple[int, dict[str, float]]:
    """FID of one half of the pictures, whole and spoilt, against the other half.

    Parameters
    ----------
    features
        The space.
    data
        At least four pictures.

    Returns
    -------
    n, distances
        Pictures in each set, and the FID by what was done to one of them.
    """
    count = data.dataset.count
    n = min(count // 2, HALF)
    if n < 2:
        raise TrainingError(f"{count} pictures are too few to compare two halves of them.")
    order = torch.from_numpy(np.random.RandomState([data.seed, 2**31 + 1]).permutation(count))
    reference = _statistics(features, data, order[:n], lambda x: x)
    random = torch.Generator().manual_seed(data.seed)
    kinds: dict[str, Spoil] = {
        "nothing (the floor)": lambda x: x,
        "blurred twofold": blurred,
        f"JPEG of quality {JPEG_QUALITY}": jpeg,
        "noise of sigma 0.1": lambda x: x + 0.1 * torch.randn(x.shape, generator=random),
        "noise of sigma 0.03": lambda x: x + 0.03 * torch.randn(x.shape, generator=random),
        "contrast of 80%": lambda x: 0.8 * x,
    }
    other = order[n : 2 * n]
    return n, {
        name: frechet_distance(reference, _statistics(features, data, other, spoil))
        for name, spoil in kinds.items()
    }


def blurred(images: Tensor) -> Tensor:
    """Averaged to half the size and enlarged again, bilinear: [n, c, R, R]."""
    return F.interpolate(F.avg_pool2d(images, 2), size=images.shape[2:], mode="bilinear")


def jpeg(images: Tensor) -> Tensor:
    """Saved as JPEG and opened again: float32 [n, c, R, R] in [-1, 1]."""
    pixels = images.add(1).mul(127.5).round().clamp(0, 255).byte().permute(0, 2, 3, 1).numpy()
    result = []
    for picture in pixels:
        buffer = io.BytesIO()
        grey = picture.shape[2] == 1
        image = Image.fromarray(picture[:, :, 0] if grey else picture)
        image.save(buffer, "JPEG", quality=JPEG_QUALITY)
        opened = np.array(Image.open(buffer)).reshape(picture.shape)
        result.append(torch.from_numpy(opened).permute(2, 0, 1))
    return torch.stack(result).float().div(127.5).sub(1)


def _statistics(features: Features, data: Labelled, index: Tensor, spoil: Spoil) -> Statistics:
    accumulator = Accumulator(features.dim)
    for part in torch.split(index, 4 * BATCH):
        accumulator.add(features(spoil(data.pictures(part))))
    return accumulator.statistics()


def _text(out: Path, header: ClassifierHeader, n: int, rows: dict[str, float]) -> str:
    config, training, data = header.config, header.training, header.data
    asked = training["config"]
    words = " ".join(f"--{key} {asked[key]:g}" for key in ("resolution", "kimg", "batch", "seed"))
    half = " --half" if asked["half"] else ""
    what = f"{data.get('count', '?')} pictures of {data.get('name', header.name)}"
    lines = [
        f"# Attributes and features of {header.name}",
        "",
        "| | |",
        "|---|---|",
        f"| Reads | {len(config['attributes'])} attributes at {config['resolution']} px |",
        f"| Feature space | {config['dim']} dimensions, each of mean 0 and variance 1 over the"
        " training pictures |",
        f"| File | {out.stat().st_size / 2**20:.1f} MiB, content hash"
        f" `{header.content_hash[:16]}…` |",
        f"| Data | {what} (sha256 `{str(data.get('sha256', ''))[:16]}…`), of which"
        f" {data['held_out']} were kept out |",
        f"| Pictures seen | {training['images_seen']:,} (with repeated and mirrored ones) |",
        f"| Time | {training['seconds'] / 60:.1f} minutes on {training['device']},"
        f" {asked['threads']} thread(s) |",
        "",
    ]
    if config["pretext"]:
        lines += ["There were no labels: it learned which way up the pictures are.", ""]
    lines += [
        "## Pictures kept out",
        "",
        "R² of a hue is that of the points on the colour circle. The baseline is the share of the"
        " most frequent class.",
        "",
        "| Attribute | Measure | Value | Baseline |",
        "|---|---|---|---|",
    ]
    for name, score in header.scores.items():
        measure = "R²" if score.measure == "r2" else "accuracy"
        baseline = "" if score.measure == "r2" else f"{score.baseline:.3f}"
        lines.append(f"| {name} | {measure} | {score.value:.3f} | {baseline} |")
    lines += [
        "",
        "## The feature space",
        "",
        f"FID of {n:,} pictures against {n:,} others of the same data, after something was done to"
        " the first:",
        "",
        "| Done | FID |",
        "|---|---|",
        *(f"| {name} | {value:.2f} |" for name, value in rows.items()),
        "",
        "## Training",
        "",
        "```",
        f"latentstudio-train classifier --data {Path(asked['data']).name} {words}{half}"
        f" --out {out.name}",
        "```",
        "",
        f"torch {training['versions']['torch']}.",
        "",
    ]
    return "\n".join(lines)
