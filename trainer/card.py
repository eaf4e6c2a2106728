"""The model card of a checkpoint: what it is, what it cost, how it looks, what is wrong with it.

Everything but the known faults is read from the checkpoint and from the run's statistics, so
that a card cannot say what was not measured.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import torch

from latentstudio.atomic import write_atomic
from latentstudio.checkpoints.header import Header, read_header
from latentstudio.checkpoints.store import load_generator
from trainer.assessment import read_assessment
from trainer.card_numbers import NOT_MEASURED, describe_numbers
from trainer.errors import TrainingError
from trainer.evaluation import read_rows
from trainer.grid import save_grid

COLUMNS, ROWS = 8, 4


def write_card(checkpoint: Path, stats: Path, faults: str) -> Path:
    """Write the card and its two pictures beside a checkpoint.

    Parameters
    ----------
    checkpoint
        ``NAME.safetensors``; the card is ``NAME.md``, its pictures ``NAME-samples.png`` and
        ``NAME-loss.png``.
    stats
        The run's ``stats.jsonl``.
    faults
        Known faults, in Markdown, by a person who looked at the samples.

    Returns
    -------
    Path
        The card.

    Raises
    ------
    TrainingError
        If the statistics hold nothing.
    CheckpointError
        If the checkpoint cannot be read.
    """
    header = read_header(checkpoint)
    limit = header.training.get("images_seen", float("inf"))
    rows = [row for row in read_rows(stats) if row["images"] <= limit]
    if not rows:
        raise TrainingError(
            f"{stats} holds no statistics, so a card can say nothing of the training: name the "
            "run's own folder, and train for longer than --stats-kimg."
        )
    stem = checkpoint.with_suffix("")
    draw_samples(checkpoint, stem.with_name(f"{stem.name}-samples.png"))
    evaluations = [r for r in read_rows(stats.with_name("metrics.jsonl")) if r["images"] <= limit]
    draw_losses(rows, evaluations, stem.with_name(f"{stem.name}-loss.png"))
    card = stem.with_suffix(".md")
    found = read_assessment(checkpoint)
    numbers = describe_numbers(found) if found else NOT_MEASURED
    write_atomic(card, describe(header, checkpoint, rows, numbers, faults).encode())
    return card


def describe(
    header: Header, checkpoint: Path, rows: list[dict[str, Any]], numbers: str, faults: str
) -> str:
    """The card's Markdown text."""
    info, data, training = header.info, header.data, header.training
    stem = checkpoint.stem
    size = checkpoint.stat().st_size / 2**20
    hours = training.get("seconds", 0) / 3600
    images = training.get("images_seen", 0)
    last = rows[-max(1, len(rows) // 10) :]  # the last tenth of the run speaks for its end
    penalty = ""
    if any("penalty" in row for row in last):
        penalty = f", gradient penalty {_mean(last, 'penalty'):.3f}"
    facts = {
        "Family": f"{info.family}, {info.resolution} px, z {info.z_dim}, w {info.w_dim}",
        "File": f"{size:.1f} MiB, content hash `{info.content_hash[:16]}…`",
        "Data": f"{data.get('count', '?')} {data.get('name', '?')} (seed {data.get('seed', '?')}, "
        f"version {data.get('version', '?')}, sha256 `{str(data.get('sha256', ''))[:16]}…`)",
        "Images seen": f"{images:,} (with mirrored ones)",
        "Time": f"{hours:.2f} hours on {training.get('device', '?')}, "
        f"{training.get('threads', '?')} thread, "
        f"{images / max(training.get('seconds', 1), 1):.0f} images a second",
        "Losses at the end": f"generator {_mean(last, 'loss_g'):.2f}, "
        f"discriminator {_mean(last, 'loss_d'):.2f}{penalty}",
        "Spread of samples": f"{_mean(last, 'spread_fake'):.3f} against "
        f"{_mean(last, 'spread_real'):.3f} of the data (standard deviation over a minibatch)",
    }
    later = training.get("history", [])
    changes = "Resumed with: " + "; ".join(f"`{line}`" for line in later) + ".\n\n" if later else ""
    command = str(training.get("command", "?"))
    folder = re.search(r"--data (\S+)", command)
    render = ""
    if data.get("name") == "portraits" and folder is not None and folder[1] != "portraits":
        render = (
            f"python -m trainer.data.cache --out {folder[1]} --count {data.get('count')} "
            f"--resolution {data.get('resolution')} --seed {data.get('seed')}\n"
        )
    table = "\n".join(f"| {key} | {value} |" for key, value in facts.items())
    return f"""# {info.name}

| | |
|---|---|
{table}

Not cherry-picked: seeds 0 to {COLUMNS * ROWS - 1}, without truncation.

![Samples]({stem}-samples.png)

Reproduce the sheet: `latentstudio render {checkpoint.name} --seeds 0-{COLUMNS * ROWS - 1}
--columns {COLUMNS} --grid --out DIR`

## Numbers

{numbers}

## Training

```
{render}{command}
```

{changes}torch {training.get("torch", "?")}, snapshot `{training.get("snapshot", "?")}`.
The weights are the exponential moving average of the generator's.

![Losses, and FID where it was measured]({stem}-loss.png)

## Known faults

{faults.strip()}

## Licence

Trained by this project on pictures that this project renders: Apache-2.0, like the code.
"""


def draw_samples(checkpoint: Path, path: Path) -> None:
    """Write a sheet of the generator's pictures at seeds 0, 1, ..., enlarged to be seen."""
    generator = load_generator(checkpoint)
    labels = None
    if generator.num_classes:
        labels = torch.arange(COLUMNS * ROWS) % generator.num_classes
    z = torch.cat([generator.sample_z(1, seed) for seed in range(COLUMNS * ROWS)])
    with torch.inference_mode():
        images = generator.synthesize(generator.map(z, labels))
    scale = max(1, 128 // generator.resolution)
    images = images.repeat_interleave(scale, dim=2).repeat_interleave(scale, dim=3)
    save_grid(images, path, columns=COLUMNS)


def draw_losses(rows: list[dict[str, Any]], evaluations: list[dict[str, Any]], path: Path) -> None:
    """Plot the losses, and FID if there is any, against thousand images seen."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise TrainingError("Drawing a card needs matplotlib: pip install matplotlib.") from error
    figure = Figure(figsize=(8, 3), dpi=120, layout="constrained")
    axes = figure.subplots()
    for name, label in (("loss_g", "generator"), ("loss_d", "discriminator")):
        axes.plot([r["kimg"] for r in rows], [r[name] for r in rows], label=label, lw=1)
    axes.set(xlabel="thousand images", ylabel="loss")
    axes.grid(alpha=0.25)
    axes.legend(frameon=False)
    if evaluations:
        right = axes.twinx()
        right.plot([r["kimg"] for r in evaluations], [r["fid"] for r in evaluations], "k.-", lw=1)
        right.set(ylabel="FID", yscale="log")
    figure.savefig(path, format="png")


def _mean(rows: list[dict[str, Any]], name: str) -> float:
    values = [row[name] for row in rows if name in row]
    return sum(values) / len(values) if values else float("nan")
