"""What ``measure`` is told, opened: a plan with its generator, feature space and data."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from latentstudio.cli.common import label_index, read_header
from latentstudio.cli.tuned import Tuning

if TYPE_CHECKING:
    from latentstudio.checkpoints.header import Header
    from latentstudio.document.sampling import Sampling
    from latentstudio.generators.protocol import Generator
    from latentstudio.metrics.measure.plan import Plan

OWN_FEATURES = "features.safetensors"  # what a data folder's own classifier is called


def open_plan(
    checkpoint: Path | None,
    fake: Path | None,
    psis: Sequence[float],
    drawing: dict[str, Any],
    device: str,
    *,
    real: str | None,
    metrics: str,
    features: str,
    num: int | None,
    seed: int,
    paths: int,
    batch: int | None,
    workers: int | None,
    workdir: Path | None,
    resume: bool,
    floor: bool,
) -> Plan:
    """Open all that is needed; the sentences are those of the parts."""
    import msgspec

    from latentstudio.engine.device import import_torch, resolve_device

    import_torch()
    from latentstudio.checkpoints.store import load_generator
    from latentstudio.data.pictures import open_pictures
    from latentstudio.metrics.measure.fakes import Drawn, Fakes, Given
    from latentstudio.metrics.measure.kept import Kept, default_folder
    from latentstudio.metrics.measure.plan import COMPARING, Plan
    from latentstudio.metrics.reals import default_reals, open_reals
    from latentstudio.metrics.spaces.register import open_space

    device = resolve_device(device)
    asked = tuple(dict.fromkeys(name.strip() for name in metrics.split(",")))
    own = Path(real or "") / OWN_FEATURES
    space = open_space(own if features == "auto" and own.is_file() else features, device)
    compared = not set(COMPARING).isdisjoint(asked)
    reals = None
    fakes: tuple[Fakes, ...]
    untouched: tuple[Fakes, ...] = ()
    if fake is not None:
        given = Given(open_pictures(fake))
        fakes, num = (given,), given.count if num is None else num
        if compared:
            reals = open_reals(real or "", space, resolution=given.resolution)
    else:
        assert checkpoint is not None
        header = read_header(checkpoint)
        sampling = _sampling(header, drawing, seed)
        difference = drawing.get("difference")
        tuning = difference and Tuning.of(checkpoint, difference)
        generator = load_generator(checkpoint, device)
        if compared:
            data = real or default_reals(str(header.data.get("name", "")))
            if data is None:
                raise click.UsageError("what it learned from is not here: give --real DATASET")
            reals = open_reals(data, space, resolution=generator.resolution)
        condition = str(header.training.get("condition", ""))
        shares = reals.shares_for(generator.labels, condition) if reals else ()

        def drawn(generator: Generator, sampling: Sampling) -> tuple[Fakes, ...]:
            return tuple(Drawn(generator, sampling.with_psi(psi), shares) for psi in psis)

        fakes = drawn(generator, sampling)
        if tuning:
            tuned = msgspec.structs.replace(sampling, difference=tuning.content_hash)
            fakes, untouched = drawn(tuning.applied(generator), tuned), fakes
    plan = Plan(
        fakes=fakes,
        features=space,
        reals=reals,
        metrics=asked,
        n=10_000 if num is None else num,
        paths=paths,
        batch=batch or 0,
        workers=workers or (_cores() if device == "cpu" else 1),
        floor=floor,
        kept=Kept((workdir or default_folder()) if resume else None),
        command=shlex.join(["latentstudio", *click.get_current_context().obj]),
    )
    if not untouched:
        return plan
    return replace(plan, untouched=replace(plan, fakes=untouched, floor=False))


def _sampling(header: Header, drawing: dict[str, Any], seed: int) -> Sampling:
    from latentstudio.document.recipe import Noise, Truncation
    from latentstudio.document.sampling import Sampling

    return Sampling(
        checkpoint=header.info.content_hash,
        truncation=Truncation(1.0, drawing["cutoff"]),
        noise=Noise(drawing["noise"] or "const"),
        label=label_index(header, drawing["label"]),
        mixing=drawing["mixing"] or 0.0,
        seed=seed,
    )


def _cores() -> int:
    """How many this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
