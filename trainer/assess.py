"""Everything that a model card says in numbers, measured on a checkpoint and its data."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import torch
from tqdm import tqdm

from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.checkpoints.header import read_header
from latentstudio.checkpoints.store import load_generator
from latentstudio.document.sampling import Sampling
from latentstudio.metrics.path_length import perceptual_path_length
from latentstudio.metrics.quality import generate_features, score
from trainer.assessment import Assessment, write_assessment
from trainer.data.dataset import ImageDataset, open_dataset
from trainer.errors import TrainingError
from trainer.evaluation import BATCH, find_features, real_side
from trainer.readings import Reader, readings
from trainer.references import blur, halves, pictures, reference_distances

Progress = Callable[[float], None]
# The third nearest neighbour in half of the data needs four pictures there.
FEWEST_SAMPLES, FEWEST_PICTURES = 4, 8


def assess(
    checkpoint: Path,
    data: ImageDataset,
    features: Path,
    *,
    samples: int = 10_000,
    path_samples: int = 1000,
    seed: int = 0,
    progress: Progress | None = None,
) -> Assessment:
    """Measure a checkpoint against the data that it was trained on.

    Parameters
    ----------
    checkpoint
        A studio checkpoint.
    data
        At least twice as many pictures as samples give the floor of equal size.
    features
        The classifier whose embedding is the feature space, and which reads the attributes.
    samples, path_samples
        Pictures drawn for the distances and for each path length.
    seed
        Of the samples.
    progress
        Told the share done, 0 to 1, of drawing the samples.

    Raises
    ------
    TrainingError
        If there are too few samples or pictures to measure anything.
    """
    if samples < FEWEST_SAMPLES:
        raise TrainingError(f"--samples must be at least {FEWEST_SAMPLES}.")
    if data.count < FEWEST_PICTURES:
        raise TrainingError(
            f"{data.folder} holds {data.count} pictures, too few to measure anything against: "
            f"use data with {FEWEST_PICTURES} or more."
        )
    generator = load_generator(checkpoint)
    reader = Reader(features)
    real = real_side(reader.features, data)
    sampling = Sampling(generator.content_hash, seed=seed)
    fake = generate_features(
        generator, reader, sampling, samples, class_shares=real.class_shares, progress=progress
    )
    drawn, classifier = reader.taken(), reader.classifier
    half, rest = halves(data.count, samples, seed)
    one = torch.cat([reader(batch) for batch in pictures(data, half)])
    seen = reader.taken()
    other = torch.cat([reader(batch) for batch in pictures(data, rest)])
    blurred = torch.cat([reader(blur(batch)) for batch in pictures(data, half)])
    spaces: tuple[str, ...] = ("z", "w") if generator.has_mapping else ("z",)
    return Assessment(
        checkpoint=checkpoint.name,
        content_hash=generator.content_hash,
        data=str(data.info.get("name", data.folder.name)),
        quality=score(real, fake, sampling),
        references=reference_distances(one, other, blurred),
        # Rotations that were made up to learn from say nothing about pictures that stand.
        readings=() if classifier.pretext else readings(classifier.attributes, seen, drawn),
        path_lengths=tuple(
            perceptual_path_length(
                generator,
                reader.features,
                path_samples,
                seed,
                BATCH,
                space=space,  # type: ignore[arg-type]
                class_shares=real.class_shares,
            )
            for space in spaces
        ),
    )


def assess_file(
    checkpoint: Path, data: str, root: Path, features: str, samples: int, seed: int
) -> Assessment:
    """Measure a checkpoint as :func:`assess` does, and write the numbers beside it.

    Parameters
    ----------
    checkpoint
        A studio checkpoint.
    data, root
        As in :func:`trainer.data.dataset.open_dataset`.
    features
        A classifier file, or ``auto``.
    samples, seed
        As in :func:`assess`.

    Raises
    ------
    TrainingError
        If the data has no feature space, or :func:`assess` raises it, or pictures that the
        checkpoint draws hold values that are not finite.
    CheckpointError
        If the checkpoint or the classifier cannot be read.
    """
    header = read_header(checkpoint)
    condition = str(header.training.get("condition", ""))
    pictures = open_dataset(data, header.info.resolution, root, flips=False, condition=condition)
    path = find_features(features, pictures)
    if path is None:
        raise TrainingError(
            f"{data} has no features of its own: train them with latentstudio-train classifier "
            f"--data {data} --resolution {header.info.resolution} --out FILE, then pass "
            "--features FILE."
        )
    every = 0.5 if sys.stderr.isatty() else 30.0
    with tqdm(total=samples, unit="img", desc="Drawing samples", mininterval=every) as bar:
        try:
            found = assess(
                checkpoint,
                pictures,
                path,
                samples=samples,
                seed=seed,
                progress=lambda share: bar.update(round(share * samples) - bar.n) and None,
            )
        except CheckpointError:
            raise
        except ValueError as error:  # numbers that are none, on either side
            raise TrainingError(f"{checkpoint} cannot be measured: {error}.") from error
    write_assessment(checkpoint, found)
    return found
