"""Everything that a model card says in numbers, measured on a checkpoint and its data."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from tqdm import tqdm

from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.checkpoints.header import read_header
from latentstudio.checkpoints.store import load_generator
from latentstudio.document.sampling import Sampling
from latentstudio.metrics.measure.run import Progress
from latentstudio.metrics.path_length import Space, perceptual_path_length
from latentstudio.metrics.quality import score
from latentstudio.metrics.spaces.features import ClassifierFeatures, load_features
from trainer.assessment import Assessment, write_assessment
from trainer.data.dataset import ImageDataset, open_dataset
from trainer.errors import TrainingError
from trainer.evaluation import BATCH, find_features, real_side
from trainer.measure import shared_features
from trainer.parallel import World
from trainer.readings import readings
from trainer.references import blur, halves, pictures, reference_distances

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
    device: str = "cpu",
    world: World | None = None,
    progress: Progress | None = None,
) -> Assessment | None:
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
    device
        Where this process draws.
    world
        The processes that share the samples out.
    progress
        Told of the samples that this process draws.

    Returns
    -------
    Assessment or None
        None on all processes but the first.

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
    generator = load_generator(checkpoint, device)
    space = load_features(features, device)
    assert isinstance(space, ClassifierFeatures)
    real = real_side(space, data)
    sampling = Sampling(generator.content_hash, seed=seed)
    fake = shared_features(
        generator,
        space,
        sampling,
        samples,
        world or World(),
        class_shares=real.class_shares,
        progress=progress,
    )
    if fake is None:
        return None
    half, rest = halves(data.count, samples, seed)
    one, other = (torch.cat([space(b) for b in pictures(data, part)]) for part in (half, rest))
    blurred = torch.cat([space(blur(batch)) for batch in pictures(data, half)])
    paths: tuple[Space, ...] = ("z", "w") if generator.has_mapping else ("z",)
    return Assessment(
        checkpoint=checkpoint.name,
        content_hash=generator.content_hash,
        data=str(data.info.get("name", data.folder.name)),
        quality=score(real, fake, sampling),
        references=reference_distances(one, other, blurred),
        # Rotations that were made up to learn from say nothing about pictures that stand.
        readings=()
        if space.classifier.pretext
        else readings(space.classifier.attributes, space.read(one), space.read(fake)),
        path_lengths=tuple(
            perceptual_path_length(
                generator,
                space,
                path_samples,
                seed,
                BATCH,
                space=path,
                class_shares=real.class_shares,
            )
            for path in paths
        ),
    )


def assess_file(
    checkpoint: Path,
    data: str,
    root: Path,
    features: str,
    samples: int,
    seed: int,
    device: str = "cpu",
    world: World | None = None,
) -> Assessment | None:
    """Measure a checkpoint as :func:`assess` does, and write the numbers beside it.

    Parameters
    ----------
    checkpoint
        A studio checkpoint.
    data, root
        As in :func:`trainer.data.dataset.open_dataset`.
    features
        A classifier file, or ``auto``.
    samples, seed, device, world
        As in :func:`assess`.

    Returns
    -------
    Assessment or None
        As :func:`assess`: the first process writes.

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
    world = world or World()
    every = 0.5 if sys.stderr.isatty() else 30.0
    share = -(-samples // world.size)
    with tqdm(
        total=share, unit="img", desc="Drawing samples", mininterval=every, disable=not world.first
    ) as bar:
        try:
            found = assess(
                checkpoint,
                pictures,
                path,
                samples=samples,
                seed=seed,
                device=device,
                world=world,
                progress=lambda _what, count, _known: bar.update(count) and None,
            )
        except CheckpointError:
            raise
        except ValueError as error:  # numbers that are none, on either side
            raise TrainingError(f"{checkpoint} cannot be measured: {error}.") from error
    if found is not None:
        write_assessment(checkpoint, found)
    return found
