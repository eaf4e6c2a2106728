"""Runs beside one another: FID against pictures seen, and against the time they took."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from trainer.config import RunConfig
from trainer.data.dataset import ImageDataset
from trainer.errors import TrainingError
from trainer.evaluation import Evaluation, open_evaluation, read_rows
from trainer.networks import build_state, check_device
from trainer.state import Snapshots, read_snapshot, restore

Rows = list[dict[str, Any]]


def evaluate_run(
    out: Path, features: str, samples: int, data: ImageDataset, config: RunConfig
) -> Rows:
    """Measure every snapshot of a run that was kept, and write its ``metrics.jsonl`` anew.

    Parameters
    ----------
    out
        The run's folder.
    features, samples
        As in :class:`RunConfig`.
    data, config
        Of the run.

    Raises
    ------
    TrainingError
        If the run has no snapshots or its data no feature space, or there are below 4 samples.
    """
    if samples < 4:  # the third nearest neighbour needs as many
        raise TrainingError("--samples must be at least 4.")
    config = msgspec.structs.replace(
        config, features=features, metrics_samples=samples, metrics_kimg=1.0
    )
    check_device(config)
    paths = [p for p in Snapshots(out / "snapshots").paths() if "-best" not in p.name]
    if not paths:
        raise TrainingError(f"There is no snapshot in {out}.")
    evaluation: Evaluation | None = open_evaluation(config, data, out, _raise)
    if evaluation is None:
        raise TrainingError(f"--features {features} leaves nothing to measure in: name a file.")
    # Only now, when the new numbers can be had.
    (out / "metrics.jsonl").unlink(missing_ok=True)
    rows = []
    for path in paths:
        header, tensors = read_snapshot(path)
        if header.images == 0:
            continue
        state = build_state(header.config, header.channels, header.num_classes)
        restore(state, header, tensors)
        rows.append(evaluation.measure(state)[0])
    return rows


def draw_comparison(runs: dict[str, Path], path: Path) -> str:
    """Draw FID against images and against processor time; the figures as Markdown.

    Parameters
    ----------
    runs
        Run folders by the name they have in the legend.
    path
        Picture to write; its ending chooses the format.

    Returns
    -------
    str
        A table with the last and the best FID of each run, and what they cost.

    Raises
    ------
    TrainingError
        If a run was not measured, the runs were measured differently, the ending is no
        picture's, or matplotlib is missing.
    """
    measured = {name: _measured(run) for name, run in runs.items()}
    spaces = {(row["features_hash"], row["n"]) for rows in measured.values() for row in rows}
    if len(spaces) > 1:
        raise TrainingError(
            "The runs were measured in different features or with different numbers of samples: "
            "measure them again with latentstudio-train evaluate."
        )
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise TrainingError("A figure needs matplotlib: pip install matplotlib.") from error
    figure = Figure(figsize=(9, 3.6), dpi=130, layout="constrained")
    for axes, key, label in zip(
        figure.subplots(1, 2, sharey=True),
        ("kimg", "cpu_seconds"),
        ("thousand images seen", "minutes of one core"),
        strict=True,
    ):
        for name, rows in measured.items():
            scale = 60.0 if key == "cpu_seconds" else 1.0
            axes.plot(
                [row[key] / scale for row in rows], [row["fid"] for row in rows], ".-", label=name
            )
        axes.set(xlabel=label, yscale="log")
        axes.grid(alpha=0.25, which="both")
    figure.axes[0].set_ylabel("FID")
    figure.axes[0].legend(frameon=False, fontsize=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        figure.savefig(path)
    except ValueError as error:
        raise TrainingError(f"{path} cannot be drawn: name a file in .png or .svg.") from error
    return _table(measured)


def _measured(run: Path) -> Rows:
    rows = read_rows(run / "metrics.jsonl")
    if not rows:
        raise TrainingError(f"{run} was not measured yet: latentstudio-train evaluate {run}.")
    return rows


def _table(measured: dict[str, Rows]) -> str:
    lines = [
        "| run | kimg | minutes of one core | FID | KID | precision | recall | best FID (kimg) |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, rows in measured.items():
        last, best = rows[-1], min(rows, key=lambda row: float(row["fid"]))
        lines.append(
            f"| {name} | {last['kimg']:.0f} | {last['cpu_seconds'] / 60:.0f} | {last['fid']:.1f} | "
            f"{last['kid']:.3f} | {last['precision']:.2f} | {last['recall']:.2f} | "
            f"{best['fid']:.1f} ({best['kimg']:.0f}) |"
        )
    return "\n".join(lines)


def _raise(sentence: str) -> None:
    raise TrainingError(sentence)
